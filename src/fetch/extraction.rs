//! Applies the run's filter to a body.

use bytes::Bytes;

use super::filtering::{FilterFailure, Filtering};
use crate::jq::{Filter, Outputs};

/// The outputs of the filter, or why it failed. It runs whatever the body is labelled as, but not on a body that is
/// truncated or empty.
pub(super) async fn extract(
    filtering: Filtering<'_>,
    body: &Bytes,
    truncated: bool,
) -> Option<Result<Outputs, FilterFailure>> {
    let filter = filtering.plan.output.extract.as_ref().filter(|_| !body.is_empty() && !truncated)?;
    Some(filtering.evaluate(filter, body, Filter::run).await)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use futures::FutureExt;

    use super::*;
    use crate::fetch::attempt::footprint;
    use crate::fetch::memory::MemoryBudget;
    use crate::model::Attempt;
    use crate::plan::Plan;

    fn plan(filter: &str) -> Plan {
        let mut plan = Plan::default();
        plan.output.extract = Some(Filter::compile(filter).unwrap());
        plan
    }

    /// The outputs, or a note.
    fn extracted(plan: &Plan, body: &'static [u8], truncated: bool) -> Option<Result<Outputs, String>> {
        let permit = MemoryBudget::new(1 << 30).book(0);
        let outputs = extract(Filtering { plan, permit: &permit }, &Bytes::from_static(body), truncated).now_or_never();
        outputs
            .expect("small bodies are not waited for")
            .map(|outputs| outputs.map_err(|failure| failure.why.to_string()))
    }

    #[test]
    fn complete_bodies_have_outputs_or_a_note() {
        let outputs = extracted(&plan(".a"), br#"{"a":1}"#, false).unwrap().unwrap();
        assert_eq!(outputs.iter().collect::<Vec<_>>(), ["1"]);
        let why = extracted(&plan(".a"), b"[1]", false).unwrap().unwrap_err();
        assert_eq!(why, "Cannot index array with \"a\"");
        let why = extracted(&plan(".a"), b"\xff\xfe[\0]\0 ", false).unwrap().unwrap_err();
        assert_eq!(why, "the body is not JSON: not valid UTF-16");
        for (plan, body, truncated) in
            [(plan("."), &b""[..], false), (plan("."), b"1", true), (Plan::default(), b"1", false)]
        {
            assert_eq!(extracted(&plan, body, truncated), None);
        }
    }

    #[tokio::test]
    async fn outputs_are_bounded_and_count_as_memory() {
        let mut plan = plan("[range(1000)]");
        let (body, permit) = (Bytes::from_static(b"1"), MemoryBudget::new(1 << 30).book(0));
        let outputs = extract(Filtering { plan: &plan, permit: &permit }, &body, false).await.unwrap().unwrap();
        let size = outputs.size();
        let empty = Attempt::empty(SystemTime::now());
        assert!(footprint(&Attempt { extract: Some(outputs), ..empty.clone() }) >= footprint(&empty) + size);
        plan.fetch.max_filesize = size - 1;
        let failure = extract(Filtering { plan: &plan, permit: &permit }, &body, false).await.unwrap().unwrap_err();
        assert_eq!(failure.why.to_string(), format!("the outputs are larger than {} bytes", size - 1));
    }
}
