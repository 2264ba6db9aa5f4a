//! The filters in scope: our own, which count what they do and behave like those of jq, and the few of jaq that need
//! neither.

mod dates;
mod environment;
mod folds;
mod formats;
mod json;
mod numbers;
mod paths;
mod regex;
mod sort;
mod strings;
mod updates;
mod walk;

use std::collections::HashSet;

use jaq_core::box_iter::BoxIter;
use jaq_core::load::parse::Def;
use jaq_core::native::{Filter as Named, Fun, run};
use jaq_core::{Bind, Ctx, Cv, RunPtr, ValX, load};

use super::language::Language;
use super::value::Value;

pub(super) use environment::environment;
pub(super) use folds::LAST_OR_NULL;
pub(super) use updates::BY_PATHS;

type Native = Named<RunPtr<Language>>;
type Input<'a> = Cv<'a, Language>;
type Outputs<'a> = BoxIter<'a, ValX<'a, Value>>;

/// The native filters of jaq in scope. Each takes bounded time and memory, or evaluates its arguments step by step.
const OF_JAQ: [&str; 7] = ["error_empty", "first", "key_values", "keys_unsorted", "last", "limit", "skip"];

/// The same of its standard library: mathematics, of which every function takes constant time, and what is as simple.
const OF_STANDARD_LIBRARY: &[&str] = &[
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "copysign",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "exp10",
    "exp2",
    "expm1",
    "fabs",
    "fdim",
    "fma",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "halt",
    "hypot",
    "ilogb",
    "j0",
    "j1",
    "ldexp",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "modf",
    "nextafter",
    "now",
    "pow",
    "remainder",
    "scalbln",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "tgamma",
    "utf8bytelength",
    "y0",
    "y1",
];

/// Definitions of jaq on top of natives that are not in scope.
const UNUSED: [&str; 2] = ["capture_of_match", "scan_"];

/// The definitions in scope of a filter, ours last.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    let own = load::parse(include_str!("defs.jq"), |parser| parser.defs()).expect("our own definitions are valid");
    let ours = natives().into_iter().map(|(name, args, _)| (name, args.len()));
    let ours: HashSet<_> = ours.chain(own.iter().map(|def| (def.name, def.args.len()))).collect();
    let theirs = jaq_core::defs().chain(jaq_std::defs());
    let theirs = theirs.filter(move |def| !ours.contains(&(def.name, def.args.len())) && !UNUSED.contains(&def.name));
    theirs.chain(own)
}

/// The native filters in scope.
pub(super) fn functions() -> impl Iterator<Item = Fun<Language>> {
    let of_jaq = jaq_core::funs::<Language>().filter(|(name, ..)| OF_JAQ.contains(name));
    let of_library = jaq_std::funs().filter(|(name, ..)| OF_STANDARD_LIBRARY.contains(name));
    let ours = natives().into_iter().map(run::<Language>);
    of_jaq.chain(of_library).chain(ours).chain([updates::by_paths(), folds::last_or_null()])
}

fn natives() -> Vec<Native> {
    let parts = [
        dates::natives(),
        environment::natives(),
        formats::natives(),
        json::natives(),
        numbers::natives(),
        paths::natives(),
        regex::natives(),
        sort::natives(),
        strings::natives(),
        walk::natives(),
    ];
    parts.into_iter().flatten().collect()
}

/// A native filter without arguments and with one output.
macro_rules! plain {
    ($name:literal, $f:expr) => {
        ($name, jaq_core::native::v(0), |cv| jaq_core::native::bome($f(cv.1)))
    };
}

/// A native filter with one value as argument and one output.
macro_rules! with_value {
    ($name:literal, $f:expr) => {
        ($name, jaq_core::native::v(1), |mut cv| {
            let argument = cv.0.pop_var();
            jaq_core::native::bome($f(cv.1, argument))
        })
    };
}

use {plain, with_value};

/// An argument that is a filter.
fn filter_argument() -> Box<[Bind]> {
    [Bind::Fun(())].into()
}

/// A filter given as an argument.
struct Closure<'a> {
    term: jaq_core::compile::TermId,
    context: Ctx<'a, Language>,
}

impl<'a> Closure<'a> {
    fn pop(context: &mut Ctx<'a, Language>) -> Self {
        let (term, context) = context.pop_fun();
        Closure { term, context }
    }

    fn run(&self, value: Value) -> Outputs<'a> {
        self.term.run((self.context.clone(), value))
    }
}
