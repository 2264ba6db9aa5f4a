//! What people type from habit with other clients, and what to type here instead.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::Cli;
use super::exit::CliError;
use super::near::{METHODS, is_near};
use super::probe::HINTS as HINTS_OF_PROBE;

const PROBE: &str = "probe";

/// What to say of an option that a command, or haul without one, does not have, unless clap says what was meant.
pub(crate) fn unknown(error: &clap::Error, command: Option<&str>) -> Option<CliError> {
    let (ErrorKind::UnknownArgument, Some(ContextValue::String(option))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    else {
        return None;
    };
    let own = match command {
        Some(PROBE) => hint_of(HINTS_OF_PROBE, option).or_else(|| hint(option)).map(str::to_owned),
        None | Some("demo") => hint(option).map(str::to_owned).or_else(|| only_of_probe(option)),
        Some(_) => None, // it has few options of its own
    };
    let hint = match (own, error.get(ContextKind::SuggestedArg)) {
        (Some(hint), _) => hint,
        (None, _) if is_filter(option) => "give a filter that begins with a minus after =, as in --jq=-.a".to_owned(),
        (None, _) if is_number(option) => {
            return None; // a negative number, which clap explains
        }
        (None, Some(ContextValue::String(meant))) if is_near(option, meant) => return None,
        (None, _) => match command {
            Some(command) => format!("haul {command} --help lists all options"),
            None => "haul --help lists all options".to_owned(),
        },
    };
    Some(CliError::usage(format!("unknown option {option}")).with_hint(&hint))
}

/// What to say of an option that only `haul probe` has.
fn only_of_probe(option: &str) -> Option<String> {
    let name = option.split('=').next().unwrap_or(option);
    let mut haul = Cli::definition();
    haul.build();
    let names = |arg: &clap::Arg| {
        let longs = arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default());
        longs.map(|long| format!("--{long}")).collect::<Vec<_>>()
    };
    let has = |arg: &clap::Arg| names(arg).iter().any(|own| own == name);
    let is_of_probe = haul.find_subcommand(PROBE)?.get_arguments().any(has);
    is_of_probe.then(|| format!("only haul probe takes it: haul probe {name} ..."))
}

/// What to say of a method behind -m, which sets it in hey, oha and others.
pub(crate) fn method(error: &clap::Error) -> Option<CliError> {
    let (ErrorKind::ValueValidation, Some(ContextValue::String(option)), Some(ContextValue::String(value))) =
        (error.kind(), error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    let is_method = METHODS.contains(&value.to_ascii_uppercase().as_str());
    (option.starts_with("--timeout") && is_method).then(|| {
        let hint = format!("to set the method, use -X {value}; -m means --timeout");
        CliError::usage(format!("invalid value '{value}' for '{option}': expected a duration such as 500ms or 2s"))
            .with_hint(&hint)
    })
}

fn is_number(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether what seems to be an option is rather a negated path, variable, array or term in parentheses.
fn is_filter(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|rest| rest.starts_with(['.', '$', '(', '[']))
}

/// What to say of an option that haul lacks, where the most similar one would mislead.
pub(crate) fn hint(option: &str) -> Option<&'static str> {
    hint_of(HINTS, option)
}

