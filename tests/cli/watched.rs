//! What a person at a terminal sees of records: a short line each, unless an option says how records are written.

use crate::record::records;
use crate::support::{Site, wait_for};
use crate::terminal::{STEERING, on_terminal, plain, shown};

/// The lines that a terminal of so many columns shows.
fn lines(site: &Site, columns: usize, line: &str) -> Option<Vec<String>> {
    let haul = on_terminal(site, &format!("stty rows 50 cols {columns}; {line}"))?;
    let shown = plain(&shown(site, haul, 0));
    Some(shown.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect())
}

/// A line without the time and the size, which differ.
fn without_figures(line: &str) -> String {
    line.chars().enumerate().filter(|(column, _)| !(3..25).contains(column)).map(|(_, c)| c).collect()
}

#[test]
fn records_are_short_lines() {
    let site = Site::new();
    site.file(
        "list.txt",
        "$O/get\n$O/status/404\n$O/redirect/1\n$O/flaky/2\nHEAD $O/get\n$O/status/204\n$O/get?q=漢字\n\
         http://127.0.0.1:1/\nnonsense\n$O/get\n",
    );
    let line = "haul -q --ordered --dedup --retry 1 --retry-delay 1ms list.txt";
    let Some(lines) = lines(&site, 200, line) else { return };
    let o = site.origin.url("");
    let wanted = [
        format!("200  {o}/get"),
        format!("404  {o}/status/404"),
        format!("200  {o}/redirect/1  → {o}/get"),
        format!("200  {o}/flaky/2  (1 retry)"),
        format!("200  HEAD {o}/get"),
        format!("204  {o}/status/204"),
        format!("200  {o}/get?q=漢字"),
        "ERR  http://127.0.0.1:1/  (1 retry)  connection refused by 127.0.0.1:1".to_owned(),
        "ERR  nonsense  list.txt line 9: ".to_owned(),
        format!("dup  {o}/get  (the same request as input 0)"),
    ];
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(&wanted) {
        assert!(without_figures(line).starts_with(wanted), "{line:?} is not {wanted:?}");
    }
    assert!(lines[5].starts_with("204") && lines[5].contains("     0 B  http"), "{}", lines[5]);
    assert!(lines[7].starts_with("ERR  connect_refused       http"), "{}", lines[7]);
}

#[test]
fn a_url_is_never_cut() {
    let site = Site::new();
    let path = "long".repeat(40);
    let line = format!("haul -q --retry 0 $O/get?{path} http://127.0.0.1:1/{path} $O/redirect-to?url=/get?{path}");
    for columns in [80, 200] {
        let Some(lines) = lines(&site, columns, &line) else { return };
        assert_eq!(lines.iter().filter(|line| line.contains(&path)).count(), 4, "{lines:#?}");
        let below: Vec<_> = lines.iter().filter(|line| line.starts_with(&" ".repeat(27))).collect();
        assert!(below.iter().any(|line| line.contains("refused by 127.0.0.1:1")), "{lines:#?}");
    }
}

#[test]
fn an_option_that_formats_records_asks_for_all_of_them() {
    let site = Site::new();
    for options in [
        "--format ndjson",
        "-o -",
        "-o /dev/tty",
        "--body auto",
        "--body none",
        "-i",
        "--fields url",
        "--verbose-records",
        "--jq .url",
    ] {
        let Some(lines) = lines(&site, 80, &format!("haul -q {options} $O/json")) else { return };
        assert!(lines.concat().starts_with('{'), "{options}: {lines:?}");
    }
    let Some(piped) = lines(&site, 80, "haul -q $O/json | cat") else { return };
    assert!(piped.concat().starts_with('{'), "{piped:?}");
    let Some(filed) = lines(&site, 80, "haul -q $O/json > out") else { return };
    assert_eq!((filed.len(), records(&site.read("out")).len()), (0, 1));
}

#[test]
fn records_that_are_selected_are_short_lines_too() {
    let site = Site::new();
    let line =
        "haul --ordered --where \".status_code == 404 or .json.args.a == \\\"1\\\"\" $O/get $O/get?a=1 $O/status/404";
    let Some(lines) = lines(&site, 120, line) else { return };
    let shown: Vec<_> =
        lines.iter().filter(|line| line.contains("http://")).map(|line| without_figures(line)).collect();
    let o = site.origin.url("");
    assert_eq!(shown[..2], [format!("200  {o}/get?a=1"), format!("404  {o}/status/404")], "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("3 records")), "{lines:#?}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let site = Site::new();
    let line = "haul --retry 0 $O/get $O/status/404 http://127.0.0.1:1/";
    let Some(haul) = on_terminal(&site, line) else { return };
    let coloured = shown(&site, haul, 0);
    for start in ["\u{1b}[32m200", "\u{1b}[33m404", "\u{1b}[31mERR"] {
        assert!(coloured.contains(start), "no {start:?} in {coloured:?}");
    }
    for (setting, has_bar) in [("NO_COLOR=1", true), ("CLICOLOR=0", true), ("TERM=dumb", false)] {
        let Some(haul) = on_terminal(&site, &format!("{setting} {line}")) else { return };
        let plain = shown(&site, haul, 0);
        assert!(!plain.contains("\u{1b}[3") && plain.contains("200  "), "{setting}: {plain:?}");
        assert!(has_bar || !plain.contains('\u{1b}'), "{setting}: {plain:?}");
    }
}

#[test]
fn nothing_in_a_line_steers_the_terminal() {
    let site = Site::new();
    site.file("list.txt", &format!("http://127.0.0.1:1/{STEERING}\n{STEERING}\nftp{STEERING}://h/\n"));
    let Some(haul) = on_terminal(&site, "NO_COLOR=1 haul -q --retry 0 list.txt") else { return };
    let shown = shown(&site, haul, 0);
    let steers = |c: char| c.is_control() && !matches!(c, '\r' | '\n') || c == '\u{202e}';
    assert!(!shown.contains(steers) && shown.contains("u{9b}2J"), "{shown:?}");
}

#[test]
fn lines_of_progress_go_above_the_bar_if_asked_for() {
    let site = Site::new();
    site.file("list.txt", &"$O/delay/0.2\n".repeat(32));
    let counted = |shown: &str| shown.matches(" of 32 (").count();
    let Some(haul) = on_terminal(&site, "haul --progress-every 200ms list.txt > out") else { return };
    let text = shown(&site, haul, 0);
    assert!(counted(&plain(&text)) >= 2 && text.contains('━'), "{text:?}");
    let Some(haul) = on_terminal(&site, "haul list.txt > out") else { return };
    assert_eq!(counted(&plain(&shown(&site, haul, 0))), 0);
}

#[test]
fn a_terminal_that_closes_ends_the_run_like_a_signal() {
    let site = Site::new();
    if on_terminal(&site, "true").is_none() {
        return;
    }
    // The shell passes the signal on, as one does that somebody types at, and lives on to tell the exit code.
    let run = "haul $O/delay/1 $O/delay/1.2 --report report.json & pid=$!";
    let line = format!("{run}; trap \"kill -HUP $pid\" HUP; wait $pid; wait $pid; echo $? > code");
    let terminal = site.start(&format!("exec script -qec '{line}' /dev/null < /dev/null > shown"));
    wait_for("the requests", || site.origin.stats().in_flight == 2);
    terminal.signal("KILL");
    wait_for("the exit code", || site.path("code").metadata().is_ok_and(|file| file.len() > 0));
    assert_eq!(site.read("code"), "129\n");
    assert_eq!(site.json("report.json")["run"]["interrupted"], true);
}
