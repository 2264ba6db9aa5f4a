//! The pool over real connections, on paused time.

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::advance;

use super::*;

const ANY: Need = Need { fresh: false, is_unsafe: false };
const UNSAFE: Need = Need { fresh: false, is_unsafe: true };

/// A pool, and a server whose ends of the connections are kept.
struct Fixture {
    pool: Pool,
    listener: TcpListener,
    ends: Vec<TcpStream>,
}

impl Fixture {
    async fn new(max_open: usize, max_idle: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Fixture { pool: Pool::new(max_open, max_idle), listener, ends: Vec::new() }
    }

    fn origin(&self, name: &str) -> Rc<Origin> {
        self.pool.origin(&format!("http://{name}.test/").parse().unwrap())
    }

    /// A new connection that counts for `origin`.
    async fn connect(&mut self, origin: &Rc<Origin>) -> Connection {
        let remote = self.listener.local_addr().unwrap();
        let (stream, end) = tokio::join!(TcpStream::connect(remote), self.listener.accept());
        self.ends.push(end.unwrap().0);
        let (origin, _open) = (Rc::clone(origin), self.pool.open());
        Connection { stream: Stream::Plain(stream.unwrap()), remote, origin, is_reused: false, _open }
    }

    /// Connects and gives the connection back. Returns the port that tells it from others.
    async fn put(&mut self, origin: &Rc<Origin>) -> u16 {
        let connection = self.connect(origin).await;
        let port = port_of(&connection);
        self.pool.put(connection);
        port
    }
}

fn port_of(connection: &Connection) -> u16 {
    let Stream::Plain(stream) = &connection.stream else { unreachable!() };
    stream.local_addr().unwrap().port()
}

#[tokio::test(start_paused = true)]
async fn the_connection_used_last_is_reused_first() {
    let mut fixture = Fixture::new(100, 100).await;
    let (a, b) = (fixture.origin("a"), fixture.origin("b"));
    let (first, second) = (fixture.put(&a).await, fixture.put(&a).await);
    assert!(fixture.pool.take(&b, ANY).is_none());
    assert!(fixture.pool.take(&a, Need { fresh: true, ..ANY }).is_none());
    let taken = fixture.pool.take(&a, ANY).unwrap();
    assert!(taken.is_reused && port_of(&taken) == second);
    assert_eq!(fixture.pool.take(&a, UNSAFE).map(|connection| port_of(&connection)), Some(first));
    assert!(fixture.pool.take(&a, ANY).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_one_that_idled_longest_makes_room() {
    let mut fixture = Fixture::new(3, 2).await;
    let (a, b) = (fixture.origin("a"), fixture.origin("b"));
    fixture.put(&a).await;
    let (second, third) = (fixture.put(&b).await, fixture.put(&a).await);
    assert_eq!((fixture.pool.idle.borrow().len(), fixture.pool.open.count()), (2, 2));
    fixture.pool.make_room();
    assert_eq!(fixture.pool.open.count(), 2, "there is room for one more");
    let _used = fixture.connect(&a).await;
    fixture.pool.make_room();
    assert_eq!(fixture.pool.open.count(), 2);
    assert!(fixture.pool.take(&b, ANY).is_none(), "{second} was closed");
    assert_eq!(fixture.pool.take(&a, ANY).map(|connection| port_of(&connection)), Some(third));
    assert!(!fixture.pool.evict_some());
}

#[tokio::test(start_paused = true)]
async fn what_idles_too_long_is_closed_and_forgotten() {
    let mut fixture = Fixture::new(100_000, 100_000).await;
    for n in 0..3_000 {
        fixture.origin(&n.to_string());
    }
    let a = fixture.origin("a");
    fixture.put(&a).await;
    advance(MAX_AGE / 2).await;
    let young = fixture.put(&a).await;
    fixture.pool.sweep();
    assert_eq!(fixture.pool.idle.borrow().len(), 2);
    assert!(fixture.pool.origins.borrow().len() < 10, "origins without a connection are forgotten");
    advance(MAX_AGE / 2).await;
    fixture.pool.sweep();
    assert_eq!(fixture.pool.take(&a, ANY).map(|connection| port_of(&connection)), Some(young));
    assert_eq!((fixture.pool.open.count(), a.idle.borrow().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_something_to_say_is_not_reused() {
    let mut fixture = Fixture::new(100, 100).await;
    let a = fixture.origin("a");
    for is_unsafe in [false, true] {
        fixture.put(&a).await;
        drop(fixture.ends.pop());
        fixture.put(&a).await;
        fixture.ends.last_mut().unwrap().write_all(b"HTTP/1.1 408 \r\n\r\n").await.unwrap();
        let settle = std::time::Duration::from_millis(50);
        std::thread::sleep(settle); // real time, for the system
        tokio::task::yield_now().await;
        tokio::time::sleep(settle).await;
        assert!(fixture.pool.take(&a, Need { fresh: false, is_unsafe }).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_closes_under_requests_gets_unsafe_ones_on_fresh_connections() {
    let mut fixture = Fixture::new(100, 100).await;
    let (a, b) = (fixture.origin("a"), fixture.origin("b"));
    for origin in [&a, &b] {
        fixture.put(origin).await;
    }
    a.closed_under_a_request();
    a.closed_under_a_request();
    assert_eq!(fixture.pool.closers.get(), 1);
    assert!(fixture.pool.take(&a, UNSAFE).is_none());
    assert!(fixture.pool.take(&b, UNSAFE).is_some());
    assert!(fixture.pool.take(&a, ANY).is_some(), "what is safe to repeat may try");
}
