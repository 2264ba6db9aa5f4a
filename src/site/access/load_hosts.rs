//! The hosts that may get load.

use std::fmt;
use std::sync::Arc;

use url::Url;

/// Says which hosts may get load.
#[derive(Clone)]
pub struct LoadHosts(Arc<dyn Fn(&Url) -> bool + Send + Sync>);

impl LoadHosts {
    /// The hosts of the URLs for which `is_one` is true.
    pub fn new(is_one: impl Fn(&Url) -> bool + Send + Sync + 'static) -> Self {
        LoadHosts(Arc::new(is_one))
    }

    /// Whether the host of `url` is one.
    pub fn contains(&self, url: &Url) -> bool {
        (self.0)(url)
    }
}

impl fmt::Debug for LoadHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoadHosts(..)")
    }
}
