//! Whether hosts are asked for their robots.txt, and by which name.

use std::sync::Arc;

use http::Method;
use http::header::USER_AGENT;

use super::Template;
use crate::model::request::Request;
use crate::site::robots::ProductToken;

/// How hosts are asked for their robots.txt.
#[derive(Debug, Clone)]
pub struct RobotsOptions {
    /// Whose rules count; without one those for all robots.
    pub token: Option<ProductToken>,
    /// How it is asked for.
    pub request: Arc<Request>,
}

impl RobotsOptions {
    /// The rules for `token`, or else for the first product of the template's User-Agent, which is the one header that
    /// the question for them has of it: all others may be meant for one host.
    pub fn new(template: &Template, token: Option<ProductToken>) -> Self {
        let name = template.0.headers.get(USER_AGENT);
        let token = token.or_else(|| ProductToken::of(name?.as_bytes()));
        let mut request = Request { method: Method::GET, ..Request::default() };
        if let Some(name) = name {
            request.headers.insert(USER_AGENT, name.clone());
        }
        RobotsOptions { token, request: Template::new(request).0 }
    }
}
