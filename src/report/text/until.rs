//! What is said of percentiles that a probe is to find out.

use super::units;
use crate::guard::terminal::printable;
use crate::guard::text::grouped;
use crate::report::load::{KnownPercentile, LoadFacts, PrecisionFacts};

/// The percentiles, and how precisely they are known.
pub(in crate::report) fn until(load: &LoadFacts) -> String {
    let told =
        load.until.iter().map(|facts| format!("{}: {}", printable(&facts.target.to_string()), so_far(facts, load)));
    told.collect::<Vec<_>>().join(" · ")
}

/// `yes (212 ms ±3.8 %, by 20 batches of 20,000)`
fn so_far(facts: &PrecisionFacts, load: &LoadFacts) -> String {
    let Some(known) = facts.known else { return format!("no ({})", counted(facts)) };
    let answer = if facts.reached { "yes" } else { "no" };
    let KnownPercentile { batches, batch_size, .. } = known;
    format!("{answer} ({}, by {batches} batches of {})", interval(facts, known, load), grouped(batch_size))
}

/// Why a percentile is not known as precisely as it was to be, and how much longer that would take: a sentence without its
/// end.
pub fn not_reached(facts: &PrecisionFacts, load: &LoadFacts) -> String {
    let target = &facts.target;
    let what = match facts.known {
        Some(known) => {
            let requests = grouped(facts.ended);
            format!("{} is {} after {requests} requests", target.figure(), interval(facts, known, load))
        }
        None => format!("{} is not known after {}", target.figure(), counted(facts)),
    };
    let pace = load.duration().map(|time| load.asked as f64 / time.as_secs_f64()).filter(|pace| *pace > 0.0);
    let left = facts.expected.saturating_sub(facts.ended);
    let longer = pace.map(|pace| format!("; at this pace, it takes about {} more", units::seconds(left as f64 / pace)));
    format!("{target}: {what}{}", longer.unwrap_or_default())
}

/// `120,000 of at least 200,000 requests`
fn counted(facts: &PrecisionFacts) -> String {
    format!("{} of at least {} requests", grouped(facts.ended), grouped(facts.expected))
}

/// `212 ms ±3.8 %`, `212 ms ±8.06 ms`
fn interval(facts: &PrecisionFacts, known: KnownPercentile, load: &LoadFacts) -> String {
    let KnownPercentile { estimate_us, within_us, .. } = known;
    let bound = if load.is_censored() { "≥ " } else { "" };
    let within = match facts.target.is_share() && estimate_us > 0 {
        true => share(within_us as f64 / estimate_us as f64),
        false => units::duration(within_us),
    };
    format!("{bound}{} ±{within}", units::duration(estimate_us))
}

/// Rounded up, so that a precision that was missed does not seem to be reached.
fn share(share: f64) -> String {
    let percent = share * 100.0;
    let scale = if percent < 10.0 { 100.0 } else { 10.0 };
    format!("{} %", (percent * scale).ceil() / scale)
}

/// How far a percentile is known, for a line of progress: `p99±5%: ±7.91 %`, or `p99±5%: 120,000/200,000`.
pub fn precision(facts: &PrecisionFacts) -> String {
    let target = printable(&facts.target.to_string()).into_owned();
    let Some(KnownPercentile { estimate_us, within_us, .. }) = facts.known else {
        return format!("{target}: {}/{}", grouped(facts.ended), grouped(facts.expected));
    };
    match facts.target.is_share() && estimate_us > 0 {
        true => format!("{target}: ±{}", share(within_us as f64 / estimate_us as f64)),
        false => format!("{target}: ±{}", units::duration(within_us)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(target: &str, known: Option<(u64, u64)>) -> PrecisionFacts {
        let known = known.map(|(estimate_us, within_us)| KnownPercentile {
            estimate_us,
            within_us,
            batches: 20,
            batch_size: 10_000,
            samples: 200_000,
        });
        let target = target.parse().unwrap();
        PrecisionFacts { target, reached: false, ended: 210_000, expected: 400_000, known }
    }

    #[test]
    fn a_percentile_is_told_with_its_precision() {
        let mut load = LoadFacts::default();
        load.until = vec![
            PrecisionFacts { reached: true, ..facts("p99±5%", Some((212_000, 8_000))) },
            facts("p99.9+-5ms", Some((412_000, 6_100))),
            facts("p99{a}±5%", None),
        ];
        insta::assert_snapshot!(
            until(&load).replace(" · ", "\n"),
            @r"
        p99±5%: yes (212 ms ±3.78 %, by 20 batches of 10,000)
        p99.9±5ms: no (412 ms ±6.10 ms, by 20 batches of 10,000)
        p99{a}±5%: no (210,000 of at least 400,000 requests)
        "
        );
        let lines = load.until.iter().map(precision).collect::<Vec<_>>();
        assert_eq!(lines, ["p99±5%: ±3.78 %", "p99.9±5ms: ±6.10 ms", "p99{a}±5%: 210,000/400,000"]);
        let lines = load.until.iter().map(|facts| not_reached(facts, &load)).collect::<Vec<_>>();
        insta::assert_snapshot!(
            lines[1..].join("\n"),
            @r"
        p99.9±5ms: p99.9 is 412 ms ±6.10 ms after 210,000 requests
        p99{a}±5%: p99{a} is not known after 210,000 of at least 400,000 requests
        "
        );
    }

    #[test]
    fn what_was_missed_by_little_does_not_look_reached() {
        assert_eq!([0.050_01, 0.1, 0.123_41, 0.05].map(share), ["5.01 %", "10 %", "12.4 %", "5 %"]);
    }
}
