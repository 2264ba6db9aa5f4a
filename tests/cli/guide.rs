//! Runs every command of `docs/from-requests.md` and `docs/requests.md`, in the order of the page and in one directory:
//! each must print what the page shows.

use std::env;
use std::process::Command;

use crate::relays::{Front, Relay};
use crate::support::Site;

const GUIDE: &str = include_str!("../../docs/from-requests.md");
const REQUESTS: &str = include_str!("../../docs/requests.md");
const README: &str = include_str!("../../README.md");

/// Runs as long as somebody needs it.
const ORIGIN: &str = "haul origin";

/// In what is shown: whatever differs from run to run, and on a line of its own any number of lines.
const ANYTHING: char = '…';

/// A command and what is shown under it.
struct Step {
    command: String,
    shown: Vec<String>,
}

/// A fenced block: its language and its lines.
struct Block {
    language: &'static str,
    lines: Vec<&'static str>,
}

fn blocks(page: &'static str) -> Vec<Block> {
    let (mut blocks, mut open) = (Vec::new(), None::<Block>);
    for text in page.lines() {
        match (text.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some(Block { language, lines: Vec::new() }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(text),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block does not end");
    blocks
}

/// What is typed: behind `$ `, and behind `> ` in the lines that go on with it.
fn steps(page: &'static str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in blocks(page).iter().filter(|block| block.language == "console") {
        for &text in &block.lines {
            match (text.strip_prefix("$ "), text.strip_prefix("> "), steps.last_mut()) {
                (Some(command), ..) => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
                (_, Some(more), Some(step)) => step.command.extend(["\n", more]),
                (.., Some(_)) if text.is_empty() => {}
                (.., Some(step)) => step.shown.push(text.to_owned()),
                (.., None) => panic!("what is it that prints {text}?"),
            }
        }
    }
    steps.retain(|step| step.command != ORIGIN);
    steps
}

/// The servers that the page speaks of, under the names that it has for them.
struct Servers {
    site: Site,
    proxy: Relay,
    tls: Relay,
}

impl Servers {
    fn start() -> Self {
        let (site, front) = (Site::new(), Front::new().for_known_clients());
        front.write(|name| site.path(name));
        let tls = Relay::tls(&front, &["h2", "http/1.1"], site.origin.addr());
        Servers { site, proxy: Relay::http_proxy(None), tls }
    }

    fn locate(&self, text: &str) -> String {
        let places = [("8080", self.site.origin.addr()), ("3128", self.proxy.addr()), ("8443", self.tls.addr())];
        let mut parts = text.split("127.0.0.1:");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let place = places.iter().find_map(|(port, addr)| Some((addr, part.strip_prefix(port)?)));
            place.map_or(format!("{text}127.0.0.1:{part}"), |(addr, rest)| format!("{text}{addr}{rest}"))
        })
    }
}

#[test]
fn every_command_of_the_guide_prints_what_it_shows() {
    try_out(GUIDE, 30);
}

#[test]
fn every_command_of_the_page_on_requests_prints_what_it_shows() {
    try_out(REQUESTS, 10);
}

/// Runs the commands of a page, which are so many at least.
fn try_out(page: &'static str, least: usize) {
    let (servers, steps) = (Servers::start(), steps(page));
    assert!(steps.len() > least, "the page has lost its commands");
    let (mut exported, mut wrong) = (String::new(), Vec::new());
    for Step { command, shown } in steps {
        if command.contains("| jq ") && !jq_is_there() {
            eprintln!("left out, for want of jq: {command}");
            continue;
        }
        if command.starts_with("export ") {
            exported = format!("{exported}{command}\n");
        }
        // A first line of our own, since what is printed need not be whole records.
        let run = servers.site.run(&format!("exec 2>&1; echo begun\n{exported}{}", servers.locate(&command)));
        let mut said: Vec<_> = run.stdout.lines().skip(1).map(str::to_owned).collect();
        let shown: Vec<_> = shown.iter().map(|text| servers.locate(text)).collect();
        if said.iter().all(|text| text.starts_with("{\"seq\":")) {
            said.sort(); // they come as they end
        }
        if run.code != Some(0) || !fits(&shown, &said) {
            let (shown, said) = (shown.join("\n"), said.join("\n"));
            wrong.push(format!("{command}\nshown:\n{shown}\nsaid, and {:?}:\n{said}\n", run.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `.ci/run` installs it; `cargo test` alone wants nothing installed.
fn jq_is_there() -> bool {
    let there = Command::new("jq").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(there || env::var_os("CI").is_none(), "jq is missing");
    there
}

fn fits(shown: &[String], said: &[String]) -> bool {
    match (shown, said) {
        ([], said) => said.is_empty(),
        ([anything, rest @ ..], said) if *anything == ANYTHING.to_string() => {
            (0..=said.len()).any(|many| fits(rest, &said[many..]))
        }
        ([text, shown @ ..], [line, said @ ..]) => like(text, line) && fits(shown, said),
        (_, []) => false,
    }
}

fn like(shown: &str, said: &str) -> bool {
    let Some((first, rest)) = shown.split_once(ANYTHING) else { return shown == said };
    let Some(said) = said.strip_prefix(first) else { return false };
    said.char_indices().map(|(at, _)| &said[at..]).chain([""]).any(|said| like(rest, said))
}

#[test]
fn what_is_shown_is_compared() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (shown, said, fit) in [
        ("a\nb", "a\nb", true),
        ("a\nb", "a", false),
        ("a", "a\nb", false),
        ("a…c…e", "abcde", true),
        ("a…c…e", "abcd", false),
        ("a…c", "acb", false),
        ("a\n…\nd", "a\nb\nc\nd", true),
        ("a\n…\nd", "a\nb\nc", false),
    ] {
        assert_eq!(fits(&lines(shown), &lines(said)), fit, "{shown:?} {said:?}");
    }
}

#[test]
fn commands_stand_nowhere_else() {
    for block in blocks(GUIDE).iter().filter(|block| block.language != "console") {
        assert!(["python", "json", "toml"].contains(&block.language), "{}", block.language);
        assert!(block.lines.iter().all(|text| !text.contains("haul ")), "{:?}", block.lines);
    }
    let commands = code_spans(GUIDE).filter(|span| span.starts_with("haul ") && span != ORIGIN);
    assert_eq!(Vec::from_iter(commands), Vec::<String>::new());
}

#[test]
fn options_that_are_named_are_there() {
    let site = Site::new();
    let help = ["haul --help", "haul probe --help"].map(|line| site.run(line).exits(0).stdout).concat();
    let known: Vec<_> = help.split([' ', ',', '\n']).filter(|word| word.starts_with('-')).collect();
    let mut named = 0;
    for span in [GUIDE, REQUESTS, README].into_iter().flat_map(code_spans) {
        if !span.starts_with('-') && !span.starts_with("haul ") {
            continue; // of another program
        }
        for option in span.split(' ').filter(|word| word.starts_with('-') && word.len() > 1) {
            assert!(known.contains(&option), "`{span}`: there is no {option}");
            named += 1;
        }
    }
    assert!(named > 30, "the pages have lost their options");
}

/// What stands in backticks outside of blocks.
fn code_spans(page: &'static str) -> impl Iterator<Item = String> {
    let mut fenced = false;
    let prose = page.lines().filter(move |text| {
        let fence = text.starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).map(str::to_owned)
}
