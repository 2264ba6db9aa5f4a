//! Notes of the summary that only the command can make: they depend on which options were given.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use haul::guard::text::grouped;
use haul::plan::Limits;
use haul::report::{Report, RunFacts};

use super::args::Pace;

/// The share of the time for which the hosts' limit must have bounded the run.
const MOST_OF_THE_TIME: f64 = 0.5;

/// What to add to the summary.
pub(crate) fn notes(pace: &Pace, report: &Report, run: &RunFacts) -> Vec<String> {
    concurrency(pace, report, run).into_iter().collect()
}

/// Why a given `-c` had no effect: the default limit of each host was lower.
fn concurrency(pace: &Pace, report: &Report, run: &RunFacts) -> Option<String> {
    let asked = pace.concurrency.map(NonZeroUsize::get)?;
    let per_host = Limits::default().host_concurrency.get();
    let has_rule = pace.host_rules.iter().any(|rule| rule.concurrency.is_some());
    if pace.host_concurrency.is_some() || has_rule || asked <= per_host || run.peak_in_flight >= asked {
        return None;
    }
    let bound = run.bounded_by.iter().filter(|bound| bound.by == "host_concurrency");
    if bound.clone().map(|bound| bound.share).sum::<f64>() < MOST_OF_THE_TIME {
        return None;
    }
    let slow: BTreeSet<_> = bound.map(|bound| bound.host.as_deref()).collect();
    Some(match report.hosts().max(slow.len()) {
        ..=1 => format!(
            "all requests went to one host, which got {per_host} at a time: --host-concurrency {asked} allows more"
        ),
        hosts => format!(
            "each of the {} hosts got at most {per_host} requests at a time, all together {}: a higher \
             --host-concurrency allows more",
            grouped(hosts as u64),
            grouped(run.peak_in_flight as u64),
        ),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use haul::model::RecordSummary;
    use haul::report::BoundBy;

    use super::*;
    use crate::cli::args::Cli;

    /// The notes of a run that was given `options` and bound for a `share` of its time by the limit of hosts.
    fn noted(options: &str, hosts: usize, share: f64) -> Vec<String> {
        let cli = Cli::parse_from(["haul"].into_iter().chain(options.split_whitespace()));
        let names: Vec<_> = (0..hosts).map(|n| format!("https://{n}.example")).collect();
        let mut report = Report::default();
        for name in &names {
            report.add(&RecordSummary { host: Some(name.as_str().into()), ..RecordSummary::default() });
        }
        let by_host = |name: &String| BoundBy {
            by: "host_concurrency".into(),
            host: Some(name.clone()),
            limit: Some(8),
            seconds: share,
            share: share / hosts as f64,
        };
        let bounded_by = names.iter().map(by_host).collect();
        notes(&cli.options.pace, &report, &RunFacts { bounded_by, peak_in_flight: 8 * hosts, ..RunFacts::default() })
    }

    #[test]
    fn a_concurrency_without_effect_is_explained() {
        let one = "all requests went to one host, which got 8 at a time: --host-concurrency 100 allows more";
        assert_eq!(noted("-c 100", 1, 0.9), [one]);
        let three = "each of the 3 hosts got at most 8 requests at a time, all together 24: a higher \
                     --host-concurrency allows more";
        assert_eq!(noted("-c 100", 3, 0.9), [three]);
        for (options, hosts, share) in [
            ("", 1, 0.9),
            ("-c 8", 1, 0.9),
            ("-c 4", 1, 0.9),
            ("-c 100", 1, 0.3),
            ("-c 100", 13, 0.9),
            ("-c 100 --host-concurrency 8", 1, 0.9),
            ("-c 100 --host-rule *:concurrency=8", 1, 0.9),
        ] {
            assert!(noted(options, hosts, share).is_empty(), "{options} {hosts} {share}");
        }
    }
}
