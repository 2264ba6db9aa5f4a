//! Walks through syntax trees.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Part, Path};

/// Calls `visit` with the terms directly within a term, those of definitions included.
pub(super) fn for_each_child<'s>(term: &mut Term<&'s str>, visit: &mut dyn FnMut(&mut Term<&'s str>)) {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Arr(None) | Term::Break(_) | Term::Var(_) => {}
        Term::Str(_, parts) => {
            for part in parts {
                if let StrPart::Term(inner) = part {
                    visit(inner);
                }
            }
        }
        Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => visit(inner),
        Term::Obj(entries) => {
            for (key, value) in entries {
                visit(key);
                value.iter_mut().for_each(&mut *visit);
            }
        }
        Term::BinOp(left, op, right) => {
            visit(left);
            if let BinaryOp::Pipe(Some(pattern)) = op {
                within_pattern(pattern, visit);
            }
            visit(right);
        }
        Term::Fold(_, xs, pattern, arguments) => {
            visit(xs);
            within_pattern(pattern, visit);
            arguments.iter_mut().for_each(visit);
        }
        Term::TryCatch(body, catch) => {
            visit(body);
            catch.iter_mut().for_each(|catch| visit(catch));
        }
        Term::IfThenElse(branches, otherwise) => {
            for (condition, then) in branches {
                visit(condition);
                visit(then);
            }
            otherwise.iter_mut().for_each(|otherwise| visit(otherwise));
        }
        Term::Def(definitions, body) => {
            definitions.iter_mut().for_each(|definition| visit(&mut definition.body));
            visit(body);
        }
        Term::Call(_, arguments) => arguments.iter_mut().for_each(visit),
        Term::Path(inner, path) => {
            visit(inner);
            within_path(path, visit);
        }
    }
}

fn within_pattern<'s>(pattern: &mut Pattern<&'s str>, visit: &mut dyn FnMut(&mut Term<&'s str>)) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(parts) => parts.iter_mut().for_each(|part| within_pattern(part, visit)),
        Pattern::Obj(parts) => {
            for (key, part) in parts {
                visit(key);
                within_pattern(part, visit);
            }
        }
    }
}

fn within_path<'s>(path: &mut Path<Term<&'s str>>, visit: &mut dyn FnMut(&mut Term<&'s str>)) {
    for (part, _) in &mut path.0 {
        match part {
            Part::Index(index) => visit(index),
            Part::Range(from, to) => from.iter_mut().chain(to).for_each(&mut *visit),
        }
    }
}
