//! Tunnels through an HTTP proxy ([RFC 9110], section 9.3.6).
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::head::HeadReader;
use crate::fetch::route::Tunnel;
use crate::fetch::wire::failure;
use crate::model::{ErrorKind, Failure, Phase};

/// How much of the proxy's answer is read at once. Nothing may follow it.
const BUFFER: usize = 4 << 10;

/// Has the proxy at the other end of `stream` connect to `target`, a host and port. Any 2xx means that it has.
pub(in crate::fetch::wire) async fn open(stream: &mut TcpStream, tunnel: &Tunnel, target: &str) -> Result<(), Failure> {
    let broken = |error: Option<&std::io::Error>| {
        let failure = failure::ended(error, "before it answered", Phase::Connect);
        Failure::new(ErrorKind::Connect, failure.message.replace("the server", "the proxy")).during(Phase::Connect)
    };
    stream.write_all(&request(tunnel, target)).await.map_err(|error| broken(Some(&error)))?;
    let (mut reader, mut buffer) = (HeadReader::default(), [0; BUFFER]);
    loop {
        let read = stream.read(&mut buffer).await.map_err(|error| broken(Some(&error)))?;
        if read == 0 {
            return Err(broken(None));
        }
        match reader.read(&buffer[..read], true) {
            Ok(None) => {}
            Ok(Some((parsed, used))) if parsed.head.status.is_success() => {
                return if used == read { Ok(()) } else { Err(refusal("the proxy sent data before the server could")) };
            }
            Ok(Some((parsed, _))) => return Err(refused(parsed.head.status, target)),
            Err(error) => return Err(refusal(&format!("the proxy did not open a tunnel: {}", error.0))),
        }
    }
}

fn request(tunnel: &Tunnel, target: &str) -> Vec<u8> {
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n").into_bytes();
    if let Some(authorization) = &tunnel.authorization {
        head.extend_from_slice(b"proxy-authorization: ");
        head.extend_from_slice(authorization.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn refused(status: StatusCode, target: &str) -> Failure {
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => refusal("the proxy requires authentication (407)"),
        status => refusal(&format!("the proxy refused to connect to {target} ({status})")),
    }
}

fn refusal(message: &str) -> Failure {
    Failure::new(ErrorKind::Connect, message).during(Phase::Connect)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of a proxy that answers like this, and what it was asked.
    async fn opened(answer: &'static str) -> (Result<(), String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let len = stream.read(&mut asked).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&asked[..len]).into_owned()
        };
        let client = async {
            let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let tunnel = Tunnel { authorization: Some("Basic YTpi".parse().unwrap()), ..Tunnel::to("p.test", 3128) };
            open(&mut stream, &tunnel, "a.test:443").await.map_err(|failure| failure.message)
        };
        tokio::join!(client, proxy)
    }

    #[tokio::test]
    async fn any_success_opens_the_tunnel() {
        for answer in [
            "HTTP/1.1 200 Connection established\r\n\r\n",
            "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n",
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", // no body, whatever it says
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n",
        ] {
            let (opened, asked) = opened(answer).await;
            assert_eq!(opened, Ok(()), "{answer:?}");
            assert_eq!(
                asked,
                "CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\nproxy-authorization: Basic YTpi\r\n\r\n"
            );
        }
    }

    #[tokio::test]
    async fn a_refusal_tells_its_status() {
        for (answer, message) in [
            ("HTTP/1.1 407 No\r\n\r\n", "the proxy requires authentication (407)"),
            ("HTTP/1.1 502 No\r\n\r\n", "the proxy refused to connect to a.test:443 (502 Bad Gateway)"),
            ("HTTP/1.1 403 No\r\n\r\nbody", "the proxy refused to connect to a.test:443 (403 Forbidden)"),
            ("HTTP/1.1 302 No\r\n\r\n", "the proxy refused to connect to a.test:443 (302 Found)"),
            ("HTTP/1.1 200 OK\r\n\r\nearly", "the proxy sent data before the server could"),
            ("", "the proxy closed the connection before it answered"),
            ("SSH-2.0\r\n", "the proxy did not open a tunnel: the answer is not HTTP/1: it begins with \"SSH-2.0\""),
        ] {
            assert_eq!(opened(answer).await.0, Err(message.to_owned()), "{answer:?}");
        }
    }
}
