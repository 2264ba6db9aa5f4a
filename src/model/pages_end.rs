//! Why the pages of an input end before the last one.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Why pages end before the last one: one of a few values, suitable for counting. Later versions may add some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PagesEnd {
    /// There may be more pages than the maximum.
    MaxPages,
    /// The next page was requested already.
    Loop,
    /// The next page may not be requested: it is on another origin, or access rules or robots.txt forbid it.
    Blocked,
    /// A page failed.
    Failed,
    /// A page does not say where the next one is: the filter failed, or its output is not a URL.
    NoNext,
    /// The run was stopped.
    Stopped,
}

impl PagesEnd {
    /// All causes, in order of declaration.
    pub const ALL: [PagesEnd; 6] =
        [PagesEnd::MaxPages, PagesEnd::Loop, PagesEnd::Blocked, PagesEnd::Failed, PagesEnd::NoNext, PagesEnd::Stopped];
}

/// How often pages ended before the last one, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "the causes are documented at PagesEnd")]
pub struct PagesEnded {
    pub max_pages: u64,
    #[serde(rename = "loop")]
    pub in_a_loop: u64,
    pub blocked: u64,
    pub failed: u64,
    pub no_next: u64,
    pub stopped: u64,
}

impl PagesEnded {
    /// How often for this cause.
    pub fn by(&self, cause: PagesEnd) -> u64 {
        match cause {
            PagesEnd::MaxPages => self.max_pages,
            PagesEnd::Loop => self.in_a_loop,
            PagesEnd::Blocked => self.blocked,
            PagesEnd::Failed => self.failed,
            PagesEnd::NoNext => self.no_next,
            PagesEnd::Stopped => self.stopped,
        }
    }

    /// How often in all.
    pub fn total(&self) -> u64 {
        PagesEnd::ALL.iter().fold(0, |sum, &cause| sum.saturating_add(self.by(cause)))
    }

    fn by_mut(&mut self, cause: PagesEnd) -> &mut u64 {
        match cause {
            PagesEnd::MaxPages => &mut self.max_pages,
            PagesEnd::Loop => &mut self.in_a_loop,
            PagesEnd::Blocked => &mut self.blocked,
            PagesEnd::Failed => &mut self.failed,
            PagesEnd::NoNext => &mut self.no_next,
            PagesEnd::Stopped => &mut self.stopped,
        }
    }
}

impl From<Option<PagesEnd>> for PagesEnded {
    fn from(cause: Option<PagesEnd>) -> Self {
        let mut ended = PagesEnded::default();
        cause.into_iter().for_each(|cause| *ended.by_mut(cause) = 1);
        ended
    }
}

impl AddAssign for PagesEnded {
    /// Saturates: a file that was tampered with may claim any number.
    fn add_assign(&mut self, other: PagesEnded) {
        for cause in PagesEnd::ALL {
            let sum = self.by_mut(cause);
            *sum = sum.saturating_add(other.by(cause));
        }
    }
}
