//! Settings for what an answer must be like to count as ok.

use crate::jq::Filter;
use crate::model::condition::Condition;

/// What a complete answer must be like: one that is not fails with [`ErrorKind::Expectation`].
///
/// It is judged once nothing else follows from the answer: no redirect, no retry of its status, no authentication.
///
/// [`ErrorKind::Expectation`]: crate::ErrorKind::Expectation
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// Conditions, all of which must hold. A request with conditions of its own has those instead.
    pub conditions: Vec<Condition>,
    /// Conditions on the body, all of which must hold.
    pub body: Vec<Condition>,
    /// Filters over the JSON body. Each must have a first output that is neither false nor null.
    pub jq: Vec<Filter>,
}

impl Expect {
    /// Whether the body must be kept for it.
    pub fn needs_body(&self) -> bool {
        !self.jq.is_empty() || self.conditions.iter().chain(&self.body).any(Condition::needs_body)
    }
}
