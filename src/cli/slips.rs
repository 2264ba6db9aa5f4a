//! What people type from habit with other clients, and what to type here instead.

/// What to say of an option that haul lacks, where the most similar one would mislead.
pub(crate) fn hint(option: &str) -> Option<&'static str> {
    let option = option.split('=').next().unwrap_or(option);
    HINTS.iter().find(|(names, _)| names.contains(&option)).map(|(_, hint)| *hint)
}

const HINTS: [(&[&str], &str); 15] = [
    (&["-v", "--verbose"], "to record all response headers, use -i; to record every key, use --verbose-records"),
    (&["-I", "--head"], "to send HEAD requests and record all response headers, use -X HEAD -i"),
    (&["--tries", "-t"], "--retry N counts only repeats: in place of --tries 3, use --retry 2"),
    (&["--compressed"], "haul asks for compressed answers and decompresses them by default: leave it out"),
    (&["--duration", "-z"], "haul fetches its whole list; to end a run earlier, use: timeout -s INT 30s haul ..."),
    (&["-n", "--requests"], "haul sends each line of its list once; for 100 requests to one URL, repeat its line"),
    (&["-Z", "--parallel"], "haul sends requests in parallel by default: see --concurrency and --host-concurrency"),
    (&["-O", "--remote-name", "-P", "--directory-prefix"], "to save bodies as files, use --body dir:PATH"),
    (&["-f"], "for an exit code of 4 if a request failed, use --fail"),
    (&["-w", "--write-out"], "to choose what is printed, use --fields status_code,url or --format csv"),
    (&["-G", "--get"], "to add query parameters, use --param NAME=VALUE"),
    (&["-e", "--referer"], "use -H 'Referer: URL'"),
    (&["-S", "--show-error"], "errors are in the records; -q hides progress and the summary, but no errors"),
    (&["-j", "--jobs", "--workers"], "use -c/--concurrency N"),
    (&["--follow", "--follow-redirects"], "haul follows redirects by default; --no-location records them instead"),
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
    fn a_value_does_not_matter() {
        assert_eq!(hint("--tries=3"), hint("--tries"));
        assert!(hint("--tries").is_some() && hint("--xyzzy").is_none());
    }
}
