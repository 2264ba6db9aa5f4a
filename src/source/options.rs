//! How the lines of a list become requests.

use std::sync::Arc;

use http::Method;
use url::Url;

use super::format::InputFormat;
use super::template::{DataTemplate, Generated, UrlTemplate};
use crate::guard::redact::Redact;
use crate::model::{Request, SettingNames};
use crate::plan::Template;

/// How the lines of all lists become requests.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// The base of relative references. Without one, such lines are invalid.
    pub base_url: Option<Url>,
    /// The request that each line becomes, except for its URL and for what the line sets itself.
    pub request: Arc<Request>,
    /// The method of lines that do not name one. Without it, that is POST for a line with a body of its own, and
    /// otherwise the method of `request`.
    pub method: Option<Method>,
    /// The format of all inputs except [`Input::Urls`](super::Input::Urls). Without it, the name of each input decides.
    pub format: Option<InputFormat>,
    /// The URL of lines that do not have one; rows of a table never do.
    pub url: Option<Arc<UrlTemplate>>,
    /// The body of lines that do not have one.
    pub data: Option<Arc<DataTemplate>>,
    /// The column whose value names the group of a row, which its record repeats. In NDJSON, it is a key of `meta`, for
    /// lines without a `name`.
    pub group_column: Option<Arc<str>>,
    /// The column of weights; in NDJSON, as for `group_column`. Only a probe weighs.
    pub weight_column: Option<Arc<str>>,
    /// The column of times; in NDJSON, as for `group_column`. Only a [`Replay`](super::Replay) needs times.
    pub at_column: Option<Arc<str>>,
    /// The seed of the values that `{{seq}}`, `{{uuid}}`, `{{now}}` and `{{random 1 100}}` get in a probe. Without one,
    /// these are sent as they are. [`Cycle::open`](super::Cycle::open) and [`Replay::open`](super::Replay::open) set
    /// it.
    pub value_seed: Option<u64>,
    /// What to mask in invalid lines.
    pub redact: Redact,
    /// How messages name settings.
    pub setting_names: SettingNames,
}

impl ListOptions {
    /// The columns that the templates need; what a probe generates needs none.
    pub fn template_columns(&self) -> impl Iterator<Item = &str> {
        let url = self.url.iter().flat_map(|template| template.columns());
        let all = url.chain(self.data.iter().flat_map(|template| template.columns()));
        all.filter(|name| self.value_seed.is_none() || matches!(Generated::parse(name), Ok(None)))
    }
}

impl Default for ListOptions {
    fn default() -> Self {
        ListOptions {
            base_url: None,
            request: Template::default().0,
            method: None,
            format: None,
            url: None,
            data: None,
            group_column: None,
            weight_column: None,
            at_column: None,
            value_seed: None,
            redact: Redact::default(),
            setting_names: SettingNames::default(),
        }
    }
}
