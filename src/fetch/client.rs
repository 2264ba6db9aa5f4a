//! A fetcher's client: reqwest without anything that would wait, repeat, follow or decode behind our back.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{ClientBuilder, NoProxy, Proxy};

use super::connect::Timed;
use super::guard::Guard;
use super::resolve::Resolver;
use super::tls::Tls;
use crate::plan::{ConnectionOptions, HttpVersion, Interface, Plan, Proxies};

/// How long a connection that nobody uses is kept. An idle one costs about 20 KB.
const POOL_IDLE: Duration = Duration::from_secs(15);

/// The most header fields of an HTTP/1 response.
const MAX_HEADERS: usize = 1_000;

/// The most bytes of an HTTP/2 response's header fields. More kills the connection, so it is not tight.
const MAX_HEADER_LIST: u32 = 1 << 20;

pub(super) fn build(plan: &Plan, resolver: &Arc<Resolver>, tls: &Tls) -> io::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .referer(false)
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(plan.fetch.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(plan.limits.max_host_concurrency().get())
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .dns_resolver(Arc::clone(resolver))
        .tls_backend_preconfigured(tls.config(&plan.fetch).map_err(io::Error::other)?);
    if plan.access.looks_at_addrs().is_some() {
        builder = builder.connector_layer(Guard::new(&plan.access));
    }
    builder = builder.connector_layer(Timed);
    by_way_of(builder, &plan.fetch.transport).and_then(ClientBuilder::build).map_err(io::Error::other)
}

fn by_way_of(mut builder: ClientBuilder, transport: &ConnectionOptions) -> reqwest::Result<ClientBuilder> {
    builder = match transport.http {
        HttpVersion::Negotiated => builder,
        HttpVersion::Http1 => builder.http1_only(),
        HttpVersion::Http2 => builder.http2_prior_knowledge(),
    };
    builder = match &transport.interface {
        None => builder,
        Some(Interface::Addr(addr)) => builder.local_address(*addr),
        #[cfg(target_os = "linux")]
        Some(Interface::Name(name)) => builder.interface(name),
    };
    #[cfg(unix)]
    if let Some(path) = &transport.unix_socket {
        return Ok(builder.no_proxy().unix_socket(path.as_path()));
    }
    proxies(builder, &transport.proxies)
}

fn proxies(builder: ClientBuilder, proxies: &Proxies) -> reqwest::Result<ClientBuilder> {
    let mut builder = builder.no_proxy(); // it would read the environment by itself
    if proxies.is_empty() {
        return Ok(builder);
    }
    let except = NoProxy::from_string(&proxies.exceptions().collect::<Vec<_>>().join(","));
    if let Some(proxy) = &proxies.http {
        builder = builder.proxy(Proxy::http(proxy.url().as_str())?.no_proxy(except.clone()));
    }
    if let Some(proxy) = &proxies.https {
        builder = builder.proxy(Proxy::https(proxy.url().as_str())?.no_proxy(except));
    }
    Ok(builder)
}
