//! The screen, and what is left on a terminal once it is gone.

use std::fs;

use crate::record::records;
use crate::support::{Running, Site, wait_for};
use crate::terminal::{on_terminal, plain, shown, start};

const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[?1049l";

/// A command between two looks at the modes of the terminal. Its shell lives through Ctrl-C and Ctrl-\: not every
/// shell does when the command answers.
fn watched(line: &str) -> String {
    format!("trap : INT QUIT; stty rows 24 cols 80; stty -a > before; {line}; code=$?; stty -a > after; exit $code")
}

/// What was printed below the screen, which must have been shown and left as it should be.
#[track_caller]
fn below(site: &Site, shown: &str) -> String {
    assert_eq!(site.read("before"), site.read("after"), "the modes of the terminal");
    let (screen, below) = shown.rsplit_once(LEAVE).unwrap_or_else(|| panic!("no screen in {shown:?}"));
    assert!(screen.contains(ENTER) && !below.contains(ENTER), "{shown:?}");
    let hidden = shown.rfind("\u{1b}[?25l").unwrap();
    assert!(shown.rfind("\u{1b}[?25h").unwrap() > hidden, "a cursor");
    plain(below)
}

/// The words on the screen: where it stays as it was, the cursor skips it.
fn seen(shown: &str) -> String {
    plain(&shown.replace('\u{1b}', " \u{1b}")).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Waits until a terminal has shown `words`.
fn wait_to_see(site: &Site, words: &str) {
    wait_for(words, || fs::read_to_string(site.path("shown")).is_ok_and(|shown| seen(&shown).contains(words)));
}

/// Starts a command in the background of a shell, so that it can be signalled.
fn signalled(site: &Site, line: &str) -> Option<Running> {
    let haul = on_terminal(site, &watched(&format!("{line} & echo $! > pid; wait $!")))?;
    wait_to_see(site, "Ctrl-C: stop");
    Some(haul)
}

fn signal(site: &Site, name: &str) {
    site.run(&format!("kill -s {name} $(cat pid)")).exits(0);
}

#[test]
fn a_probe_has_a_screen() {
    let site = Site::new();
    site.file(
        "targets.ndjson",
        "{\"url\": \"$O/get\", \"name\": \"a\"}\n{\"url\": \"$O/status/503\", \"name\": \"b\"}\n",
    );
    let line = watched("haul probe --rate 100/s -z 3s --max-in-flight 50 targets.ndjson");
    let Some(haul) = on_terminal(&site, &line) else { return };
    let shown = shown(&site, haul, 0);
    let seen = seen(&shown);
    for words in
        ["haul probe", "asked 100/s", "last 10 s", "none missed", "503 ", "groups", "doubt", "now", "q or Ctrl-C"]
    {
        assert!(seen.contains(words), "no {words:?} in {seen}");
    }
    let below = below(&site, &shown);
    assert!(below.trim_start().starts_with("300 records in ") && below.contains("  doubt "), "{below}");
}

#[test]
fn q_drains_and_a_second_one_cancels() {
    for key in ["q", "\u{3}"] {
        let site = Site::new();
        let Some(mut haul) = start(&site, &watched("haul probe --no-records -c 2 -z 60s $O/delay/60"), "") else {
            return;
        };
        wait_for("the requests", || site.origin.stats().in_flight == 2);
        wait_to_see(&site, "q or Ctrl-C: stop");
        haul.write(key);
        wait_to_see(&site, "again: stop at once");
        wait_to_see(&site, "stopping: waiting for requests in flight");
        haul.write(key);
        let below = below(&site, &shown(&site, haul, 130));
        let stopping = below.find("haul: stopping: waiting for requests in flight").unwrap();
        assert!(below[stopping..].contains("2 failed"), "{below}");
    }
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for (name, code) in [("TERM", 143), ("HUP", 129)] {
        let site = Site::new();
        let line = "haul probe --no-records --rate 20/s -z 60s $O/delay/1"; // so that the end takes a moment
        let Some(haul) = signalled(&site, line) else { return };
        signal(&site, name);
        let below = below(&site, &shown(&site, haul, code));
        assert!(below.contains("stopping") && below.contains("stopped early"), "{below}");
    }
}

#[test]
fn a_process_that_quits_gives_the_terminal_back() {
    // In the foreground: a shell lets its jobs in the background ignore SIGQUIT.
    let line = "ulimit -c 0; sh -c \"echo \\$\\$ > pid; exec haul probe --no-records --rate 50/s -z 60s $O/get\"";
    for is_typed in [false, true] {
        let site = Site::new();
        let Some(mut haul) = start(&site, &watched(line), "") else { return };
        wait_to_see(&site, "Ctrl-C: stop");
        match is_typed {
            true => haul.write("\u{1c}"),
            false => signal(&site, "QUIT"),
        }
        let below = below(&site, &shown(&site, haul, 128 + 3));
        assert!(!below.contains("records in"), "{below}");
    }
}

#[test]
fn a_process_that_stops_gives_the_terminal_back() {
    let site = Site::new();
    let Some(haul) = signalled(&site, "haul probe --no-records --rate 50/s -z 60s $O/get") else { return };
    let state = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", site.read("pid").trim())).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next()
    };
    let screens = |sign: &str| site.read("shown").matches(sign).count();
    signal(&site, "TSTP");
    wait_for("the stop", || state() == Some('T'));
    wait_for("the usual screen", || screens(LEAVE) == 1);
    assert_eq!(screens(ENTER), 1);
    signal(&site, "CONT");
    wait_for("the screen", || screens(ENTER) > 1);
    signal(&site, "TERM");
    below(&site, &shown(&site, haul, 143));
}

#[test]
fn an_error_is_read_below_the_screen() {
    let site = Site::new();
    site.file("login.json", "{\"url\": \"$O/delay/60\"}");
    for (line, words) in [
        ("haul probe --rate 50/s -z 60s $O/delay/1 > /dev/full", "haul: cannot write the output"),
        ("haul probe --no-records --rate 50/s -z 60s --timeout 1s --login login.json $O/get", "haul: login failed"),
    ] {
        let Some(haul) = on_terminal(&site, &watched(line)) else { return };
        let below = below(&site, &shown(&site, haul, 1));
        assert!(below.contains(words), "{below}");
    }
}

#[test]
fn what_is_said_meanwhile_is_printed_below() {
    let site = Site::new();
    let line = watched("haul probe --no-records --rate 50/s -z 2s --progress-every 200ms $O/get");
    let Some(haul) = on_terminal(&site, &line) else { return };
    let lines = below(&site, &shown(&site, haul, 0));
    assert!(lines.lines().filter(|line| line.contains("/s of 50/s  ")).count() >= 3, "{lines}");

    let site = Site::new();
    let Some(haul) = signalled(&site, "haul probe --no-records --rate 50/s -z 60s $O/get") else { return };
    signal(&site, "USR1");
    wait_for("the end of the summary", || {
        signal(&site, "CONT"); // draws it all again
        seen(&site.read("shown")).contains("client peak in flight")
    });
    signal(&site, "TERM");
    let below = below(&site, &shown(&site, haul, 143));
    assert!(below.contains("records so far"), "{below}");
}

#[test]
fn a_list_has_it_on_request() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.2\n".repeat(32));
    let Some(haul) = on_terminal(&site, &watched("haul --tui list.txt > out")) else { return };
    let screen = shown(&site, haul, 0);
    for words in ["haul", "of 32 done in 0s", "bound by", "hosts", "waiting", "q or Ctrl-C: stop"] {
        assert!(seen(&screen).contains(words), "no {words:?} in {screen:?}");
    }
    assert!(below(&site, &screen).contains("  32 records in "));
    assert_eq!(records(&site.read("out")).len(), 32);

    let Some(haul) = on_terminal(&site, "haul --tui list.txt") else { return };
    let refused = plain(&shown(&site, haul, 2));
    assert!(refused.contains("haul: --tui takes the terminal") && refused.contains("-o FILE"), "{refused}");
    let Some(haul) = on_terminal(&site, "haul --tui - < /dev/tty > out") else { return };
    let refused = plain(&shown(&site, haul, 2));
    assert!(refused.contains("that the list is typed at"), "{refused}");
}

