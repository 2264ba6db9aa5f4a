//! One attempt: one request, one hop, with its deadline, its size limit and its timings. It never sleeps, retries or
//! follows a redirect.
//!
//! Two seams, one inside the other: to the engine, a [`Transport`] makes whole attempts ([`Http`] over the network, a
//! script in tests). Below [`Http`], the attempt itself is generic over a client that only knows the wire.

mod attempt;
mod body;
mod client;
mod collector;
mod credentials;
mod deadline;
mod decode;
mod error_chain;
mod expectation;
mod extraction;
mod filtering;
mod framing;
mod limits;
pub mod memory;
mod paging;
mod relay;
mod resolve;
mod route;
mod tls;
mod token;
mod trace;
mod upload;
mod wire;

use std::future::Future;
use std::io;
use std::sync::Arc;

use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, Job};
use crate::plan::Plan;

pub use limits::{fetchers, for_connections};

use limits::ConnectionLimits;
use resolve::Resolver;
use route::{Relayed, Routes};
use tls::Tls;

/// Makes attempts. All fetchers share one; each fetcher has a client of its own.
pub trait Transport: Clone + Send + 'static {
    /// What one fetcher holds: mostly connections.
    type Client;

    /// A client for one fetcher.
    fn client(&self) -> io::Result<Self::Client>;

    /// Makes one attempt. What it keeps in memory is charged to `permit`.
    fn attempt(&self, client: &Self::Client, job: &Job, permit: &mut MemoryPermit) -> impl Future<Output = Attempt>;

    /// Closes what the client does not need any more. A fetcher calls it now and then.
    fn sweep(&self, client: &Self::Client) {
        let _ = client;
    }
}

/// Makes attempts over HTTP/1.1 and HTTP/2.
#[derive(Debug, Clone)]
pub struct Http {
    plan: Arc<Plan>,
    routes: Arc<Routes>,
    resolver: Arc<Resolver>,
    tls: Tls,
    limits: ConnectionLimits,
}

/// The clients of one fetcher.
pub enum Clients {
    /// Connects to servers itself.
    Direct(wire::Client),
    /// Goes through proxies and sockets.
    Relayed(relay::Client),
    /// Some URLs have a proxy, and some do not.
    Both(wire::Client, relay::Client),
}

impl Http {
    /// A transport for `plan`.
    pub fn new(plan: &Plan) -> Self {
        let transport = &plan.fetch.transport;
        Http {
            plan: Arc::new(plan.clone()),
            routes: Arc::new(Routes::new(transport, &plan.access, plan.fetch.client)),
            resolver: Arc::new(Resolver::new(transport, &plan.access)),
            tls: Tls::default(),
            limits: ConnectionLimits::of(&plan.fetch, for_connections()),
        }
    }
}

impl Transport for Http {
    type Client = Clients;

    fn client(&self) -> io::Result<Clients> {
        let Http { plan, resolver, tls, limits, .. } = self;
        let wire = || wire::Client::new(plan, resolver, tls, *limits);
        let relay = || relay::Client::new(plan, resolver, tls);
        Ok(match self.routes.relayed() {
            Relayed::Nothing => Clients::Direct(wire()?),
            Relayed::Everything => Clients::Relayed(relay()?),
            Relayed::ByUrl => Clients::Both(wire()?, relay()?),
        })
    }

    async fn attempt(&self, client: &Clients, job: &Job, permit: &mut MemoryPermit) -> Attempt {
        let Http { plan, routes, .. } = self;
        match client {
            Clients::Direct(wire) => attempt::make(plan, routes, wire, job, permit).await,
            Clients::Both(wire, _) if !routes.is_relayed(&job.url) => {
                attempt::make(plan, routes, wire, job, permit).await
            }
            Clients::Relayed(relay) | Clients::Both(_, relay) => {
                Box::pin(attempt::make(plan, routes, relay, job, permit)).await
            }
        }
    }

    fn sweep(&self, client: &Clients) {
        if let Clients::Direct(wire) | Clients::Both(wire, _) = client {
            wire.sweep();
        }
    }
}
