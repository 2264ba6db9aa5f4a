//! What is served, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use haul::engine::Control;
use haul::model::{ErrorKind, MissedBy};
use haul::report::load::LoadFacts;
use haul::report::{FindFacts, Report, RunFacts};
use prometheus::proto::MetricType;
use rustix::time::{ClockId, clock_gettime};

use super::page::{BOUNDS_US, Page, counter, gauge, histogram, metric};

/// How many groups have a label of their own: the first ones; the rest share one.
const MAX_GROUPS: usize = 20;

/// The label of groups beyond those, and of groups beyond those that a report names.
const OTHER_GROUPS: &str = "(other groups)";

/// What runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command {
    /// A list is fetched.
    Fetch,
    /// A probe.
    Probe,
}

/// What is known of a run at one moment.
pub(super) struct Figures<'a> {
    pub(super) report: &'a Report,
    pub(super) run: &'a RunFacts,
    pub(super) control: &'a Control,
    pub(super) command: Command,
    /// When the process began, since 1970.
    pub(super) began: Duration,
}

/// The page that is served.
pub(super) fn text(figures: &Figures<'_>) -> String {
    let mut page = Page::default();
    let &Figures { report, run, control, .. } = figures;
    page.process(figures);
    page.run(control, run);
    page.records(report);
    page.times(report);
    page.groups(report);
    match &run.load {
        Some(load) => page.load(load, report),
        None => page.bounds(run),
    }
    let find = run.load.as_ref().and_then(|load| load.find.as_ref());
    let is_draining = control.gauges.draining.load(Ordering::Relaxed);
    find.into_iter().for_each(|find| page.find(find, is_draining));
    page.text()
}

