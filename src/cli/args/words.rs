//! The help of options that list runs and probes share, where it differs for a probe.

/// An option, its short help, and what the long help adds to it.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "data_template",
        "Send this text with each {{column}} filled in from the line, and {{seq}} and others with new values",
        "Values are escaped in JSON and encoded in forms. Columns are those of a CSV or TSV file, or the keys of an \
         NDJSON line's meta. {{seq}}, {{uuid}}, {{now}} and {{random 1 1000}} get a new value for each request.",
    ),
    (
        "expect",
        "Fail responses that do not meet this condition, such as status==200; repeatable",
        "A condition compares status, size, time, header.NAME, body or url with == != < <= > >=, or with a regular \
         expression: ~ !~. Examples: status==2xx, status!=404,410, size>0, 'time<500ms', header.content-type~json. \
         All must hold, or the record has \"ok\":false and an error of kind expectation that says what came instead. \
         A line's own key expect replaces them. With --location, redirects are followed first.",
    ),
    (
        "progress_every",
        "Print progress to stderr this often; 0 for never [default: 1m, or a screen on a terminal]",
        "Each line says how far the probe is, the rate of answers and the rate that was asked for, how many requests \
         are in flight, how many failed or were missed, and p99. On a terminal, the lines are part of the screen. SIGUSR1 \
         prints the summary so far.",
    ),
    (
        "tui",
        "Show a live screen on a terminal, which is the default",
        "It has rates, missed starts, percentiles, latencies over time, statuses, errors, groups and doubt. q or Ctrl-C \
         stops the probe. If records are printed on the terminal, there is a bar; without a terminal on stderr, there \
         are lines of progress.",
    ),
    ("no_tui", "Show a bar, not a live screen", ""),
    (
        "output",
        "Write records to this file, which must not exist, or - for stdout",
        "It is compressed if its name ends in .gz or .zst. Also writes FILE.run.json, with what records do not \
         contain, such as missed starts, for haul report --run. By default, records go to standard output, unless \
         that is a terminal.",
    ),
    ("force", "Replace existing files of --output, --report and --hdr", ""),
    (
        "report",
        "Write a JSON report of the probe to this file, which must not exist",
        "- is standard output, if -o FILE or --no-records leaves that free.",
    ),
    (
        "body",
        "How to record bodies: none, auto, json, text, base64, dir:PATH [default: none]",
        "none: read and count them only. auto: JSON as JSON, other text as text, other bytes as base64. json: like \
         auto, but parse bodies as JSON whatever their Content-Type. text: like auto, but JSON as text. base64: \
         always as base64. dir:PATH: as files in that directory, named by the SHA-256 of their content.",
    ),
    (
        "record_filter",
        "Write only the records for which this jq filter is true",
        "It sees the whole record: --where '.timings_ms.latency > 500'. The report and the summary count all records.",
    ),
    (
        "fields",
        "Fields of a record to write, such as seq,group,timings_ms.latency",
        "They are written in this order; missing values are null.",
    ),
    (
        "format",
        "Output format [default: by the name of the output, else ndjson]",
        "CSV and TSV have a header row, and the columns that --fields names; by default, a selection without bodies.",
    ),
];

/// Words the help of shared options as they apply to `haul probe`.
pub(super) fn for_probe(command: clap::Command) -> clap::Command {
    let command = WORDS.iter().fold(command, |command, &(id, short, rest)| {
        let long = if rest.is_empty() { short.to_owned() } else { format!("{short}\n\n{rest}") };
        command.mut_arg(id, |arg| arg.help(short).long_help(long))
    });
    command.mut_arg("tui", |arg| arg.hide_short_help(true)).mut_arg("no_tui", |arg| arg.hide_short_help(false))
}
