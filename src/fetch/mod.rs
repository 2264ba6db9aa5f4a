//! One attempt: one request, one hop, with its deadline, its size limit and its timings. It never sleeps, retries or
//! follows a redirect.
//!
//! Two seams, one inside the other: to the engine, a [`Transport`] makes whole attempts ([`Http`] over the network, a
//! script in tests). Below [`Http`], the attempt itself is generic over a client that only knows the wire.

mod attempt;
mod body;
mod client;
mod deadline;
mod decode;
mod error_chain;
mod extraction;
pub mod memory;
mod paging;
mod relay;
mod resolve;
mod route;
mod tls;
mod trace;

use std::future::Future;
use std::io;
use std::sync::Arc;

use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, Job};
use crate::plan::Plan;

use resolve::Resolver;
use route::Routes;
use tls::Tls;

/// Makes attempts. All fetchers share one; each fetcher has a client of its own.
pub trait Transport: Clone + Send + 'static {
    /// What one fetcher holds: mostly connections.
    type Client;

    /// A client for one fetcher.
    fn client(&self) -> io::Result<Self::Client>;

    /// Makes one attempt. What it keeps in memory is charged to `permit`.
    fn attempt(&self, client: &Self::Client, job: &Job, permit: &mut MemoryPermit) -> impl Future<Output = Attempt>;
}

/// Makes attempts over HTTP/1.1 and HTTP/2.
#[derive(Debug, Clone)]
pub struct Http {
    plan: Arc<Plan>,
    routes: Arc<Routes>,
    resolver: Arc<Resolver>,
    tls: Tls,
}

impl Http {
    /// A transport for `plan`.
    pub fn new(plan: &Plan) -> Self {
        let transport = &plan.fetch.transport;
        Http {
            plan: Arc::new(plan.clone()),
            routes: Arc::new(Routes::new(transport, &plan.access)),
            resolver: Arc::new(Resolver::new(transport, &plan.access)),
            tls: Tls::default(),
        }
    }
}

impl Transport for Http {
    type Client = relay::Client;

    fn client(&self) -> io::Result<relay::Client> {
        relay::Client::new(&self.plan, &self.resolver, &self.tls)
    }

    fn attempt(&self, client: &relay::Client, job: &Job, permit: &mut MemoryPermit) -> impl Future<Output = Attempt> {
        attempt::make(&self.plan, &self.routes, client, job, permit)
    }
}
