//! What the client makes of an answer, held against what hyper makes of it.

use crate::canonical::{self, Canonical};
use crate::lean::Lean;
use crate::reference;

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It is whole.
    Complete,
    /// The connection ended too early.
    Closed,
    /// It is not HTTP.
    Protocol,
}

/// What a client makes of an answer.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) status: Option<u16>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

impl Verdict {
    pub(crate) fn no_head(end: End) -> Self {
        Verdict { status: None, body: Vec::new(), end }
    }
}

impl std::fmt::Debug for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} \"{}\"", self.status, self.end, self.body.escape_ascii())
    }
}

/// An answer, and how it comes in.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) bytes: Vec<u8>,
    /// Where it is cut into pieces, in order.
    pub(crate) cuts: Vec<usize>,
    /// Whether it answers a HEAD.
    pub(crate) to_head: bool,
}

impl Case {
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.cuts.iter().copied());
        let ends = self.cuts.iter().copied().chain([self.bytes.len()]);
        starts.zip(ends).map(|(start, end)| &self.bytes[start..end])
    }
}

/// What is wrong with this case, if anything.
pub(crate) async fn judge(lean: &Lean, case: &Case) -> Option<String> {
    let (mut expected, rewritten) = match canonical::of(case) {
        Canonical::Refused(why) => (vec![Verdict::no_head(End::Protocol)], format!("refused: {why}")),
        Canonical::Encoded => return None,
        Canonical::Rewritten(case, why) => {
            // In pieces, hyper now and then sees the end before what is wrong.
            let whole = Case { cuts: Vec::new(), ..case.clone() };
            let expected = vec![reference::read(&case).await, reference::read(&whole).await];
            (expected, format!("rewritten: {why:?}"))
        }
    };
    let found = lean.read(case).await;
    if expected.iter().any(|expected| found == *expected || is_undecided(case, &found, expected)) {
        return None;
    }
    expected.dedup();
    let plain = reference::read(case).await;
    let bytes = case.bytes.escape_ascii();
    let context = format!("{rewritten}; as it is, hyper finds {plain:?}; cut at {:?}", case.cuts);
    Some(format!("\"{bytes}\"\n    found    {found:?}\n    expected {expected:?}\n    {context}"))
}

/// A head that is both wrong and cut off may be called either.
fn is_undecided(case: &Case, found: &Verdict, expected: &Verdict) -> bool {
    let failed = |verdict: &Verdict| verdict.status.is_none() && verdict.end != End::Complete;
    failed(found) && failed(expected) && !canonical::has_whole_head(case)
}
