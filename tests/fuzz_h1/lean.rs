//! What the client makes of an answer, over a socket.

use std::sync::Arc;
use std::time::Duration;

use haul::fetch::memory::MemoryBudget;
use haul::fetch::{Http, Transport};
use haul::model::{ErrorKind, Job, Request};
use haul::plan::{ClientKind, Fetch, Plan};
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use url::Url;

use crate::{Case, End, Verdict};

/// A fetcher, and the server that it asks.
pub(crate) struct Lean {
    http: Http,
    client: <Http as Transport>::Client,
    budget: Arc<MemoryBudget>,
    listener: TcpListener,
    url: Url,
}

impl Lean {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let mut plan = Plan::default();
        plan.fetch = Fetch { client: ClientKind::Wire, timeout: Duration::from_secs(20), ..plan.fetch };
        plan.fetch.transport.no_keepalive = true;
        let http = Http::new(&plan);
        let client = http.client().unwrap();
        Lean { http, client, budget: MemoryBudget::new(1 << 30), listener, url }
    }

    pub(crate) async fn read(&self, case: &Case) -> Verdict {
        let method = if case.to_head { Method::HEAD } else { Method::GET };
        let job = Job::new(0, self.url.clone(), Arc::new(Request::new(method)));
        let mut room = self.budget.lease(64 << 10).unwrap();
        let served = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            let _ = play(stream, case).await; // the client may have seen enough
            std::future::pending::<()>().await
        };
        let attempt = tokio::select! {
            biased;
            attempt = self.http.attempt(&self.client, &job, &mut room) => attempt,
            () = served => unreachable!("it waits for the attempt"),
        };
        let end = match attempt.error.as_ref().map(|error| error.kind) {
            None => End::Complete,
            Some(ErrorKind::Closed | ErrorKind::Reset) => End::Closed,
            Some(ErrorKind::Protocol) => End::Protocol,
            Some(_) => panic!("{:?} of {case:?}", attempt.error),
        };
        Verdict { status: attempt.status().map(|status| status.as_u16()), body: attempt.body.bytes().to_vec(), end }
    }
}

async fn play(mut stream: TcpStream, case: &Case) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_buf(&mut request).await?;
    }
    for piece in case.pieces() {
        stream.write_all(piece).await?;
        tokio::task::yield_now().await;
    }
    stream.shutdown().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}
