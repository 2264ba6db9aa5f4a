//! The connections of one fetcher: those that idle, and what is known of each origin.

#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hashlink::LinkedHashMap;
use tokio::sync::Notify;
use tokio::time::Instant;
use url::{Position, Url};

use super::h2::Session;
use super::open_connections::{OpenConnection, OpenConnections};
use super::stream::Stream;

/// How long an idle connection is kept.
const MAX_AGE: Duration = Duration::from_secs(15);

/// How many connections are closed at once when the system has no room for another.
const EVICTED: usize = 32;

/// How many origins may be remembered to close connections under requests.
const MAX_CLOSERS: usize = 10_000;

/// How many origins without a connection are kept at least before they are forgotten.
const SPARE_ORIGINS: usize = 1_024;

type Hashed = foldhash::fast::RandomState;

/// The idle connections and the origins of one fetcher.
#[derive(Debug)]
pub(super) struct Pool {
    origins: RefCell<HashSet<OriginEntry, Hashed>>,
    /// By a number that grows, so the first one has idled the longest.
    idle: RefCell<LinkedHashMap<u64, Idle, Hashed>>,
    next_id: Cell<u64>,
    open: OpenConnections,
    max_open: usize,
    max_idle: usize,
    closers: Rc<Cell<usize>>,
    with_session: RefCell<Vec<Rc<Origin>>>,
}

#[derive(Debug)]
struct Idle {
    since: Instant,
    connection: Connection,
}

/// A connection that is used, or idle.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) remote: SocketAddr,
    pub(super) origin: Rc<Origin>,
    /// It has answered a request before.
    pub(super) is_reused: bool,
    pub(super) _open: OpenConnection,
}

/// What is known of an origin: scheme, host and port.
#[derive(Debug)]
pub(super) struct Origin {
    key: Box<str>,
    idle: RefCell<VecDeque<u64>>,
    /// The version of HTTP that it has negotiated.
    pub(super) speaks: Cell<Option<Protocol>>,
    pub(super) session: RefCell<Option<Session>>,
    /// A request is opening the first connection, and others wait for it.
    pub(super) is_led: Cell<bool>,
    pub(super) leader_is_done: Notify,
    /// It has sent what broke a connection that several requests shared: they go apart from now on.
    pub(super) is_isolated: Cell<bool>,
    closes: Cell<bool>,
    closers: Rc<Cell<usize>>,
}

/// The version of HTTP that a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Which connection a request may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// One that was not used before.
    pub(super) fresh: bool,
    /// The request may not be sent twice, so it must not meet a connection that is being closed.
    pub(super) is_unsafe: bool,
}

#[derive(Debug)]
struct OriginEntry(Rc<Origin>);

impl Borrow<str> for OriginEntry {
    fn borrow(&self) -> &str {
        &self.0.key
    }
}

impl Hash for OriginEntry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl PartialEq for OriginEntry {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for OriginEntry {}

impl Origin {
    /// Whether a request must not go over a connection that was used before.
    pub(super) fn needs_fresh(&self, need: Need) -> bool {
        need.fresh || need.is_unsafe && self.closes.get()
    }

    fn has_idle_session(&self) -> bool {
        self.session.borrow().as_ref().is_some_and(|session| session.idle_since().is_some())
    }

    /// Notes that it closed a reused connection when a request was on its way. Servers that do so do it often.
    pub(super) fn closed_under_a_request(&self) {
        if self.closers.get() < MAX_CLOSERS && !self.closes.replace(true) {
            self.closers.set(self.closers.get() + 1);
        }
    }
}

impl Pool {
    /// A pool that closes idle connections before more than `max_open` are open, and keeps at most `max_idle`.
    pub(super) fn new(max_open: usize, max_idle: usize) -> Self {
        Pool {
            origins: RefCell::default(),
            idle: RefCell::default(),
            next_id: Cell::new(0),
            open: OpenConnections::default(),
            max_open,
            max_idle,
            closers: Rc::default(),
            with_session: RefCell::default(),
        }
    }

