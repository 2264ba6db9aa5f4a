//! What is seen on a terminal: `script` provides one.

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::record::records;
use crate::support::{Running, Site, canned, wait_for};

/// Starts a command on a terminal. None where there is no `script` of util-linux (BSD's has other arguments): a
/// terminal is not to be had in another way without unsafe code.
pub(crate) fn on_terminal(site: &Site, line: &str) -> Option<Running> {
    start(site, line, "< /dev/null")
}

/// The same, where somebody types what the command's standard input gets.
pub(crate) fn start(site: &Site, line: &str, keyboard: &str) -> Option<Running> {
    let version = Command::new("script").arg("--version").stderr(Stdio::null()).output().ok()?;
    let usable = String::from_utf8_lossy(&version.stdout).contains("util-linux");
    usable.then(|| site.start(&format!("SHELL=/bin/sh script -qec '{line}' /dev/null {keyboard} > shown")))
}

/// What the terminal showed, once the command has ended as expected.
#[track_caller]
pub(crate) fn shown(site: &Site, haul: Running, code: i32) -> String {
    haul.end().exits(code);
    site.read("shown")
}

/// `text` without what steers a terminal.
pub(crate) fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest));
    first + &rest.collect::<String>()
}

#[test]
fn a_bar_is_drawn_and_taken_away() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.1\n".repeat(40));
    let Some(haul) = on_terminal(&site, "haul list.txt > out.ndjson") else { return };
    let shown = shown(&site, haul, 0);
    for sign in ["━", "/40  ETA 0s", "/s  ", " ok  0 failed  8 in flight", "\u{1b}["] {
        assert!(shown.contains(sign), "no {sign:?} in {shown:?}");
    }
    let (_, end) = shown.rsplit_once(" ok  0 failed").unwrap();
    assert!(end.contains("\u{1b}[2K") && plain(end).contains("  40 records in"), "{end:?}");
    assert_eq!(records(&site.read("out.ndjson")).len(), 40);
}

#[test]
fn the_summary_keeps_to_the_columns_that_there_are() {
    let site = Site::new();
    let hosts = ["a", "b", "c", "d"].map(|name| format!("--resolve {name}.a-long-name.example:$P:127.0.0.1 "));
    let urls = ["a", "b", "c", "d"].map(|name| format!("http://{name}.a-long-name.example:$P/get "));
    let site = {
        let port = site.origin.addr().port();
        site.with("P", port)
    };
    let line = format!("haul {}{}http://127.0.0.1:1/ --retry 0 -o out.ndjson", hosts.concat(), urls.concat());
    for line in [line.as_str(), "haul report out.ndjson"] {
        let Some(haul) = on_terminal(&site, &format!("stty rows 24 cols 50; {line}")) else { return };
        let shown = plain(&shown(&site, haul, 0));
        let lines: Vec<_> = shown.split(['\r', '\n']).filter(|line| line.starts_with("  ")).collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 50), "{lines:#?}");
        let hosts = lines.iter().position(|line| line.starts_with("  hosts ")).unwrap();
        assert!(
            lines[hosts + 1].starts_with(&" ".repeat(11)) && lines[hosts + 1].contains("a-long-name"),
            "{lines:#?}"
        );
    }
}

#[test]
fn the_bar_is_one_line_on_a_narrow_terminal_too() {
    let site = Site::new();
    let Some(haul) = on_terminal(&site, "stty rows 24 cols 40; haul $O/delay/0.3 > /dev/null") else { return };
    let shown = plain(&shown(&site, haul, 0));
    let bars: Vec<_> = shown.split(['\r', '\n']).filter(|line| line.contains("ETA")).collect();
    assert!(!bars.is_empty() && bars.iter().all(|bar| bar.chars().count() <= 40), "{bars:?}");
}

#[test]
fn the_bar_says_how_far_a_percentile_is_known() {
    let site = Site::new();
    let line = "stty rows 24 cols 80; haul probe --no-tui --no-records -c 4 -z 2s --until p50+-5% $O/delay/0.05";
    let Some(haul) = on_terminal(&site, line) else { return };
    let shown = plain(&shown(&site, haul, 4));
    let bars: Vec<_> = shown.split(['\r', '\n']).filter(|line| line.contains("/2s  ")).collect();
    let known = |bar: &&str| bar.contains("  p50±5%: ") && bar.contains("  p99 ");
    assert!(bars.iter().any(known) && bars.iter().all(|bar| bar.chars().count() <= 80), "{bars:?}");
}

#[test]
fn records_stay_whole_beside_the_bar() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.1\n$O/json/9000\n".repeat(20));
    let Some(haul) = on_terminal(&site, "haul --body text list.txt") else { return };
    let shown = plain(&shown(&site, haul, 0));
    let lines = shown.split(['\r', '\n']).filter(|line| line.starts_with('{')).map(|line| format!("{line}\n"));
    assert_eq!(records(&lines.collect::<String>()).len(), 40);
}

#[test]
fn quiet_is_quiet_there_too() {
    let site = Site::new();
    let Some(haul) = on_terminal(&site, "haul -q $O/delay/0.3 > /dev/null") else { return };
    assert_eq!(shown(&site, haul, 0), "");
}

#[test]
fn a_signal_is_answered() {
    let site = Site::new();
    let Some(haul) = on_terminal(&site, "haul $O/delay/1 > /dev/null & echo $! > pid; wait $!") else { return };
    wait_for("the request", || site.origin.stats().in_flight == 1);
    site.run("kill -s TERM $(cat pid)").exits(0); // its shell ignores SIGINT for it
    let shown = plain(&shown(&site, haul, 143));
    for words in ["stopping: waiting for requests in flight", "stopped early"] {
        assert!(shown.contains(words), "no {words:?} in {shown}");
    }
}

