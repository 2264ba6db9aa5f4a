//! Prepares the syntax tree of a filter: makes recursion safe, and finds the regular expressions written in it.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Part, Path};

/// A regular expression written in a filter.
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

/// Rewrites a filter, and lists its regular expressions.
pub(super) fn rewrite(mut term: Term<&str>) -> (Term<&str>, Vec<Regex<'_>>) {
    let mut rewriter = Rewriter { open: Vec::new(), defined: Vec::new(), regexes: Vec::new() };
    rewriter.term(&mut term);
    let Rewriter { defined, mut regexes, .. } = rewriter;
    regexes.retain(|(_, arity, regex)| !defined.contains(&(regex.at, *arity)));
    (term, regexes.into_iter().map(|(.., regex)| regex).collect())
}

struct Rewriter<'s> {
    /// The definitions around the term: name, number of parameters, and whether one of these is a filter.
    open: Vec<(&'s str, usize, bool)>,
    defined: Vec<(&'s str, usize)>,
    regexes: Vec<(&'s str, usize, Regex<'s>)>,
}

impl<'s> Rewriter<'s> {
    fn term(&mut self, term: &mut Term<&'s str>) {
        match term {
            Term::Id | Term::Recurse | Term::Num(_) | Term::Arr(None) | Term::Break(_) | Term::Var(_) => {}
            Term::Str(_, parts) => {
                for part in parts {
                    if let StrPart::Term(inner) = part {
                        self.term(inner);
                    }
                }
            }
            Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => self.term(inner),
            Term::Obj(entries) => {
                for (key, value) in entries {
                    self.term(key);
                    value.iter_mut().for_each(|value| self.term(value));
                }
            }
            Term::BinOp(left, op, right) => {
                self.term(left);
                if let BinaryOp::Pipe(Some(pattern)) = op {
                    self.pattern(pattern);
                }
                self.term(right);
            }
            Term::Fold(_, xs, pattern, arguments) => {
                self.term(xs);
                self.pattern(pattern);
                arguments.iter_mut().for_each(|argument| self.term(argument));
            }
            Term::TryCatch(body, catch) => {
                self.term(body);
                catch.iter_mut().for_each(|catch| self.term(catch));
            }
            Term::IfThenElse(branches, otherwise) => {
                for (condition, then) in branches {
                    self.term(condition);
                    self.term(then);
                }
                otherwise.iter_mut().for_each(|otherwise| self.term(otherwise));
            }
            Term::Def(definitions, body) => {
                definitions.iter_mut().for_each(|definition| self.definition(definition));
                self.term(body);
            }
            Term::Call(name, arguments) => {
                arguments.iter_mut().for_each(|argument| self.term(argument));
                self.regex(name, arguments);
                if self.open.contains(&(name, arguments.len(), true)) {
                    keep_stack(term);
                }
            }
            Term::Path(inner, path) => {
                self.term(inner);
                self.path(path);
            }
        }
    }

    fn definition(&mut self, definition: &mut Def<&'s str>) {
        let arity = definition.args.len();
        let takes_filter = definition.args.iter().any(|name| !name.starts_with('$'));
        self.defined.push((definition.name, arity));
        self.open.push((definition.name, arity, takes_filter));
        self.term(&mut definition.body);
        self.open.pop();
    }

    fn pattern(&mut self, pattern: &mut Pattern<&'s str>) {
        match pattern {
            Pattern::Var(_) => {}
            Pattern::Arr(parts) => parts.iter_mut().for_each(|part| self.pattern(part)),
            Pattern::Obj(parts) => {
                for (key, part) in parts {
                    self.term(key);
                    self.pattern(part);
                }
            }
        }
    }

    fn path(&mut self, path: &mut Path<Term<&'s str>>) {
        for (part, _) in &mut path.0 {
            match part {
                Part::Index(index) => self.term(index),
                Part::Range(from, to) => from.iter_mut().chain(to).for_each(|bound| self.term(bound)),
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
fn keep_stack(term: &mut Term<&str>) {
    let call = std::mem::take(term);
    *term = Term::BinOp(Box::new(call), BinaryOp::Pipe(None), Box::new(Term::Id));
}
