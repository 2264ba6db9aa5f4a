//! Who asks: cookies, and a request that comes before all others.

use std::sync::Arc;

use url::Url;

use crate::jq::Filter;
use crate::model::Request;
use crate::site::cookies::Jar;

/// The cookies that are sent beside those that a request has itself.
#[derive(Debug, Clone, Default)]
pub struct Cookies {
    /// These are sent and stay as they are.
    pub given: Option<Jar>,
    /// These as well, and those that servers set are put to them: what they come to is in [`Finish`].
    ///
    /// [`Finish`]: crate::engine::Finish
    pub kept: Option<Jar>,
}

/// A request that is made before all others, which wait for it. It has no record; should it fail, the run ends.
///
/// The cookies that it gets are sent by others for its origin. Where cookies are kept, they are among those, and go to
/// the hosts that they are for.
#[derive(Debug, Clone)]
pub struct Login {
    /// Where it goes.
    pub url: Url,
    /// How it asks.
    pub request: Arc<Request>,
    /// What picks a token out of the JSON that answers it. Jobs for the same origin, unless they have credentials of
    /// their own, send it along.
    pub token: Option<Filter>,
}
