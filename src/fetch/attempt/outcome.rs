//! What an exchange came to, as the attempt that policies and records see.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::Instant;

use super::Exchange;
use crate::fetch::body::{self, ReceivedBody};
use crate::fetch::filtering::{FilterFailure, Filtering};
use crate::fetch::memory::MemoryPermit;
use crate::fetch::trace::ConnectTimings;
use crate::fetch::{expectation, extraction, paging, token};
use crate::jq::{Filter, Outputs};
use crate::model::{Attempt, Body, Failure, Head, Job, PageInfo, Phase, Purpose, Timings};
use crate::plan::{BodyRules, Plan};

/// How an exchange ended.
pub(super) struct End {
    at: Instant,
    /// The body as far as it came.
    body: Option<ReceivedBody>,
    /// Whether something of the body is missing.
    truncated: bool,
    error: Option<Failure>,
}

/// The same as [`Exchange::into_attempt`], as soon as there is memory for `bytes` of text.
pub(super) async fn once_text_fits(
    exchange: Exchange<'_>,
    started: SystemTime,
    end: End,
    permit: &MemoryPermit,
    bytes: usize,
) -> (Attempt, Option<Bytes>) {
    permit.reserve(permit.booked() + bytes).await;
    exchange.into_attempt(started, end)
}

impl Exchange<'_> {
    /// Ends the exchange, with `error` if it failed.
    pub(super) fn end(&mut self, mut error: Option<Failure>) -> End {
        let at = Instant::now();
        let (body, truncated) = self.end_body(&mut error);
        End { at, body, truncated, error }
    }

    /// How much memory the text of the body takes beside its bytes, if it has to be decoded.
    pub(super) fn size_of_text(&self, end: &End) -> Option<usize> {
        let (body, response) = (end.body.as_ref()?, self.response.as_ref()?);
        let headers = &response.head.headers;
        let is_searched = expectation::searches(self.plan, self.job);
        let size = || body::size_of_text(&self.plan.output, headers, &body.bytes, end.truncated, is_searched);
        self.job.is_input().then(size)?
    }

    /// What the exchange came to. Also returns the body if more is to be known of it.
    pub(super) fn into_attempt(mut self, started: SystemTime, end: End) -> (Attempt, Option<Bytes>) {
        let End { at: ended, body, truncated, error } = end;
        let connected_to = self.trace.progress().remote;
        let remote_addr = self.response.as_ref().and_then(|response| response.remote_addr).or(connected_to);
        let timings = self.timings(error.as_ref().and_then(|error| error.phase), ended);
        let mut attempt = Attempt { remote_addr, truncated, timings, error, ..Attempt::empty(started) };
        let mut content = None;
        if let Some(response) = self.response.take() {
            if let Some(body) = body {
                content = Some(body.bytes.clone()).filter(|_| self.is_looked_into());
                self.add_body(&mut attempt, &response.head, body);
            }
            attempt.head = Some(response.head);
        }
        self.note.take().iter().for_each(|note| attempt.remark(note));
        (attempt, content)
    }

    /// Whether more is to be known of the body than what its record shows of it.
    fn is_looked_into(&self) -> bool {
        match self.job.purpose {
            Purpose::Input => self.plan.inspects_bodies() || expectation::is_expected(self.plan, self.job),
            Purpose::Login => token_filter(self.plan).is_some(),
            Purpose::RobotsTxt => false,
        }
    }

    /// The body as far as it came, and whether something of it is missing.
    fn end_body(&mut self, error: &mut Option<Failure>) -> (Option<ReceivedBody>, bool) {
        let Some(buffer) = self.body.take() else { return (None, false) };
        if error.is_some() || self.cut_short {
            return (Some(buffer.into_partial()), true);
        }
        let (body, broken) = buffer.finish();
        let truncated = broken.is_some();
        *error = broken.map(|broken| self.body_failure(broken));
        (Some(body), truncated)
    }

    /// What the attempt has to show of `body`. The body of what is not an input is never recorded, and stays as it came.
    fn add_body(&self, attempt: &mut Attempt, head: &Head, body: ReceivedBody) {
        (attempt.encoded_size, attempt.decoded_size) = (body.encoded_size, body.decoded_size);
        let (shown, label_note) = match self.job.is_input() {
            true => body::classify(&self.plan.output, &head.headers, body.bytes, attempt.truncated),
            false => (Body::Binary(body.bytes), None),
        };
        attempt.body = shown;
        [body.note, label_note].into_iter().flatten().for_each(|note| attempt.remark(&note));
    }

    fn timings(&self, failed_in: Option<Phase>, ended: Instant) -> Timings {
        let connect = match &self.response {
            Some(response) => response.connect,
            None => self.unanswered_connect(failed_in),
        };
        let connecting = connect.dns.unwrap_or_default() + connect.handshakes.unwrap_or_default();
        let head_at = self.response.as_ref().map(|response| response.at);
        Timings {
            queue: Duration::ZERO,
            dns: connect.dns,
            connect: connect.handshakes,
            wait: head_at.map(|at| (at - self.begun).saturating_sub(connecting)),
            receive: head_at.map(|at| ended - at),
            total: ended - self.begun,
        }
    }

    /// What a request without a response spent on connecting. One that failed while waiting, and whose own connection
    /// never opened, was sent on another: that failure says nothing about its own.
    fn unanswered_connect(&self, failed_in: Option<Phase>) -> ConnectTimings {
        let progress = self.trace.progress();
        if progress.connected_at.is_some() || failed_in != Some(Phase::Wait) {
            progress.timings
        } else {
            ConnectTimings::default()
        }
    }
}

