//! Regular expressions, over the `regex` crate.

use std::sync::Arc;

use jaq_core::box_iter::box_once;
use jaq_core::native::{bome, v};
use jaq_core::{Bind, Exn};
use regex_automata::Span;

use super::super::meter;
use super::super::regexes::{Pattern, Regexes, Search};
use super::super::value::{Array, Error, Key, Object, Text, Value, cannot_be};
use super::{Closure, Input, Native, Outputs};

pub(super) fn natives() -> Vec<Native> {
    let (re_f, re_f_flags) =
        (|| [Bind::Var(()), Bind::Fun(())].into(), || [Bind::Var(()), Bind::Fun(()), Bind::Var(())].into());
    vec![
        ("test", v(1), |cv| test(matches(cv, false, ""))),
        ("test", v(2), |cv| test(matches(cv, true, ""))),
        ("match", v(1), |cv| each(matches(cv, false, ""), Matches::describe)),
        ("match", v(2), |cv| each(matches(cv, true, ""), Matches::describe)),
        ("capture", v(1), |cv| each(matches(cv, false, ""), Matches::named_groups)),
        ("capture", v(2), |cv| each(matches(cv, true, ""), Matches::named_groups)),
        ("scan", v(1), |cv| each(matches(cv, false, "g"), Matches::scanned)),
        ("scan", v(2), |cv| each(matches(cv, true, "g"), Matches::scanned)),
        ("split", v(2), |cv| {
            let parts = matches(cv, true, "g").map(|matches| Value::array(parts(matches).collect()));
            bome(parts)
        }),
        ("splits", v(1), |cv| splits(matches(cv, false, "g"))),
        ("splits", v(2), |cv| splits(matches(cv, true, "g"))),
        ("sub", re_f(), |cv| substitute(cv, false, "")),
        ("sub", re_f_flags(), |cv| substitute(cv, true, "")),
        ("gsub", re_f(), |cv| substitute(cv, false, "g")),
        ("gsub", re_f_flags(), |cv| substitute(cv, true, "g")),
    ]
}

/// The matches of a regular expression in a text, found one by one.
struct Matches {
    text: Value,
    pattern: Arc<Pattern>,
    search: Search,
    /// Where to look for the next match.
    from: Option<usize>,
    /// A position in bytes, and in codepoints.
    counted: (usize, usize),
    ascii: bool,
}

/// Takes the regular expression and flags from the arguments.
fn matches(mut cv: Input<'_>, has_flags: bool, more_flags: &str) -> Result<Matches, Error> {
    let flags = if has_flags { cv.0.pop_var() } else { Value::NULL };
    let pattern = cv.0.pop_var();
    let regexes = &cv.0.data().regexes;
    find(cv.1, &pattern, &flags, more_flags, regexes)
}

fn find(
    text: Value,
    pattern: &Value,
    flags: &Value,
    more_flags: &str,
    regexes: &Regexes<'_>,
) -> Result<Matches, Error> {
    let (pattern, flags) = match pattern {
        Value::Array(both) if flags.is_null() && !both.is_empty() => (&both[0], both.get(1).unwrap_or(&Value::NULL)),
        other => (other, flags),
    };
    let (Some(pattern), true) = (pattern.as_str(), flags.is_null() || flags.as_str().is_some()) else {
        return Err(Error::str(format_args!("{pattern} (with flags {flags}) cannot be matched: they must be strings")));
    };
    let Some(searched) = text.as_str() else {
        return Err(Error::str(format_args!("{} cannot be matched, as it is not a string", text.described())));
    };
    let pattern = regexes.get(pattern, flags.as_str().unwrap_or_default(), more_flags).map_err(Error::str)?;
    meter::work(searched.len() / 64);
    let ascii = searched.is_ascii();
    Ok(Matches { text, pattern, search: Pattern::search(), from: Some(0), counted: (0, 0), ascii })
}

impl Matches {
    /// Looks for the groups of matches, too.
    fn with_groups(mut self) -> Self {
        self.search = self.pattern.search_groups();
        self
    }

    fn str(&self) -> &str {
        self.text.as_str().unwrap_or_default()
    }

