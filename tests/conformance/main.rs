//! Exact bytes, and the record that they have to become, whichever client reads them.
//!
//! Each row is an answer that a server plays byte for byte. It is played twice, in one piece and in pieces of a byte,
//! and to each client, which must tell the same. What a client cannot get right is named in [`differences`], and
//! nowhere else.

mod chunks;
mod codings;
mod differences;
mod early_answers;
mod fields;
mod framing;
mod heads;
mod http2;
mod http2_breaks;
mod http2_connections;
mod http2_frames;
mod http2_heads;
mod informational;
mod reuse;
mod row;
mod server;
mod stream;
mod tls_ends;
mod transfer_codings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use haul::fetch::memory::MemoryBudget;
use haul::fetch::{Http, Transport};
use haul::model::{Attempt, Job, Request};
use haul::plan::{ClientKind, Fetch, HttpVersion, Plan};
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use url::Url;

use row::{Over, Row, told};
use server::{Pace, Server};

/// How many rows play at once.
const AT_ONCE: usize = 64;

/// What a client has to notice by itself: longer than it takes, and shorter than anybody minds.
pub(crate) const SETTLE: Duration = Duration::from_millis(20);

/// No row takes as long: whoever waits has not seen the end.
const FOREVER: Duration = Duration::from_secs(20);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Client {
    Wire,
    Relay,
}

pub(crate) const CLIENTS: &[Client] = &[Client::Wire, Client::Relay];

/// Makes `plan` one by which `client` asks.
pub(crate) fn choose(client: Client, plan: &mut Plan) {
    let client = match client {
        Client::Wire => ClientKind::Wire,
        Client::Relay => ClientKind::Relay,
    };
    plan.fetch = Fetch { client, timeout: FOREVER, connect_timeout: FOREVER, insecure: true, ..plan.fetch.clone() };
}

/// What fetches for one client.
struct Fetchers {
    client: Client,
    budget: Arc<MemoryBudget>,
    negotiated: Http,
    http2: Http,
}

/// A fetcher with connections of its own.
struct Fetcher<'a> {
    http: &'a Http,
    client: <Http as Transport>::Client,
    budget: &'a Arc<MemoryBudget>,
}

impl Fetcher<'_> {
    async fn send(&self, url: &str, request: &Arc<Request>) -> Attempt {
        let job = Job::new(0, Url::parse(url).unwrap(), Arc::clone(request));
        let mut room = self.budget.lease(64 << 10).unwrap();
        self.http.attempt(&self.client, &job, &mut room).await
    }

    /// Asks again, on whatever connection. Who has not noticed yet that one is gone may notice now, and is then asked
    /// once more, as a run would.
    async fn send_next(&self, url: &str) -> Attempt {
        let next = self.send(url, &Arc::default()).await;
        match &next.error {
            Some(error) if error.unsent || error.fault.is_some() => self.send(url, &Arc::default()).await,
            _ => next,
        }
    }
}

impl Fetchers {
    fn new(client: Client) -> Self {
        let speaking = |http| {
            let mut plan = Plan::default();
            choose(client, &mut plan);
            plan.fetch.transport.http = http;
            Http::new(&plan)
        };
        let (negotiated, http2) = (speaking(HttpVersion::Negotiated), speaking(HttpVersion::Http2));
        Fetchers { client, budget: MemoryBudget::new(1 << 30), negotiated, http2 }
    }

    /// A fetcher for one row: the port of a server may have been another's.
    fn fetcher(&self, over: Over) -> Fetcher<'_> {
        let http = if over == Over::Http2 { &self.http2 } else { &self.negotiated };
        Fetcher { http, client: http.client().unwrap(), budget: &self.budget }
    }

    /// What becomes of a row, and whether its connection goes on.
    async fn play(&self, row: &Row, pace: Pace) -> String {
        let (server, fetcher) = (Server::start(row, pace), self.fetcher(row.over));
        let (url, request) = (server.url(), Arc::new(row.request.clone()));
        for _ in 0..row.warm_up {
            assert_eq!(fetcher.send(&url, &Arc::default()).await.error, None, "{}", row.name);
        }
        let asked = (0..row.expects.len()).map(|_| fetcher.send(&url, &request));
        let attempts = join_all(asked).await;
        let mut all = row::gathered(attempts.iter().map(|attempt| told(row, attempt, &server)).collect());
        if row.kept.is_some() {
            let first = server.connection_of_last();
            server.played().await;
            tokio::time::sleep(SETTLE).await;
            let next = fetcher.send_next(&url).await;
            all.push(match (next.error, server.connection_of_last() == first) {
                (Some(error), _) => format!("then {error:?}"),
                (None, _) if next.body.bytes() != b"good" => format!("then {:?}", next.body),
                (None, true) => "kept".to_owned(),
                (None, false) => "closed".to_owned(),
            });
        }
        all.join("; ")
    }

    /// What is wrong with what this client makes of `row`.
    async fn judge(&self, row: &Row, pace: Pace) -> Option<String> {
        let got = self.play(row, pace).await;
        wrong(row.name, self.client, &got, &row.right()).map(|why| format!("{pace:?}: {why}"))
    }
}

/// What is wrong with what `client` made of a row. What is listed has to be as wrong as listed.
pub(crate) fn wrong(name: &str, client: Client, got: &str, right: &str) -> Option<String> {
    let why = match differences::instead(client, name) {
        None if got == right => return None,
        Some((differences::BY_CHANCE, _)) => return None,
        Some((outcomes, _)) if outcomes.contains(&got) && got != right => return None,
        None => format!("is not {right}"),
        Some(_) if got == right => "has become right: take it off the list".to_owned(),
        Some((outcomes, why)) => format!("is neither {right}\n    nor, as {why}, {outcomes:?}"),
    };
    Some(format!("{name:?} to {client:?}:\n    {got}\n    {why}"))
}

/// Plays all rows to all clients, each on a thread of its own, and fails with all that is wrong.
pub(crate) fn check(rows: &[Row]) {
    let judge = |client| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, judge_all(client, rows))
    };
    let mut wrong = thread::scope(|scope| {
        let threads: Vec<_> = CLIENTS.iter().map(|&client| scope.spawn(move || judge(client))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<String>>()
    });
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {} rows are wrong:\n\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

async fn judge_all(client: Client, rows: &[Row]) -> Vec<String> {
    let fetchers = Fetchers::new(client);
    let plays = rows.iter().flat_map(|row| row.paces().iter().map(move |&pace| (row, pace)));
    let judged = futures::stream::iter(plays.map(|(row, pace)| fetchers.judge(row, pace)));
    let judged: Vec<Option<String>> = judged.buffer_unordered(AT_ONCE).collect().await;
    judged.into_iter().flatten().collect()
}

/// Every row has a name of its own, and the list of differences names no others.
#[test]
fn rows_and_differences_belong_together() {
    let rows = [
        chunks::rows(),
        codings::rows(),
        early_answers::rows(),
        fields::rows(),
        framing::rows(),
        heads::rows(),
        http2::rows(),
        http2_breaks::rows(),
        http2_heads::rows(),
        http2_connections::rows(),
        informational::rows(),
        tls_ends::rows(),
        transfer_codings::rows(),
    ]
    .concat();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).chain(reuse::names()).collect();
    assert_eq!(names.len(), rows.len() + reuse::names().count(), "two rows have the same name");
    let listed: Vec<_> = differences::names().collect();
    let unknown: Vec<_> = listed.iter().filter(|(_, name)| !names.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} are listed, and no rows");
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "a row is listed twice");
}