impl Page {
    fn process(&mut self, Figures { command, began, .. }: &Figures<'_>) {
        let command = match command {
            Command::Fetch => "fetch",
            Command::Probe => "probe",
        };
        let info = metric(&[("version", env!("CARGO_PKG_VERSION")), ("command", command)]);
        self.add("haul_build_info", "Version of haul, and what it does.", MetricType::GAUGE, [gauge(info, 1.0)]);
        self.gauge("process_start_time_seconds", "Start of the process, since 1970.", began.as_secs_f64());
        if let Ok(cpu) = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)) {
            self.counter("process_cpu_seconds_total", "Processor time of the process.", cpu.as_secs_f64());
        }
    }

    fn run(&mut self, control: &Control, run: &RunFacts) {
        let [in_flight, waiting] =
            [&control.gauges.in_flight, &control.gauges.waiting].map(|gauge| gauge.load(Ordering::Relaxed) as f64);
        self.gauge("haul_run_duration_seconds", "Time since the run began.", run.wall_s);
        self.gauge("haul_run_stopping", "1 if the run comes to an early end.", f64::from(u8::from(run.interrupted)));
        self.counter("haul_requests_total", "Requests sent, with retries, redirects and pages.", run.requests as f64);
        self.gauge("haul_in_flight_requests", "Requests in flight.", in_flight);
        self.gauge("haul_in_flight_requests_peak", "Most requests in flight at once.", run.peak_in_flight as f64);
        self.gauge("haul_waiting_jobs", "Jobs that wait for a limit, a pause or a retry.", waiting);
        if run.load.is_none() {
            let done = run.resumed.unwrap_or(0) + run.settled;
            self.counter("haul_inputs_done_total", "Inputs that have their last record.", done as f64);
            if let Some(inputs) = control.input.estimated_total() {
                self.gauge("haul_inputs", "All inputs; an estimate until the lists are read.", inputs.max(done) as f64);
            }
        }
    }

    fn records(&mut self, report: &Report) {
        let totals = report.totals();
        let by_outcome = [
            ("ok", totals.ok),
            ("failed", totals.failed),
            ("duplicate", totals.duplicates),
            ("warm_up", totals.warm_up),
        ];
        let by_outcome = by_outcome.map(|(outcome, count)| (outcome, count as f64));
        self.counters("haul_records_total", "Records by outcome.", "outcome", by_outcome);
        let statuses: Vec<_> = report.statuses().map(|(code, count)| (code.to_string(), count as f64)).collect();
        let statuses = statuses.iter().map(|(code, count)| (code.as_str(), *count));
        self.counters("haul_responses_total", "Responses by status code.", "code", statuses);
        let errors: BTreeMap<_, _> = report.errors().collect();
        let errors = ErrorKind::ALL.map(|kind| (kind.as_str(), errors.get(&kind).copied().unwrap_or(0) as f64));
        self.counters("haul_errors_total", "Failed requests by kind of error.", "kind", errors);
        self.counter("haul_retries_total", "Attempts after the first.", totals.retries as f64);
        self.counter("haul_redirects_total", "Redirects followed.", totals.redirects as f64);
        self.counter("haul_received_bytes_total", "Body bytes on the wire.", totals.encoded_bytes as f64);
        self.counter("haul_decoded_bytes_total", "Body bytes once decoded.", totals.decoded_bytes as f64);
    }

    fn times(&mut self, report: &Report) {
        let latency = histogram(metric(&[]), &report.latency_up_to(&BOUNDS_US));
        let help = "Duration of requests; in a probe, from the time at which each was due.";
        self.add("haul_request_duration_seconds", help, MetricType::HISTOGRAM, [latency]);
    }

    fn groups(&mut self, report: &Report) {
        let groups = report.first_groups(MAX_GROUPS, &BOUNDS_US);
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| OTHER_GROUPS.to_owned());
        let counts = groups.iter().flat_map(|group| {
            let of = |outcome, count: u64| {
                counter(metric(&[("group", &name(&group.name)), ("outcome", outcome)]), count as f64)
            };
            [of("ok", group.ok), of("failed", group.failed)]
        });
        self.add("haul_group_records_total", "Records by group and outcome.", MetricType::COUNTER, counts);
        let times = groups.iter().map(|group| histogram(metric(&[("group", &name(&group.name))]), &group.latency));
        let help = "Duration of requests by group, as in haul_request_duration_seconds.";
        self.add("haul_group_request_duration_seconds", help, MetricType::HISTOGRAM, times);
    }

    fn load(&mut self, load: &LoadFacts, report: &Report) {
        self.counter("haul_asked_starts_total", "Requests that were due.", load.asked as f64);
        self.counter("haul_starts_total", "Requests that were due and started.", load.started as f64);
        let missed = MissedBy::ALL.map(|cause| (cause.as_str(), load.missed.by(cause) as f64));
        self.counters("haul_missed_starts_total", "Requests that were due but not sent.", "cause", missed);
        let lag = histogram(metric(&[]), &load.lag_up_to(&BOUNDS_US));
        self.add("haul_start_lag_seconds", "How late requests left.", MetricType::HISTOGRAM, [lag]);
        let service = histogram(metric(&[]), &report.service_time_up_to(&BOUNDS_US));
        let help = "Duration of requests on the wire.";
        self.add("haul_request_service_seconds", help, MetricType::HISTOGRAM, [service]);
        if let Some(cpu) = load.cpu {
            let help = "Share of its cores that haul used while it started requests.";
            self.gauge("haul_cpu_utilization_ratio", help, cpu.share.fraction());
        }
        let doubts: Vec<_> = report.doubts(load).iter().map(|doubt| doubt.as_str()).collect();
        let doubts =
            ["lag", "cpu", "waits", "missed"].map(|reason| (reason, f64::from(u8::from(doubts.contains(&reason)))));
        self.gauges("haul_doubt", "1 if there is this reason to doubt the figures.", "reason", doubts);
    }

    /// A search for the highest rate.
    fn find(&mut self, find: &FindFacts, is_draining: bool) {
        self.counter("haul_find_steps_total", "Steps of the search that have ended.", find.steps.len() as f64);
        let asked = find.running.filter(|_| !is_draining);
        for (name, help, rate) in [
            ("haul_find_asked_rate", "Requests per second that the step asks for.", asked),
            ("haul_find_held_rate", "Highest rate that held, in requests per second.", find.held),
            ("haul_find_failed_rate", "Lowest rate that failed, in requests per second.", find.failed),
        ] {
            rate.into_iter().for_each(|rate| self.gauge(name, help, rate));
        }
    }

    /// What bounded the run. Its hosts count together: a list may have any number of them.
    fn bounds(&mut self, run: &RunFacts) {
        let mut by_limit = BTreeMap::<&str, f64>::new();
        run.bounded_by.iter().for_each(|bound| *by_limit.entry(&bound.by).or_default() += bound.seconds);
        self.counters("haul_bounded_seconds_total", "Time for which each limit bounded the run.", "by", by_limit);
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use std::time::SystemTime;

    use haul::model::RecordSummary;
    use haul::report::BoundBy;
    use haul::report::load::LoadRecorder;

    use super::*;
    use crate::cli::progress::search;

    fn page(report: &Report, run: &RunFacts, command: Command) -> String {
        let control = Control::default();
        control.gauges.in_flight.store(3, Ordering::Relaxed);
        text(&Figures { report, run, control: &control, command, began: Duration::from_millis(1_500) })
    }

    /// The samples of some families.
    fn samples<'a>(page: &'a str, names: &[&str]) -> Vec<&'a str> {
        page.lines().filter(|line| names.iter().any(|name| line.starts_with(name))).collect()
    }

    fn record(group: Option<&str>, us: u64, status: u16) -> RecordSummary<'_> {
        RecordSummary {
            group,
            ok: status < 400,
            status_code: StatusCode::from_u16(status).ok(),
            error: (status >= 400).then_some((ErrorKind::Expectation, "not what was expected")),
            latency_us: Some(us),
            encoded_size: 100,
            decoded_size: 150,
            attempts: 2,
            ..RecordSummary::default()
        }
    }

    #[test]
    fn a_list_has_what_bounds_it() {
        let mut report = Report::default();
        [900, 1_100, 70_000_000].iter().for_each(|us| report.add(&record(None, *us, 200)));
        report.add(&record(None, 40_000, 404));
        let bound = |by: &'static str, host: &str, seconds| BoundBy {
            by: by.into(),
            host: Some(host.to_owned()),
            limit: None,
            seconds,
            share: 0.5,
        };
        let bounded_by = vec![bound("host_rate", "https://a", 1.5), bound("host_rate", "https://b", 0.5)];
        let run =
            RunFacts { wall_s: 2.0, requests: 9, settled: 4, resumed: Some(6), bounded_by, ..RunFacts::default() };
        let page = page(&report, &run, Command::Fetch);
        let names =
            ["haul_build", "process_start", "haul_in", "haul_req", "haul_rec", "haul_res", "haul_ret", "haul_b"];
        insta::assert_snapshot!(samples(&page, &names).join("\n"), @r#"
        haul_build_info{version="0.1.0",command="fetch"} 1
        process_start_time_seconds 1.5
        haul_requests_total 9
        haul_in_flight_requests 3
        haul_in_flight_requests_peak 0
        haul_inputs_done_total 10
        haul_records_total{outcome="ok"} 3
        haul_records_total{outcome="failed"} 1
        haul_records_total{outcome="duplicate"} 0
        haul_records_total{outcome="warm_up"} 0
        haul_responses_total{code="200"} 3
        haul_responses_total{code="404"} 1
        haul_retries_total 4
        haul_received_bytes_total 400
        haul_request_duration_seconds_bucket{le="0.0005"} 0
        haul_request_duration_seconds_bucket{le="0.001"} 1
        haul_request_duration_seconds_bucket{le="0.0025"} 2
        haul_request_duration_seconds_bucket{le="0.005"} 2
        haul_request_duration_seconds_bucket{le="0.01"} 2
        haul_request_duration_seconds_bucket{le="0.025"} 2
        haul_request_duration_seconds_bucket{le="0.05"} 3
        haul_request_duration_seconds_bucket{le="0.075"} 3
        haul_request_duration_seconds_bucket{le="0.1"} 3
        haul_request_duration_seconds_bucket{le="0.25"} 3
        haul_request_duration_seconds_bucket{le="0.5"} 3
        haul_request_duration_seconds_bucket{le="1"} 3
        haul_request_duration_seconds_bucket{le="2.5"} 3
        haul_request_duration_seconds_bucket{le="5"} 3
        haul_request_duration_seconds_bucket{le="10"} 3
        haul_request_duration_seconds_bucket{le="30"} 3
        haul_request_duration_seconds_bucket{le="60"} 3
        haul_request_duration_seconds_bucket{le="+Inf"} 4
        haul_request_duration_seconds_sum 70.042
        haul_request_duration_seconds_count 4
        haul_bounded_seconds_total{by="host_rate"} 2
        "#);
        assert_eq!(samples(&page, &["haul_errors_total{"]).len(), ErrorKind::ALL.len());
        assert!(page.contains("\nhaul_errors_total{kind=\"expectation\"} 1\n"), "{page}");
        assert!(!page.contains("host=") && !page.contains("haul_asked"), "{page}");
    }

    #[test]
    fn a_search_has_its_step_and_what_it_knows() {
        let find = |find| {
            let mut load = LoadFacts::default();
            load.find = Some(find);
            page(&Report::default(), &RunFacts { load: Some(load), ..RunFacts::default() }, Command::Probe)
        };
        let (running, ended) = (find(search()), find(FindFacts { running: None, failed: Some(210.0), ..search() }));
        let samples = |page| samples(page, &["haul_find"]).join(", ");
        assert_eq!(samples(&running), "haul_find_steps_total 1, haul_find_asked_rate 400, haul_find_held_rate 200");
        assert_eq!(samples(&ended), "haul_find_steps_total 1, haul_find_held_rate 200, haul_find_failed_rate 210");
    }

    #[test]
    fn a_probe_has_what_was_asked_and_missed() {
        let mut report = Report::default();
        (0..30).for_each(|n| report.add(&record(Some(&format!("g\"{n}")), 1_000, 200)));
        let mut load = LoadRecorder::new(SystemTime::UNIX_EPOCH, Duration::ZERO, 2);
        load.start(Duration::ZERO);
        load.sent(Duration::ZERO, Duration::from_millis(2));
        load.miss(Duration::from_millis(5), MissedBy::Output);
        let load = Some(load.facts(Duration::from_secs(1)));
        let page = page(&report, &RunFacts { load, ..RunFacts::default() }, Command::Probe);
        let names = ["haul_asked", "haul_starts", "haul_missed", "haul_start_lag_seconds_c", "haul_doubt"];
        insta::assert_snapshot!(samples(&page, &names).join("\n"), @r#"
        haul_asked_starts_total 2
        haul_starts_total 1
        haul_missed_starts_total{cause="in_flight"} 0
        haul_missed_starts_total{cause="memory"} 0
        haul_missed_starts_total{cause="output"} 1
        haul_missed_starts_total{cause="host_limit"} 0
        haul_missed_starts_total{cause="late"} 0
        haul_start_lag_seconds_count 1
        haul_doubt{reason="lag"} 1
        haul_doubt{reason="cpu"} 0
        haul_doubt{reason="waits"} 0
        haul_doubt{reason="missed"} 1
        "#);
        let groups = samples(&page, &["haul_group_records_total{"]);
        assert_eq!(groups.len(), 2 * (MAX_GROUPS + 1));
        assert_eq!(groups[0], "haul_group_records_total{group=\"g\\\"0\",outcome=\"ok\"} 1");
        assert_eq!(groups[40], "haul_group_records_total{group=\"(other groups)\",outcome=\"ok\"} 10");
        assert!(!page.contains("haul_inputs") && !page.contains("haul_bounded"), "{page}");
    }
}
