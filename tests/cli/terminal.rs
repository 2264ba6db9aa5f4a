//! What is seen on a terminal: `script` provides one.

use std::fs;
use std::process::{Command, Stdio};

use crate::record::records;
use crate::support::{Running, Site, wait_for};

/// Starts a command on a terminal. None where there is no `script` of util-linux (BSD's has other arguments): a
/// terminal is not to be had in another way without unsafe code.
fn on_terminal(site: &Site, line: &str) -> Option<Running> {
    start(site, line, "< /dev/null")
}

/// The same, where somebody types what the command's standard input gets.
fn start(site: &Site, line: &str, keyboard: &str) -> Option<Running> {
    let version = Command::new("script").arg("--version").stderr(Stdio::null()).output().ok()?;
    let usable = String::from_utf8_lossy(&version.stdout).contains("util-linux");
    usable.then(|| site.start(&format!("script -qec '{line}' /dev/null {keyboard} > shown")))
}

/// What the terminal showed, once the command has ended as expected.
#[track_caller]
fn shown(site: &Site, haul: Running, code: i32) -> String {
    haul.end().exits(code);
    site.read("shown")
}

/// `text` without what steers a terminal.
fn plain(text: &str) -> String {
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
fn the_bar_is_one_line_on_a_narrow_terminal_too() {
    let site = Site::new();
    let Some(haul) = on_terminal(&site, "stty rows 24 cols 40; haul $O/delay/0.3 > /dev/null") else { return };
    let shown = plain(&shown(&site, haul, 0));
    let bars: Vec<_> = shown.split(['\r', '\n']).filter(|line| line.contains("ETA")).collect();
    assert!(!bars.is_empty() && bars.iter().all(|bar| bar.chars().count() <= 40), "{bars:?}");
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
    site.run("kill -s INT $(cat pid)").exits(0);
    let shown = plain(&shown(&site, haul, 130));
    for words in ["stopping: what is in flight comes to its end", "stopped early"] {
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

#[test]
fn elsewhere_nothing_steers_a_terminal() {
    let site = Site::new();
    site.file("list.txt", "$O/delay/0.3\n$O/status/404\nhttp://127.0.0.1:1/\u{1b}[31m\n\u{1b}[31m\n");
    for line in ["haul list.txt", "haul missing.txt", "haul --unknown", "haul --help", "haul -q 5"] {
        site.run(line); // which looks for escape codes
    }
}
