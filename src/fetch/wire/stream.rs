//! A connection's byte stream, with or without TLS.

use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A byte stream to a server.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Reads into `buffer`. Zero bytes are the end; with TLS, an end that was not announced is an error.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(match self {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_read(cx, &mut buffer),
        })?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_write(cx, bytes),
        }
    }

    /// Sends what TLS has encrypted and still holds.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    /// Whether nothing has come since the last response: neither data nor an end, as far as the runtime has noticed.
    /// It costs no system call. TLS may have had a session ticket.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.poll_read(&mut Context::from_waker(Waker::noop()), &mut [0]).is_pending()
    }

    /// The same, but the system is asked.
    pub(super) fn is_quiet_now(&mut self) -> bool {
        match self {
            Stream::Plain(stream) => {
                let peeked = SockRef::from(&*stream).peek(&mut [MaybeUninit::uninit()]);
                peeked.is_err_and(|error| would_block(&error))
            }
            Stream::Tls(stream) => is_quiet_now(stream),
        }
    }
}

/// Has TLS process everything that has come: a session ticket is not data.
fn is_quiet_now(stream: &mut TlsStream<TcpStream>) -> bool {
    let (tcp, session) = stream.get_mut();
    let socket = SockRef::from(&*tcp);
    loop {
        match session.read_tls(&mut &*socket) {
            Ok(0) => return false,
            Ok(_) if session.process_new_packets().is_ok() => {}
            Ok(_) => return false,
            Err(error) => {
                let has_no_data = session.reader().read(&mut [0]).is_err_and(|error| would_block(&error));
                return would_block(&error) && has_no_data;
            }
        }
    }
}

fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
