//! The summary in the words of the command line: limits are called by the options that set them.

use console::Term;
use haul::report::text::{Advice, Neutral, Style, Vocabulary};

use super::terminal;

/// A summary for `out`, with the names of options.
pub(crate) fn style(out: &Term, color: bool) -> Style<'static> {
    Style { color, columns: terminal::columns(out), vocabulary: &Options, notes: &[], judged: &[] }
}

/// The names of options.
pub(crate) struct Options;

impl Vocabulary for Options {
    fn limit<'a>(&self, by: &'a str) -> &'a str {
        match by {
            "adaptive" => "--adaptive",
            "concurrency" => "--concurrency",
            "host_concurrency" => "--host-concurrency",
            "in_flight" => "--max-in-flight",
            "max_pages" => "--max-pages",
            "memory" => "--max-memory",
            "order" => "--ordered",
            "rate" => "--rate",
            "where" => "--where",
            by => Neutral.limit(by),
        }
    }

    fn advice(&self, advice: Advice) -> &'static str {
        match advice {
            Advice::HostConcurrency => "raise --host-concurrency",
            Advice::MaxWait => "lower --max-wait",
            Advice::RetryTime => "lower --retry-max-time",
            Advice::Window => "raise --window",
            Advice::Memory => "raise --max-memory",
            Advice::OrderWindow => "raise --order-window",
            Advice::RunFile => "see --run",
            advice => Neutral.advice(advice),
        }
    }

    fn host_rule(&self, hosts: &str) -> String {
        format!("--host-rule '{hosts}: ...'")
    }
}

#[cfg(test)]
mod tests {
    use haul::model::RecordSummary;
    use haul::report::text::summary_with;
    use haul::report::{BoundBy, LateRecord, Report, RunFacts};

    use super::*;

    fn summary(run: &RunFacts) -> String {
        let mut report = Report::default();
        report.add(&RecordSummary { attempts: 1, ..RecordSummary::default() });
        let run = RunFacts { wall_s: 10.0, records: 1, admitted: 1, settled: 1, window: 10_000, ..run.clone() };
        summary_with(Style { vocabulary: &Options, ..Style::default() }, &report, &run)
    }

    fn bound(by: &'static str, host: Option<&str>, limit: Option<usize>, share: f64) -> BoundBy {
        BoundBy { by: by.into(), host: host.map(str::to_owned), limit, seconds: share * 10.0, share }
    }

    #[test]
    fn limits_are_options() {
        let host = Some("https://a.example");
        for (bound, line) in [
            (bound("concurrency", None, None, 0.9), "--concurrency 90 %"),
            (bound("rate", None, None, 0.9), "--rate 90 %"),
            (bound("memory", None, None, 0.9), "--max-memory 90 %"),
            (bound("order", None, None, 0.9), "--ordered 90 %"),
            (bound("host_concurrency", host, Some(8), 0.9), "--host-concurrency 8 of a.example 90 %"),
            (bound("adaptive", host, Some(3), 0.9), "--adaptive 3 at a.example 90 %"),
            (bound("host_rate", host, None, 0.9), "the rate of a.example 90 %"),
            (bound("circuit", host, None, 0.9), "failed connections to a.example 90 %"),
        ] {
            let text = summary(&RunFacts { bounded_by: vec![bound], ..RunFacts::default() });
            assert_eq!(text.lines().last().unwrap(), format!("  bound by {line}"));
        }
    }

    #[test]
    fn advice_names_options() {
        for (by, wanted) in [
            ("host_concurrency", "raise --host-concurrency"),
            ("pause", "lower --max-wait"),
            ("circuit", "lower --retry-max-time"),
            ("backoff", "raise --window"),
        ] {
            let host = Some("http://slow.example".to_owned());
            let bounded_by = vec![bound(by, host.as_deref(), None, 0.01)];
            let run = RunFacts { stalled_on: host, window_stall_s: 9.0, bounded_by, ..RunFacts::default() };
            let text = summary(&run);
            assert_eq!(text.trim_end().rsplit_once("; shuffle the list or ").unwrap().1, wanted);
        }
        let late = Some(LateRecord { seq: 17, host: "https://slow.example".to_owned() });
        let unused_rules = vec!["*.example".to_owned()];
        let text =
            summary(&RunFacts { memory_stall_s: 1.0, order_stall_s: 2.0, late, unused_rules, ..RunFacts::default() });
        let notes = ["for memory: raise --max-memory\n", "; raise --order-window\n", "--host-rule '*.example: ...'\n"];
        assert!(
            notes.iter().all(|note| text.contains(note)) && text.contains("note     --ordered held back"),
            "{text}"
        );
    }
}
