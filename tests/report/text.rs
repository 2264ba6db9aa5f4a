//! The summary for people.

use haul::model::{ErrorKind, PauseOutcomes, RecordSummary};
use haul::report::text::{Style, summary, summary_with};
use haul::report::{BoundBy, LateRecord, Provenance, Report, RunFacts};

use super::{SAVED, answered, failed, report, run};

fn large() -> Report {
    let hosts = ["https://a.example", "https://b.example", "http://c.example:8080"];
    let mut report = report((0..1180).map(|seq| answered(seq, hosts[seq as usize % 7 % 3], 200)));
    for seq in 1180..1192 {
        report.add(&RecordSummary { redirects: 2, truncated: true, ..answered(seq, "https://e.example", 404) });
    }
    for seq in 1192..1204 {
        let (kind, message) = match seq % 4 {
            0 => (ErrorKind::Dns, "no address for host"),
            _ => (ErrorKind::ConnectTimeout, "not connected within 10s"),
        };
        report.add(&failed(seq, kind, "https://down.example", message));
    }
    report
}

#[test]
fn a_run() {
    insta::assert_snapshot!(summary(&large(), &run(), false), @"
    1,204 records in 3.41 s (353/s)   1,180 ok   24 failed
    status   200 1,180 · 404 12
    errors   connect_timeout 9 · dns 3
      connect_timeout  https://down.example: not connected within 10s
      dns              https://down.example: no address for host
    latency  p50 596 ms · p90 1.07 s · p99 1.18 s · max 1.19 s, last attempts only
    bytes    1.1 MiB received, 4.0 MiB decoded, 12 bodies cut short
    hosts    a.example 506 · http://c.example:8080 337 · b.example 337 · 2 more
    retries  24 · redirects 24 · peak in flight 64
    ");
}

#[test]
fn a_run_in_color() {
    insta::assert_snapshot!(summary(&large(), &run(), true).escape_debug().to_string().replace("\\n", "\n"), @r"
    \u{1b}[1m1,204 records\u{1b}[0m in 3.41 s (353/s)   \u{1b}[32m1,180 ok\u{1b}[0m   \u{1b}[31m24 failed\u{1b}[0m
    \u{1b}[2mstatus   \u{1b}[0m200 1,180 · 404 12
    \u{1b}[2merrors   \u{1b}[0mconnect_timeout 9 · dns 3
    \u{1b}[2m  connect_timeout  https://down.example: not connected within 10s\u{1b}[0m
    \u{1b}[2m  dns              https://down.example: no address for host\u{1b}[0m
    \u{1b}[2mlatency  \u{1b}[0mp50 596 ms · p90 1.07 s · p99 1.18 s · max 1.19 s, last attempts only
    \u{1b}[2mbytes    \u{1b}[0m1.1 MiB received, 4.0 MiB decoded, 12 bodies cut short
    \u{1b}[2mhosts    \u{1b}[0ma.example 506 · http://c.example:8080 337 · b.example 337 · 2 more
    \u{1b}[2mretries  \u{1b}[0m24 · redirects 24 · peak in flight 64
    ");
}

#[test]
fn servers_that_ask_for_pauses() {
    let put_off = |seq| RecordSummary { deferred: true, ..answered(seq, "https://a.example", 429) };
    let report = report([put_off(0), put_off(1), answered(2, "https://a.example", 200)]);
    let line = |from: Provenance<'_>| summary(&report, from, false).lines().last().unwrap().to_owned();
    let pauses = PauseOutcomes { honoured: 1204, past: 1, too_long: 2, unreadable: 3, ignored: 4 };
    let run = RunFacts { pauses, ..run() };
    assert_eq!(
        line((&run).into()),
        "  pauses   heeded 1,204 · ignored 4 · past 1 · too long 2 · not understood 3 · deferred 2"
    );
    assert_eq!(line(SAVED), "  pauses   deferred 2");
}

#[test]
fn the_advice_is_for_what_held_the_host_back() {
    let advice = |by, host: &str| {
        let bound = |by: &'static str, host: &str| BoundBy {
            by: by.into(),
            host: Some(host.to_owned()),
            limit: None,
            seconds: 9.0,
            share: 0.01,
        };
        let bounded_by = vec![bound("robots", "http://other.example"), bound(by, host), bound("backoff", host)];
        let stalled_on = Some("http://slow.example".to_owned());
        let run = RunFacts { stalled_on, window_stall_s: 9.0, bounded_by, ..run() };
        let text = summary(&large(), &run, false);
        text.trim_end().rsplit_once("; shuffle the list or ").unwrap().1.to_owned()
    };
    for (by, wanted) in [
        ("host_concurrency", "allow more requests at once to that host"),
        ("host_rate", "raise that host's rate"),
        ("pause", "accept shorter pauses only"),
        ("circuit", "retry for a shorter time"),
        ("backoff", "raise the window"),
    ] {
        assert_eq!(advice(by, "http://slow.example"), wanted);
    }
    assert_eq!(advice("pause", "http://third.example"), "raise the window");
}

#[test]
fn a_terminal_of_few_columns_has_more_lines() {
    let stalled_on = Some("https://slow.example".to_owned());
    let run = RunFacts { stalled_on, window_stall_s: 125.3, ..run() };
    insta::assert_snapshot!(summary_with(Style { columns: 48, ..Style::default() }, &large(), &run), @"
    1,204 records in 3.41 s (353/s)   1,180 ok
    24 failed
    status   200 1,180 · 404 12
    errors   connect_timeout 9 · dns 3
      connect_timeout  https://down.example: not
                       connected within 10s
      dns              https://down.example: no
                       address for host
    latency  p50 596 ms · p90 1.07 s · p99 1.18 s
             max 1.19 s, last attempts only
    bytes    1.1 MiB received, 4.0 MiB decoded
             12 bodies cut short
    hosts    a.example 506
             http://c.example:8080 337
             b.example 337 · 2 more
    retries  24 · redirects 24 · peak in flight 64
    note     reading the list stalled for 2 m 05
             s: https://slow.example filled the
             window of 10,000 jobs; shuffle the
             list or raise the window
    ");
}

#[test]
fn what_bounded_a_run() {
    let bound = |by: &'static str, host: Option<&str>, limit, share| {
        let host = host.map(str::to_owned);
        BoundBy { by: by.into(), host, limit, seconds: share * 10.0, share }
    };
    let line = |bounded_by: Vec<BoundBy>| {
        let run = RunFacts { bounded_by, ..run() };
        summary(&large(), &run, false).lines().last().unwrap().to_owned()
    };
    let (a, b) = (Some("https://a.example"), Some("http://b.example:8080"));
    let one = vec![
        bound("host_concurrency", a, Some(8), 0.8),
        bound("concurrency", None, None, 0.12),
        bound("circuit", b, None, 0.05),
        bound("output", None, None, 0.03),
    ];
    let told = "  bound by concurrency 8 of a.example 80 % · concurrency 12 % · \
                failed connections to http://b.example:8080 5 %";
    assert_eq!(line(one), told);
    let many = vec![
        bound("concurrency", None, None, 0.3),
        bound("host_rate", a, None, 0.3),
        bound("host_rate", b, None, 0.25),
        bound("host_rate", None, None, 0.15),
    ];
    assert_eq!(line(many), "  bound by the rate of 3 hosts 70 % · concurrency 30 %");
}

#[test]
fn a_run_with_every_note() {
    let run = RunFacts {
        wall_s: 5025.0,
        rate: 0.24,
        admitted: 2016,
        skipped: 1,
        window_stall_s: 125.3,
        stalled_on: Some("https://slow.example".to_owned()),
        memory_stall_s: 60.0,
        sink_stall_s: 3700.0,
        order_stall_s: 90.0,
        late: Some(LateRecord { seq: 17, host: "https://slow.example".to_owned() }),
        interrupted: true,
        ..run()
    };
    insta::assert_snapshot!(summary(&large(), &run, false), @"
    1,204 records in 1 h 24 m (0.2/s)   1,180 ok   24 failed   1 skipped
    status   200 1,180 · 404 12
    errors   connect_timeout 9 · dns 3
      connect_timeout  https://down.example: not connected within 10s
      dns              https://down.example: no address for host
    latency  p50 596 ms · p90 1.07 s · p99 1.18 s · max 1.19 s, last attempts only
    bytes    1.1 MiB received, 4.0 MiB decoded, 12 bodies cut short
    hosts    a.example 506 · http://c.example:8080 337 · b.example 337 · 2 more
    retries  24 · redirects 24 · peak in flight 64
    note     reading the list stalled for 2 m 05 s: https://slow.example filled the window of 10,000 jobs; shuffle the list or raise the window
    note     requests waited 1 m 00 s for memory: raise the memory limit
    note     requests waited 1 h 02 m for the output, which is slower than the network
    note     the order of records held back requests for 1 m 30 s: the record of input 17 (https://slow.example) was late; raise the order window
    note     stopped early: of the lines read so far, 812 were not started
    ");
}

#[test]
fn one_record() {
    let run = RunFacts { wall_s: 0.0421, rate: 23.75, peak_in_flight: 1, ..run() };
    let record = RecordSummary { decoded_size: 1000, truncated: true, ..answered(0, "https://a.example", 200) };
    insta::assert_snapshot!(summary(&report([record]), &run, false), @"
    1 record in 42.1 ms (24/s)   1 ok
    status   200 1
    latency  p50 1.00 ms · p90 1.00 ms · p99 1.00 ms · max 1.00 ms
    bytes    1000 B received, 1 body cut short
    hosts    a.example 1
    retries  0 · redirects 0 · peak in flight 1
    ");
}

#[test]
fn one_input_not_started() {
    let run = RunFacts { admitted: 1, settled: 0, rate: 0.0, interrupted: true, ..run() };
    insta::assert_snapshot!(summary(&Report::default(), &run, false), @"
    0 records in 3.41 s (0.0/s)
    retries  0 · redirects 0 · peak in flight 64
    note     stopped early: of the lines read so far, 1 was not started
    ");
}

#[test]
fn no_records() {
    insta::assert_snapshot!(summary(&Report::default(), &RunFacts::default(), false), @"
      nothing to fetch: the list has no URLs
    ");
    let run = RunFacts { skipped: 1204, ..RunFacts::default() };
    insta::assert_snapshot!(summary(&Report::default(), &run, false), @"
      nothing left to fetch: 1,204 inputs skipped
    ");
}

#[test]
fn stalls_too_short_to_matter_are_left_out() {
    let run = RunFacts { window_stall_s: 0.03, memory_stall_s: 0.03, sink_stall_s: 0.03, ..run() };
    assert!(!summary(&large(), &run, false).contains("note"));
}

#[test]
fn what_servers_send_does_not_steer_the_terminal() {
    let report = report([
        failed(
            0,
            ErrorKind::Protocol,
            "https://ann:pw@evil.example/\x1b]0;title\x07",
            "bad header \x1b[2J\r\n\u{202e}",
        ),
        failed(1, ErrorKind::Tls, "https://long.example/a/path/that/goes/on/and/on/and/on/and/on", "self-signed"),
    ]);
    let run = RunFacts { stalled_on: Some("\x1b[1m".to_owned()), window_stall_s: 9.0, ..run() };
    insta::assert_snapshot!(summary(&report, &run, false), @r"
    2 records in 3.41 s (353/s)   2 failed
    errors   tls 1 · protocol 1
      tls       https://long.example/a/path/that/goes/on/and/on/and/on/and/on: self-signed
      protocol  https://REDACTED@evil.example/\u{1b}]0;title\u{7}: bad header \u{1b}[2J\r\n\u{202e}
    hosts    down.example 2
    retries  4 · redirects 0 · peak in flight 64
    note     reading the list stalled for 9.00 s: \u{1b}[1m filled the window of 10,000 jobs; shuffle the list or raise the window
    ");
}

#[test]
fn many_statuses_kinds_and_hosts_are_cut_short() {
    let names: Vec<_> = (0..1500).map(|n| format!("https://host-{n}.a-rather-long-name.example")).collect();
    let report = report(names.iter().enumerate().map(|(n, name)| RecordSummary {
        host: Some(name.as_str().into()),
        ok: false,
        error: Some((ErrorKind::ALL[n % ErrorKind::ALL.len()], "no")),
        ..answered(n as u64, "", 200 + n as u16 % 300)
    }));
    insta::assert_snapshot!(summary(&report, &run(), false), @"
    1,500 records in 3.41 s (353/s)   1,500 failed
    status   200 5 · 201 5 · 202 5 · 203 5 · 204 5 · 205 5 · 294 more
    errors   invalid_input 72 · dns 72 · connect_refused 72 · connect_timeout 72 · connect 72 · tls 72 · 15 more
      invalid_input    https://a.example/: no
      dns              https://a.example/: no
      connect_refused  https://a.example/: no
    latency  p50 750 ms · p90 1.35 s · p99 1.49 s · max 1.50 s
    bytes    1.4 MiB received, 5.0 MiB decoded
    hosts    host-0.a-rather-long-name.examp… 1 · host-1.a-rather-long-name.examp… 1 · host-10.a-rather-long-name.exam… 1 · 997 more · 500 records from other hosts
    retries  0 · redirects 0 · peak in flight 64
    ");
}
