//! Servers that do what no server should, each on its own port of 127.0.0.1, until they are dropped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{NoClientAuth, WebPkiClientVerifier};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// A server whose every connection follows a script.
pub(crate) struct Peer {
    scheme: &'static str,
    addr: SocketAddr,
    heads: Heads,
    serving: JoinHandle<()>,
}

/// The request heads that came in, in order.
#[derive(Clone, Default)]
pub(crate) struct Heads(Arc<Mutex<Vec<String>>>);

impl Peer {
    /// Does `script` to each connection, with its number, counted from 0.
    pub(crate) async fn tcp<F>(script: impl Fn(TcpStream, usize, Heads) -> F + Send + 'static) -> Peer
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (addr, heads) = (listener.local_addr().unwrap(), Heads::default());
        let known = heads.clone();
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(script(stream, connections.len(), known.clone()));
            }
        });
        Peer { scheme: "http", addr, heads, serving }
    }

    /// Does `script` to each connection, once it is encrypted and speaks `protocol`.
    pub(crate) async fn tls<F>(
        protocol: &str,
        script: impl Fn(TlsStream<TcpStream>, Heads) -> F + Send + 'static,
    ) -> Peer
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let (acceptor, script) = (acceptor(protocol), Arc::new(Mutex::new(script)));
        let peer = Peer::tcp(move |stream, _, heads| {
            let (acceptor, script) = (acceptor.clone(), Arc::clone(&script));
            async move {
                let stream = acceptor.accept(stream).await?;
                let played = script.lock().unwrap()(stream, heads);
                played.await
            }
        });
        peer.await.https()
    }

    /// Reads one request on each connection, says `answer` and hangs up.
    pub(crate) async fn saying(answer: impl Into<Vec<u8>>) -> Peer {
        let answer = Arc::new(answer.into());
        Peer::tcp(move |mut stream, _, heads| {
            let answer = Arc::clone(&answer);
            async move {
                heads.read(&mut stream).await?;
                stream.write_all(&answer).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    /// Reads one request on each connection, says `answer` and is silent from then on.
    pub(crate) async fn saying_no_more_than(answer: impl Into<Vec<u8>>) -> Peer {
        let answer = Arc::new(answer.into());
        Peer::tcp(move |mut stream, _, heads| {
            let answer = Arc::clone(&answer);
            async move {
                heads.read(&mut stream).await?;
                stream.write_all(&answer).await?;
                std::future::pending().await
            }
        })
        .await
    }

    /// Accepts connections and does nothing with them.
    pub(crate) async fn deaf() -> Peer {
        Peer::tcp(|stream, _, _| async move {
            let _open = stream;
            std::future::pending().await
        })
        .await
    }

    /// Answers every request on every connection, as a good server would.
    pub(crate) async fn good() -> Peer {
        Peer::tcp(|stream, _, heads| serve(stream, heads)).await
    }

    /// A URL of this server, with the secrets that no message may give away.
    pub(crate) fn url(&self) -> String {
        format!("{}://mallory:hunter2@{}/path?token=s3cret#part", self.scheme, self.addr)
    }

    /// The same, by a name that has to be looked up.
    pub(crate) fn url_by_name(&self) -> String {
        self.url().replace("127.0.0.1", "localhost")
    }

    /// The same server, asked for TLS that it may or may not speak.
    pub(crate) fn https(mut self) -> Peer {
        self.scheme = "https";
        self
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.0.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Heads {
    /// Reads the head of a request that has no body.
    pub(crate) async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        self.0.lock().unwrap().push(String::from_utf8(head).unwrap());
        Ok(())
    }
}

/// Answers one request after the other.
pub(crate) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, heads: Heads) -> io::Result<()> {
    loop {
        heads.read(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood").await?;
        stream.flush().await?;
    }
}

/// Ends a connection with a reset instead of a farewell.
pub(crate) fn reset(stream: TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}

/// What encrypts with a certificate that nobody has signed.
pub(crate) fn acceptor(protocol: &str) -> TlsAcceptor {
    acceptor_of(Arc::new(NoClientAuth), protocol)
}

/// The same, for clients that have that very certificate.
pub(crate) fn acceptor_of_known_clients() -> TlsAcceptor {
    let mut roots = RootCertStore::empty();
    roots.add(certificate().cert.der().clone()).unwrap();
    let known = WebPkiClientVerifier::builder_with_provider(roots.into(), provider()).build().unwrap();
    acceptor_of(known, "http/1.1")
}

fn acceptor_of(clients: Arc<dyn ClientCertVerifier>, protocol: &str) -> TlsAcceptor {
    let key = certificate().signing_key.serialize_der().try_into().unwrap();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate().cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.into()];
    TlsAcceptor::from(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider())
}

fn certificate() -> &'static CertifiedKey<rcgen::KeyPair> {
    static CERTIFICATE: OnceLock<CertifiedKey<rcgen::KeyPair>> = OnceLock::new();
    CERTIFICATE.get_or_init(|| generate_simple_self_signed(["localhost".into(), "127.0.0.1".into()]).unwrap())
}