#[test]
fn without_arguments_there_is_help() {
    let site = Site::new();
    let Some(haul) = on_terminal(&site, "haul < /dev/tty > out.ndjson") else { return };
    assert!(plain(&shown(&site, haul, 2)).contains("Usage: haul"));
    assert_eq!(site.read("out.ndjson"), "");
}

#[test]
fn a_password_is_asked_for() {
    let site = Site::new();
    let line = "haul -q -u ann $O/basic-auth/ann/s3cret > out.ndjson";
    let Some(mut haul) = start(&site, line, "") else { return };
    let asked = || fs::read_to_string(site.path("shown")).is_ok_and(|shown| shown.contains("Password for ann: "));
    wait_for("the question", asked);
    haul.write("s3cret\r");
    shown(&site, haul, 0);
    assert_eq!(records(&site.read("out.ndjson"))[0]["status_code"], 200);
}

/// What steers a terminal: it sets a title, clears the screen, turns the direction of writing.
pub(crate) const STEERING: &str = "\u{1b}]0;x\u{7}\u{9b}2J\u{7f}\u{85}\u{202e}";

/// An answer with that in its head and its body, which is JSON if it is to be.
fn steering(json: bool) -> SocketAddr {
    let escaped = STEERING.replace('\u{1b}', "\\u001b").replace('\u{7}', "\\u0007");
    let body = if json { format!("{{\"a\": \"{escaped}\"}}") } else { STEERING.to_owned() };
    let head = "HTTP/1.1 200 \u{9b}31m\r\nConnection: close\r\nX-A: \u{9b}2J\u{202e}";
    canned(format!("{head}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

#[test]
fn records_on_a_terminal_do_not_steer_it() {
    let site = Site::new().with("T", steering(false)).with("J", steering(true));
    for (line, shows) in [
        ("haul -q -i --body text http://$T http://$J", "\\u009b2J"),
        ("haul -q -i http://$T http://$J", "\\u009b2J\\u202e"),
        ("haul -q --jq .a --raw http://$J", "\\u001b]0;x\\u0007\\u009b2J\\u007f\\u0085\\u202e\r\n"),
        ("haul -q --format csv --fields headers.x-a,json.a,body http://$J http://$T", ",\\u001b]0;x\\u0007"),
        ("haul -q --format tsv --fields headers.x-a,json.a,body http://$J http://$T", "\t\\u001b]0;x\\u0007"),
        ("haul -q -i -o /dev/tty http://$T", "\\u009b2J"),
    ] {
        let Some(haul) = on_terminal(&site, line) else { return };
        let shown = shown(&site, haul, 0);
        let steers = |c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t') || c == '\u{202e}';
        assert!(!shown.contains(steers) && shown.contains(shows), "{line}: {shown:?}");
        if line.ends_with("-i http://$T http://$J") {
            let records = records(&shown.replace('\r', ""));
            assert_eq!(
                records.iter().map(|record| record["body"].as_str()).collect::<Vec<_>>(),
                [Some(STEERING), None]
            );
            assert_eq!(records[1]["json"]["a"], STEERING);
        }
    }
    let Some(haul) = on_terminal(&site, "haul -q --jq .a --raw http://$J > out") else { return };
    assert_eq!(shown(&site, haul, 0), "");
    assert_eq!(site.read("out"), format!("{STEERING}\n"), "elsewhere it is as it came");
}

#[test]
fn messages_on_a_terminal_do_not_steer_it() {
    let site = Site::new();
    site.file(
        "list.txt",
        &format!("http://127.0.0.1:1/{STEERING}\n{STEERING}\nftp{STEERING}://h/\nGET\u{9b} http://h/\n"),
    );
    site.file("records", "{\"seq\": \"\u{9b}2J\"}\n");
    site.file("keys.ndjson", "{\"url\": \"http://h\", \"\u{9b}2J\": 1}\n");
    site.run("haul --retry 0 list.txt > saved").exits(0);
    for (line, code, shows) in [
        ("haul --retry 0 list.txt > out --report report.json", 0, "u{9b}2J"),
        ("haul --retry 0 list.txt --report /dev/tty > out", 0, "u009b2J"),
        ("haul --strict list.txt", 3, "line 4: "),
        ("haul --strict keys.ndjson", 3, "u{9b}2J"),
        ("haul report saved", 0, "u{9b}2J"),
        ("haul report --json saved", 0, "u009b2J"),
        ("haul report records", 0, "u{9b}2J"),
        ("haul $(head -n 1 list.txt)x missing", 3, "missing"),
        ("haul \"$(head -n 2 list.txt | tail -n 1)\"", 3, "u{9b}2J"),
        ("haul \"--$(head -n 2 list.txt | tail -n 1)\"", 2, "u{9b}2J"),
    ] {
        let Some(haul) = on_terminal(&site, line) else { return };
        let shown = shown(&site, haul, code);
        let steers = ["\u{1b}]", "\u{7}", "\u{9b}", "\u{7f}", "\u{85}", "\u{202e}"];
        assert!(!steers.iter().any(|sign| shown.contains(sign)) && shown.contains(shows), "{line}: {shown:?}");
    }
}

#[test]
fn elsewhere_nothing_steers_a_terminal() {
    let site = Site::new();
    site.file("list.txt", "$O/delay/0.3\n$O/status/404\nhttp://127.0.0.1:1/\u{1b}[31m\n\u{1b}[31m\n");
    for line in ["haul list.txt", "haul missing.txt", "haul --unknown", "haul --help", "haul -q 5"] {
        site.run(line); // which looks for escape codes
    }
}
