//! Servers that play steps: on each connection the steps that it is given, and good answers from then on.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::http2_frames::Http2;
use crate::row::{Over, Row};
use crate::stream::Io;

/// What every connection answers that is not given anything else.
pub(crate) const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";

/// One thing that a server does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Reads a request, with its body.
    Request,
    /// Reads this much, of whatever it is.
    Read(usize),
    /// Reads a request over HTTP/2 to the end of its stream.
    Upload,
    /// Says this.
    Send(Bytes),
    /// Says this below TLS.
    Raw(&'static [u8]),
    /// Sends a body over HTTP/2 as the client's windows allow: stream, bytes.
    Flow(u32, Bytes),
    /// Waits for the client to take in what was said.
    Pause,
    /// Takes new keys: TLS data that does not belong to HTTP.
    Rekey,
    /// Ends what it says, properly, and reads until the client does so too.
    Close,
    /// Ends what it says, properly, and neither reads nor closes any more.
    Fall,
    /// Neither reads nor closes any more.
    Stay,
    /// Ends the connection below TLS, without a farewell.
    Cut,
    /// Resets the connection.
    Reset,
    /// Closes at once; where something was not read, the system makes a reset of it.
    Drop,
}

/// How an answer is cut into writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Whole,
    Bytes,
}

/// A server on a port of its own, until it is dropped.
pub(crate) struct Server {
    scheme: &'static str,
    addr: SocketAddr,
    seen: Arc<Seen>,
    played: watch::Receiver<bool>,
    serving: JoinHandle<()>,
}

/// The requests that came in: their connections and heads.
#[derive(Default)]
struct Seen(Mutex<Vec<(usize, Vec<u8>)>>);

impl Server {
    pub(crate) fn start(row: &Row, pace: Pace) -> Server {
        // Over HTTP/2, warming up needs no steps.
        let warm_up = if row.over.is_http2() { 0 } else { row.warm_up };
        let first = [&*vec![[Step::Request, Step::Send(GOOD.into())]; warm_up].concat(), &row.steps].concat();
        let connections = if row.everywhere { row.expects.len() } else { 1 };
        Server::with_scripts(row.over, vec![first; connections], pace, row.warm_up)
    }