fn hint_of(hints: &[(&[&str], &'static str)], option: &str) -> Option<&'static str> {
    let option = option.split('=').next().unwrap_or(option);
    hints.iter().find(|(names, _)| names.contains(&option)).map(|(_, hint)| *hint)
}

/// Short options mean here what they mean to curl, and after that what they mean to others.
const HINTS: &[(&[&str], &str)] = &[
    // What is sent
    (&["-I", "--head", "--spider"], "to send HEAD requests and record all response headers, use -X HEAD -i"),
    (&["-G", "--get"], "to add query parameters, use --param NAME=VALUE"),
    (&["-e", "--referer"], "use -H 'Referer: URL'"),
    (&["--range"], "use -H 'Range: bytes=0-99'"),
    (&["--compressed"], "haul asks for compressed responses and decompresses them by default: leave it out"),
    (&["--disable-compression"], "use -H 'Accept-Encoding: identity'"),
    (&["-T"], "to send a file, use -X PUT --data-binary @FILE; for a timeout, use --timeout TIME"),
    (&["--upload-file"], "to send a file, use -X PUT --data-binary @FILE"),
    (&["--body-file", "--post-file"], "to send a file, use --data-binary @FILE"),
    (&["--files"], "to send a file in a form, use -F NAME=@FILE; to send only the file, use --data-binary @FILE"),
    (&["--post-data", "--body-data", "--data-ascii"], "use -d/--data"),
    (&["--data-raw"], "use --data-binary, which sends text as it is; a leading @ names a file"),
    (&["--data-urlencode", "--form-string"], "use --form NAME=VALUE"),
    (&["--method", "--http-method"], "use -X/--request METHOD"),
    (&["--random-agent", "--agent"], "to send another User-Agent, use -A NAME"),
    (&["-g", "--globoff"], "haul takes brackets and braces in URLs as they are: leave it out"),
    // Credentials and cookies
    (&["--oauth2-bearer", "--auth"], "use --bearer TOKEN, or -u USER:PASSWORD"),
    (&["--http-user", "--http-password", "--password", "--ask-password"], "use -u USER:PASSWORD"),
    (&["--basic"], "-u sends Basic credentials by default: leave it out"),
    (&["--anyauth", "--auth-type", "--ntlm", "--negotiate"], "use -u USER:PASSWORD, with --digest for Digest"),
    (&["--netrc-optional"], "use --netrc"),
    (&["--location-trusted"], "haul sends credentials only to the origin that they are for"),
    (&["--cookie-jar", "--save-cookies"], "to keep cookies in a file, use --session FILE"),
    (&["--load-cookies", "--cookie-file"], "use -b FILE"),
    // Connections
    (&["--no-check-certificate", "--verify", "--no-verify"], "to accept any certificate, use -k/--insecure"),
    (&["--ca-certificate", "--capath", "--root-certs"], "use --cacert FILE"),
    (&["-E", "--certificate"], "use --cert FILE"),
    (&["--private-key", "--cert-key"], "use --key FILE"),
    (
        &["-1", "-2", "-3", "--tlsv1", "--tlsv1.0", "--tlsv1.1", "--tlsv1.2", "--tlsv1.3", "--secure-protocol"],
        "haul uses TLS 1.2 and 1.3; to use only one of them, see --tls-min and --tls-max",
    ),
    (&["-0", "--http1.0"], "haul uses HTTP/1.1 and HTTP/2; to use only one of them, see --http1.1 and --http2"),
    (&["--http2-prior-knowledge"], "use --http2, which needs no upgrade even without TLS"),
    (&["--http3", "--http3-only", "--http-version"], "use --http1.1 or --http2; by default, TLS servers choose"),
    (&["--disable-keepalive", "--no-http-keep-alive"], "use --no-keepalive"),
    (&["--keepalive", "--keep-alive"], "haul keeps connections open by default: leave it out"),
    (&["--connection-timeout", "--timeout-connect"], "use --connect-timeout TIME"),
    (&["--strict-ssl"], "haul verifies certificates by default: leave it out"),
    (
        &["--proxies", "--http-proxy", "--preproxy", "--socks4", "--socks5", "--socks5-hostname", "--proxy1.0"],
        "use -x/--proxy URL",
    ),
    (&["-U", "--proxy-user"], "put them in the URL: -x http://USER:PASSWORD@HOST:PORT"),
    (&["--no-proxy"], "to use no proxy, use --proxy ''; to name hosts to reach without one, use --noproxy LIST"),
    (
        &["-p", "--proxytunnel"],
        "haul tunnels https through proxies by default: leave it out; to limit the rate, use --rate 5/s",
    ),
    // Pace
    (
        &[
            "-j",
            "--jobs",
            "--workers",
            "--parallel-max",
            "--max-connections",
            "--max-workers",
            "--parallelism",
            "--max-conns",
        ],
        "use -c/--concurrency N",
    ),
    (&["-Z", "--parallel"], "haul sends requests in parallel by default: see --concurrency and --host-concurrency"),
    (
        &["--qps", "--wait", "--delay", "--rate-limit", "--max-rate", "--max-rps", "--rps", "--throttle"],
        "to limit the rate, use --rate 5/s, or --host-rate for each host",
    ),
    (&["--limit"], "to limit the rate, use --rate 5/s; to limit the list, use: head -n 100 urls.txt | haul"),
    (&["--limit-rate"], "haul limits requests, not bytes: use --rate 5/s"),
    (&["-n", "--requests"], "for ~/.netrc, use --netrc; to send 100 requests to a URL, use: haul probe -n 100 URL"),
    (&["--duration"], "to send requests for a time, use: haul probe -z 30s URL"),
    (
        &["-z", "--time-cond"],
        "use -H 'If-Modified-Since: DATE'; to send requests for a time, use: haul probe -z 30s URL",
    ),
    (&["-y", "-Y", "--speed-time", "--speed-limit"], "to end a response that stalls, use --read-timeout TIME"),
    // Retries and redirects
    (&["--tries", "-t", "--max-tries"], "--retry N counts only repeats: in place of --tries 3, use --retry 2"),
    (&["--max-retries", "--retry-max"], "use --retry N"),
    (&["--retry-all-errors"], "to retry more than the default, use --retry-on default,4xx,5xx,dns,tls,protocol"),
    (&["--retry-connrefused"], "haul retries refused connections by default: leave it out"),
    (&["--waitretry", "--retry-wait"], "use --retry-delay TIME"),
    (
        &["--follow", "--follow-redirects", "--allow-redirects", "--redirect", "--redirects"],
        "haul follows redirects by default; --no-location records them instead",
    ),
    (
        &["--no-redirect", "--no-redirects", "--no-follow", "--no-follow-redirects"],
        "to record redirects instead of following them, use --no-location",
    ),
    (&["--request-timeout", "--timeout-ms", "--time"], "use --timeout TIME, such as 500ms or 2s"),
    // Lists
    (
        &["--input-file", "--targets", "--stdin", "--list", "-l", "--urls-from-file", "--urls", "--input", "--file"],
        "give the list as an argument: haul urls.txt, or - for standard input",
    ),
    (&["--robots-txt"], "use --robots"),
    (&["-K"], "to read options from a TOML file, use --config FILE; give a list as an argument: haul urls.txt"),
    (&["--base"], "use --base-url URL"),
    (&["--recursive", "--mirror", "--page-requisites"], "haul fetches lists and does not follow links in pages"),
    // Output
    (&["-v", "--verbose"], "to record all response headers, use -i; to record every key, use --verbose-records"),
    (
        &["-D"],
        "to record all response headers, use -i; to limit the rate, use --rate 5/s, or --host-rate for each host",
    ),
    (&["--dump-header", "--server-response", "--show-headers"], "to record all response headers, use -i"),
    (
        &[
            "-O",
            "--remote-name",
            "-J",
            "-P",
            "--directory-prefix",
            "--output-dir",
            "--create-dirs",
            "--download",
            "--body-dir",
        ],
        "to save bodies as files, use --body dir:PATH",
    ),
    (&["--output-document"], "to write records to a file, use -o FILE; to save bodies as files, use --body dir:PATH"),
    (&["--jsonl", "--ndjson"], "haul writes NDJSON by default: leave it out; on a terminal, use --format ndjson"),
    (&["--csv", "--tsv"], "use --format csv or tsv"),
    (&["-w", "--write-out"], "to choose what is printed, use --fields status_code,url or --format csv"),
    (&["--out", "--outfile", "--out-file", "--output-file"], "use -o/--output FILE"),
    (&["--max-size", "--max-body-size", "--size-limit"], "use --max-filesize SIZE"),
    (&["--output-format"], "to choose the format of records, use --format"),
    (&["-a", "--append"], "haul does not append; --resume continues an earlier output"),
    (&["--no-clobber"], "haul never overwrites a file without --force: leave it out"),
    (&["--continue", "--continue-at", "-C"], "to continue an earlier run, use --resume"),
    (&["-N", "--no-buffer"], "haul prints records as they come: leave it out"),
    (&["-f", "--check-status"], "for an exit code of 4 if a request failed, use --fail"),
    (
        &["--threshold", "--thresholds", "--assert", "--fail-on"],
        "for a condition on the figures of a run, use --fail-if 'p99>300ms'",
    ),
    (&["--fail-with-body", "--fail-early"], "use --fail, which keeps the bodies of failed requests in the records"),
    (&["-S", "--show-error"], "errors are in the records, and -s hides only progress and the summary: leave it out"),
    (
        &["--no-verbose", "--no-progress-meter", "--no-progress", "--no-tui"],
        "to hide progress and the summary, use -q; to hide only progress, use --progress-every 0",
    ),
    (&["--log", "--log-file"], "the summary and progress go to standard error: use 2> FILE, or --report FILE"),
    (&["--trace", "--trace-ascii", "--debug"], "the records have timings, retries and errors; use -i for all headers"),
    (&["--status-code", "--print"], "to choose what is printed, use --fields status_code,url or --format csv"),
    (&["--color", "--no-color"], "to turn off colours, set the variable NO_COLOR=1"),
    (&["--match-code", "--mc"], "to write only some records, use --where '.status_code == 200'"),
];

#[cfg(test)]
mod tests {
    use super::{Cli, HINTS, hint, only_of_probe};

    #[test]
    fn hints_are_for_options_that_haul_lacks() {
        let command = Cli::definition();
        let own: Vec<String> = command
            .get_arguments()
            .flat_map(|arg| {
                let longs = arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default());
                let shorts = arg.get_short().into_iter().chain(arg.get_all_short_aliases().unwrap_or_default());
                let longs = longs.map(|long| format!("--{long}"));
                longs.chain(shorts.map(|short| format!("-{short}"))).collect::<Vec<_>>()
            })
            .collect();
        let hinted = HINTS.iter().flat_map(|(names, _)| names.iter());
        assert_eq!(hinted.filter(|name| own.iter().any(|own| own == *name)).count(), 0);
    }

    #[test]
    fn options_of_a_probe_lead_there() {
        for option in ["--warm-up", "--hdr=x", "--shuffle", "--yes-load", "--allow-doubt"] {
            assert!(only_of_probe(option).unwrap().starts_with("only haul probe takes it"), "{option}");
        }
        assert_eq!(only_of_probe("--xyzzy"), None);
    }

    #[test]
    fn no_option_has_two_hints() {
        let mut names: Vec<_> = HINTS.iter().flat_map(|(names, _)| names.iter()).collect();
        names.sort();
        assert!(names.is_sorted_by(|a, b| a != b), "{names:?}");
    }

    #[test]
    fn a_value_does_not_matter() {
        assert_eq!(hint("--tries=3"), hint("--tries"));
        assert!(hint("--tries").is_some() && hint("--xyzzy").is_none());
    }
}
