//! One attempt: one request, one hop, its deadline, its size cap, its timings. It never sleeps, retries or follows.
//!
//! [`Transport`] is the seam: [`Http`] makes attempts over reqwest, tests script their own.

mod attempt;
mod body;
mod client;
mod connect;
mod deadline;
mod decode;
mod extraction;
mod failure;
mod guard;
pub mod memory;
mod paging;
mod resolve;
mod route;
mod tls;
mod upload;

use std::future::Future;
use std::io;
use std::sync::Arc;

use crate::fetch::memory::MemoryPermit;
use crate::model::{Attempt, Job};
use crate::plan::Plan;

use resolve::Resolver;
use route::Routes;
use tls::Tls;

/// Makes attempts. One is shared by all fetchers; each fetcher makes a client of it on its own thread.
pub trait Transport: Clone + Send + 'static {
    /// What one fetcher holds: connections, mostly.
    type Client;

    /// A client for one fetcher.
    fn client(&self) -> io::Result<Self::Client>;

    /// Makes one attempt, drawing on `room` for what it keeps in memory.
    fn attempt(&self, client: &Self::Client, job: &Job, room: &mut MemoryPermit) -> impl Future<Output = Attempt>;
}

/// Attempts over HTTP/1.1 and HTTP/2, by reqwest.
#[derive(Debug, Clone)]
pub struct Http {
    plan: Arc<Plan>,
    routes: Arc<Routes>,
    resolver: Arc<Resolver>,
    tls: Tls,
}

impl Http {
    /// A transport as `plan` asks for.
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
    type Client = reqwest::Client;

    fn client(&self) -> io::Result<reqwest::Client> {
        client::build(&self.plan, &self.resolver, &self.tls)
    }

    fn attempt(&self, client: &reqwest::Client, job: &Job, room: &mut MemoryPermit) -> impl Future<Output = Attempt> {
        attempt::make(&self.plan, &self.routes, client, job, room)
    }
}
