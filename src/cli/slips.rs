//! What people type from habit with other clients, and what to type here instead.

/// What to say of an option that haul lacks, where the most similar one would mislead.
pub(crate) fn hint(option: &str) -> Option<&'static str> {
    let option = option.split('=').next().unwrap_or(option);
    HINTS.iter().find(|(names, _)| names.contains(&option)).map(|(_, hint)| *hint)
}

const HINTS: &[(&[&str], &str)] = &[
    (&["-v", "--verbose"], "to record all response headers, use -i; to record every key, use --verbose-records"),
    (&["-I", "--head", "--spider"], "to send HEAD requests and record all response headers, use -X HEAD -i"),
    (&["--tries", "-t"], "--retry N counts only repeats: in place of --tries 3, use --retry 2"),
    (&["--compressed"], "haul asks for compressed responses and decompresses them by default: leave it out"),
    (&["--duration", "-z"], "haul fetches its whole list; to end a run earlier, use: timeout -s INT 30s haul ..."),
    (&["-n", "--requests"], "haul sends each line of its list once; for 100 requests to one URL, repeat its line"),
    (&["-Z", "--parallel"], "haul sends requests in parallel by default: see --concurrency and --host-concurrency"),
    (
        &["-O", "--remote-name", "-P", "--directory-prefix", "--output-dir", "--create-dirs"],
        "to save bodies as files, use --body dir:PATH",
    ),
    (&["-f"], "for an exit code of 4 if a request failed, use --fail"),
    (&["-w", "--write-out"], "to choose what is printed, use --fields status_code,url or --format csv"),
    (&["--output-format"], "to choose the format of records, use --format"),
    (&["-G", "--get"], "to add query parameters, use --param NAME=VALUE"),
    (&["-e", "--referer"], "use -H 'Referer: URL'"),
    (&["--range"], "use -H 'Range: bytes=0-99'"),
    (&["-S", "--show-error"], "errors are in the records, and -s hides only progress and the summary: leave it out"),
    (&["-j", "--jobs", "--workers", "--parallel-max", "--max-connections"], "use -c/--concurrency N"),
    (&["-p", "--qps", "--wait", "-D", "--delay"], "to limit the rate, use --rate 5/s, or --host-rate for each host"),
    (&["--limit-rate"], "haul limits requests, not bytes: use --rate 5/s"),
    (
        &["--follow", "--follow-redirects", "--allow-redirects"],
        "haul follows redirects by default; --no-location records them instead",
    ),
    (&["--location-trusted"], "haul sends credentials only to the origin that they are for"),
    (&["--cookie-jar", "--save-cookies"], "to keep cookies in a file, use --session FILE"),
    (&["--load-cookies"], "use -b FILE"),
    (&["--no-check-certificate", "--verify", "--no-verify"], "to accept any certificate, use -k/--insecure"),
    (&["--continue", "--continue-at", "-C"], "to continue an earlier run, use --resume"),
    (
        &["--input-file", "-T", "--targets", "--stdin", "-K"],
        "give the list as an argument: haul urls.txt, or - for standard input",
    ),
    (&["--upload-file"], "to send a file, use -X PUT --data-binary @FILE"),
    (&["--post-data", "--body-data"], "use -d/--data"),
    (&["--data-raw"], "use --data-binary, which sends text as it is; a leading @ names a file"),
    (&["--data-urlencode"], "use --form NAME=VALUE"),
    (&["--method"], "use -X/--request METHOD"),
    (&["--oauth2-bearer", "--auth"], "use --bearer TOKEN, or -u USER:PASSWORD"),
    (&["--basic"], "-u sends Basic credentials by default: leave it out"),
    (&["--recursive"], "haul fetches lists and does not follow links in pages"),
    (&["--http3", "--http-version"], "use --http1.1 or --http2; by default, TLS servers choose"),
    (&["--disable-keepalive"], "use --no-keepalive"),
    (&["-a", "--append"], "haul does not append; --resume continues an earlier output"),
    (&["--no-clobber"], "haul never overwrites a file without --force: leave it out"),
    (&["--dump-header"], "to record all response headers, use -i"),
    (&["-N", "--no-buffer"], "haul prints records as they come: leave it out"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::{HINTS, hint};
    use crate::cli::args::Cli;

    #[test]
    fn hints_are_for_options_that_haul_lacks() {
        let command = Cli::command();
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