    /// Goes to the next match, and returns where it is.
    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            meter::step();
            let from = self.from?;
            let text = self.text.as_str().unwrap_or_default();
            let found = self.pattern.find(text, from, &mut self.search)?;
            let (start, end) = (found.start, found.end);
            meter::work((end - from) / 16);
            let after = if start == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
            self.from = (self.pattern.global && after <= text.len()).then_some(after);
            if start < end || !self.pattern.skips_empty {
                return Some((start, end));
            }
            if !self.pattern.global {
                self.from = (after <= text.len()).then_some(after);
            }
        }
    }

    /// The number of codepoints before a position, which must not be less than the last one asked for.
    fn codepoints_to(&mut self, at: usize) -> usize {
        let (bytes, codepoints) = self.counted;
        let codepoints = codepoints + self.codepoints(bytes, at);
        self.counted = (at, codepoints);
        codepoints
    }

    fn codepoints(&self, start: usize, end: usize) -> usize {
        if self.ascii {
            return end - start;
        }
        meter::work((end - start) / 16);
        self.str()[start..end].chars().count()
    }

    fn group(&self, at: usize) -> Value {
        self.search.group(at).map_or(Value::NULL, |span| Value::string(&self.str()[span.range()]))
    }

    /// The match as jq describes it.
    fn describe(&mut self, (start, end): (usize, usize)) -> Value {
        let offset = self.codepoints_to(start);
        let mut captures = Array::with_capacity(self.pattern.names.len() - 1);
        for at in 1..self.pattern.names.len() {
            let mut capture = match self.search.group(at) {
                Some(Span { start: from, end: to }) => {
                    self.part(offset + self.codepoints(start, from), self.codepoints(from, to), self.group(at))
                }
                None => self.part_missing(),
            };
            let name = self.pattern.names[at].clone().map_or(Value::NULL, |name| Value::string(&name));
            capture.insert(Key::new("name"), name);
            captures.push(Value::object(capture));
        }
        let mut description = self.part(offset, self.codepoints(start, end), self.group(0));
        description.insert(Key::new("captures"), Value::array(captures));
        Value::object(description)
    }

    fn part(&self, offset: usize, length: usize, string: Value) -> Object {
        let mut part = Object::with_capacity(4);
        part.insert(Key::new("offset"), offset.into());
        part.insert(Key::new("length"), length.into());
        part.insert(Key::new("string"), string);
        part
    }

    fn part_missing(&self) -> Object {
        let mut part = self.part(0, 0, Value::NULL);
        part.insert(Key::new("offset"), Value::Int(-1));
        part
    }

    /// The object of the named groups.
    fn named_groups(&mut self, _: (usize, usize)) -> Value {
        let names = self.pattern.names.iter().enumerate();
        let named = names.filter_map(|(at, name)| Some((Key::new(name.as_ref()?), self.group(at))));
        Value::object(named.collect())
    }

    /// The groups, or the whole match if there are none.
    fn scanned(&mut self, _: (usize, usize)) -> Value {
        match self.pattern.names.len() {
            1 => self.group(0),
            groups => Value::from_iter((1..groups).map(|at| self.group(at))),
        }
    }
}

fn test<'a>(matches: Result<Matches, Error>) -> Outputs<'a> {
    bome(matches.map(|mut matches| matches.next().is_some().into()))
}

fn each<'a>(matches: Result<Matches, Error>, output: fn(&mut Matches, (usize, usize)) -> Value) -> Outputs<'a> {
    match matches {
        Err(error) => bome(Err(error)),
        Ok(matches) => {
            let mut matches = matches.with_groups();
            Box::new(std::iter::from_fn(move || {
                let at = matches.next()?;
                Some(Ok(output(&mut matches, at)))
            }))
        }
    }
}

/// The text between matches.
fn parts(mut matches: Matches) -> impl Iterator<Item = Value> {
    let mut last = Some(0);
    std::iter::from_fn(move || {
        let from = last?;
        let found = matches.next();
        let (to, next) = found.map_or((matches.str().len(), None), |(start, end)| (start, Some(end)));
        last = next;
        Some(Value::string(&matches.str()[from..to]))
    })
}

fn splits<'a>(matches: Result<Matches, Error>) -> Outputs<'a> {
    match matches {
        Err(error) => bome(Err(error)),
        Ok(matches) => Box::new(parts(matches).map(Ok)),
    }
}

/// Replaces matches by the outputs of a filter on their named groups. As in jq, the first output consists of all first
/// replacements, the second of all second ones, and so on.
fn substitute<'a>(mut cv: Input<'a>, has_flags: bool, more_flags: &str) -> Outputs<'a> {
    let flags = if has_flags { cv.0.pop_var() } else { Value::NULL };
    let replacement = Closure::pop(&mut cv.0);
    let pattern = cv.0.pop_var();
    let text = cv.1.clone();
    let regexes = &cv.0.data().regexes;
    let replaced = find(cv.1, &pattern, &flags, more_flags, regexes).map_err(Exn::from);
    match replaced.and_then(|matches| replace(matches, &replacement)) {
        Err(exception) => box_once(Err(exception)),
        Ok(outputs) if outputs.is_empty() => box_once(Ok(text)),
        Ok(outputs) => Box::new(outputs.into_iter().map(|output| Ok(output.into()))),
    }
}

fn replace<'a>(matches: Matches, replacement: &Closure<'a>) -> Result<Vec<Text>, Exn<'a, Value>> {
    let no_groups = Value::object(Object::with_capacity(0));
    let has_names = matches.pattern.names.iter().any(Option::is_some);
    let mut matches = if has_names { matches.with_groups() } else { matches };
    let mut outputs: Vec<Text> = Vec::new();
    let mut last = 0;
    while let Some((start, end)) = matches.next() {
        let groups = if has_names { matches.named_groups((start, end)) } else { no_groups.clone() };
        for (at, output) in replacement.run(groups).enumerate() {
            let output = output?;
            if outputs.len() <= at {
                outputs.push(Text::with_capacity(0));
            }
            outputs[at].push_str(&matches.str()[last..start]);
            match (&output, output.as_str()) {
                (_, Some(new)) => outputs[at].push_str(new),
                (Value::Null(_), _) => {}
                _ => return Err(cannot_be(&Value::string(""), &output, "added").into()),
            }
        }
        last = end;
    }
    outputs.iter_mut().for_each(|output| output.push_str(&matches.str()[last..]));
    Ok(outputs)
}
