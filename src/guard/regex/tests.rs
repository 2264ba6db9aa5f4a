use proptest::prelude::*;

use super::*;

const SIZES: Sizes = Sizes { compiled: 1 << 20, search: 512 << 10 };

/// Letters in no order, which take an automaton to ever new states.
pub(crate) fn random_letters(count: usize) -> String {
    let mut bits = 1_u32;
    let mut letter = || {
        bits ^= bits << 13;
        bits ^= bits >> 17;
        bits ^= bits << 5;
        if bits & 1 == 0 { 'a' } else { 'b' }
    };
    (0..count).map(|_| letter()).collect()
}

fn regex(pattern: &str) -> Regex {
    Regex::compile(pattern, syntax::Config::new(), SIZES).unwrap()
}

/// All matches, with an engine or with the automaton alone.
fn matches(text: &str, mut find: impl FnMut(&Input<'_>) -> Option<Span>) -> Vec<Span> {
    let (mut all, mut from) = (Vec::new(), 0);
    while let Some(found) = (from <= text.len()).then(|| find(&Input::new(text).range(from..))).flatten() {
        all.push(found);
        let next = text[found.end..].chars().next().map_or(1, char::len_utf8);
        from = if found.is_empty() { found.end + next } else { found.end };
    }
    all
}

/// What the automaton finds; `None` if it gives up.
fn found_linearly(regex: &Regex, text: &str) -> Result<Vec<Span>, GaveUp> {
    let (mut cache, mut gave_up) = (regex.create_cache(), None);
    let all = matches(text, |input| {
        let found = linear::find(&regex.linear, &mut cache, input, &mut DeadlineCheck::new(regex.states, None));
        found.unwrap_or_else(|why| {
            gave_up = Some(why);
            None
        })
    });
    gave_up.map_or(Ok(all), Err)
}

#[test]
fn the_automaton_finds_what_the_engines_find() {
    let texts = ["", "a", "aé b", "foo bar, foo", "ab\nab", "x日本語x", "aaaa", "\u{1F600}a\u{1F600}"];
    for pattern in ["", "a*", "a|ab", "(?:a|b)+?", "^a", "b$", "(?m)^ab$", "[^a]", ".", "\\w+", "o\\b", "(?:é|)", "\\B"]
    {
        let regex = regex(pattern);
        for text in texts {
            let expected = matches(text, |input| regex.any.search(input).map(|found| found.span()));
            match found_linearly(&regex, text) {
                Err(GaveUp::WordBoundary) => assert!(pattern.to_lowercase().contains("\\b") && !text.is_ascii()),
                found => assert_eq!(found, Ok(expected), "{pattern:?} in {text:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn the_automaton_agrees_with_the_engines(pattern in "([ab.é]|a\\*|\\(b\\|\\)|\\[\\^a\\]|\\?|\\$|\\^|\\\\w\\+){0,6}", text in "[abé \n]{0,12}") {
        let Ok(regex) = Regex::compile(&pattern, syntax::Config::new(), SIZES) else { return Ok(()) };
        let expected = matches(&text, |input| regex.any.search(input).map(|found| found.span()));
        prop_assert_eq!(found_linearly(&regex, &text), Ok(expected.clone()), "{}", &pattern);
        let is_match = linear::end(
            regex.linear.forward(),
            regex.create_cache().as_parts_mut().0,
            &Input::new(&text).earliest(true),
            &mut DeadlineCheck::new(regex.states, None),
        );
        prop_assert_eq!(is_match.unwrap().is_some(), !expected.is_empty());
    }
}

#[test]
fn a_search_that_could_take_too_long_is_not_made() {
    // Its automaton has a state for each order of 200 letters.
    let greedy = regex("[ab]*a[ab]{200}c");
    let (text, long) = (random_letters(60_000), random_letters(2_400_000));
    let now = Some(Instant::now());
    let in_a_while = Instant::now().checked_add(Duration::from_secs(3600));
    assert!(greedy.cost(text.len(), 0) <= MAX_COST);
    assert_eq!(greedy.is_match(text.as_bytes(), now), Err(GaveUp::OutOfTime));
    assert_eq!(greedy.is_match(long.as_bytes(), now), Err(GaveUp::OutOfTime));
    assert_eq!(greedy.is_match(long.as_bytes(), in_a_while), Err(GaveUp::TooLarge));
    assert_eq!(greedy.is_match(long.as_bytes(), None), Err(GaveUp::TooLarge));
    assert_eq!(regex("a").is_match(b"ba", now), Ok(true), "what is short is not worth a look at the clock");
}

#[test]
fn word_boundaries_beyond_ascii_are_found_as_far_as_time_allows() {
    let cafe = regex("\\bcafé\\b");
    let long = "un café crème. ".repeat(100_000);
    assert_eq!(cafe.is_match(long.as_bytes(), None), Ok(true));
    let large = regex(&format!("\\bcafé{}\\b", "(?: crèmes?)?".repeat(100)));
    assert_eq!(large.is_match(long.as_bytes(), None), Err(GaveUp::WordBoundary));
    assert_eq!(large.is_match("a café b".repeat(100_000).replace('é', "e").as_bytes(), None), Ok(false));
}

#[test]
fn bytes_need_not_be_text() {
    let bytes = Regex::compile("(?-u:\\xff)$", syntax::Config::new().utf8(false), SIZES).unwrap();
    assert_eq!(bytes.is_match(b"a\xff", None), Ok(true));
    let long = [vec![b'a'; 20 << 20], vec![0xff]].concat();
    assert_eq!(bytes.is_match(&long, None), Ok(true));
    let syntax = Regex::compile("a(", syntax::Config::new(), SIZES).unwrap_err();
    assert!(matches!(&syntax, CompileError::Syntax(why) if why.contains("unclosed group")), "{syntax}");
    let large = Regex::compile("a{900}{900}", syntax::Config::new(), SIZES);
    assert!(matches!(large, Err(CompileError::TooLarge)));
}
