//! Hints for probes, for habits from other load generators.

use super::Hints;

/// Where the same hint as for a list would mislead.
pub(super) const HINTS: Hints = &[
    // Load
    (&["-R"], "use --rate N/s, such as --rate 200/s"),
    (
        &["--qps", "--rps", "--rate-limit", "--max-rate", "--max-rps", "--throttle", "--limit", "--limit-rate"],
        "use --rate N/s, such as --rate 200/s",
    ),
    (&["-t"], "for threads, use --threads N; for a duration, use -z TIME; for a timeout, use -m TIME"),
    (
        &["--vus", "--users", "--workers", "-j", "--jobs"],
        "use -c N for N loops, or --rate N/s for a rate that does not depend on answers",
    ),
    (
        &["--max-workers", "--max-connections", "--max-conns", "--max-vus"],
        "to bound the requests in flight at a rate, use --max-in-flight N; for N loops, use -c N",
    ),
    (&["-Z", "--parallel", "--parallel-max", "--parallelism"], "use -c N for N loops"),
    (&["--iterations", "--number", "--repetitions"], "use -n/--requests N"),
    (&["--wait", "--delay"], "use --think-time TIME"),
    (&["--time-cond", "--timelimit", "--time", "--run-time"], "use -z/--duration TIME"),
    (
        &["--latency", "--summary-trend-stats", "--histogram"],
        "the summary and the report always have percentiles: leave it out",
    ),
    (&["--latency-correction"], "with --rate, latency always counts from when a request was due: leave it out"),
    (&["--stage"], "use --stages, with commas: '10/s..500/s@2m, 500/s@10m'"),
    (&["--burst", "--burst-delay", "--burst-rate", "--ramp-up", "--spawn-rate"], "use --stages or --arrivals poisson"),
    (
        &["--graceful-stop", "--wait-ongoing-requests-after-deadline"],
        "haul waits for answers, for --timeout at most: leave it out",
    ),
    (
        &["--host-burst", "--adaptive", "--window"],
        "a probe sends when requests are due, and does not adapt: leave it out",
    ),
    // Requests
    (
        &["--targets", "-l", "--list"],
        "give the list as an argument: haul probe targets.txt; its format by --input-format",
    ),
    (
        &["--input-file", "--stdin", "--urls-from-file", "--urls", "--input", "--file"],
        "give the list as an argument: haul probe targets.txt, or - for standard input",
    ),
    (&["-a"], "for credentials, use -u USER:PASSWORD"),
    (&["-C"], "to send cookies, use -b COOKIES"),
    (&["-D", "-p"], "to send a file, use --data-binary @FILE"),
    (&["-T"], "for the type of a body, use -H 'Content-Type: TYPE'; for a timeout, use -m TIME"),
    (&["--rand-regex-url"], "use placeholders, as in 'http://localhost/{{random 1 100}}'"),
    (
        &["--redirect", "--redirects", "--follow", "--follow-redirects", "--allow-redirects"],
        "a probe does not follow redirects by default; to follow them, use -L/--location",
    ),
    (
        &[
            "--no-location",
            "--no-redirect",
            "--no-redirects",
            "--disable-redirects",
            "--no-follow",
            "--no-follow-redirects",
        ],
        "a probe does not follow redirects by default: leave it out",
    ),
    (
        &[
            "--retry",
            "--retries",
            "--retry-on",
            "--retry-delay",
            "--retry-max-time",
            "--retry-max-delay",
            "--retry-unsafe",
            "--tries",
            "--max-tries",
            "--max-retries",
            "--retry-max",
            "--max-wait",
            "--retry-all-errors",
            "--retry-connrefused",
            "--waitretry",
            "--retry-wait",
        ],
        "a probe does not retry: a retry would hide a failure and add load",
    ),
    (
        &["--robots", "--robots-agent", "--robots-txt"],
        "a probe does not read robots.txt: confirm hosts with --yes-load",
    ),
    (
        &["--paginate", "--max-pages", "--allow-page-host", "--items"],
        "a probe does not follow pages: use haul for that",
    ),
    (&["--strict"], "a probe always checks its lists first: leave it out"),
    (&["--dedup", "--dedup-max"], "a probe sends its targets over and over again: leave it out"),
    // Output
    (&["--jq", "--raw", "-r"], "a probe does not extract from bodies; for conditions on them, use --expect-jq FILTER"),
    (&["--ordered", "--order-window"], "records of a probe come as requests end; seq has their order"),
    (
        &["--resume", "--resume-anyway", "--rotate", "--continue", "--continue-at", "--append"],
        "a probe cannot be continued: start it again",
    ),
    (&["--fail", "-f", "--check-status", "--fail-with-body", "--fail-early"], "use --fail-if 'failed>0'"),
    (&["--threshold", "--thresholds"], "use --fail-if, such as --fail-if 'p99>300ms'"),
    (&["--output-format", "--out", "--summary-export"], "for a report in JSON, use --report FILE"),
    (&["--db-url"], "to write each request, use -o/--output FILE"),
    (&["--every"], "use --progress-every TIME"),
];
