//! Regular expressions whose searches end in bounded time, whatever the expression and the text.
//!
//! The engines of `regex-automata` take time linear in the text, but at worst with the size of the expression as a factor,
//! and nothing interrupts them. So they search only where even the worst case ends in time. Otherwise a lazy DFA searches,
//! whose states are built during the search: its time depends on the text alone. It checks the clock, and gives up if it
//! would need too many states.

mod error;
mod linear;
#[cfg(test)]
pub(crate) mod tests;

use std::time::{Duration, Instant};

use regex_automata::hybrid::{dfa, regex as lazy};
use regex_automata::nfa::thompson;
use regex_automata::util::captures::{Captures, GroupInfo};
use regex_automata::util::primitives::PatternID;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, Span, meta};

pub use error::{CompileError, GaveUp};
use linear::DeadlineCheck;
pub use regex_automata::hybrid::regex::Cache;

/// The cost of a search that takes about a second at worst, in states of the expression times bytes of the text.
const MAX_COST: usize = 1 << 27;

/// The cost of a search that is too short to look at the clock: 61 µs at worst.
const SHORT: usize = 1 << 13;

/// The number of groups that take as long to copy as a state takes otherwise.
const GROUPS_PER_STATE: usize = 4;

/// The memory that a regular expression may take, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Compiled, each of its automata.
    pub compiled: usize,
    /// For the states that a search remembers, in each of its automata.
    pub search: usize,
}

/// A compiled regular expression.
#[derive(Debug)]
pub struct Regex {
    /// Finds matches and their groups. At worst, the time grows with the states times the bytes.
    any: meta::Regex,
    /// Finds matches in time that grows with the bytes alone, or gives up.
    linear: lazy::Regex,
    states: usize,
}

impl Regex {
    /// Compiles a regular expression. It searches bytes that are not UTF-8 if its syntax does.
    ///
    /// # Errors
    /// The expression is invalid or too large.
    pub fn compile(pattern: &str, syntax: syntax::Config, sizes: Sizes) -> Result<Regex, CompileError> {
        let thompson = thompson::Config::new().nfa_size_limit(Some(sizes.compiled)).utf8(syntax.get_utf8());
        let config = meta::Config::new()
            .utf8_empty(syntax.get_utf8())
            .nfa_size_limit(Some(sizes.compiled))
            .onepass_size_limit(Some(sizes.search))
            .hybrid_cache_capacity(sizes.search);
        let mut builder = meta::Builder::new();
        builder.syntax(syntax).configure(config);
        let mut any = builder.build(pattern).map_err(|error| match error.syntax_error() {
            Some(error) => CompileError::Syntax(error.to_string()),
            None => CompileError::TooLarge,
        })?;
        let nfa = thompson::Compiler::new().configure(thompson.clone()).syntax(syntax).build(pattern);
        let nfa = nfa.map_err(|_| CompileError::TooLarge)?;
        // Where the automaton cannot search, each search of the backtracker would clear a table as large as the text.
        if nfa.look_set_any().contains_word_unicode() {
            builder.configure(meta::Config::new().backtrack(false));
            any = builder.build(pattern).map_err(|_| CompileError::TooLarge)?;
        }
        let states = nfa.states().len();
        let dfa = dfa::Config::new()
            .cache_capacity(sizes.search)
            .skip_cache_capacity_check(true)
            .unicode_word_boundary(true)
            .minimum_cache_clear_count(Some(2))
            .minimum_bytes_per_state(Some((states / 2).max(10)));
        let linear = lazy::Regex::builder().syntax(syntax).thompson(thompson).dfa(dfa).build(pattern);
        Ok(Regex { any, linear: linear.map_err(|_| CompileError::TooLarge)?, states })
    }

    /// The number of states of its automaton.
    pub fn states(&self) -> usize {
        self.states
    }

    /// The groups; the first is the whole match.
    pub fn groups(&self) -> &GroupInfo {
        self.any.group_info()
    }

    /// A place for where groups match.
    pub fn create_captures(&self) -> Captures {
        self.any.create_captures()
    }

    /// The memory of the compiled expression in bytes, without what searches keep in it.
    pub fn memory_usage(&self) -> usize {
        let automata = [self.linear.forward(), self.linear.reverse()].map(|dfa| dfa.get_nfa().memory_usage());
        self.any.memory_usage() + automata.iter().sum::<usize>()
    }

    /// A cache of states, for searches that need it.
    pub fn create_cache(&self) -> Cache {
        self.linear.create_cache()
    }

    /// Whether there is a match.
    ///
    /// # Errors
    /// The search could take too long.
    pub fn is_match(&self, text: &[u8], deadline: Option<Instant>) -> Result<bool, GaveUp> {
        let input = Input::new(text).earliest(true);
        let cost = self.cost(text.len(), 0);
        if is_affordable(cost, deadline) {
            return Ok(self.any.search_half(&input).is_some());
        }
        let mut check = DeadlineCheck::new(self.states, deadline);
        let found = linear::end(self.linear.forward(), self.create_cache().as_parts_mut().0, &input, &mut check);
        found.map(|end| end.is_some()).map_err(|why| within(cost, why))
    }

    /// The first match. The cache is made if it is needed.
    ///
    /// # Errors
    /// The search could take too long.
    pub fn find<'c>(
        &self,
        input: &Input<'_>,
        deadline: Option<Instant>,
        cache: impl FnOnce() -> &'c mut Cache,
    ) -> Result<Option<Span>, GaveUp> {
        let cost = self.cost(input.get_span().len(), 0);
        if is_affordable(cost, deadline) {
            return Ok(self.any.search(input).map(|found| found.span()));
        }
        let mut check = DeadlineCheck::new(self.states, deadline);
        linear::find(&self.linear, cache(), input, &mut check).map_err(|why| within(cost, why))
    }

    /// The first match and its groups. The cache is made if it is needed.
    ///
    /// # Errors
    /// The search could take too long.
    pub fn find_groups<'c>(
        &self,
        mut input: Input<'_>,
        groups: &mut Captures,
        deadline: Option<Instant>,
        cache: impl FnOnce() -> &'c mut Cache,
    ) -> Result<Option<Span>, GaveUp> {
        let count = self.groups().group_len(PatternID::ZERO) - 1;
        if !is_affordable(self.cost(input.get_span().len(), count), deadline) {
            let Some(found) = self.find(&input, deadline, cache)? else { return Ok(None) };
            let cost = self.cost(found.len(), count);
            if !is_affordable(cost, deadline) {
                return Err(within(cost, GaveUp::TooLarge));
            }
            input = input.range(found.range()).anchored(Anchored::Yes);
        }
        self.any.search_captures(&input, groups);
        Ok(groups.get_group(0))
    }

    /// The worst-case cost of searching `bytes` bytes for `groups` groups besides the whole match.
    pub fn cost(&self, bytes: usize, groups: usize) -> usize {
        self.states.saturating_mul(bytes).saturating_mul(1 + groups.div_ceil(GROUPS_PER_STATE))
    }
}

/// Whether a search ends in time in any case.
fn is_affordable(cost: usize, deadline: Option<Instant>) -> bool {
    if cost <= SHORT {
        return true;
    }
    let time = Duration::from_secs_f64(cost as f64 / MAX_COST as f64);
    cost <= MAX_COST && deadline.is_none_or(|deadline| deadline.saturating_duration_since(Instant::now()) >= time)
}

/// Why a search of that cost was not made in another way, which would have taken no more than a second.
fn within(cost: usize, why: GaveUp) -> GaveUp {
    if cost <= MAX_COST { GaveUp::OutOfTime } else { why }
}
