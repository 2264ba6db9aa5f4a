//! Searches with a lazy DFA, whose states are built during the search. They do what those of `regex-automata` do, and
//! check the clock.

use std::time::Instant;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::hybrid::regex as lazy;
use regex_automata::{Anchored, Input, MatchError, MatchErrorKind, Span};

use super::error::GaveUp;

/// The cost between two readings of the clock, in states times bytes: half a millisecond at worst.
const COST_PER_READING: usize = 1 << 16;

/// The most bytes between two readings of the clock.
const BYTES_PER_READING: usize = 4096;

/// Stops a search at its deadline.
pub(super) struct DeadlineCheck {
    deadline: Option<Instant>,
    /// The bytes between two readings of the clock, and those until the next one.
    interval: usize,
    left: usize,
}

impl DeadlineCheck {
    /// For a DFA each of whose states stands for up to `states` states of the NFA.
    pub(super) fn new(states: usize, deadline: Option<Instant>) -> Self {
        DeadlineCheck { deadline, interval: (COST_PER_READING / states.max(1)).clamp(1, BYTES_PER_READING), left: 0 }
    }

    /// Counts a byte.
    fn tick(&mut self) -> Result<(), GaveUp> {
        if self.left > 0 {
            self.left -= 1;
            return Ok(());
        }
        self.left = self.interval;
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(GaveUp::OutOfTime),
            _ => Ok(()),
        }
    }
}

/// The first match.
pub(super) fn find(
    regex: &lazy::Regex,
    cache: &mut lazy::Cache,
    input: &Input<'_>,
    check: &mut DeadlineCheck,
) -> Result<Option<Span>, GaveUp> {
    let (forward, reverse) = cache.as_parts_mut();
    let Some((start, end)) = whole_end(regex.forward(), forward, input.clone(), check)? else { return Ok(None) };
    if start == end || input.get_anchored().is_anchored() {
        return Ok(Some(Span { start, end }));
    }
    let back = input.clone().span(start..end).anchored(Anchored::Yes);
    let start = self::start(regex.reverse(), reverse, &back, check)?;
    Ok(start.map(|start| Span { start, end }))
}

/// Where the search began and the first match ends, unless that splits a character: such a match is empty.
fn whole_end(
    dfa: &DFA,
    cache: &mut Cache,
    mut input: Input<'_>,
    check: &mut DeadlineCheck,
) -> Result<Option<(usize, usize)>, GaveUp> {
    let may_split = dfa.get_nfa().has_empty() && dfa.get_nfa().is_utf8();
    loop {
        let Some(end) = end(dfa, cache, &input, check)? else { return Ok(None) };
        if !may_split || input.is_char_boundary(end) {
            return Ok(Some((input.start(), end)));
        }
        if input.get_anchored().is_anchored() || input.start() >= input.end() {
            return Ok(None);
        }
        input.set_start(input.start() + 1);
    }
}

/// Where the first match ends.
pub(super) fn end(
    dfa: &DFA,
    cache: &mut Cache,
    input: &Input<'_>,
    check: &mut DeadlineCheck,
) -> Result<Option<usize>, GaveUp> {
    let state = dfa.start_state_forward(cache, input).map_err(|why| gave_up(&why))?;
    let beyond = input.haystack().get(input.end()).copied();
    cache.search_start(input.start());
    let mut walk = Walk { dfa, cache, state, found: None, earliest: input.get_earliest() };
    for at in input.get_range() {
        check.tick()?;
        // A match is known a byte later.
        if walk.step(at, input.haystack()[at], at)? {
            return Ok(walk.found);
        }
    }
    walk.finish(beyond, input.end())
}

/// Where a match starts that ends at the end of the input.
fn start(dfa: &DFA, cache: &mut Cache, input: &Input<'_>, check: &mut DeadlineCheck) -> Result<Option<usize>, GaveUp> {
    let state = dfa.start_state_reverse(cache, input).map_err(|why| gave_up(&why))?;
    let beyond = input.start().checked_sub(1).map(|at| input.haystack()[at]);
    cache.search_start(input.end());
    let mut walk = Walk { dfa, cache, state, found: None, earliest: false };
    for at in input.get_range().rev() {
        check.tick()?;
        if walk.step(at, input.haystack()[at], at + 1)? {
            return Ok(walk.found);
        }
    }
    walk.finish(beyond, input.start())
}

struct Walk<'a> {
    dfa: &'a DFA,
    cache: &'a mut Cache,
    state: LazyStateID,
    /// The border of the best match so far.
    found: Option<usize>,
    earliest: bool,
}

impl Walk<'_> {
    /// Takes in the byte at a position, which tells whether there is a match up to `border`. Returns whether that ends
    /// the search.
    fn step(&mut self, at: usize, byte: u8, border: usize) -> Result<bool, GaveUp> {
        self.cache.search_update(at);
        self.state = self.dfa.next_state(self.cache, self.state, byte).map_err(|_| GaveUp::TooLarge)?;
        if !self.state.is_tagged() {
            return Ok(false);
        }
        self.check(border)?;
        Ok(self.state.is_dead() || self.earliest && self.found.is_some())
    }

    /// Takes in the byte beyond, or the end of the text.
    fn finish(mut self, beyond: Option<u8>, border: usize) -> Result<Option<usize>, GaveUp> {
        let last = match beyond {
            Some(byte) => self.dfa.next_state(self.cache, self.state, byte),
            None => self.dfa.next_eoi_state(self.cache, self.state),
        };
        self.state = last.map_err(|_| GaveUp::TooLarge)?;
        self.check(border)?;
        Ok(self.found)
    }

    fn check(&mut self, border: usize) -> Result<(), GaveUp> {
        if self.state.is_quit() {
            return Err(GaveUp::WordBoundary);
        }
        if self.state.is_match() {
            self.found = Some(border);
        }
        Ok(())
    }
}

fn gave_up(why: &MatchError) -> GaveUp {
    match why.kind() {
        MatchErrorKind::Quit { .. } => GaveUp::WordBoundary,
        _ => GaveUp::TooLarge,
    }
}
