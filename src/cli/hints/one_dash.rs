//! Options that other load generators write with one dash, which would be read as short options with a value: hey and
//! vegeta, as all programs in Go, take `-body=x` for `--body`.

use std::ffi::OsString;

use super::{Hints, in_table};
use crate::cli::exit::CliError;

/// Refuses the first of the arguments of `haul probe` that is such an option.
pub(crate) fn check(args: &[OsString]) -> Result<(), CliError> {
    let options = args.iter().take_while(|arg| *arg != "--").filter_map(|arg| arg.to_str());
    match options.filter_map(one_dash).next() {
        None => Ok(()),
        Some((name, hint)) => Err(CliError::usage(format!("unknown option -{name}")).with_hint(hint)),
    }
}

/// The name of such an option, and what to type in its place.
fn one_dash(arg: &str) -> Option<(&str, &'static str)> {
    let option = arg.strip_prefix('-')?;
    let name = option.split('=').next().unwrap_or(option);
    in_table(HINTS, name).map(|hint| (name, hint))
}

pub(super) const HINTS: Hints = &[
    // Load
    (&["rate"], "use two dashes: --rate N/s, such as --rate 200/s"),
    (&["duration"], "use -z/--duration TIME"),
    (&["timeout"], "use -m/--timeout TIME"),
    (&["workers"], "with --rate, no number of workers is needed: leave it out; for N loops, use -c N"),
    (&["max-workers"], "use --max-in-flight N"),
    (&["cpus"], "use --threads N"),
    // Connections
    (
        &["connections", "max-connections"],
        "haul opens as many connections as it needs: to bound them, use --max-in-flight N",
    ),
    (&["keepalive"], "haul keeps connections open by default; for new ones, use --no-keepalive"),
    (&["disable-keepalive"], "use --no-keepalive"),
    (&["h2", "http2"], "servers with TLS choose HTTP/2 by default: leave it out; to insist on it, use --http2"),
    (&["h2c"], "use --http2, which needs no upgrade even without TLS"),
    (&["dns-ttl"], "haul looks a host up when it connects: leave it out"),
    (&["resolvers"], "haul asks the resolver of the system; to set addresses, use --resolve HOST:PORT:ADDRESS"),
    (&["connect-to"], "use two dashes: --connect-to HOST:PORT:HOST:PORT"),
    (&["laddr"], "use --interface NAME"),
    (&["unix-socket"], "use two dashes: --unix-socket PATH"),
    (&["insecure"], "use -k/--insecure"),
    (&["root-certs"], "use --cacert FILE"),
    (&["cert"], "use two dashes: --cert FILE"),
    (&["key"], "use two dashes: --key FILE"),
    (&["session-tickets"], "haul resumes TLS sessions as servers allow: leave it out"),
    (&["proxy-header"], "for credentials, put them in the URL: -x http://USER:PASSWORD@HOST:PORT"),
    // Requests
    (&["targets"], "give the list as an argument: haul probe targets.txt; its format by --input-format"),
    (&["format"], "use --input-format FORMAT, such as vegeta or ndjson"),
    (&["lazy"], "haul reads all targets before it starts: leave it out"),
    (&["name"], "give targets names: a key name in NDJSON, or --group-column"),
    (&["header"], "use -H/--header 'NAME: VALUE'"),
    (&["host"], "use -H 'Host: NAME'"),
    (&["body"], "to send a file, use --data-binary @FILE"),
    (&["chunked"], "haul sends the length of a body: leave it out"),
    (&["max-body"], "use --max-filesize SIZE"),
    (&["disable-compression"], "use -H 'Accept-Encoding: identity'"),
    (&["redirects"], "a probe does not follow redirects by default; to follow them, use -L/--location"),
    (&["disable-redirects"], "a probe does not follow redirects by default: leave it out"),
    // Output
    (&["output"], "use -o/--output FILE"),
    (&["more"], "the report has more: use --report FILE"),
    (&["prometheus-addr", "opentelemetry-addr"], "for figures while it runs, use --metrics ADDR"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<String> {
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        check(&args).err().and_then(|error| error.message().map(str::to_owned))
    }

    #[test]
    fn options_with_one_dash_are_refused() {
        for (line, hint) in [
            ("-disable-keepalive", "unknown option -disable-keepalive\n(use --no-keepalive)"),
            ("-body=x", "unknown option -body\n(to send a file"),
            ("-n 5 -h2", "unknown option -h2\n(servers with TLS"),
            ("-header=A:b", "unknown option -header\n(use -H/--header"),
            ("-rate=50/s", "unknown option -rate\n(use two dashes"),
        ] {
            assert!(said(line).unwrap().starts_with(hint), "{line}: {:?}", said(line));
        }
    }

    #[test]
    fn other_arguments_are_left_alone() {
        for line in ["--rate 5/s", "-d a=1", "-dname=x", "-qs -c5", "-- -body=x", "- body", "-h", "--body=none", "-kL"]
        {
            assert_eq!(said(line), None, "{line}");
        }
    }
}
