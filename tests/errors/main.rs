//! What an attempt tells of a server that fails it: one failure after the other, over real sockets.

mod body;
mod connect;
mod fetcher;
mod head;
mod http2;
mod peers;
mod sharing;
mod timings;
mod upload;

use std::sync::Arc;
use std::time::Duration;

use haul::fetch::memory::MemoryBudget;
use haul::fetch::{Http, Transport};
use haul::model::{Attempt, Body, Job, Request};
use haul::plan::{Fetch, Plan};
use url::Url;

/// Short enough to wait for, and longer than anything that is to be faster takes.
const SHORT: Duration = Duration::from_millis(200);

/// Not waited for: whatever takes as long has failed.
const LONG: Duration = Duration::from_secs(20);

/// A fetcher, with its connections.
struct Fetcher {
    http: Http,
    client: <Http as Transport>::Client,
    budget: Arc<MemoryBudget>,
}

impl Fetcher {
    /// Patient and trusting: what a test is about, it limits itself.
    fn new(limit: impl FnOnce(&mut Fetch)) -> Self {
        let mut plan = Plan::default();
        plan.fetch = Fetch { timeout: LONG, connect_timeout: LONG, insecure: true, ..plan.fetch };
        limit(&mut plan.fetch);
        let http = Http::new(&plan);
        let client = http.client().unwrap();
        Fetcher { http, client, budget: MemoryBudget::new(1 << 30) }
    }

    async fn get(&self, url: &str) -> Attempt {
        self.send(url, Request::default()).await
    }

    async fn send(&self, url: &str, request: Request) -> Attempt {
        let job = Job::new(0, Url::parse(url).unwrap(), Arc::new(request));
        let mut room = self.budget.lease(64 << 10).unwrap();
        self.http.attempt(&self.client, &job, &mut room).await
    }
}

async fn get(url: &str) -> Attempt {
    Fetcher::new(|_| {}).get(url).await
}

/// Asks with these limits and tells of the failure.
async fn failure(limit: impl FnOnce(&mut Fetch), url: &str) -> String {
    told(&Fetcher::new(limit).get(url).await)
}

/// The failure as "kind in phase: message". What differs from run to run and from system to system is left out.
fn told(attempt: &Attempt) -> String {
    let failure = attempt.error.as_ref().expect("a failure");
    for secret in ["mallory", "hunter2", "token", "s3cret", "/path"] {
        assert!(!failure.message.contains(secret), "{secret} is in {:?}", failure.message);
    }
    let phase = format!("{:?}", failure.phase.expect("a phase")).to_lowercase();
    let message = match failure.message.split_once(" (os error ") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(char::is_numeric).trim_start_matches(')'))
        }
        None => failure.message.clone(),
    };
    format!("{} in {phase}: {}", failure.kind, without_ports(&message))
}

/// `text` with PORT in place of each port.
fn without_ports(text: &str) -> String {
    let mut parts = text.split(':');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        shown.extend([":", if rest.len() < part.len() { "PORT" } else { "" }, rest]);
    }
    shown
}

/// The body as text.
fn text(attempt: &Attempt) -> &str {
    match &attempt.body {
        Body::None => "",
        Body::Json(bytes) | Body::Text { text: bytes, .. } | Body::Binary(bytes) => std::str::from_utf8(bytes).unwrap(),
    }
}
