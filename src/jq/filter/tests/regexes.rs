//! What regular expressions may take.

use std::time::Duration;

use super::{AMPLE, fails, run_within, yields};
use crate::guard::regex::tests::random_letters;
use crate::jq::{FilterError, FilterLimits, meter};

/// Runs filters on a text of so many times 25 letters.
fn count_matches(times: usize, filters: &[(&str, usize)]) {
    let text = "lorem ipsum dolor, a b é ".repeat(times);
    let json = format!("{{\"d\":\"{text}\"}}");
    let limits = FilterLimits { time: Duration::from_secs(600), ..FilterLimits::for_document(json.len(), 1 << 20) };
    for (code, expected) in filters {
        let outputs = run_within(limits, code, &json).unwrap_or_else(|why| panic!("{code}: {why}"));
        assert_eq!(outputs.iter().collect::<Vec<_>>(), [(expected * times).to_string()], "{code}");
    }
}

#[test]
fn dense_matches_take_steps_by_the_length_of_the_text() {
    let long = [
        (r#".d | gsub("\\s+"; " ") | length"#, 25),
        (r#".d | gsub("\\b"; "|") | length"#, 37),
        (r#"reduce (.d | match("m"; "g")) as $m (0; . + 1)"#, 2),
    ];
    count_matches(1 << 17, &long);
    let others = [
        (r#".d | gsub("(?<x>[aeiou])"; "\(.x)\(.x)") | length"#, 32),
        (r#".d | sub("é $"; "é ") | length"#, 25),
        (r#".d + " " | [splits("\\s+")] | length - 1"#, 6),
        (r#"reduce (.d | scan("\\w+")) as $m (0; . + 1)"#, 6),
        (r#"if .d | test("dolor, é") then 1 else 0 end"#, 0),
    ];
    count_matches(1 << 12, &others);
}

#[test]
fn a_search_that_could_outlast_the_time_is_not_made() {
    let text = random_letters(60_000);
    let limits = FilterLimits { time: Duration::from_millis(5), steps: 1 << 24, ..AMPLE };
    let end = run_within(limits, "[match(\"[ab]*a[ab]{200}c\")]", &format!("\"{text}\""));
    assert_eq!(end, Err(FilterError::Unbounded("the filter did not finish within 5ms".to_owned())));
}

#[test]
fn word_boundaries_are_found_in_text_beyond_ascii() {
    yields(r#"test("\\bcafé\\b"), gsub("\\b"; "|")"#, "\"un café, où\"", &["true", "\"|un| |café|, |où|\""]);
    let long = format!("\"{}\"", "crème brûlée ".repeat(200_000));
    let limits = FilterLimits { steps: 1 << 24, ..AMPLE };
    let test = |code: &str| run_within(limits, code, &long).map(|outputs| outputs.iter().next().unwrap().to_owned());
    assert_eq!(test("test(\"\\\\bbrûlée\\\\b\")"), Ok("true".to_owned()));
    let why = test("test(\"\\\\bcafé(?: crèmes?){0,100}\\\\b\")").unwrap_err().to_string();
    assert_eq!(why, "a regular expression with a word boundary is too large for a long text that is not ASCII");
}

#[test]
fn regular_expressions_take_time_by_the_length_of_the_text_alone() {
    let text = |letters: &[&str], times: usize| format!("\"{}\"", letters.concat().repeat(times));
    let mixed: Vec<&str> = (0..4096_u32).map(|i| if (i * i / 7 + i / 3) % 2 == 0 { "a" } else { "b" }).collect();
    let long = text(&mixed, 500);
    let limits = FilterLimits { steps: 1 << 24, ..AMPLE };
    let why = run_within(limits, "test(\"(?:a?b?){1600}[^ab]\")", &long).unwrap_err();
    assert_eq!(why, FilterError::Unbounded("a regular expression is too large for the text it searches".to_owned()));
    for code in
        ["[match(\".*\"; \"g\").length] == [2048000, 0]", "test(\"(a|b)+c\") | not", "[scan(\"[ab]+\")] | length == 1"]
    {
        assert_eq!(run_within(limits, code, &long).unwrap().iter().collect::<Vec<_>>(), ["true"], "{code}");
    }
}

#[test]
fn regular_expressions_have_up_to_a_hundred_groups() {
    let many = "a regular expression has more than 100 groups";
    fails(r#"("a" * 3000) | test("(?:" + "(a)|" * 2000 + "b)*$")"#, "null", many);
    yields(r#""a" | [match("(a)|" * 100 + "b")] | length"#, "null", &["1"]);
    fails(r#""a" | [match("(a)|" * 101 + "b")] | length"#, "null", many);
}

#[test]
fn groups_count_towards_the_cost_of_a_search() {
    let pattern = format!("\"(?:{}[^b]{{200}}|a)*$\"", "(a)|".repeat(99));
    let text = format!("\"{}\"", "a".repeat(20_000));
    let limits = FilterLimits { steps: 1 << 24, ..AMPLE };
    let why = run_within(limits, &format!("[match({pattern})]"), &text).unwrap_err();
    assert_eq!(why, FilterError::Unbounded("a regular expression is too large for the text it searches".to_owned()));
    // Those look for the whole match alone.
    for code in ["test", "splits", "[.] | .[] | split(P; null) | length", "sub(P; \"\")", "gsub(P; \"\")"] {
        let code = if code.contains('P') { code.replace('P', &pattern) } else { format!("{code}({pattern})") };
        run_within(limits, &code, &text).unwrap();
    }
}

#[test]
fn regular_expressions_take_memory_while_they_are_used() {
    let code = |times: usize| {
        let matches = r#""aa" | match("[a-z]{9000}|\($n)|a"; "g")"#;
        format!("def f($n): if $n == 0 then 1 else {matches} | f($n - 1) end; first(f({times}))")
    };
    let limits = FilterLimits { memory: 48 << 20, ..AMPLE };
    let why = run_within(limits, &code(200), "null").unwrap_err();
    assert_eq!(why, FilterError::OutOfMemory(48 << 20));
    let why = run_within(limits, r#""a" | test("\\w" * 30000)"#, "null").unwrap_err();
    assert_eq!(why, FilterError::OutOfMemory(48 << 20));
    run_within(limits, &code(3), "null").unwrap();
    let (_, peak) = meter::live_and_peak();
    assert!(peak > 3 << 20, "{peak}");
    // Those out of use are given back, and the literal ones of the filter are not charged.
    run_within(limits, "[range(50) | tostring as $n | \"a\" | test(\"[a-z]{900}|\" + $n)] | length", "null").unwrap();
    run_within(limits, "[range(50) | \"a\" | test(\"[a-z]{9000}|a\")] | length", "null").unwrap();
    let (_, peak) = meter::live_and_peak();
    assert!(peak < 100_000, "{peak}");
}

#[test]
fn long_regular_expressions_are_refused() {
    fails(r#""a" | test("a" * 70000)"#, "null", "a regular expression has more than 64 KiB");
    fails(r#""a" | test("a"; "g" * 70000)"#, "null", "a regular expression has more than 64 KiB");
}
