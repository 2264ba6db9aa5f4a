//! Compiles expressions, and locates the errors in them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use jaq_core::Compiler;
use jaq_core::load::lex::{Expect, Lexer};
use jaq_core::load::parse::{Def, Parser, Term};
use jaq_core::load::{self, Arena, File, Loader};

use super::super::language::Language;
use super::super::natives;
use super::super::regexes::Pattern;
use super::arithmetic::{mark, regroup};
use super::program::{ENVIRONMENT, Program};
use super::rewrite::{Regex, rewrite};
use super::source::Source;

/// The longest filter, in bytes.
pub(super) const MAX_CODE: usize = 32 << 10;

/// The stack to compile with, for each byte of the filter: each may open a term, and jaq recurses into terms.
const STACK_PER_BYTE: usize = 16 << 10;

/// The name under which a filter is defined, to be called.
const NAME: &str = "__filter__";

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

/// Compiles `code`, with the standard library in scope, on a thread whose stack suffices for its nesting.
pub(super) fn compile(code: &str) -> Result<Program, CompileError> {
    if code.len() > MAX_CODE {
        let message = format!("the filter has more than {} KiB", MAX_CODE >> 10);
        return Err(CompileError { message, code: String::new(), at: 0 });
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size((4 << 20) + code.len() * STACK_PER_BYTE);
        let compiled = thread.spawn_scoped(scope, || compile_here(code)).map(|thread| thread.join());
        match compiled {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(compile_error(code, None)),
            Err(why) => Err(compile_error(code, Some((format!("cannot start a thread: {why}"), code)))),
        }
    })
}

fn compile_here(code: &str) -> Result<Program, CompileError> {
    let source = Source::read(code);
    let compile = |text| {
        let (term, literals) = rewrite(parse(text)?);
        let regexes = compile_regexes(text, &literals)?;
        Ok(Program { code: code.to_owned(), filter: link(text, term)?, regexes })
    };
    compile(&source.text).map_err(|error: CompileError| {
        let at = code.floor_char_boundary(source.original(error.at));
        CompileError { message: error.message, code: code.to_owned(), at }
    })
}

fn parse(code: &str) -> Result<Term<&str>, CompileError> {
    let arena = Arena::default();
    // Looks for modules, to report that they are not supported.
    Loader::new([]).load(&arena, File { code, path: () }).map_err(|errors| {
        errors.into_iter().next().map_or_else(|| compile_error(code, None), |(_, error)| parse_error(code, &error))
    })?;
    let tokens = Lexer::new(code).lex().map_err(|_| compile_error(code, None))?;
    let mut term = Parser::new(&mark(tokens))
        .parse(|parser| parser.term())
        .map_err(|_| compile_error(code, Some(("module loading not supported".to_owned(), code))))?;
    regroup(&mut term);
    Ok(term)
}

/// Compiles the literal regular expressions of a filter, to find errors before it runs.
fn compile_regexes(
    code: &str,
    literals: &[Regex<'_>],
) -> Result<HashMap<(String, String), Arc<Pattern>>, CompileError> {
    let mut compiled = HashMap::new();
    for regex in literals {
        if let Entry::Vacant(new) = compiled.entry((regex.pattern.clone(), regex.flags.clone())) {
            let pattern = Pattern::compile(&regex.pattern, &regex.flags);
            let pattern = pattern.map_err(|why| compile_error(code, Some((why, regex.at))))?;
            new.insert(Arc::new(pattern));
        }
    }
    Ok(compiled)
}

fn link<'s>(code: &'s str, term: Term<&'s str>) -> Result<jaq_core::Filter<Language>, CompileError> {
    let arena = Arena::default();
    let mut definitions: Vec<Def<&str>> = natives::definitions().collect::<Vec<_>>();
    definitions.push(Def { name: NAME, args: Vec::new(), body: term });
    let modules = Loader::new(definitions).load(&arena, File { code: NAME, path: () });
    let modules = modules.map_err(|_| compile_error(code, None))?;
    let compiler = Compiler::default().with_funs(natives::functions()).with_global_vars([ENVIRONMENT]);
    compiler.compile(modules).map_err(|errors| {
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
