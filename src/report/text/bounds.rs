//! What bounded a run, in a row.

use super::MAX_HOST;
use crate::guard::text::{grouped, shorten};
use crate::report::BoundBy;
use crate::report::vocabulary::Vocabulary;

/// How many limits the row lists, and the least share of the time to be among them.
const MAX_LISTED: usize = 3;
const LEAST_SHARE: f64 = 0.05;

/// The limits that kept the run from being faster, with their share of the time; hosts with the same limit count
/// together.
pub fn bounds(bounded_by: &[BoundBy], words: &dyn Vocabulary) -> String {
    let limits = ranked(bounded_by);
    let listed = limits.iter().filter(|limit| share(limit) >= LEAST_SHARE).take(MAX_LISTED);
    let mut named = None;
    let listed = listed.map(|limit| format!("{} {:.0} %", name(limit, words, &mut named), share(limit) * 100.0));
    listed.collect::<Vec<_>>().join(" · ")
}

/// The limits, each with its hosts, the one with the largest share first.
pub(super) fn ranked(bounded_by: &[BoundBy]) -> Vec<Vec<&BoundBy>> {
    let mut limits: Vec<Vec<&BoundBy>> = Vec::new();
    for bound in bounded_by {
        match limits.iter_mut().find(|limit| limit[0].by == bound.by && limit[0].limit == bound.limit) {
            Some(limit) => limit.push(bound),
            None => limits.push(vec![bound]),
        }
    }
    limits.sort_by(|a, b| share(b).total_cmp(&share(a)));
    limits
}

fn share(limit: &[&BoundBy]) -> f64 {
    limit.iter().map(|bound| bound.share).sum()
}

/// The name of a limit and its hosts; a host that was `named` last is not named again.
pub(super) fn name<'a>(limit: &[&'a BoundBy], words: &dyn Vocabulary, named: &mut Option<&'a str>) -> String {
    let first = limit[0];
    let number = first.limit.map_or(String::new(), |number| format!(" {number}"));
    let of = match &*first.by {
        "circuit" | "connection" => "to",
        "adaptive" | "backoff" => "at",
        _ => "of",
    };
    let hosts = match &first.host {
        _ if limit.len() > 1 => format!(" {of} {} hosts", grouped(limit.len() as u64)),
        Some(host) if named.replace(host) != Some(host) => {
            format!(" {of} {}", shorten(host.strip_prefix("https://").unwrap_or(host), MAX_HOST))
        }
        _ => String::new(),
    };
    format!("{}{number}{hosts}", words.limit(&first.by))
}
