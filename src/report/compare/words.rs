//! Figures of two runs as people read them.

use super::{Compared, Comparison};
use crate::guard::text::shorten;
use crate::report::difference::Difference;
use crate::report::threshold::{Figure, Requests, Stat, Timing, Unit};

/// How much of the name of a group is shown, in columns.
const MAX_NAME: usize = 40;

/// A figure of two runs, in words. What is not known, or nothing, is empty.
pub(in crate::report) struct Shown {
    pub(in crate::report) before: String,
    pub(in crate::report) after: String,
    pub(in crate::report) change: String,
    pub(in crate::report) percent: String,
}

impl Compared {
    pub(in crate::report) fn shown(&self) -> Shown {
        let unit = self.figure.unit();
        let side = |value: Option<f64>, is_least| match value {
            Some(value) if is_least => format!("≥ {}", unit.shown(value)),
            Some(value) => unit.shown(value),
            None => "-".to_owned(),
        };
        let [before_is_least, after_is_least] = self.is_least;
        let factor = self.factor().filter(|factor| *factor != 0.0);
        Shown {
            before: side(self.before.ok(), before_is_least),
            after: side(self.after.ok(), after_is_least),
            change: self.change().map_or_else(String::new, |by| signed(by, unit.changed(by.abs()))),
            percent: factor.map_or_else(String::new, |factor| signed(factor, percent(factor.abs()))),
        }
    }

    /// Whether it differs beyond noise, in words; empty for a figure that is shown only.
    pub(in crate::report) fn verdict(&self) -> &'static str {
        self.difference.map_or("", Difference::as_str)
    }

    /// Whether a difference is for the better, if that is clear.
    pub(in crate::report) fn is_better(&self) -> Option<bool> {
        let should_rise = match &self.figure {
            Figure::Rate => true,
            Figure::Requests(Requests::Statuses { any_of, .. }) => match any_of.first()?.start() / 100 {
                2 => true,
                4 | 5 => false,
                _ => return None,
            },
            _ => false,
        };
        Some((self.difference? == Difference::Higher) == should_rise)
    }

    /// Whether it is shown of a group: some are in any case, and those that differ.
    pub(in crate::report) fn is_of_group(&self) -> bool {
        const SHOWN: [Stat; 3] = [Stat::percent(50.0), Stat::percent(95.0), Stat::percent(99.0)];
        match &self.figure {
            Figure::Requests(Requests::Failed) => true,
            Figure::Time { of: Timing::Latency, stat } if SHOWN.contains(stat) => true,
            _ => self.differs(),
        }
    }
}

impl Comparison<'_> {
    /// Which figures differ, by how: `p95, p99` are higher, `failed` is lower. If none does, what that means.
    pub(in crate::report) fn differing(&self) -> Vec<(&'static str, String)> {
        let groups = self.groups.iter().map(|(name, compared)| (Some(*name), &compared[..]));
        let all: Vec<_> = [(None, &self.whole[..])].into_iter().chain(groups).collect();
        let of = |wanted: Difference| -> Vec<String> {
            let named = all.iter().flat_map(|(group, compared)| compared.iter().map(move |compared| (group, compared)));
            let named = named.filter(|(_, compared)| compared.difference == Some(wanted));
            named.map(|(group, compared)| label(&compared.figure, *group)).collect()
        };
        let rows = [Difference::Higher, Difference::Lower].map(|is| (is.as_str(), of(is).join(", ")));
        let rows: Vec<_> = rows.into_iter().filter(|(_, names)| !names.is_empty()).collect();
        match rows.is_empty() {
            false => rows,
            true if of(Difference::WithinNoise).is_empty() => vec![("differs", "too little data to tell".to_owned())],
            true => vec![("differs", "nothing beyond noise".to_owned())],
        }
    }
}

/// As a threshold names it.
fn label(figure: &Figure, group: Option<&str>) -> String {
    match group {
        None => figure.to_string(),
        Some(name) => format!("{figure}{{{}}}", shorten(name, MAX_NAME)),
    }
}

fn signed(by: f64, shown: String) -> String {
    match by {
        0.0 => "0".to_owned(),
        by if by < 0.0 => format!("-{shown}"),
        _ => format!("+{shown}"),
    }
}

/// To tenths of a percent, or to percents where that is enough.
fn percent(factor: f64) -> String {
    let precision = if factor < 0.1 { 1_000.0 } else { 100.0 };
    Unit::Factor.shown((factor * precision).round() / precision)
}
