//! Compiled regular expressions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::meter::{self, LimitExceeded};

/// The sizes tried for a compiled regular expression, in bytes.
const SIZES: [usize; 4] = [16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// The most memory that a search takes for what it remembers of the expression, in bytes.
const SEARCH_MEMORY: usize = 512 << 10;

/// The most compiled regular expressions that an evaluation keeps, besides those written in the filter.
const MAX_KEPT: usize = 8;

/// What a search costs at most, as the size of the expression times that of the text.
const MAX_COST: usize = 1 << 40;

/// The longest regular expression in bytes.
const MAX_LENGTH: usize = 64 << 10;

/// A compiled regular expression, and what its flags say.
pub(super) struct Pattern {
    pub(super) regex: Regex,
    /// The names of its groups.
    pub(super) names: Vec<Option<String>>,
    pub(super) global: bool,
    pub(super) skips_empty: bool,
    size: usize,
}

impl Pattern {
    /// Compiles a regular expression with flags of jq.
    pub(super) fn compile(pattern: &str, flags: &str) -> Result<Pattern, String> {
        let mut builder = RegexBuilder::new(pattern);
        builder.dfa_size_limit(SEARCH_MEMORY);
        let (mut global, mut skips_empty) = (false, false);
        for flag in flags.chars() {
            match flag {
                'g' => global = true,
                'n' => skips_empty = true,
                'i' => drop(builder.case_insensitive(true)),
                'x' => drop(builder.ignore_whitespace(true)),
                's' => {} // as in jq, ^ and $ are the ends of the text anyway
                'p' => drop(builder.dot_matches_new_line(true)),
                'l' => return Err("the flag l (longest match) of regular expressions is not supported".to_owned()),
                other => return Err(format!("{other} is not a flag of regular expressions")),
            }
        }
        if pattern.len() > MAX_LENGTH {
            return Err(format!("a regular expression has more than {} KiB", MAX_LENGTH >> 10));
        }
        for size in SIZES {
            match builder.size_limit(size).build() {
                Ok(regex) => {
                    let names = regex.capture_names().map(|name| name.map(str::to_owned)).collect();
                    return Ok(Pattern { regex, names, global, skips_empty, size });
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(other) => return Err(explain(pattern, &other)),
            }
        }
        Err("a regular expression is too large".to_owned())
    }

    /// Stops the evaluation if a search of so many bytes could take too long.
    pub(super) fn check_size(&self, bytes: usize) {
        if self.size.saturating_mul(bytes) > MAX_COST {
            meter::stop(LimitExceeded::Regex);
        }
    }
}

/// The reason without the picture of where in the expression it is.
fn explain(pattern: &str, error: &regex::Error) -> String {
    let error = error.to_string();
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
