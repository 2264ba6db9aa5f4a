//! A rate that was asked for and not reached.

use super::bounds::{name, ranked};
use super::units;
use crate::report::RunFacts;
use crate::report::vocabulary::Vocabulary;

/// The least time of sending, in seconds, and the least number of requests that the rate allowed in it, for a judgement.
const LEAST_TIME: f64 = 2.0;
const LEAST_REQUESTS: f64 = 20.0;

/// The share of the rate from which on it counts as reached.
const REACHED: f64 = 0.9;

/// How far the run stayed behind the rate that it was allowed, and what held it back.
pub(super) fn note(run: &RunFacts, words: &dyn Vocabulary) -> Option<String> {
    let asked = run.rate_limit?;
    // Nothing more can be sent while the login or the last responses are awaited.
    let is_sending = |by: &str| !matches!(by, "answers" | "login");
    let idle: f64 = run.bounded_by.iter().filter(|bound| !is_sending(&bound.by)).map(|bound| bound.seconds).sum();
    let time = run.wall_s - idle;
    let got = run.requests as f64 / time.max(f64::EPSILON);
    if time < LEAST_TIME || asked * time < LEAST_REQUESTS || got >= asked * REACHED {
        return None;
    }
    let limits = ranked(&run.bounded_by);
    let other = limits.iter().find(|limit| limit[0].by != "rate" && is_sending(&limit[0].by));
    let by = other.map_or(String::new(), |limit| format!(", bound by {}", name(limit, words, &mut None)));
    let [asked, got] = units::paces(asked, got);
    Some(format!("asked {asked}, got {got}{by}"))
}
