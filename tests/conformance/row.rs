//! A row: what a server does, and what has to come of it.

use bytes::Bytes;
use haul::model::{Attempt, ErrorKind, Phase, Request};

use crate::server::{Pace, Server, Step};

/// How the client is asked to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Tcp,
    Tls,
    /// Without TLS, by prior knowledge.
    Http2,
    /// Negotiated.
    Http2Tls,
}

impl Over {
    pub(crate) fn is_http2(self) -> bool {
        matches!(self, Over::Http2 | Over::Http2Tls)
    }
}

/// What a server does, and what has to come of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) over: Over,
    pub(crate) request: Request,
    /// How many requests are answered well before those that count.
    pub(crate) warm_up: usize,
    /// What the first connection does; all others answer well.
    pub(crate) steps: Vec<Step>,
    /// Whether all connections take these steps, and not only the first.
    pub(crate) everywhere: bool,
    /// The outcome of each request, which are sent at once.
    pub(crate) expects: Vec<Expect>,
    /// Whether the connection is used again; unless it does not matter.
    pub(crate) kept: Option<bool>,
    pub(crate) whole_only: bool,
}

/// A server that says `answer` to the first request, and then goes on to answer well.
pub(crate) fn row(name: &'static str, answer: impl AsRef<[u8]>, expect: Expect) -> Row {
    let kept = Some(expect.failure.is_none());
    let steps = vec![Step::Request, Step::Send(Bytes::copy_from_slice(answer.as_ref()))];
    let (request, expects) = (Request::default(), vec![expect]);
    Row { name, over: Over::Tcp, request, warm_up: 0, steps, everywhere: false, expects, kept, whole_only: false }
}

/// A server that says `answer` and closes.
pub(crate) fn ends(name: &'static str, answer: impl AsRef<[u8]>, expect: Expect) -> Row {
    row(name, answer, expect).then(Step::Close).closed()
}

/// An answer with the status 200.
pub(crate) fn answer(fields: impl AsRef<[u8]>, rest: impl AsRef<[u8]>) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", fields.as_ref(), b"\r\n\r\n", rest.as_ref()].concat()
}

/// Bytes that do not repeat for long.
pub(crate) fn noise(length: u64) -> Vec<u8> {
    (0..length).map(|n| ((n * n) >> 7) as u8).collect()
}

impl Row {
    pub(crate) fn over(self, over: Over) -> Self {
        Row { over, ..self }
    }

    pub(crate) fn to(self, request: Request) -> Self {
        Row { request, ..self }
    }

    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The server takes these steps on its first connection, and no others.
    pub(crate) fn script(self, steps: impl Into<Vec<Step>>) -> Self {
        Row { steps: steps.into(), ..self }
    }

    pub(crate) fn warm_up(self, requests: usize) -> Self {
        Row { warm_up: requests, ..self }
    }

    /// So many requests at once, each on a connection of its own that takes the same steps.
    pub(crate) fn times(self, requests: usize) -> Self {
        let expects = vec![self.expects[0].clone(); requests];
        Row { everywhere: true, expects, kept: None, ..self }
    }

    /// The connection must not be used again.
    pub(crate) fn closed(self) -> Self {
        Row { kept: Some(false), ..self }
    }

    /// The connection must be used again.
    pub(crate) fn kept(self) -> Self {
        Row { kept: Some(true), ..self }
    }

    /// The connection may be used again.
    pub(crate) fn either(self) -> Self {
        Row { kept: None, ..self }
    }

    /// Where pieces of a byte would take long, or mean something else.
    pub(crate) fn whole(self) -> Self {
        Row { whole_only: true, ..self }
    }

    pub(crate) fn paces(&self) -> &'static [Pace] {
        if self.whole_only { &[Pace::Whole] } else { &[Pace::Whole, Pace::Bytes] }
    }

    /// What is right, told as [`told`] tells it.
    pub(crate) fn right(&self) -> String {
        let mut all = gathered(self.expects.iter().map(Expect::told).collect());
        all.extend(self.kept.map(|kept| if kept { "kept" } else { "closed" }.to_owned()));
        all.join("; ")
    }
}

/// Outcomes in any order, and equal ones only once.
pub(crate) fn gathered(mut outcomes: Vec<String>) -> Vec<String> {
    outcomes.sort_unstable();
    let equal = outcomes.chunk_by(|one, other| one == other);
    equal.map(|all| if all.len() == 1 { all[0].clone() } else { format!("{} times {}", all.len(), all[0]) }).collect()
}

/// What has to come of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expect {
    status: Option<u16>,
    body: Bytes,
    truncated: bool,
    failure: Option<(ErrorKind, Phase)>,
    /// Whether the server has certainly not acted upon the request.
    unsent: bool,
    /// What the message or the note has to contain.
    says: Option<&'static str>,
    noted: bool,
    /// Fields of the answer: all values of a name.
    fields: Vec<(&'static str, Vec<&'static [u8]>)>,
    /// Fields of the request.
    sent: Vec<(&'static str, Option<&'static str>)>,
}

