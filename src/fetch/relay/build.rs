//! Builds the reqwest client of one fetcher from the plan.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use reqwest::{ClientBuilder, NoProxy, Proxy};

use super::connector::ConnectorLayer;
use super::dns::DnsAdapter;
use crate::fetch::limits::stream_window;
use crate::fetch::resolve::Resolver;
use crate::fetch::tls::Tls;
use crate::plan::{ConnectionOptions, HttpVersion, Interface, Plan, Proxies};

/// How long an idle connection is kept. Each costs about 20 KB.
const POOL_IDLE: Duration = Duration::from_secs(15);

/// The maximum number of header fields in an HTTP/1 response.
const MAX_HEADERS: usize = 1_000;

/// The maximum size of the header list of an HTTP/2 response. It is generous, because exceeding it may cost the whole
/// connection.
const MAX_HEADER_LIST: u32 = 1 << 20;

pub(super) fn client(plan: &Plan, resolver: &Arc<Resolver>, tls: &Tls) -> io::Result<reqwest::Client> {
    if !plan.fetch.transport.connect_to.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "reqwest cannot connect to another host than the URL's",
        ));
    }
    let builder = reqwest::Client::builder()
        .referer(false)
        .retry(reqwest::retry::never())
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(plan.fetch.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(max_idle_per_host(plan))
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .http2_initial_stream_window_size(stream_window(&plan.limits))
        .dns_resolver(DnsAdapter(Arc::clone(resolver)))
        .connector_layer(ConnectorLayer::new(&plan.access))
        .tls_backend_preconfigured(tls.config(&plan.fetch).map_err(io::Error::other)?);
    with_connections(builder, &plan.fetch.transport).and_then(ClientBuilder::build).map_err(io::Error::other)
}

/// reqwest's pool has a limit per host only: at zero it keeps nothing, and otherwise it bounds each host by what all may
/// have.
fn max_idle_per_host(plan: &Plan) -> usize {
    let options = &plan.fetch.transport;
    let max = plan.limits.max_host_concurrency().get().min(options.max_idle.unwrap_or(usize::MAX));
    if options.no_keepalive { 0 } else { max }
}

fn with_connections(mut builder: ClientBuilder, options: &ConnectionOptions) -> reqwest::Result<ClientBuilder> {
    if options.no_keepalive {
        // So that the server closes, and the port is free at once. HTTP/2 leaves the field out.
        builder = builder.default_headers([(CONNECTION, HeaderValue::from_static("close"))].into_iter().collect());
    }
    builder = match options.http {
        HttpVersion::Negotiated => builder,
        HttpVersion::Http1 => builder.http1_only(),
        HttpVersion::Http2 => builder.http2_prior_knowledge(),
    };
    builder = match &options.interface {
        None => builder,
        Some(Interface::Addr(addr)) => builder.local_address(*addr),
        #[cfg(target_os = "linux")]
        Some(Interface::Name(name)) => builder.interface(name),
    };
    #[cfg(unix)]
    if let Some(path) = &options.unix_socket {
        return Ok(builder.no_proxy().unix_socket(path.as_path()));
    }
    with_proxies(builder, &options.proxies)
}

fn with_proxies(builder: ClientBuilder, proxies: &Proxies) -> reqwest::Result<ClientBuilder> {
    let mut builder = builder.no_proxy(); // or reqwest would read the environment
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
