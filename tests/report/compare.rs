//! Two runs side by side.

use std::time::Duration;

use haul::model::{ErrorKind, RecordSummary};
use haul::report::compare::{Comparison, Side, write};
use haul::report::html;
use haul::report::text::{Style, comparison};
use haul::report::threshold::{Known, Threshold};
use haul::report::{Batches, Report, Timeline};
use http::StatusCode;
use serde_json::Value;

const SECOND_US: u64 = 1_000_000;

#[derive(Default)]
struct Run {
    report: Report,
    batches: Batches,
    timeline: Timeline,
}

impl Run {
    /// A minute at 200/s, with latencies from `base_us` on and a long tail.
    fn of(seed: u64, base_us: f64, failures: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut run = Run::default();
        for n in 0..12_000 {
            let is_failed = n % 1_000 < failures;
            let record = RecordSummary {
                seq: n,
                ok: !is_failed,
                status_code: (!is_failed).then_some(StatusCode::OK),
                error: is_failed.then_some((ErrorKind::Timeout, "timed out")),
                intended_us: Some(1_800_000_000 * SECOND_US + n * 5_000),
                latency_us: Some((base_us * (1.0 - rng.f64()).powf(-0.3)) as u64),
                group: Some(if n % 3 == 0 { "checkout" } else { "search" }),
                attempts: 1,
                ..RecordSummary::default()
            };
            run.report.add(&record);
            run.batches.add(&record);
            run.timeline.add(&record);
        }
        run
    }

    fn side(&self, name: &str) -> Side<'_> {
        let known = Known { duration: Some(Duration::from_secs(60)), ..Known::default() };
        Side {
            name: name.to_owned(),
            report: &self.report,
            timeline: &self.timeline,
            batches: &self.batches,
            known,
            doubts: Vec::new(),
        }
    }
}

#[test]
fn a_comparison_fits_80_columns() {
    let (before, after) = (Run::of(1, 15_000.0, 1), Run::of(2, 18_000.0, 2));
    let (mut before, after) = (before.side("before.ndjson"), after.side("after.ndjson"));
    before.doubts = vec!["the generator was late by 40 ms at p99 (allowed: 2 ms)".to_owned()];
    before.known.in_doubt = true;
    let thresholds = ["p99>+10%", "failed{checkout}>+0.5%", "p99>1s"].map(|text| text.parse::<Threshold>().unwrap());
    let compared = Comparison::new(&before, &after, &thresholds);
    let judged = compared.judge(&thresholds);
    let text = comparison(Style { columns: 80, judged: &judged, ..Style::default() }, &compared);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text, @"
    before   before.ndjson · 12,000 requests
    after    after.ndjson · 12,000 requests

                         before    after    change       %
    failed                0.1 %    0.2 %   +0.1 pp  +100 %  within noise
    error(timeout)        0.1 %    0.2 %   +0.1 pp  +100 %  within noise
    status(2xx)          99.9 %   99.8 %   -0.1 pp  -0.1 %  within noise
    rate                  200/s    200/s    -0.2/s  -0.1 %  within noise
    mean                21.4 ms  25.6 ms  +4.22 ms   +20 %  higher
    p50                 18.4 ms  22.1 ms  +3.68 ms   +20 %  higher
    p90                 29.9 ms  35.4 ms  +5.54 ms   +19 %  higher
    p95                 36.9 ms  43.8 ms  +6.98 ms   +19 %  higher
    p99                 59.5 ms  71.0 ms  +11.6 ms   +19 %  higher
    p99.9                107 ms   144 ms  +36.7 ms   +34 %  within noise
    max                  287 ms   332 ms  +44.3 ms   +15 %
    mean(service_time)  21.4 ms  25.6 ms  +4.22 ms   +20 %  higher
    p50(service_time)   18.4 ms  22.1 ms  +3.68 ms   +20 %  higher
    p99(service_time)   59.5 ms  71.0 ms  +11.6 ms   +19 %  higher

    search · 8,000 and 8,000 requests
    failed                0.1 %    0.2 %   +0.1 pp  +100 %  within noise
    mean                21.5 ms  25.6 ms  +4.11 ms   +19 %  higher
    p50                 18.5 ms  22.0 ms  +3.52 ms   +19 %  higher
    p90                 30.2 ms  35.5 ms  +5.26 ms   +17 %  higher
    p95                 37.5 ms  44.0 ms  +6.56 ms   +18 %  higher
    p99                 61.1 ms  71.9 ms  +10.8 ms   +18 %  within noise

    checkout · 4,000 and 4,000 requests
    failed                0.1 %    0.2 %   +0.1 pp  +100 %  within noise
    mean                21.0 ms  25.5 ms  +4.45 ms   +21 %  higher
    p50                 18.3 ms  22.2 ms  +3.90 ms   +21 %  higher
    p90                 29.2 ms  35.4 ms  +6.21 ms   +21 %  higher
    p95                 35.6 ms  43.5 ms  +7.97 ms   +22 %  higher
    p99                 54.6 ms  70.8 ms  +16.2 ms   +30 %  higher

    higher   mean, p50, p90, p95, p99, mean(service_time), p50(service_time)
             p99(service_time), mean{search}, p50{search}, p90{search}
             p95{search}, mean{checkout}, p50{checkout}, p90{checkout}
             p95{checkout}, p99{checkout}
    fail if  p99>+10%: in doubt (+19.48 %) · failed{checkout}>+0.5%: no (+0.1 pp)
             p99>1s: no (71.0 ms)
    note     before: in doubt, the generator was late by 40 ms at p99 (allowed: 2
             ms)
    ");
    let narrow = comparison(Style { columns: 50, ..Style::default() }, &compared);
    assert!(narrow.lines().filter(|line| line.contains("ms")).all(|line| line.chars().count() <= 50), "{narrow}");
}