/// A complete answer.
pub(crate) fn ok(body: impl AsRef<[u8]>) -> Expect {
    answered(200, body)
}

/// A complete answer.
pub(crate) fn answered(status: u16, body: impl AsRef<[u8]>) -> Expect {
    Expect { status: Some(status), body: Bytes::copy_from_slice(body.as_ref()), ..Expect::default() }
}

/// No answer.
pub(crate) fn fails(kind: ErrorKind) -> Expect {
    Expect { failure: Some((kind, Phase::Wait)), ..Expect::default() }
}

/// A part of a body.
pub(crate) fn cut(kind: ErrorKind, part: impl AsRef<[u8]>) -> Expect {
    Expect { truncated: true, failure: Some((kind, Phase::Receive)), ..ok(part) }
}

impl Expect {
    /// The note says this.
    pub(crate) fn noted(self, says: &'static str) -> Self {
        Expect { noted: true, says: Some(says), ..self }
    }

    /// The message of the failure says this.
    pub(crate) fn says(self, says: &'static str) -> Self {
        Expect { says: Some(says), ..self }
    }

    /// The server has certainly not acted upon the request.
    pub(crate) fn unsent(self) -> Self {
        Expect { unsent: true, ..self }
    }

    /// The answer has this status.
    pub(crate) fn status(self, status: u16) -> Self {
        Expect { status: Some(status), ..self }
    }

    /// The answer has this field.
    pub(crate) fn field(mut self, name: &'static str, value: &'static (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.fields.push((name, vec![value.as_ref()]));
        self
    }

    /// The answer has this field more than once.
    pub(crate) fn fields(mut self, name: &'static str, values: &[&'static str]) -> Self {
        self.fields.push((name, values.iter().map(|value| value.as_bytes()).collect()));
        self
    }

    /// The answer lacks this field.
    pub(crate) fn lacks(self, name: &'static str) -> Self {
        self.fields(name, &[])
    }

    /// The request had this field.
    pub(crate) fn sent(mut self, name: &'static str, value: impl Into<Option<&'static str>>) -> Self {
        self.sent.push((name, value.into()));
        self
    }

    fn told(&self) -> String {
        let mut text = outcome(self.status, &self.body, self.truncated, self.failure);
        if self.unsent {
            text += " unsent";
        }
        if self.noted {
            text += " noted";
        }
        if let Some(says) = self.says {
            text += &format!(" {says:?}");
        }
        for (name, values) in &self.fields {
            text += &field(name, values.iter().copied());
        }
        for (name, value) in &self.sent {
            text += &format!(", sent {name}: {value:?}");
        }
        text
    }
}

/// An attempt in the words of the row: what the row does not ask for is left out, except for notes.
pub(crate) fn told(row: &Row, attempt: &Attempt, server: &Server) -> String {
    let expect = &row.expects[0];
    let failure = attempt.error.as_ref().map(|failure| (failure.kind, failure.phase.expect("a phase")));
    let status = attempt.status().map(|status| status.as_u16());
    let mut text = outcome(status, attempt.body.bytes(), attempt.truncated, failure);
    if attempt.error.as_ref().is_some_and(|failure| failure.unsent) {
        text += " unsent";
    }
    if attempt.note.is_some() {
        text += " noted";
    }
    let message = attempt.error.as_ref().map(|failure| &failure.message);
    let said = if expect.noted { attempt.note.as_ref() } else { message };
    match (expect.says, said) {
        (Some(says), Some(said)) if said.contains(says) => text += &format!(" {says:?}"),
        (Some(_), Some(said)) => text += &format!(" {said:?}"),
        _ => {}
    }
    if let Some(head) = &attempt.head {
        for (name, _) in &expect.fields {
            text += &field(name, head.headers.get_all(*name).iter().map(|value| value.as_bytes()));
        }
    }
    for (name, _) in &expect.sent {
        text += &format!(", sent {name}: {:?}", server.sent(name).as_deref());
    }
    text
}

fn outcome(status: Option<u16>, body: &[u8], truncated: bool, failure: Option<(ErrorKind, Phase)>) -> String {
    let mut text = match status {
        Some(status) => format!("{status} {}", shown(body)),
        None => "none".to_owned(),
    };
    if truncated {
        text += " truncated";
    }
    if let Some((kind, phase)) = failure {
        text += &format!(" {kind} in {}", format!("{phase:?}").to_lowercase());
    }
    text
}

fn field<'a>(name: &str, values: impl Iterator<Item = &'a [u8]>) -> String {
    format!(", {name}: [{}]", values.map(shown).collect::<Vec<_>>().join(", "))
}

fn shown(bytes: &[u8]) -> String {
    const SHORT: usize = 60;
    match bytes.len() {
        ..=SHORT => format!("\"{}\"", bytes.escape_ascii()),
        long => format!("{long} bytes, {:08x}", crc32fast::hash(bytes)),
    }
}
