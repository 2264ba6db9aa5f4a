//! The body of a response on its way into memory, as fast as there is memory for it.

use std::cell::Cell;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::fetch::body::BodyBuffer;
use crate::fetch::client::{BodyStream, More};
use crate::fetch::deadline::Deadline;
use crate::fetch::decode::BodyError;
use crate::fetch::memory::MemoryPermit;
use crate::model::{ErrorKind, Failure, Phase, Setting};

/// What a client passes on at once, at most.
const CHUNK: usize = 64 << 10;

/// How much memory is reserved at once for a body of unknown length.
const MAX_STEP: usize = 1 << 20;

/// How long a body keeps the memory for what does not come.
const MAX_STALL: Duration = Duration::from_secs(1);

/// Takes in a body. What it will hold is reserved before it is read; while memory is short, it waits, and the deadline
/// waits with it.
pub(super) struct Receiver<'a> {
    buffer: &'a mut BodyBuffer,
    permit: &'a MemoryPermit,
    deadline: &'a Deadline,
    read_timeout: Option<Duration>,
    /// How much memory the buffer holds.
    held: usize,
    /// A part of the body that has been read, but cannot be decoded until there is memory.
    unread: Vec<u8>,
    refused: Option<BodyError>,
}

/// Why no more of a body comes.
pub(super) enum Interrupted {
    /// The buffer takes no more.
    Refused(BodyError),
    /// Nothing more came.
    Failed(Failure),
}

impl<'a> Receiver<'a> {
    pub(super) fn new(
        buffer: &'a mut BodyBuffer,
        permit: &'a MemoryPermit,
        deadline: &'a Deadline,
        read_timeout: Option<Duration>,
    ) -> Self {
        Receiver { buffer, permit, deadline, read_timeout, held: 0, unread: Vec::new(), refused: None }
    }

    /// Takes in the body to its end.
    pub(super) async fn run(mut self, stream: &mut impl BodyStream) -> Result<(), Interrupted> {
        let mut needed = self.buffer.announced();
        loop {
            if needed > self.permit.booked() {
                self.deadline.pause(self.permit.reserve(needed)).await;
            }
            let more = self.next_chunk(stream).await;
            if !self.unread.is_empty() {
                self.deadline.pause(self.permit.wait()).await;
                let unread = std::mem::take(&mut self.unread);
                self.push(&unread);
            }
            if let Some(error) = self.refused {
                return Err(Interrupted::Refused(error));
            }
            if more.map_err(Interrupted::Failed)? == More::No {
                return Ok(());
            }
            needed = self.needed();
        }
    }

    /// How much memory the permit should hold before more is read.
    fn needed(&self) -> usize {
        if !self.buffer.takes_memory() {
            return 0;
        }
        let (announced, next) = (self.buffer.announced(), self.held + CHUNK);
        if announced > self.held {
            announced
        } else if next > self.permit.booked() {
            next.max(self.held + (self.held / 4).min(MAX_STEP))
        } else {
            0
        }
    }

    async fn next_chunk(&mut self, stream: &mut impl BodyStream) -> Result<More, Failure> {
        let (permit, limit, held) = (self.permit, self.read_timeout, Cell::new(self.held));
        let mut sink = |chunk: &[u8]| {
            self.take_in(chunk);
            held.set(self.held);
        };
        let mut next = pin!(stream.next_chunk(&mut sink));
        let mut silence = Duration::ZERO;
        loop {
            let kept = held.get() + CHUNK;
            let stall = (permit.booked() > kept).then_some(MAX_STALL);
            let left = limit.map(|limit| limit.saturating_sub(silence));
            let Some(time) = left.into_iter().chain(stall).min() else { return next.as_mut().await };
            if let Ok(more) = timeout(time, next.as_mut()).await {
                return more;
            }
            silence += time;
            if let Some(limit) = limit.filter(|limit| silence >= *limit) {
                return Err(silent(limit, Phase::Receive));
            }
            permit.shrink(held.get() + CHUNK); // it may hold more than before the wait
        }
    }

    /// Takes in a chunk. If it may become much larger, that has to wait until there is memory.
    fn take_in(&mut self, chunk: &[u8]) {
        if !self.unread.is_empty() || self.buffer.is_encoded() && self.permit.must_wait() {
            self.unread.extend_from_slice(chunk);
        } else {
            self.push(chunk);
        }
    }

    fn push(&mut self, chunk: &[u8]) {
        if self.refused.is_none() {
            match self.buffer.push(chunk) {
                Ok(held) => {
                    self.held = held;
                    self.permit.grow(held);
                }
                Err(error) => self.refused = Some(error),
            }
        }
    }
}

/// The failure of a server that sends nothing for too long.
pub(super) fn silent(limit: Duration, phase: Phase) -> Failure {
    Failure::new(ErrorKind::ReadTimeout, format!("no data for {limit:?}")).by(Setting::ReadTimeout).during(phase)
}
