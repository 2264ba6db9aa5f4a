//! What can be said of a criterion after some of its samples.

use super::evidence::Evidence;
use crate::guard::text::grouped;
use crate::report::threshold::{Allowed, Criterion};

/// What can be said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opinion {
    Holds,
    Crossed,
    Open,
}

/// What can be said of `criterion` after these samples, with this certainty; `is_complete` if no more will come.
/// Before that, it takes half of what is allowed to hold: a queue may be short by chance for a while.
pub(super) fn of(criterion: &Criterion, evidence: &Evidence, certainty: f64, is_complete: bool) -> Opinion {
    let margin = if is_complete { 1.0 } else { 0.5 };
    match criterion.allowed {
        Allowed::Count(allowed) if evidence.bad() > allowed => Opinion::Crossed,
        Allowed::Count(_) if is_complete && evidence.count() > 0 => Opinion::Holds,
        Allowed::Count(_) => Opinion::Open,
        Allowed::Share(allowed) => match evidence.interval(certainty) {
            Some((least, _)) if least > allowed && evidence.is_spread() => Opinion::Crossed,
            Some((_, most)) if most < allowed * margin => Opinion::Holds,
            _ => Opinion::Open,
        },
    }
}

/// No request tells anything of a threshold.
pub(super) fn untold(threshold: &str) -> String {
    format!("{threshold}: no request tells")
}

/// How many requests are bad, and how many may be.
pub(super) fn shares(criterion: &Criterion, evidence: &Evidence, certainty: f64) -> String {
    let (threshold, verb) = (&criterion.threshold, criterion.verb());
    match (criterion.allowed, evidence.interval(certainty)) {
        (_, None) => untold(&threshold.to_string()),
        (Allowed::Count(allowed), _) => format!("{threshold}: {} of {} {verb}", evidence.bad(), grouped(allowed)),
        (Allowed::Share(allowed), Some((least, most))) => {
            let told = format!("{threshold}: {} to {} {verb}, {} may", percent(least), percent(most), percent(allowed));
            if least > allowed && !evidence.is_spread() { told + ", all within a short time" } else { told }
        }
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 10.0 { 0 } else { 2 };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}
