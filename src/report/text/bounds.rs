//! What bounded a run, in a line.

use super::{MAX_HOST, shorten, units};
use crate::report::{BoundBy, RunFacts};

/// How many things that bounded a run a line lists, and the least share of the time to be among them.
const MAX_LISTED_BOUNDS: usize = 3;
const LEAST_SHARE: f64 = 0.05;

/// What kept the run from being faster, with its share of the time: hosts that did so in the same way are one thing.
pub(super) fn bounds(run: &RunFacts) -> String {
    let mut ways: Vec<Vec<&BoundBy>> = Vec::new();
    for bound in &run.bounded_by {
        match ways.iter_mut().find(|way| way[0].by == bound.by && way[0].limit == bound.limit) {
            Some(way) => way.push(bound),
            None => ways.push(vec![bound]),
        }
    }
    let share = |way: &[&BoundBy]| way.iter().map(|bound| bound.share).sum::<f64>();
    ways.sort_by(|a, b| share(b).total_cmp(&share(a)));
    let told = ways.iter().filter(|way| share(way) >= LEAST_SHARE).take(MAX_LISTED_BOUNDS);
    let mut named = None;
    let told = told.map(|way| format!("{} {:.0} %", what_bound(way, &mut named), share(way) * 100.0));
    told.collect::<Vec<_>>().join(" · ")
}

/// The name of one way in which a run was held back, by one host or several; a host that is `named` is not named again.
fn what_bound<'a>(way: &[&'a BoundBy], named: &mut Option<&'a str>) -> String {
    let first = way[0];
    let limit = first.limit.map_or(String::new(), |limit| format!(" {limit}"));
    let (what, of) = match first.by {
        "concurrency" => ("--concurrency", ""),
        "rate" => ("--rate", ""),
        "host_concurrency" => ("--host-concurrency", "of"),
        "host_rate" => ("the rate", "of"),
        "adaptive" => ("--adaptive", "at"),
        "pause" => ("pauses", "of"),
        "circuit" => ("failed connections", "to"),
        "robots" => ("robots.txt", "of"),
        "backoff" => ("retry pauses", "at"),
        "connection" => ("a first connection", "to"),
        "answers" => ("the last responses", ""),
        "order" => ("--ordered", ""),
        "memory" => ("--max-memory", ""),
        "input" => ("the input", ""),
        "output" => ("the output", ""),
        "login" => ("the login", ""),
        by => (by, ""),
    };
    let whose = match &first.host {
        Some(host) if way.len() == 1 && named.replace(host) == Some(host) => String::new(),
        Some(host) if way.len() == 1 => {
            format!(" {of} {}", shorten(host.strip_prefix("https://").unwrap_or(host), MAX_HOST))
        }
        _ if way.len() > 1 => format!(" {of} {} hosts", units::count(way.len() as u64)),
        _ => String::new(),
    };
    format!("{what}{limit}{whose}")
}
