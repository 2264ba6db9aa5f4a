//! Prepares the syntax tree of a filter: makes recursion safe and updates possible, and finds the literal regular
//! expressions in it.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::path::{Opt, Part, Path};

use super::super::natives::{BY_PATHS, LAST_OR_NULL};
use super::single::{self, is_single};
use super::terms::for_each_child;

/// A literal regular expression in a filter.
pub(super) struct Regex<'s> {
    pub(super) pattern: String,
    pub(super) flags: String,
    /// The name of the filter that takes it, in the text of the whole.
    pub(super) at: &'s str,
}

/// The filters that take a regular expression first: the position of the flags, if there are any, and those implied.
const TAKES_REGEX: [(&str, usize, Option<usize>, &str); 15] = [
    ("test", 1, None, ""),
    ("test", 2, Some(1), ""),
    ("match", 1, None, ""),
    ("match", 2, Some(1), ""),
    ("capture", 1, None, ""),
    ("capture", 2, Some(1), ""),
    ("scan", 1, None, "g"),
    ("scan", 2, Some(1), "g"),
    ("split", 2, Some(1), "g"),
    ("splits", 1, None, "g"),
    ("splits", 2, Some(1), "g"),
    ("sub", 2, None, ""),
    ("sub", 3, Some(2), ""),
    ("gsub", 2, None, "g"),
    ("gsub", 3, Some(2), "g"),
];

/// Rewrites a filter, and lists its literal regular expressions.
pub(super) fn rewrite(mut term: Term<&str>) -> (Term<&str>, Vec<Regex<'_>>) {
    let updates = has_update(&mut term);
    let mut names = Vec::new();
    single::names(&mut term, &mut names);
    let mut rewriter = Rewriter { updates, names, open: Vec::new(), defined: Vec::new(), regexes: Vec::new() };
    rewriter.term(&mut term);
    let Rewriter { defined, mut regexes, .. } = rewriter;
    regexes.retain(|(_, arity, regex)| !defined.contains(&(regex.at, *arity)));
    (term, regexes.into_iter().map(|(.., regex)| regex).collect())
}

struct Rewriter<'s> {
    /// Whether the filter updates anything.
    updates: bool,
    /// The names that the filter defines.
    names: Vec<&'s str>,
    /// The definitions around the term: name, number of parameters, and whether one of these is a filter.
    open: Vec<(&'s str, usize, bool)>,
    defined: Vec<(&'s str, usize)>,
    regexes: Vec<(&'s str, usize, Regex<'s>)>,
}

impl<'s> Rewriter<'s> {
    fn term(&mut self, term: &mut Term<&'s str>) {
        if let Term::Def(definitions, body) = term {
            definitions.iter_mut().for_each(|definition| self.definition(definition));
            return self.term(body);
        }
        for_each_child(term, &mut |child| self.term(child));
        if let Term::Call(name, arguments) = term {
            self.regex(name, arguments);
            if self.open.contains(&(name, arguments.len(), true)) {
                prevent_tail_call(term);
            }
        }
        if let Term::Fold(kind, _, _, arguments) = term
            && arguments.get(1).is_some_and(|update| !is_single(update, &self.names))
        {
            keep_last(kind, arguments);
        }
        if self.updates && needs_paths(term) {
            update_by_paths(term);
        }
    }

    fn definition(&mut self, definition: &mut Def<&'s str>) {
        let arity = definition.args.len();
        let takes_filter = definition.args.iter().any(|name| !name.starts_with('$'));
        self.defined.push((definition.name, arity));
        self.open.push((definition.name, arity, takes_filter));
        self.term(&mut definition.body);
        self.open.pop();
        for parameter in &definition.args {
            if let Some(name) = parameter.strip_prefix('$').filter(|name| calls(&mut definition.body, name)) {
                define_parameter(parameter, name, &mut definition.body);
            }
        }
    }

    fn regex(&mut self, name: &'s str, arguments: &[Term<&'s str>]) {
        let takes = TAKES_REGEX.iter().find(|(other, arity, ..)| *other == name && *arity == arguments.len());
        let Some((_, arity, flags_at, implied)) = takes else { return };
        let flags = flags_at.map_or(Some(String::new()), |at| literal(&arguments[at]));
        if let (Some(pattern), Some(flags)) = (literal(&arguments[0]), flags) {
            self.regexes.push((name, *arity, Regex { pattern, flags: flags + implied, at: name }));
        }
    }
}

