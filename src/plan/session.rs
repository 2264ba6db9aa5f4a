//! Settings for sessions: cookies and login.

use std::sync::Arc;

use url::Url;

use crate::jq::Filter;
use crate::model::Request;
use crate::site::cookies::Jar;

/// Which cookies are sent, in addition to those in the headers of a request.
#[derive(Debug, Clone, Default)]
pub struct Cookies {
    /// Cookies that are sent but never changed.
    pub given: Option<Jar>,
    /// Cookies that are sent, and updated by those that servers set. The final jar is in [`Finish`].
    ///
    /// [`Finish`]: crate::engine::Finish
    pub kept: Option<Jar>,
}

/// A request that is sent before all others. It does not produce a record. If it fails, the run ends.
///
/// Cookies from its response are sent with later requests to the same origin. If the run keeps cookies, they are added
/// to its jar instead, and sent to all hosts that they match.
#[derive(Debug, Clone)]
pub struct Login {
    /// The URL.
    pub url: Url,
    /// The request.
    pub request: Arc<Request>,
    /// Extracts a bearer token from the JSON response. Jobs for the same origin send it, unless they have credentials
    /// of their own.
    pub token: Option<Filter>,
}
