//! Inputs that ask for what an earlier one asks for.

use crate::model::Job;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::site::dedup::{DedupSet, DedupSetFull};

/// The requests of all inputs so far. It exists only if the plan asks for it.
#[derive(Debug)]
pub(super) struct Duplicates {
    requests: DedupSet,
    is_paginated: bool,
}

impl Duplicates {
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        Some(Duplicates { requests: DedupSet::new(plan.dedup?), is_paginated: plan.paginate.is_some() })
    }

    /// The first input with the request of `job`, unless that is `job` itself. Where pages are followed, the first page
    /// counts, which `policy` knows.
    pub(super) fn original_of(&mut self, job: &Job, policy: &Policy) -> Result<Option<u64>, DedupSetFull> {
        if !self.is_paginated {
            return self.requests.first(job);
        }
        let mut first_page = job.clone();
        policy.begin(&mut first_page, None);
        self.requests.first(&first_page)
    }
}
