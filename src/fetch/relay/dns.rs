//! The resolver as reqwest wants it.

use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::connector::ConnectContext;
use crate::fetch::resolve::{ResolveError, Resolver};

/// Answers reqwest's look-ups from the shared resolver, and reports them to the request they are for.
#[derive(Debug, Clone)]
pub(super) struct DnsAdapter(pub(super) Arc<Resolver>);

impl Resolve for DnsAdapter {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, context) = (Arc::clone(&self.0), ConnectContext::current());
        Box::pin(async move {
            let port = context.port_of(name.as_str());
            context.looks_up();
            let (answer, took) = resolver.resolve(name.as_str(), port).await;
            context.looked_up(answer.is_ok(), took);
            match answer {
                Ok(addrs) => Ok(Box::new(addrs.into_iter()) as Addrs),
                Err(ResolveError::Denied(denied)) => Err(denied.into()),
                Err(ResolveError::Family(why)) => Err(why.into()),
                Err(ResolveError::Failed(why)) => Err(why.into()),
            }
        })
    }
}
