//! One request on the wire, from its connection to the last byte of its response, whatever the client underneath.

mod outcome;
mod outgoing;
mod receiver;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout};

use super::body::BodyBuffer;
use super::client::{BodyStream, Client, Response, TransferCoding};
use super::deadline::Deadline;
use super::decode::BodyError;
use super::expectation;
use super::memory::MemoryPermit;
use super::route::{Route, Routes};
use super::trace::{ConnectTimings, ConnectTrace};
use crate::model::{Attempt, ErrorKind, Failure, Head, Job, Phase, Setting, check_sendable};
use crate::plan::Plan;
use crate::site::robots;

pub(super) use outcome::footprint;
use receiver::{Interrupted, Receiver, silent};

/// Makes one attempt. Whatever happens, it ends within the deadline and reports what it has received until then.
pub(super) async fn make<C: Client>(
    plan: &Plan,
    routes: &Routes,
    client: &C,
    job: &Job,
    permit: &MemoryPermit,
) -> Attempt {
    let started = SystemTime::now();
    let route = match check_sendable(&job.url).map_err(Failure::from).and_then(|()| routes.to(&job.url)) {
        Ok(route) => route,
        Err(failure) => return refused(started, failure, permit),
    };
    let mut exchange = Exchange::new(plan, job);
    let limit = job.request.timeout.unwrap_or(plan.fetch.timeout);
    let deadline = Deadline::after(limit);
    let result = deadline.limit(pin!(exchange.run(client, route, permit, &deadline))).await;
    let error = match result {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(failure),
        Err(_) => Some(exchange.timed_out(job.request.timeout, limit)),
    };
    let end = exchange.end(error);
    let (mut attempt, content) = match exchange.size_of_text(&end) {
        None => exchange.into_attempt(started, end),
        Some(bytes) => Box::pin(outcome::once_text_fits(exchange, started, end, permit, bytes)).await, // boxed: few need it
    };
    if let Some(content) = content {
        attempt = Box::pin(outcome::look_into(plan, job, attempt, content, permit)).await; // nor that one
    }
    let footprint = footprint(&attempt);
    permit.grow(footprint);
    permit.shrink(footprint);
    attempt
}

/// The outcome of an attempt that must not begin.
fn refused(started: SystemTime, failure: Failure, permit: &MemoryPermit) -> Attempt {
    let attempt = Attempt::failed(started, failure);
    permit.shrink(footprint(&attempt));
    attempt
}

/// An exchange with a server, as far as it got. It outlives the future that the deadline may cut off.
struct Exchange<'a> {
    plan: &'a Plan,
    job: &'a Job,
    begun: Instant,
    trace: ConnectTrace,
    response: Option<ReceivedHead>,
    body: Option<BodyBuffer>,
    /// The body was longer than what is of use, and the rest was not read.
    cut_short: bool,
    /// What the client has to say of the response.
    note: Option<String>,
}

/// The head of a response, and what came with it.
struct ReceivedHead {
    at: Instant,
    head: Head,
    remote_addr: Option<SocketAddr>,
    connect: ConnectTimings,
}

impl<'a> Exchange<'a> {
    fn new(plan: &'a Plan, job: &'a Job) -> Self {
        Exchange {
            plan,
            job,
            begun: Instant::now(),
            trace: ConnectTrace::default(),
            response: None,
            body: None,
            cut_short: false,
            note: None,
        }
    }

    async fn run<C: Client>(
        &mut self,
        client: &C,
        route: Option<Route>,
        permit: &MemoryPermit,
        deadline: &Deadline,
    ) -> Result<(), Failure> {
        let Response { head, remote_addr, connect, transfer_codings, mut body } = {
            let request = outgoing::request(&self.plan.fetch, self.job, route);
            self.until_head(pin!(client.send(request, &self.trace))).await?
        };
        self.body = Some(self.buffer_for(&head, &transfer_codings));
        self.response = Some(ReceivedHead { at: Instant::now(), head, remote_addr, connect });
        let received = self.receive(&mut body, permit, deadline).await;
        self.note = body.note();
        received
    }

