//! Compiled regular expressions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex_automata::util::captures::Captures;
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use regex_automata::{Input, Span};

use super::meter::{self, LimitExceeded};
use crate::guard::regex::{Cache, CompileError, GaveUp, Regex, Sizes};

/// The most memory for the states of an automaton that a search remembers, in bytes; there are two automata.
const SEARCH_MEMORY: usize = 512 << 10;

const SIZES: Sizes = Sizes { compiled: 1 << 20, search: SEARCH_MEMORY };

/// The most compiled regular expressions that an evaluation keeps, besides the literal ones of the filter.
const MAX_KEPT: usize = 8;

/// The most groups of a regular expression.
const MAX_GROUPS: usize = 100;

/// The most memory for the groups of all states of an expression, in bytes.
const MAX_TABLE: usize = 16 << 20;

/// The cost of a search that counts as a unit of work: most are far cheaper than at worst.
const COST_PER_WORK: usize = 1 << 15;

/// The longest regular expression in bytes.
const MAX_LENGTH: usize = 64 << 10;

/// A compiled regular expression, and what its flags say.
pub(super) struct Pattern {
    regex: Regex,
    /// The names of its groups, the first of which is the whole match.
    pub(super) names: Vec<Option<String>>,
    pub(super) global: bool,
    pub(super) skips_empty: bool,
    /// Its memory, unless it was compiled with the filter.
    charge: Option<meter::Charge>,
}

type KeptCache = Option<(Cache, meter::Charge)>;

/// What a search through a text remembers.
pub(super) struct Search {
    /// The groups of the last match, if they are sought.
    groups: Option<(Captures, meter::Charge)>,
    whole: Option<Span>,
    cache: KeptCache,
}

impl Pattern {
    /// Compiles a regular expression with flags of jq.
    pub(super) fn compile(pattern: &str, flags: &str) -> Result<Pattern, String> {
        check_length(pattern, flags)?;
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
        let regex = Regex::compile(pattern, syntax, SIZES).map_err(|error| match error {
            CompileError::Syntax(error) => explain(pattern, &error),
            CompileError::TooLarge => TOO_LARGE.to_owned(),
        })?;
        let names: Vec<_> = regex.groups().pattern_names(PatternID::ZERO).map(|name| name.map(str::to_owned)).collect();
        let groups = names.len() - 1;
        if groups > MAX_GROUPS {
            return Err(format!("a regular expression has more than {MAX_GROUPS} groups"));
        }
        if table(regex.states(), groups) > MAX_TABLE {
            return Err(TOO_LARGE.to_owned());
        }
        Ok(Pattern { regex, names, global, skips_empty, charge: None })
    }

    /// What it takes, with what its searches keep in it.
    fn memory(&self) -> usize {
        self.regex.memory_usage() + table(self.regex.states(), self.names.len() - 1) + SEARCH_MEMORY * 2
    }

    /// A search for matches without their groups.
    pub(super) fn search() -> Search {
        Search { groups: None, whole: None, cache: None }
    }

    /// A search for matches and their groups.
    pub(super) fn search_groups(&self) -> Search {
        let groups = (self.names.len() > 1).then(|| {
            let charge = meter::Charge::new(self.names.len() * GROUP_SIZE);
            (self.regex.create_captures(), charge)
        });
        Search { groups, ..Pattern::search() }
    }

    /// Finds the next match from a position on.
    pub(super) fn find(&self, text: &str, from: usize, search: &mut Search) -> Option<Span> {
        let (input, deadline) = (Input::new(text).range(from..), meter::deadline());
        let kept = &mut search.cache;
        let found = match &mut search.groups {
            None => self.regex.find(&input, deadline, || self.cache(kept)),
            Some((groups, _)) => self.regex.find_groups(input, groups, deadline, || self.cache(kept)),
        };
        search.whole = found.unwrap_or_else(|why| meter::stop(LimitExceeded::from(why)));
        // A search may end with its match, which the next one begins at: the whole rest is not counted for each.
        let searched = search.whole.map_or(text.len(), |found| found.end) - from;
        meter::work(self.regex.cost(searched, self.names.len() - 1) / COST_PER_WORK);
        search.whole
    }

    fn cache<'c>(&self, kept: &'c mut KeptCache) -> &'c mut Cache {
        let (cache, _) = kept.get_or_insert_with(|| {
            let charge = meter::Charge::new(SEARCH_MEMORY * 2);
            (self.regex.create_cache(), charge)
        });
        cache
    }
}

impl From<GaveUp> for LimitExceeded {
    fn from(why: GaveUp) -> Self {
        match why {
            GaveUp::OutOfTime => LimitExceeded::Time,
            why => LimitExceeded::Regex(why),
        }
    }
}

impl Search {
    /// Where a group of the last match is.
    pub(super) fn group(&self, at: usize) -> Option<Span> {
        if at == 0 { self.whole } else { self.groups.as_ref()?.0.get_group(at) }
    }
}

const TOO_LARGE: &str = "a regular expression is too large";

/// The size of where a group begins and ends, in bytes.
const GROUP_SIZE: usize = size_of::<Span>();

/// The memory for the groups of all states, before and after a byte.
fn table(states: usize, groups: usize) -> usize {
    states * (groups + 1) * GROUP_SIZE * 2
}

/// The memory to parse an expression at worst: a class such as `\pL` has hundreds of ranges, and more while they are
/// made to ignore case.
fn parsed_size(pattern: &str) -> usize {
    let is_class = |pair: &&[u8]| pair[0] == b'\\' && pair[1].is_ascii_alphabetic();
    pattern.len() * 512 + pattern.as_bytes().windows(2).filter(is_class).count() * (32 << 10)
}

fn check_length(pattern: &str, flags: &str) -> Result<(), String> {
    if pattern.len() + flags.len() > MAX_LENGTH {
        return Err(format!("a regular expression has more than {} KiB", MAX_LENGTH >> 10));
    }
    Ok(())
}

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

/// The regular expressions of an evaluation: the literal ones of the filter, and the last others.
pub(super) struct Regexes<'a> {
    literal: &'a Kept,
    others: RefCell<Kept>,
}

impl<'a> Regexes<'a> {
    pub(super) fn new(literal: &'a Kept) -> Self {
        Regexes { literal, others: RefCell::default() }
    }

    pub(super) fn get(&self, pattern: &str, flags: &str, more_flags: &str) -> Result<Arc<Pattern>, String> {
        check_length(pattern, flags)?;
        let key = (pattern.to_owned(), [flags, more_flags].concat());
        if let Some(known) = self.literal.get(&key) {
            return Ok(known.clone());
        }
        let mut others = self.others.borrow_mut();
        if let Some(known) = others.get(&key) {
            return Ok(known.clone());
        }
        meter::work(4096 + pattern.len() * 16);
        let parsed = meter::Charge::new(parsed_size(pattern));
        let mut compiled = Pattern::compile(pattern, &key.1)?;
        drop(parsed);
        compiled.charge = Some(meter::Charge::new(compiled.memory() + (key.0.len() + key.1.len())));
        let compiled = Arc::new(compiled);
        if others.len() == MAX_KEPT {
            others.clear();
        }
        others.insert(key, compiled.clone());
        Ok(compiled)
    }
}