/// The filter that finds the token of a login.
fn token_filter(plan: &Plan) -> Option<&Filter> {
    plan.login.as_ref()?.token.as_ref()
}

/// Finds in a body what the plan wants to know. Filters may take their time: they are charged to `permit`.
pub(super) async fn look_into(
    plan: &Plan,
    job: &Job,
    mut attempt: Attempt,
    content: Bytes,
    permit: &MemoryPermit,
) -> Attempt {
    let rules = if job.is_input() { plan.output.body_rules } else { BodyRules::default() };
    let json = body::json_text(rules, &content);
    let copied = |text: &[u8]| if content.as_ptr_range().contains(&text.as_ptr()) { 0 } else { text.len() };
    let texts = copied(attempt.body.bytes()) + copied(&json);
    permit.grow(footprint(&attempt) - attempt.body.len() + content.len() + texts); // they stay until all is found
    let filtering = Filtering { plan, permit };
    if !job.is_input() {
        if let Some(filter) = token_filter(plan).filter(|_| attempt.ok()) {
            attempt.token = Some(Box::new(token::find(filtering, filter, &json).await));
        }
        return attempt;
    }
    match extraction::extract(filtering, &json, attempt.truncated).await {
        None => {}
        Some(Ok(outputs)) => {
            permit.grow(permit.booked() + outputs.size());
            attempt.extract = Some(outputs);
        }
        Some(Err(FilterFailure { why, setting: None })) => attempt.remark(&format!("jq: {why}")),
        Some(Err(FilterFailure { why, setting: Some(setting) })) => attempt.remark_on(setting, &format!("jq: {why}")),
    }
    if attempt.error.is_none() && attempt.status().is_some_and(|status| status.as_u16() < 400) {
        attempt.paging = paging::page_info(filtering, &job.request.method, &json).await;
    }
    if expectation::is_expected(plan, job) {
        attempt.unmet = expectation::unmet(filtering, job, &attempt, &content).await;
    }
    attempt
}

/// The memory that an attempt takes until it is written, roughly.
pub(in crate::fetch) fn footprint(attempt: &Attempt) -> usize {
    const FIXED: usize = 2 << 10;
    let extracted = attempt.extract.as_ref().map_or(0, Outputs::size);
    FIXED + attempt.body.len() + extracted + attempt.paging.as_deref().map_or(0, PageInfo::size)
}
