//! What a run's filter picks out of a body.

use crate::jq::{FilterLimits, Outputs};
use crate::plan::Plan;

/// The filter's outputs, or why there are none. The label of a body does not matter: whoever names a filter knows that
/// it is JSON. Of one that is not whole nothing is taken, nor of one that is empty.
pub(super) fn of(plan: &Plan, body: &[u8], truncated: bool) -> (Option<Outputs>, Option<String>) {
    let Some(filter) = plan.output.extract.as_ref().filter(|_| !body.is_empty() && !truncated) else {
        return (None, None);
    };
    match filter.run(body, FilterLimits::for_document(body.len(), plan.fetch.max_filesize)) {
        Ok(outputs) => (Some(outputs), None),
        Err(why) => (None, Some(format!("jq: {why}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::of;
    use crate::fetch::attempt::footprint;
    use crate::jq::Filter;
    use crate::model::Attempt;
    use crate::plan::Plan;

    fn plan(filter: &str) -> Plan {
        let mut plan = Plan::default();
        plan.output.extract = Some(Filter::compile(filter).unwrap());
        plan
    }

    #[test]
    fn whole_bodies_have_outputs_or_a_remark() {
        let (extract, note) = of(&plan(".a"), br#"{"a":1}"#, false);
        assert_eq!((extract.unwrap().iter().collect::<Vec<_>>(), note), (vec!["1"], None));
        let (extract, note) = of(&plan(".a"), b"[1]", false);
        assert_eq!((extract, note.unwrap().as_str()), (None, "jq: cannot index [1] with \"a\""));
        for (plan, body, truncated) in
            [(plan("."), &b""[..], false), (plan("."), b"1", true), (Plan::default(), b"1", false)]
        {
            assert_eq!(of(&plan, body, truncated), (None, None));
        }
    }

    #[test]
    fn outputs_are_bounded_by_the_largest_body_and_fill_memory() {
        let mut plan = plan("[range(1000)]");
        let (extract, _) = of(&plan, b"1", false);
        let size = extract.as_ref().unwrap().size();
        let empty = Attempt::empty(SystemTime::now());
        assert!(footprint(&Attempt { extract, ..empty.clone() }) >= footprint(&empty) + size);
        plan.fetch.max_filesize = size - 1;
        let note = format!("jq: the outputs are larger than {} bytes", size - 1);
        assert_eq!(of(&plan, b"1", false), (None, Some(note)));
    }
}