    /// Waits for the head of the response. Fails if a connected server is silent for too long.
    async fn until_head<T>(
        &self,
        mut sending: Pin<&mut impl Future<Output = Result<T, Failure>>>,
    ) -> Result<T, Failure> {
        let Some(limit) = self.plan.fetch.read_timeout else { return sending.await };
        while let Some(left) = limit.checked_sub(self.silence()).filter(|left| !left.is_zero()) {
            if let Ok(response) = timeout(left, sending.as_mut()).await {
                return response;
            }
        }
        Err(silent(limit, Phase::Wait))
    }

    /// How long a connected server has not answered.
    fn silence(&self) -> Duration {
        let progress = self.trace.progress();
        match progress.active_at.or(progress.connected_at) {
            Some(at) => at.elapsed(),
            // Connecting does not count, but no longer than its own timeout allows: the request may have been sent on
            // another connection while its own is still being opened in the background.
            None if progress.started => self.begun.elapsed().saturating_sub(self.plan.fetch.connect_timeout),
            None => self.begun.elapsed(),
        }
    }

    /// Receives the body, and keeps what has come of it.
    async fn receive(
        &mut self,
        stream: &mut impl BodyStream,
        permit: &MemoryPermit,
        deadline: &Deadline,
    ) -> Result<(), Failure> {
        let Some(buffer) = &mut self.body else { return Ok(()) };
        let receiver = Receiver::new(buffer, permit, deadline, self.plan.fetch.read_timeout);
        match receiver.run(stream).await {
            Ok(()) => Ok(()),
            Err(Interrupted::Failed(failure)) => Err(failure),
            Err(Interrupted::Refused(BodyError::TooLarge)) if self.job.is_robots_txt() => {
                self.cut_short = true;
                Ok(())
            }
            Err(Interrupted::Refused(error)) => Err(self.body_failure(error)),
        }
    }

    fn buffer_for(&self, head: &Head, transfer_codings: &[TransferCoding]) -> BodyBuffer {
        let max_size = if self.job.is_robots_txt() { robots::MAX_FILE } else { self.max_body().0 };
        BodyBuffer::new(&head.headers, transfer_codings, max_size, self.keeps_body())
    }

    fn keeps_body(&self) -> bool {
        let (plan, job) = (self.plan, self.job);
        plan.keeps_bodies() || !job.is_input() || expectation::needs_body(job)
    }

    /// The largest body in bytes, and the setting that says so. One that is only counted takes no memory.
    fn max_body(&self) -> (usize, Setting) {
        let (most, memory) = (self.plan.fetch.max_filesize, self.plan.limits.max_memory);
        if memory < most && self.keeps_body() { (memory, Setting::MaxMemory) } else { (most, Setting::MaxBody) }
    }

    fn body_failure(&self, error: BodyError) -> Failure {
        match error {
            BodyError::TooLarge => {
                let (most, setting) = self.max_body();
                let message = format!("the body is larger than {most} bytes");
                Failure::new(ErrorKind::TooLarge, message).by(setting).during(Phase::Receive)
            }
            BodyError::Corrupt(why) => Failure::new(ErrorKind::Decode, why).during(Phase::Receive),
        }
    }

    fn phase(&self) -> Phase {
        if self.response.is_some() { Phase::Receive } else { self.trace.phase() }
    }

    /// `own` is the timeout of the request itself, if it has one.
    fn timed_out(&self, own: Option<Duration>, after: Duration) -> Failure {
        let missing = match self.phase() {
            Phase::Dns => "no address",
            Phase::Connect => "no connection",
            Phase::Wait => "no answer",
            Phase::Receive => "no complete answer",
        };
        let source = if own.is_some() { " (its own timeout)" } else { "" };
        let failure = Failure::new(ErrorKind::Timeout, format!("{missing} within {after:?}{source}"));
        Failure { setting: own.is_none().then_some(Setting::Timeout), ..failure.during(self.phase()) }
    }
}
