//! What may stand between haul and an origin: proxies, a TLS front, a socket of the machine. Each writes down what
//! it is asked for.

use std::fs;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A relay on a thread of its own, which ends with the test's process.
pub(crate) struct Relay {
    addr: SocketAddr,
    asked: Asked,
}

/// What came in, in order.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Relay {
    fn spawn<F>(converse: impl Fn(TcpStream, Asked) -> F + Send + 'static) -> Relay
    where
        F: Future<Output = io::Result<()>> + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let (addr, asked) = (listener.local_addr().unwrap(), Asked::default());
        let known = asked.clone();
        run(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                conversations.spawn_local(converse(stream, known.clone()));
            }
        });
        Relay { addr, asked }
    }

    /// An HTTP proxy that wants these words in its `Proxy-Authorization`, if any, and answers `CONNECT` to a name
    /// below `.invalid` with 502.
    pub(crate) fn http_proxy(authorization: Option<&'static str>) -> Relay {
        Relay::spawn(move |stream, asked| http_proxy(stream, asked, authorization))
    }

    /// A SOCKS5 proxy that wants these words as user and password, if any. Names it knows not, but `localhost`.
    pub(crate) fn socks5(credentials: Option<&'static str>) -> Relay {
        Relay::spawn(move |stream, asked| socks5(stream, asked, credentials))
    }

    /// Undoes TLS in front of `origin`; it writes down which protocol was agreed upon.
    pub(crate) fn tls(front: &Front, offered: &[&str], origin: SocketAddr) -> Relay {
        let acceptor = front.acceptor(offered);
        Relay::spawn(move |stream, asked| {
            let acceptor = acceptor.clone();
            async move {
                let mut stream = acceptor.accept(stream).await?;
                let protocol = stream.get_ref().1.alpn_protocol().unwrap_or(b"none");
                asked.add(String::from_utf8_lossy(protocol));
                copy_bidirectional(&mut stream, &mut TcpStream::connect(origin).await?).await.map(|_| ())
            }
        })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.all()
    }
}

/// The socket `path`, with `origin` behind it.
pub(crate) fn unix_socket(path: &Path, origin: SocketAddr) {
    let listener = std::os::unix::net::UnixListener::bind(path).unwrap();
    listener.set_nonblocking(true).unwrap();
    run(async move {
        let listener = UnixListener::from_std(listener).unwrap();
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::task::spawn_local(async move {
                copy_bidirectional(&mut stream, &mut TcpStream::connect(origin).await?).await
            });
        }
    });
}

fn run(serving: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(|| {
        let runtime = runtime::Builder::new_current_thread().enable_io().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, serving);
    });
}

/// Reads to the end of a head.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head).unwrap())
}

async fn http_proxy(mut client: TcpStream, asked: Asked, authorization: Option<&str>) -> io::Result<()> {
    loop {
        let head = head(&mut client).await?;
        let (line, fields) = head.split_once("\r\n").unwrap();
        asked.add(line);
        let [method, target, _] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        if authorization.is_some_and(|wanted| !fields.contains(&format!("{wanted}\r\n"))) {
            client.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        }
        if method == "CONNECT" {
            if target.contains(".invalid:") {
                return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await;
            }
            let mut origin = TcpStream::connect(target).await?;
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            return copy_bidirectional(&mut client, &mut origin).await.map(|_| ());
        }
        let (host, path) = target.strip_prefix("http://").expect("the absolute form").split_once('/').unwrap();
        let mut origin = TcpStream::connect(host).await?;
        origin.write_all(format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\n{fields}").as_bytes()).await?;
        return copy_bidirectional(&mut client, &mut origin).await.map(|_| ());
    }
}

/// RFC 1928, and RFC 1929 for the credentials.
async fn socks5(mut client: TcpStream, asked: Asked, credentials: Option<&str>) -> io::Result<()> {
    assert_eq!(client.read_u8().await?, 5);
    let offered = counted(&mut client).await?;
    let wanted = if credentials.is_some() { 2 } else { 0 };
    if !offered.contains(&wanted) {
        return client.write_all(&[5, 0xff]).await;
    }
    client.write_all(&[5, wanted]).await?;
    if let Some(credentials) = credentials {
        assert_eq!(client.read_u8().await?, 1);
        let (user, password) = (counted(&mut client).await?, counted(&mut client).await?);
        let right = [&user[..], b":", &password].concat() == credentials.as_bytes();
        client.write_all(&[1, u8::from(!right)]).await?;
        if !right {
            return Ok(());
        }
    }
    let [5, 1, 0, kind] = client.read_u32().await?.to_be_bytes() else { panic!("no request to connect") };
    let host = match kind {
        1 => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
        3 => String::from_utf8(counted(&mut client).await?).unwrap(),
        4 => std::net::Ipv6Addr::from(client.read_u128().await?).to_string(),
        kind => panic!("no such kind of address: {kind}"),
    };
    let port = client.read_u16().await?;
    asked.add(&host);
    let host = if host == "localhost" { "127.0.0.1" } else { &host };
    match TcpStream::connect((host, port)).await {
        Ok(mut origin) => {
            client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
            copy_bidirectional(&mut client, &mut origin).await.map(|_| ())
        }
        Err(_) => client.write_all(&[5, 4, 0, 1, 0, 0, 0, 0, 0, 0]).await, // "host unreachable"
    }
}

/// Bytes, after how many they are.
async fn counted(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// An authority, whose certificate is a PEM file, and a certificate that it has given out for `localhost` and
/// 127.0.0.1.
pub(crate) struct Front {
    authority: rcgen::Certificate,
    certificate: rcgen::Certificate,
    key: KeyPair,
    clients_must_be_known: bool,
    versions: Vec<&'static SupportedProtocolVersion>,
}

impl Front {
    pub(crate) fn new() -> Self {
        let (key, authority_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key).unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let issuer = Issuer::new(params, authority_key);
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        Front { authority, certificate, key, clients_must_be_known: false, versions: ALL_VERSIONS.to_vec() }
    }

    /// One that has signed its certificate itself, and is its own authority.
    pub(crate) fn self_signed() -> Self {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Front { authority: certificate.clone(), certificate, key, ..Front::new() }
    }

    /// The same for clients that have a certificate of that authority.
    pub(crate) fn for_known_clients(mut self) -> Self {
        self.clients_must_be_known = true;
        self
    }

    /// The same with one version of TLS.
    pub(crate) fn with_version(mut self, version: &'static SupportedProtocolVersion) -> Self {
        self.versions = vec![version];
        self
    }

    /// Writes `ca.pem`, `cert.pem`, `key.pem` and, with both of them, `both.pem`.
    pub(crate) fn write(&self, file: impl Fn(&str) -> PathBuf) {
        let (certificate, key) = (self.certificate.pem(), self.key.serialize_pem());
        fs::write(file("ca.pem"), self.authority.pem()).unwrap();
        fs::write(file("cert.pem"), &certificate).unwrap();
        fs::write(file("key.pem"), &key).unwrap();
        fs::write(file("both.pem"), key + &certificate).unwrap();
    }

    fn acceptor(&self, offered: &[&str]) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let clients = match self.clients_must_be_known {
            true => WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap(),
            false => Arc::new(NoClientAuth),
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![self.certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = offered.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}
