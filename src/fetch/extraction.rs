//! What a run's filter picks out of a body.

use crate::extract::{Bounds, Outputs};
use crate::plan::Plan;

/// The filter's outputs, or why there are none. The label of a body does not matter: whoever names a filter knows that
/// it is JSON. Of one that is not whole nothing is taken, nor of one that is empty.
pub(super) fn of(plan: &Plan, body: &[u8], truncated: bool) -> (Option<Outputs>, Option<String>) {
    let Some(filter) = plan.output.extract.as_ref().filter(|_| !body.is_empty() && !truncated) else {
        return (None, None);
    };
    match filter.run(body, Bounds::for_document(body.len(), plan.fetch.max_filesize)) {
        Ok(outputs) => (Some(outputs), None),
        Err(why) => (None, Some(format!("jq: {why}"))),
    }
}
