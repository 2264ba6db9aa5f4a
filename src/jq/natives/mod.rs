//! The native filters: those of jaq, except where ours count what they do or behave more like jq.

mod formats;
mod json;
mod numbers;
mod paths;
mod regex;
mod sort;
mod strings;
mod updates;

use std::collections::HashSet;

use jaq_core::box_iter::BoxIter;
use jaq_core::load::parse::Def;
use jaq_core::native::{Filter as Named, Fun, bome, run};
use jaq_core::{Bind, Ctx, Cv, RunPtr, ValX, load};

use super::language::Language;
use super::value::{ValR, Value};

pub(super) use updates::BY_PATHS;

type Native = Named<RunPtr<Language>>;
type Input<'a> = Cv<'a, Language>;
type Outputs<'a> = BoxIter<'a, ValX<'a, Value>>;

/// The definitions in scope of a filter, ours last.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    let ours: HashSet<_> = natives().iter().map(|(name, args, _)| (*name, args.len())).collect();
    let theirs = jaq_core::defs().chain(jaq_std::defs());
    let theirs = theirs.filter(move |def| !ours.contains(&(def.name, def.args.len())));
    let own = load::parse(include_str!("defs.jq"), |parser| parser.defs()).expect("our own definitions are valid");
    theirs.chain(own)
}

/// The native filters in scope.
pub(super) fn functions() -> impl Iterator<Item = Fun<Language>> {
    let ours = natives();
    let names: HashSet<_> = ours.iter().map(|(name, args, _)| (*name, args.len())).collect();
    let paths = paths::PATHS;
    let names_of_paths: HashSet<_> = paths.iter().copied().collect();
    let theirs = jaq_core::funs::<Language>().chain(jaq_std::funs());
    let theirs = theirs.filter(move |(name, args, _)| {
        !names.contains(&(*name, args.len())) && !names_of_paths.contains(&(*name, args.len()))
    });
    let theirs = theirs.map(|(name, args, native)| (unchecked(name), args, native));
    theirs.chain(ours.into_iter().map(run::<Language>)).chain([updates::by_paths()])
}

/// The name of a native filter of jaq. Dates overflow with what is out of range, so our definitions of these names check
/// that first.
fn unchecked(name: &'static str) -> &'static str {
    match name {
        "gmtime" => "_gmtime",
        "localtime" => "_localtime",
        "mktime" => "_mktime",
        "strftime" => "_strftime",
        "strflocaltime" => "_strflocaltime",
        "strptime" => "_strptime",
        name => name,
    }
}

fn natives() -> Vec<Native> {
    let parts =
        [formats::natives(), json::natives(), numbers::natives(), paths::natives(), regex::natives(), sort::natives()];
    parts.into_iter().flatten().chain(strings::natives()).collect()
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

/// One output or an error.
fn once<'a>(result: ValR) -> Outputs<'a> {
    bome(result)
}
