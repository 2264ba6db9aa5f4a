//! Compiles expressions, and locates the errors in them.

use std::fmt;

use jaq_core::box_iter::BoxIter;
use jaq_core::load::lex::Expect;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Compiler, Error, Exn, RunPtr, ValX};
use jaq_json::{Val, read};

use super::document::check_complexity;
use super::watch::WatchedData;

/// An error in an expression. Displayed, it ends with the line and a mark under the position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// The expression.
    pub code: String,
    /// The position: a byte offset in the expression, or its length.
    pub at: usize,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = &self.code[..self.at];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.code[begin..].lines().next().unwrap_or_default();
        let margin: String = before[begin..].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "{}\n    {line}\n    {margin}^", self.message)
    }
}

impl std::error::Error for CompileError {}

/// Compiles `code`, with the standard library in scope.
pub(super) fn compile(code: &str) -> Result<jaq_core::Filter<WatchedData>, CompileError> {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(our_defs());
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code, path: () }).map_err(|errors| {
        errors.into_iter().next().map_or_else(|| compile_error(code, None), |(_, e)| parse_error(code, &e))
    })?;
    Compiler::default().with_funs(natives()).compile(modules).map_err(|errors| {
        let first = errors.into_iter().find_map(|(_, undefined)| undefined.into_iter().next());
        compile_error(code, first.map(|(name, what)| (undefined(name, &what), name)))
    })
}

fn undefined(name: &str, what: &jaq_core::compile::Undefined) -> String {
    match what {
        jaq_core::compile::Undefined::Filter(arity) => format!("undefined filter {name}/{arity}"),
        other => format!("undefined {} {name}", other.as_str()),
    }
}

fn parse_error(code: &str, error: &load::Error<&str>) -> CompileError {
    let first = match error {
        load::Error::Io(errors) => errors.first().map(|(path, why)| (why.clone(), *path)),
        load::Error::Lex(errors) => errors.first().map(|(expected, at)| match expected {
            Expect::Token => (format!("unexpected {}", at.chars().next().unwrap_or(' ')), *at),
            expected => (expect(expected.as_str(), None), *at),
        }),
        load::Error::Parse(errors) => errors.first().map(|(expected, at)| (expect(expected.as_str(), Some(at)), *at)),
    };
    compile_error(code, first)
}

fn expect(expected: &str, found: Option<&str>) -> String {
    match found {
        None => format!("expected {expected}"),
        Some("") => format!("expected {expected}, but the filter ends"),
        Some(found) => format!("expected {expected}, found {}", found.lines().next().unwrap_or_default()),
    }
}

fn compile_error(code: &str, first: Option<(String, &str)>) -> CompileError {
    let (message, part) = first.unwrap_or_else(|| ("not a jq filter".to_owned(), code));
    let at = (part.as_ptr() as usize).wrapping_sub(code.as_ptr() as usize);
    let at = if code.is_char_boundary(at) { at } else { code.len() }; // if `part` is not a slice of `code`
    CompileError { message, code: code.to_owned(), at }
}

fn our_defs() -> impl Iterator<Item = load::parse::Def<&'static str>> {
    load::parse(include_str!("defs.jq"), |parser| parser.defs()).expect("our own definitions are valid").into_iter()
}

/// The native filters of jaq, except those that could loop between two steps; ours replace them.
fn natives() -> impl Iterator<Item = Fun<WatchedData>> {
    let theirs = jaq_core::funs::<WatchedData>().chain(jaq_std::funs()).chain(jaq_json::funs());
    let theirs = theirs.filter(|(name, args, _)| !matches!((*name, args.len()), ("range", 3) | ("fromjson", 0)));
    let ours: [Native; 2] = [("range", v(3), watched_range), ("fromjson", v(0), guarded_fromjson)];
    theirs.chain(ours.map(run::<WatchedData>))
}

type Native = jaq_core::native::Filter<RunPtr<WatchedData>>;
type Run<'a> = jaq_core::Cv<'a, WatchedData>;

/// `range($from; $to; $by)`. Every output counts as a step.
fn watched_range(mut cv: Run<'_>) -> BoxIter<'_, ValX<'_, Val>> {
    let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
    let watch = cv.0.data().watch;
    let direction = by.cmp(&Val::from(0_isize));
    let mut next = Some(Ok(from));
    Box::new(std::iter::from_fn(move || {
        watch.step();
        let value: Val = match next.take()? {
            Ok(value) => value,
            Err(error) => return Some(Err(Exn::from(error))),
        };
        let inside = match direction {
            std::cmp::Ordering::Greater => value < to,
            std::cmp::Ordering::Less => value > to,
            std::cmp::Ordering::Equal => value != to,
        };
        inside.then(|| {
            next = Some(value.clone() + by.clone());
            Ok(value)
        })
    }))
}

/// `fromjson`, for texts that are safe to parse.
fn guarded_fromjson(cv: Run<'_>) -> BoxIter<'_, ValX<'_, Val>> {
    let parsed = cv.1.try_as_utf8_bytes_owned().and_then(|text| {
        check_complexity(&text).map_err(|why| Error::str(format_args!("cannot parse as JSON: the text {why}")))?;
        read::parse_many(&text)
            .map(|value| value.map_err(|why| Error::str(format_args!("cannot parse {} as JSON: {why}", cv.1))))
            .collect::<Result<Vec<Val>, _>>()
    });
    match parsed {
        Ok(values) => Box::new(values.into_iter().map(Ok)),
        Err(error) => bome(Err(error)),
    }
}