/// Whether there is an update or assignment in a term.
fn has_update(term: &mut Term<&str>) -> bool {
    use BinaryOp::{Assign, Update, UpdateAlt, UpdateMath};
    if let Term::BinOp(_, Assign | Update | UpdateAlt | UpdateMath(_), _) = term {
        return true;
    }
    let mut found = false;
    for_each_child(term, &mut |child| found = found || has_update(child));
    found
}

/// Whether jaq knows the paths of a term, but cannot update through it.
fn needs_paths(term: &Term<&str>) -> bool {
    match term {
        Term::TryCatch(..) | Term::Label(..) => true,
        Term::Call(name, arguments) => {
            matches!((*name, arguments.len()), ("first" | "last", 1) | ("limit" | "skip" | "nth", 2))
        }
        _ => false,
    }
}

/// Makes updates through a term go to its paths, one by one.
fn update_by_paths(term: &mut Term<&str>) {
    let inner = std::mem::take(term);
    *term = Term::Call(BY_PATHS, vec![inner]);
}

/// Makes the last output of a fold's update the next state; without outputs, null.
///
/// The state of `foreach` becomes the array of all outputs, because each of these is extracted.
fn keep_last(kind: &str, arguments: &mut Vec<Term<&str>>) {
    let update = std::mem::take(&mut arguments[1]);
    if kind == "reduce" {
        arguments[1] = Term::Call(LAST_OR_NULL, vec![update]);
        return;
    }
    let array = |inner: Term<_>| Term::Arr(Some(Box::new(inner)));
    let pipe = |left, right| Term::BinOp(Box::new(left), BinaryOp::Pipe(None), Box::new(right));
    let at = |part| Term::Path(Box::new(Term::Id), Path(vec![(part, Opt::Essential)]));
    let last = at(Part::Index(Term::Neg(Box::new(Term::Num("1")))));
    arguments[0] = pipe(std::mem::take(&mut arguments[0]), array(Term::Id));
    arguments[1] = array(pipe(last, update));
    let extract = arguments.get_mut(2).map(std::mem::take).unwrap_or_default();
    arguments.truncate(2);
    arguments.push(pipe(at(Part::Range(None, None)), extract));
}

/// Whether a term calls a filter without arguments.
fn calls(term: &mut Term<&str>, name: &str) -> bool {
    if let Term::Call(called, arguments) = term
        && *called == name
        && arguments.is_empty()
    {
        return true;
    }
    let mut found = false;
    for_each_child(term, &mut |child| found = found || calls(child, name));
    found
}

/// Defines a parameter such as `$x` as the filter `x`, too.
fn define_parameter<'s>(parameter: &'s str, name: &'s str, body: &mut Term<&'s str>) {
    let value = Def { name, args: Vec::new(), body: Term::Var(parameter) };
    let inner = std::mem::take(body);
    *body = Term::Def(vec![value], Box::new(inner));
}

/// The text of a string without interpolation.
fn literal(term: &Term<&str>) -> Option<String> {
    let Term::Str(None, parts) = term else { return None };
    let mut text = String::new();
    for part in parts {
        match part {
            StrPart::Str(part) => text.push_str(part),
            StrPart::Char(c) => text.push(*c),
            StrPart::Term(_) => return None,
        }
    }
    Some(text)
}

/// Turns a call `f(g)` into `f(g) | .`, which jaq does not take for a tail call.
///
/// Each call of a definition within itself adds to a chain of the filters it is given. As a tail call, it would take no
/// stack, so that nothing bounds the chain, and jaq-core frees a chain by recursion.
fn prevent_tail_call(term: &mut Term<&str>) {
    let call = std::mem::take(term);
    *term = Term::BinOp(Box::new(call), BinaryOp::Pipe(None), Box::new(Term::Id));
}
