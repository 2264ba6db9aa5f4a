//! Settings for robots.txt.

use std::sync::Arc;

use http::Method;
use http::header::USER_AGENT;

use super::Template;
use crate::model::request::Request;
use crate::site::robots::ProductToken;

/// How robots.txt is fetched and applied.
#[derive(Debug, Clone)]
pub struct RobotsOptions {
    /// The robot whose rules apply. Without it, the rules for all robots.
    pub token: Option<ProductToken>,
    /// The request for robots.txt.
    pub request: Arc<Request>,
}

impl RobotsOptions {
    /// Applies the rules for `token`, or else for the first product in the template's User-Agent. The request takes
    /// only that header from the template, since others, such as credentials, may be meant for a single host.
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