    /// What is known of the origin of `url`, which has no user information.
    pub(super) fn origin(&self, url: &Url) -> Rc<Origin> {
        let key = &url[..Position::BeforePath];
        let mut origins = self.origins.borrow_mut();
        if let Some(OriginEntry(origin)) = origins.get(key) {
            return Rc::clone(origin);
        }
        let origin = Rc::new(Origin {
            key: key.into(),
            idle: RefCell::default(),
            speaks: Cell::default(),
            session: RefCell::default(),
            is_led: Cell::default(),
            leader_is_done: Notify::new(),
            is_isolated: Cell::default(),
            closes: Cell::default(),
            closers: Rc::clone(&self.closers),
        });
        origins.insert(OriginEntry(Rc::clone(&origin)));
        origin
    }

    /// An idle connection to `origin` that is still good: the one that was used last.
    pub(super) fn take(&self, origin: &Origin, need: Need) -> Option<Connection> {
        if origin.needs_fresh(need) {
            return None;
        }
        loop {
            let id = origin.idle.borrow_mut().pop_back()?;
            let Some(Idle { mut connection, .. }) = self.idle.borrow_mut().remove(&id) else { continue };
            let stream = &mut connection.stream;
            if stream.is_quiet() && (!need.is_unsafe || stream.is_quiet_now()) {
                connection.is_reused = true;
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request.
    pub(super) fn put(&self, connection: Connection) {
        let id = self.next_id.replace(self.next_id.get() + 1);
        connection.origin.idle.borrow_mut().push_back(id);
        let since = Instant::now();
        self.idle.borrow_mut().insert(id, Idle { since, connection });
        if self.idle.borrow().len() > self.max_idle {
            self.evict();
        }
    }

    /// Closes an idle connection if another one would be too many.
    pub(super) fn make_room(&self) {
        if self.open.count() >= self.max_open {
            self.evict();
        }
    }

    /// Closes some idle connections. Returns whether there were any.
    pub(super) fn evict_some(&self) -> bool {
        (0..EVICTED).take_while(|_| self.evict()).count() > 0
    }

    /// Closes what has idled too long and forgets origins without a connection. Call it now and then.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        let is_old = |since: Instant| now - since >= MAX_AGE;
        while self.idle.borrow().front().is_some_and(|(_, idle)| is_old(idle.since)) {
            self.evict();
        }
        self.with_session.borrow_mut().retain(|origin| {
            let mut session = origin.session.borrow_mut();
            if session.as_ref().is_some_and(|session| session.is_closed() || session.idle_since().is_some_and(is_old)) {
                *session = None;
            }
            session.is_some()
        });
        let excess = (self.idle.borrow().len() + self.idle_sessions()).saturating_sub(self.max_idle);
        (0..excess).take_while(|_| self.evict()).for_each(drop);
        let kept = self.idle.borrow().len() + self.with_session.borrow().len() + self.closers.get();
        let mut origins = self.origins.borrow_mut();
        if origins.len() > SPARE_ORIGINS + 2 * kept {
            origins.retain(|OriginEntry(origin)| Rc::strong_count(origin) > 1 || origin.closes.get());
            origins.shrink_to(2 * kept);
        }
    }

    /// Lets requests to `origin` share `session`.
    pub(super) fn share(&self, origin: &Rc<Origin>, session: Session) {
        let before = origin.session.replace(Some(session));
        if before.is_none() {
            self.with_session.borrow_mut().push(Rc::clone(origin));
        }
    }

    /// How many sessions have no request on their way.
    fn idle_sessions(&self) -> usize {
        self.with_session.borrow().iter().filter(|origin| origin.has_idle_session()).count()
    }

    /// Gives up a session without a request on its way. Its task closes the connection.
    fn evict_session(&self) -> bool {
        let mut origins = self.with_session.borrow_mut();
        let Some(at) = origins.iter().position(|origin| origin.has_idle_session()) else { return false };
        origins.swap_remove(at).session.borrow_mut().take().is_some()
    }

    /// Counts a connection that is about to be opened, until it is dropped.
    pub(super) fn open(&self) -> OpenConnection {
        self.open.add()
    }

    /// Closes the connection that has idled the longest; those that speak HTTP/2 come last.
    fn evict(&self) -> bool {
        let Some((id, idle)) = self.idle.borrow_mut().pop_front() else { return self.evict_session() };
        let mut ids = idle.connection.origin.idle.borrow_mut();
        match ids.front() {
            Some(first) if *first == id => drop(ids.pop_front()),
            _ => ids.retain(|other| *other != id),
        }
        true
    }
}
