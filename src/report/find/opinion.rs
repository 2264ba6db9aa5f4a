//! What can be said of a criterion after some of its samples.

use crate::guard::text::grouped;
use crate::report::threshold::{Allowed, Criterion};
use crate::statistics::shares::Shares;

/// What can be said so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opinion {
    Holds,
    Crossed,
    Open,
}

/// What can be said of `criterion` after these samples, to the certainty of `z`; `is_complete` if no more will come.
/// Before that, it takes half of what is allowed to hold: a queue may be short by chance for a while.
pub(super) fn of(criterion: &Criterion, shares: &Shares, z: f64, is_complete: bool) -> Opinion {
    let margin = if is_complete { 1.0 } else { 0.5 };
    match criterion.allowed {
        Allowed::Count(allowed) if shares.hits() > allowed => Opinion::Crossed,
        Allowed::Count(_) if is_complete && shares.count() > 0 => Opinion::Holds,
        Allowed::Count(_) => Opinion::Open,
        Allowed::Share(allowed) => match shares.interval(z) {
            Some((least, _)) if least > allowed => Opinion::Crossed,
            Some((_, most)) if most < allowed * margin => Opinion::Holds,
            _ => Opinion::Open,
        },
    }
}

/// Why nothing can be said.
pub(super) fn why_open(criterion: &Criterion, shares: &Shares, z: f64) -> String {
    let (threshold, verb) = (&criterion.threshold, criterion.verb());
    match (criterion.allowed, shares.interval(z)) {
        (_, None) => format!("{threshold}: no request tells"),
        (Allowed::Count(allowed), _) => format!("{threshold}: {} of {} {verb}", shares.hits(), grouped(allowed)),
        (Allowed::Share(allowed), Some((least, most))) => {
            format!("{threshold}: {} to {} {verb}, {} may", percent(least), percent(most), percent(allowed))
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
