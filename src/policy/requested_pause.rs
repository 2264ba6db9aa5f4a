//! A pause that a server asks for.

use std::time::{Duration, SystemTime};

use crate::model::PauseOutcome;

/// What a server says of when to come back. The longer pause is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequestedPause {
    /// It cannot be read.
    Unreadable,
    /// How long to wait from now; zero if the time has passed.
    For(Duration),
}

impl RequestedPause {
    /// A pause that ends at `at`, where it is `now`.
    pub(super) fn until(at: SystemTime, now: SystemTime) -> Self {
        RequestedPause::For(at.duration_since(now).unwrap_or_default())
    }

    /// How long it still is, if it is not over.
    pub(super) fn remaining(self) -> Option<Duration> {
        match self {
            RequestedPause::For(pause) if !pause.is_zero() => Some(pause),
            _ => None,
        }
    }

    /// What comes of it, where no pause longer than `max` is kept.
    pub(super) fn outcome(self, max: Duration) -> PauseOutcome {
        match self {
            RequestedPause::Unreadable => PauseOutcome::Unreadable,
            RequestedPause::For(Duration::ZERO) => PauseOutcome::Past,
            RequestedPause::For(pause) if pause > max => PauseOutcome::TooLong,
            RequestedPause::For(_) => PauseOutcome::Honoured,
        }
    }
}