    /// Each connection follows a script of its own.
    pub(crate) fn with_scripts(over: Over, scripts: Vec<Vec<Step>>, pace: Pace, warm_up: usize) -> Server {
        let listener = listen().unwrap();
        let (addr, seen) = (listener.local_addr().unwrap(), Arc::new(Seen::default()));
        let (play, played) = watch::channel(false);
        let known = Arc::clone(&seen);
        let serving = thread().spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (number, seen, play) = (connections.len(), Arc::clone(&known), play.clone());
                let steps = scripts.get(number).cloned().unwrap_or_default();
                connections.spawn(async move {
                    let io = Io::accept(stream, over).await?;
                    let mut connection = Connection { io, pace, number, seen, http2: None, unread: Vec::new() };
                    if over.is_http2() {
                        connection.http2 = Some(Http2::new(if number == 0 { warm_up } else { 0 }));
                    }
                    let next = connection.play(steps).await;
                    play.send_replace(true);
                    match next? {
                        Next::Serve => connection.serve().await,
                        Next::HearOut => connection.hear_out().await,
                        Next::Stay => std::future::pending().await,
                        Next::Leave => Ok(()),
                    }
                });
            }
        });
        let scheme = if matches!(over, Over::Tls | Over::Http2Tls) { "https" } else { "http" };
        Server { scheme, addr, seen, played, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}://{}/", self.scheme, self.addr)
    }

    /// Waits until a connection has taken all its steps.
    pub(crate) async fn played(&self) {
        let mut played = self.played.clone();
        let _ = tokio::time::timeout(Duration::from_secs(1), played.wait_for(|&played| played)).await;
    }

    /// Tells whether a connection has taken all its steps.
    pub(crate) fn is_played(&self) -> impl Fn() -> bool + use<> {
        let played = self.played.clone();
        move || *played.borrow()
    }

    /// The number of the connection that the last request came on.
    pub(crate) fn connection_of_last(&self) -> Option<usize> {
        self.seen.0.lock().unwrap().last().map(|(connection, _)| *connection)
    }

    /// How many requests came, and on how many connections.
    pub(crate) fn counts(&self) -> String {
        let seen = self.seen.0.lock().unwrap();
        let connections = seen.iter().map(|(connection, _)| connection).collect::<BTreeSet<_>>().len();
        format!("{} requests on {connections} connection{}", seen.len(), if connections == 1 { "" } else { "s" })
    }

    /// The values of a field of the first request.
    pub(crate) fn sent(&self, name: &str) -> Option<String> {
        let seen = self.seen.0.lock().unwrap();
        let head = String::from_utf8_lossy(&seen.first()?.1).into_owned();
        let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        let values: Vec<&str> = lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect();
        (!values.is_empty()).then(|| values.join(" and "))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Listens for connections that hold little: uploads that nobody reads would else use up the memory that the system has
/// for all connections, and it drops what comes in then.
fn listen() -> io::Result<TcpListener> {
    let _entered = thread().enter();
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(64 << 10)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(1024)
}

/// What runs all servers: on a thread of its own, as servers are on machines of their own.
fn thread() -> &'static Runtime {
    static THREAD: OnceLock<Runtime> = OnceLock::new();
    THREAD.get_or_init(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
}

/// One end of a connection.
pub(crate) struct Connection {
    io: Io,
    pace: Pace,
    number: usize,
    seen: Arc<Seen>,
    http2: Option<Http2>,
    unread: Vec<u8>,
}

/// What comes after all steps.
enum Next {
    Serve,
    HearOut,
    Stay,
    Leave,
}

impl Connection {
    /// Takes all steps.
    async fn play(&mut self, steps: Vec<Step>) -> io::Result<Next> {
        for step in steps {
            match step {
                Step::Request => self.request().await?,
                Step::Read(bytes) => {
                    while self.unread.len() < bytes {
                        self.read().await?
                    }
                }
                Step::Upload => self.upload().await?,
                Step::Send(bytes) => self.send(&bytes).await?,
                Step::Raw(bytes) => self.io.tcp().write_all(bytes).await?,
                Step::Flow(stream, body) => self.flow(stream, body).await?,
                Step::Pause => tokio::time::sleep(Duration::from_millis(100)).await,
                Step::Rekey => self.io.rekey().await?,
                Step::Close => {
                    self.io.shutdown().await?;
                    return Ok(Next::HearOut);
                }
                Step::Fall => {
                    self.io.shutdown().await?;
                    return Ok(Next::Stay);
                }
                Step::Stay => return Ok(Next::Stay),
                Step::Cut => {
                    self.io.tcp().shutdown().await?;
                    return Ok(Next::HearOut);
                }
                Step::Reset => {
                    self.io.tcp().set_zero_linger()?;
                    self.io = Io::None;
                    return Ok(Next::Leave);
                }
                Step::Drop => {
                    self.io = Io::None;
                    return Ok(Next::Leave);
                }
            }
        }
        Ok(Next::Serve)
    }

    /// Answers well until the client leaves.
    async fn serve(&mut self) -> io::Result<()> {
        loop {
            self.request().await?;
            match self.http2.as_ref().map(Http2::good) {
                Some(good) => self.send(&good).await?,
                None => self.send(GOOD).await?,
            }
        }
    }

    async fn request(&mut self) -> io::Result<()> {
        if self.http2.is_some() {
            return self.http2_request().await;
        }
        let mut end = None;
        loop {
            end = end.or_else(|| memchr::memmem::find(&self.unread, b"\r\n\r\n").map(|at| at + 4));
            if let Some(end) = end {
                let all = end + announced(&self.unread[..end]);
                if self.unread.len() >= all {
                    let head = self.unread.drain(..all).take(end).collect();
                    self.saw(head);
                    return Ok(());
                }
            }
            self.read().await?;
        }
    }

    async fn http2_request(&mut self) -> io::Result<()> {
        loop {
            if let Some(head) = self.hear().await? {
                self.saw(head);
                return Ok(());
            }
            self.read().await?;
        }
    }

    /// Takes in frames up to a head, and answers those that ask for it.
    async fn hear(&mut self) -> io::Result<Option<Vec<u8>>> {
        let http2 = self.http2.as_mut().expect("HTTP/2");
        let (head, replies) = http2.hear(&mut self.unread);
        self.io.write_all(&replies).await?;
        self.io.flush().await?;
        Ok(head)
    }

    async fn upload(&mut self) -> io::Result<()> {
        self.request().await?;
        loop {
            self.hear().await?;
            if self.http2.as_ref().is_some_and(Http2::ended) {
                return Ok(());
            }
            self.read().await?;
        }
    }

    async fn flow(&mut self, stream: u32, mut body: Bytes) -> io::Result<()> {
        while !body.is_empty() {
            self.hear().await?;
            let frame = self.http2.as_mut().expect("HTTP/2").data_within_window(stream, &mut body);
            if frame.is_empty() {
                self.read().await?;
            } else {
                self.io.write_all(&frame).await?;
                self.io.flush().await?;
            }
        }
        Ok(())
    }

    fn saw(&self, head: Vec<u8>) {
        self.seen.0.lock().unwrap().push((self.number, head));
    }

    async fn read(&mut self) -> io::Result<()> {
        match self.io.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        const MOST_PIECES: usize = 200;
        let piece = match self.pace {
            Pace::Whole => bytes.len(),
            Pace::Bytes => bytes.len().div_ceil(MOST_PIECES),
        };
        for (n, piece) in bytes.chunks(piece.max(1)).enumerate() {
            if n > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.io.write_all(piece).await?;
            self.io.flush().await?;
        }
        Ok(())
    }

    async fn hear_out(&mut self) -> io::Result<()> {
        tokio::io::copy(&mut self.io, &mut tokio::io::sink()).await.map(drop)
    }
}

/// The length of the body that a request announces.
fn announced(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.parse().unwrap())
}
