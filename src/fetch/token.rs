//! Finds the token in the answer to a login.

use bytes::Bytes;
use http::header::HeaderValue;

use super::filtering::{FilterFailure, Filtering};
use crate::jq::{Filter, FilterError, FilterLimits, Outputs};
use crate::model::request;

/// The largest token, in bytes: servers accept no larger header.
const MAX_TOKEN: usize = 64 << 10;

/// The Authorization header with the token that `filter` finds. Messages do not show what was found: it may be a token.
pub(super) async fn find(filtering: Filtering<'_>, filter: &Filter, json: &Bytes) -> Result<HeaderValue, String> {
    let outputs = filtering.evaluate(filter, json, run).await.map_err(|failure| why(filtering, filter, failure))?;
    let mut found = outputs.iter();
    let first = found.next().ok_or_else(|| format!("the filter {} finds nothing in its JSON", filter.code()))?;
    if found.next().is_some() {
        return Err(format!("the filter {} finds more than one value in its JSON", filter.code()));
    }
    let token: String =
        serde_json::from_str(first).map_err(|_| format!("what {} finds is not a string", filter.code()))?;
    request::bearer(&token).map_err(|_| format!("what {} finds is empty or not allowed in a token", filter.code()))
}

fn run(filter: &Filter, json: &[u8], limits: FilterLimits) -> Result<Outputs, FilterError> {
    filter.run(json, FilterLimits { bytes: MAX_TOKEN, ..limits })
}

fn why(filtering: Filtering<'_>, filter: &Filter, failure: FilterFailure) -> String {
    let mut message = match failure.why {
        FilterError::Failed(_) => format!("the filter {} fails on its JSON", filter.code()),
        why => why.to_string(),
    };
    if let Some(setting) = failure.setting {
        filtering.plan.setting_names.append(&mut message, setting);
    }
    message
}