#[test]
fn it_is_shown_only_where_it_can_and_may_be() {
    let site = Site::new();
    for (line, has_bar) in [
        ("haul probe -q --rate 50/s -z 500ms $O/get", false),
        ("haul probe --no-tui --rate 50/s -z 500ms $O/get", true),
        ("TERM=dumb haul probe --rate 50/s -z 500ms $O/get", false),
        ("haul probe --fields seq --rate 50/s -z 500ms $O/get", true),
        ("haul probe --rate 50/s -z 500ms -o /dev/tty $O/get", true),
        ("haul $O/delay/0.5 > out", true),
        ("haul --tui --no-tui $O/delay/0.5 > out", true),
    ] {
        let Some(haul) = on_terminal(&site, line) else { return };
        let shown = shown(&site, haul, 0);
        assert!(!shown.contains(ENTER) && !shown.contains("\u{1b}[?25l\u{1b}[2J"), "{line}: {shown:?}");
        assert_eq!(shown.contains("\u{1b}[2K"), has_bar, "{line}: {shown:?}");
    }
    let elsewhere = site.run("haul --tui --retry 0 $O/get").exits(0); // which looks for escape codes
    assert_eq!(elsewhere.records.len(), 1);
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let site = Site::new();
    let is_colored =
        |shown: &str| (0..8).any(|color| shown.contains(&format!("\u{1b}[3{color}m")) || shown.contains("[38;5;"));
    for (setting, colored) in [("LANG=C", true), ("NO_COLOR=1", false), ("CLICOLOR=0", false)] {
        let line = watched(&format!("{setting} haul probe --rate 50/s -z 1s $O/status/404"));
        let Some(haul) = on_terminal(&site, &line) else { return };
        let shown = shown(&site, haul, 0);
        below(&site, &shown);
        assert_eq!(is_colored(&shown), colored, "{setting}: {shown:?}");
    }
}
