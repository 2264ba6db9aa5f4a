//! Tells which terms have one output.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Opt, Part};

use super::terms::for_each_child;

/// Filters with one output for each of their arguments' outputs.
const ONE_FOR_EACH: &[&str] = &[
    "abs",
    "add",
    "all",
    "any",
    "ascii_downcase",
    "ascii_upcase",
    "ceil",
    "contains",
    "delpaths",
    "endswith",
    "error",
    "explode",
    "fabs",
    "false",
    "first",
    "flatten",
    "floor",
    "from_entries",
    "fromdate",
    "fromjson",
    "getpath",
    "gsub",
    "has",
    "implode",
    "in",
    "index",
    "indices",
    "infinite",
    "inside",
    "join",
    "keys",
    "keys_unsorted",
    "last",
    "length",
    "ltrimstr",
    "max",
    "min",
    "mktime",
    "nan",
    "not",
    "now",
    "null",
    "pow",
    "reverse",
    "rindex",
    "round",
    "rtrimstr",
    "setpath",
    "sort",
    "split",
    "sqrt",
    "startswith",
    "strftime",
    "strptime",
    "sub",
    "test",
    "to_entries",
    "toarray",
    "todate",
    "tojson",
    "tonumber",
    "tostring",
    "transpose",
    "trim",
    "true",
    "trunc",
    "type",
    "unique",
];

/// Filters with one output, whatever their arguments' outputs.
const ONE: &[&str] = &["add", "del", "group_by", "map", "max_by", "min_by", "sort_by", "unique_by", "with_entries"];

/// The names that a filter defines, those of parameters included.
pub(super) fn names<'s>(term: &mut Term<&'s str>, names: &mut Vec<&'s str>) {
    if let Term::Def(definitions, _) = term {
        for definition in definitions {
            names.push(definition.name);
            names.extend(&definition.args);
        }
    }
    for_each_child(term, &mut |child| self::names(child, names));
}

/// Whether a term is sure to have one output if it does not fail. `defined` are the names that the filter defines.
pub(super) fn is_single(term: &Term<&str>, defined: &[&str]) -> bool {
    let single = |term: &Term<&str>| is_single(term, defined);
    match term {
        Term::Id | Term::Num(_) | Term::Arr(_) | Term::Var(_) | Term::Break(_) => true,
        Term::Recurse | Term::Label(..) => false,
        Term::Str(_, parts) => parts.iter().all(|part| !matches!(part, StrPart::Term(inner) if !single(inner))),
        Term::Obj(entries) => entries.iter().all(|(key, value)| single(key) && value.iter().all(single)),
        Term::Neg(inner) | Term::Def(_, inner) => single(inner),
        Term::BinOp(left, op, right) => match op {
            BinaryOp::Comma => false,
            BinaryOp::Pipe(Some(Pattern::Obj(_) | Pattern::Arr(_))) => false,
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateAlt | BinaryOp::UpdateMath(_) => single(right),
            _ => single(left) && single(right),
        },
        Term::Fold(kind, _, _, arguments) => *kind == "reduce" && arguments.first().is_some_and(single),
        Term::TryCatch(body, catch) => single(body) && catch.as_deref().is_some_and(single),
        Term::IfThenElse(branches, otherwise) => {
            branches.iter().all(|(condition, then)| single(condition) && single(then))
                && otherwise.iter().all(|otherwise| single(otherwise))
        }
        Term::Call(name, _) if defined.contains(name) => false,
        Term::Call(name, arguments) => {
            ONE.contains(name) && !arguments.is_empty() || ONE_FOR_EACH.contains(name) && arguments.iter().all(single)
        }
        Term::Path(inner, path) => single(inner) && path.0.iter().all(|(part, opt)| is_single_part(part, opt, &single)),
    }
}

fn is_single_part(part: &Part<Term<&str>>, opt: &Opt, single: &dyn Fn(&Term<&str>) -> bool) -> bool {
    let ends = match part {
        Part::Index(index) => single(index),
        Part::Range(None, None) => false,
        Part::Range(from, to) => from.iter().chain(to).all(single),
    };
    ends && matches!(opt, Opt::Essential)
}
