//! Applies the run's filter to a body.

use crate::jq::{FilterLimits, Outputs};
use crate::plan::Plan;

/// The outputs of the filter, or a note why it failed. It runs whatever the body is labelled as, but not on a body that
/// is truncated or empty.
pub(super) fn extract(plan: &Plan, body: &[u8], truncated: bool) -> (Option<Outputs>, Option<String>) {
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

    use super::extract;
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
    fn complete_bodies_have_outputs_or_a_note() {
        let (outputs, note) = extract(&plan(".a"), br#"{"a":1}"#, false);
        assert_eq!((outputs.unwrap().iter().collect::<Vec<_>>(), note), (vec!["1"], None));
        let (outputs, note) = extract(&plan(".a"), b"[1]", false);
        assert_eq!((outputs, note.unwrap().as_str()), (None, "jq: cannot index [1] with \"a\""));
        for (plan, body, truncated) in
            [(plan("."), &b""[..], false), (plan("."), b"1", true), (Plan::default(), b"1", false)]
        {
            assert_eq!(extract(&plan, body, truncated), (None, None));
        }
    }

    #[test]
    fn outputs_are_bounded_and_count_as_memory() {
        let mut plan = plan("[range(1000)]");
        let (outputs, _) = extract(&plan, b"1", false);
        let size = outputs.as_ref().unwrap().size();
        let empty = Attempt::empty(SystemTime::now());
        assert!(footprint(&Attempt { extract: outputs, ..empty.clone() }) >= footprint(&empty) + size);
        plan.fetch.max_filesize = size - 1;
        let note = format!("jq: the outputs are larger than {} bytes", size - 1);
        assert_eq!(extract(&plan, b"1", false), (None, Some(note)));
    }
}
