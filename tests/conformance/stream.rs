//! Streams with and without TLS, with what is below.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto};
use tokio_rustls::server::TlsStream;

use crate::row::Over;

/// A stream, with or without TLS.
pub(crate) enum Io {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Closed.
    None,
}

impl Io {
    pub(crate) async fn accept(stream: TcpStream, over: Over) -> io::Result<Io> {
        stream.set_nodelay(true)?;
        Ok(match over {
            Over::Tcp | Over::Http2 => Io::Tcp(stream),
            Over::Tls => Io::Tls(Box::new(acceptor("http/1.1").accept(stream).await?)),
            Over::Http2Tls => Io::Tls(Box::new(acceptor("h2").accept(stream).await?)),
        })
    }

    pub(crate) fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Io::Tcp(stream) => stream,
            Io::Tls(stream) => stream.get_mut().0,
            Io::None => panic!("the connection is closed"),
        }
    }

    /// Sends what is TLS's own.
    pub(crate) async fn rekey(&mut self) -> io::Result<()> {
        let Io::Tls(stream) = self else { panic!("no TLS") };
        stream.get_mut().1.refresh_traffic_keys().map_err(io::Error::other)?;
        stream.flush().await
    }

    fn stream(&mut self) -> io::Result<Pin<&mut dyn Duplex>> {
        Ok(Pin::new(match self {
            Io::Tcp(stream) => stream,
            Io::Tls(stream) => stream,
            Io::None => return Err(io::ErrorKind::NotConnected.into()),
        }))
    }
}

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}

fn acceptor(protocol: &str) -> TlsAcceptor {
    static CERTIFICATE: OnceLock<CertifiedKey<rcgen::KeyPair>> = OnceLock::new();
    let certificate =
        CERTIFICATE.get_or_init(|| generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()]).unwrap());
    let key = certificate.signing_key.serialize_der().try_into().unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.into()];
    TlsAcceptor::from(Arc::new(config))
}
