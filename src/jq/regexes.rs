//! Compiled regular expressions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex_automata::hybrid::{dfa, regex as lazy};
use regex_automata::nfa::thompson;
use regex_automata::util::captures::Captures;
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, Span, meta};

use super::meter::{self, LimitExceeded};

/// The largest compiled regular expression, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// The most memory for the states of an automaton that a search remembers, in bytes; there are two automata.
const SEARCH_MEMORY: usize = 512 << 10;

/// The most compiled regular expressions that an evaluation keeps, besides those written in the filter.
const MAX_KEPT: usize = 8;

/// The states of an expression times the bytes it searches that take about a second at worst: nothing stops a search.
const MAX_COST: usize = 1 << 27;

/// The longest regular expression in bytes.
const MAX_LENGTH: usize = 64 << 10;

/// A compiled regular expression, and what its flags say.
pub(super) struct Pattern {
    /// Finds matches and their groups. At worst, the time grows with the states times the bytes.
    any: meta::Regex,
    /// Finds matches without their groups, in time that grows with the bytes alone; or gives up.
    linear: lazy::Regex,
    /// The names of its groups, the first of which is the whole match.
    pub(super) names: Vec<Option<String>>,
    pub(super) global: bool,
    pub(super) skips_empty: bool,
    states: usize,
}

/// What a search through a text remembers.
pub(super) struct Search {
    groups: Captures,
    whole: Option<Span>,
    lazy: Option<(lazy::Cache, meter::Charge)>,
}

impl Pattern {
    /// Compiles a regular expression with flags of jq.
    pub(super) fn compile(pattern: &str, flags: &str) -> Result<Pattern, String> {
        let mut syntax = syntax::Config::new();
        let (mut global, mut skips_empty) = (false, false);
        for flag in flags.chars() {
            match flag {
                'g' => global = true,
                'n' => skips_empty = true,
                'i' => syntax = syntax.case_insensitive(true),
                'x' => syntax = syntax.ignore_whitespace(true),
                's' => {} // as in jq, ^ and $ are the ends of the text anyway
                'p' => syntax = syntax.dot_matches_new_line(true),
                'l' => return Err("the flag l (longest match) of regular expressions is not supported".to_owned()),
                other => return Err(format!("{other} is not a flag of regular expressions")),
            }
        }
        if pattern.len() > MAX_LENGTH {
            return Err(format!("a regular expression has more than {} KiB", MAX_LENGTH >> 10));
        }
        let limits = meta::Config::new()
            .nfa_size_limit(Some(MAX_SIZE))
            .onepass_size_limit(Some(SEARCH_MEMORY))
            .hybrid_cache_capacity(SEARCH_MEMORY);
        let any = meta::Builder::new().configure(limits).syntax(syntax).build(pattern);
        let any = any.map_err(|error| match error.syntax_error() {
            Some(error) => explain(pattern, &error.to_string()),
            None => TOO_LARGE.to_owned(),
        })?;
        let (linear, states) = Self::lazy(pattern, syntax).ok_or(TOO_LARGE)?;
        let names = any.group_info().pattern_names(PatternID::ZERO).map(|name| name.map(str::to_owned)).collect();
        Ok(Pattern { any, linear, names, global, skips_empty, states })
    }

    /// An automaton whose states are made while it searches. It gives up if it makes so many that each byte could
    /// take as long as without it.
    fn lazy(pattern: &str, syntax: syntax::Config) -> Option<(lazy::Regex, usize)> {
        let thompson = thompson::Config::new().nfa_size_limit(Some(MAX_SIZE));
        let nfa = thompson::Compiler::new().configure(thompson.clone()).syntax(syntax).build(pattern).ok()?;
        let states = nfa.states().len();
        let dfa = dfa::Config::new()
            .cache_capacity(SEARCH_MEMORY)
            .skip_cache_capacity_check(true)
            .unicode_word_boundary(true)
            .minimum_cache_clear_count(Some(2))
            .minimum_bytes_per_state(Some((states / 2).max(10)));
        let regex = lazy::Regex::builder().syntax(syntax).thompson(thompson).dfa(dfa).build(pattern).ok()?;
        Some((regex, states))
    }

    pub(super) fn search(&self) -> Search {
        Search { groups: self.any.create_captures(), whole: None, lazy: None }
    }

    /// Finds the next match from a position on.
    pub(super) fn find(&self, text: &str, from: usize, search: &mut Search) -> Option<Span> {
        let input = Input::new(text).range(from..);
        let input = if self.affords(text.len() - from) {
            input
        } else {
            let (cache, _) = search.lazy.get_or_insert_with(|| {
                let charge = meter::Charge::new(SEARCH_MEMORY * 2);
                (self.linear.create_cache(), charge)
            });
            let found = self.linear.try_search(cache, &input).unwrap_or_else(|_| meter::stop(LimitExceeded::Regex))?;
            if self.names.len() == 1 {
                search.whole = Some(found.range().into());
                return search.whole;
            }
            if !self.affords(found.range().len()) {
                meter::stop(LimitExceeded::Regex);
            }
            input.range(found.range()).anchored(Anchored::Yes)
        };
        self.any.search_captures(&input, &mut search.groups);
        search.whole = search.groups.get_group(0);
        search.whole
    }

    /// Whether a search through so many bytes ends soon enough in any case.
    fn affords(&self, bytes: usize) -> bool {
        self.states.saturating_mul(bytes) <= MAX_COST
    }
}

impl Search {
    /// Where a group of the last match is.
    pub(super) fn group(&self, at: usize) -> Option<Span> {
        if at == 0 { self.whole } else { self.groups.get_group(at) }
    }
}

const TOO_LARGE: &str = "a regular expression is too large";

/// The reason without the picture of where in the expression it is.
fn explain(pattern: &str, error: &str) -> String {
    let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
    let short = &pattern[..pattern.floor_char_boundary(100)];
    if why.starts_with("look-around") || why.starts_with("backreferences") {
        return format!("{why} in regular expressions: {short}");
    }
    format!("{short} is not a regular expression: {why}")
}

type Kept = HashMap<(String, String), Arc<Pattern>>;

/// The regular expressions of an evaluation: those written in the filter, and the last others.
pub(super) struct Regexes<'a> {
    written: &'a Kept,
    others: RefCell<Kept>,
}

impl<'a> Regexes<'a> {
    pub(super) fn new(written: &'a Kept) -> Self {
        Regexes { written, others: RefCell::default() }
    }

    pub(super) fn get(&self, pattern: &str, flags: &str, more_flags: &str) -> Result<Arc<Pattern>, String> {
        let key = (pattern.to_owned(), [flags, more_flags].concat());
        if let Some(known) = self.written.get(&key) {
            return Ok(known.clone());
        }
        let mut others = self.others.borrow_mut();
        if let Some(known) = others.get(&key) {
            return Ok(known.clone());
        }
        meter::work(4096 + pattern.len() * 16);
        let compiled = Arc::new(Pattern::compile(pattern, &key.1)?);
        if others.len() == MAX_KEPT {
            others.clear();
        }
        others.insert(key, compiled.clone());
        Ok(compiled)
    }
}