#[test]
fn colours_say_what_became_worse() {
    let (before, after) = (Run::of(1, 15_000.0, 0), Run::of(2, 12_000.0, 0));
    let (before, after) = (before.side("a"), after.side("b"));
    let better = Comparison::new(&before, &after, &[]);
    let worse = Comparison::new(&after, &before, &[]);
    let row = |compared: &Comparison<'_>| {
        let text = comparison(Style { color: true, ..Style::default() }, compared);
        text.lines().find(|line| line.starts_with("  mean")).unwrap().rsplit("  ").next().unwrap().to_owned()
    };
    assert_eq!([row(&better), row(&worse)], ["\x1b[32mlower\x1b[0m", "\x1b[31mhigher\x1b[0m"]);

    let cell = |compared: &Comparison<'_>| {
        let mut page = Vec::new();
        html::write_comparison(&mut page, compared, html::Style::default()).unwrap();
        let page = String::from_utf8(page).unwrap();
        let row = page.lines().find(|line| line.contains("<td>mean<wbr></td>")).unwrap();
        row.rsplit("<td").next().unwrap().to_owned()
    };
    let good_and_bad = [" class=\"good\">lower</td></tr>", " class=\"bad\">higher</td></tr>"];
    assert_eq!([cell(&better), cell(&worse)], good_and_bad);
}

#[test]
fn a_comparison_for_programs_has_what_the_text_has() {
    let (before, after) = (Run::of(1, 15_000.0, 1), Run::of(2, 15_000.0, 1));
    let (before, after) = (before.side("before.ndjson"), after.side("after.ndjson"));
    let compared = Comparison::new(&before, &after, &[]);
    let mut document = Vec::new();
    write(&mut document, &compared, &[]).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let figures = document["figures"].as_array().unwrap();
    let names: Vec<_> = figures.iter().map(|figure| figure["figure"].as_str().unwrap()).collect();
    let common = ["failed", "error(timeout)", "status(2xx)"];
    let times = ["mean", "p50", "p90", "p95", "p99", "p99.9", "max"];
    let of_service = ["mean(service_time)", "p50(service_time)", "p99(service_time)"];
    assert_eq!(names, [&common[..], &["rate"], &times, &of_service].concat());
    let differences: Vec<_> = figures.iter().map(|figure| figure["difference"].as_str()).collect();
    assert!(differences.iter().all(|is| matches!(is, Some("within_noise") | None)), "{differences:?}");
    assert_eq!(document["groups"][0]["figures"].as_array().unwrap().len(), common.len() + times.len());
    assert_eq!((&document["before"]["batches"], &document["level"]), (&61.into(), &0.05.into()));
}

#[cfg(feature = "html")]
#[test]
fn a_page_has_both_runs_and_no_markup_of_others() {
    let hostile = "</script><svg onload=alert(1)>";
    let mut run = Run::of(1, 15_000.0, 1);
    let names: Vec<String> = (0..120).map(|n| format!("{hostile}{n}{}", "&".repeat(300))).collect();
    for name in &names {
        run.report.add(&RecordSummary { group: Some(name), ..RecordSummary::default() });
    }
    let (before, after) = (run.side(hostile), run.side("after.ndjson"));
    let compared = Comparison::new(&before, &after, &[]);
    let mut page = Vec::new();
    let style = html::Style { title: hostile, notes: &[hostile.to_owned()], ..html::Style::default() };
    html::write_comparison(&mut page, &compared, style).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("<svg onload") && page.contains("&lt;/script&gt;&lt;svg onload=alert(1)&gt;"));
    assert!(page.contains("Latency over time") && page.contains("Latency by percentile"));
    assert!(page.contains("72 more groups") && page.len() < html::MAX_PAGE, "{}", page.len());
}

#[test]
fn without_figures_over_time_nothing_is_told() {
    let (run, empty) = (Run::of(1, 15_000.0, 1), Run::default());
    let none = Batches::default();
    let (whole, mut list) = (run.side("a"), run.side("b"));
    list.batches = &none;
    let text = comparison(Style::default(), &Comparison::new(&whole, &list, &[]));
    assert!(text.contains("  differs  too little data to tell\n"), "{text}");
    assert!(text.contains("after: it has no figures over time, so nothing can be told from noise"), "{text}");
    let nothing = empty.side("c");
    let text = comparison(Style::default(), &Comparison::new(&nothing, &nothing, &[]));
    assert!(text.contains("before: no requests") && text.contains("after: no requests"), "{text}");
}
