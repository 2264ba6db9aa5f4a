//! Quotas in response headers: `RateLimit` of the [draft] and of earlier drafts, and `X-RateLimit-*` as GitHub sends
//! it.
//!
//! [draft]: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{HeaderMap, HeaderName};
use sfv::{BareItem, Dictionary, Item, List, ListEntry, Parser};

use super::moment;
use super::requested_pause::RequestedPause;

/// The fields that say how much is left, and when the quota is renewed.
static NUMBERS: [[HeaderName; 2]; 3] = [
    [HeaderName::from_static("x-ratelimit-remaining"), HeaderName::from_static("x-ratelimit-reset")],
    [HeaderName::from_static("x-rate-limit-remaining"), HeaderName::from_static("x-rate-limit-reset")],
    [HeaderName::from_static("ratelimit-remaining"), HeaderName::from_static("ratelimit-reset")],
];

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// From here on, a number of seconds is a time since 1970 (this one is in 2001); a smaller number is a pause.
const FIRST_TIME: u64 = 1_000_000_000;

/// From here on, a time since 1970 is in milliseconds: in seconds this one would be in the year 5138.
const FIRST_TIME_MS: u64 = 100_000_000_000;

/// What an answer says of quotas.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuotaState {
    /// Nothing is left of one of them.
    pub(super) exhausted: bool,
    /// When all that are exhausted are renewed.
    pub(super) pause: Option<RequestedPause>,
}

/// The most quotas of a response that are read, so that a hostile head costs little.
const MAX_QUOTAS: usize = 16;

/// What `headers` say of quotas, at `now` by the server's clock.
pub(super) fn of(headers: &HeaderMap, now: impl Fn() -> SystemTime) -> QuotaState {
    let numbers = NUMBERS.iter().flat_map(|names| numbered(headers, names, &now));
    numbers.chain(listed(headers)).fold(QuotaState::default(), QuotaState::and)
}

impl QuotaState {
    /// A quota of which `left` is left, if that can be understood; `renewed` says when it is renewed.
    fn new(left: Option<Duration>, renewed: impl FnOnce() -> Option<RequestedPause>) -> Self {
        match left {
            None => QuotaState { exhausted: false, pause: Some(RequestedPause::Unreadable) },
            Some(Duration::ZERO) => QuotaState { exhausted: true, pause: renewed() },
            Some(_) => QuotaState::default(),
        }
    }

    fn and(self, other: QuotaState) -> QuotaState {
        QuotaState { exhausted: self.exhausted || other.exhausted, pause: self.pause.max(other.pause) }
    }
}

/// The quotas in two fields, each of which can have several values: one per quota, in the same order. If there are more
/// of the one than of the other, any can belong together.
fn numbered(headers: &HeaderMap, names: &[HeaderName; 2], now: impl Fn() -> SystemTime) -> Vec<QuotaState> {
    let [remaining, reset] = names.each_ref().map(|name| values(headers, name));
    let renewed = |nth: usize| match reset.get(nth) {
        Some(reset_at) if reset.len() == remaining.len() => Some(until(reset_at, &now)),
        _ => reset.iter().map(|reset| until(reset, &now)).max(),
    };
    let quota = |(nth, left): (usize, &&str)| QuotaState::new(moment::seconds(left), || renewed(nth));
    remaining.iter().enumerate().map(quota).collect()
}

/// The values of all lines of a field. A line can have several numbers, but only one date, which contains a comma.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    let split = |line: &'a str| {
        let numbers: Vec<&str> = line.split(',').map(str::trim).collect();
        if numbers.iter().all(|number| moment::seconds(number).is_some()) { numbers } else { vec![line] }
    };
    lines.flat_map(split).take(MAX_QUOTAS).collect()
}

/// A time since 1970, or a pause, in seconds; or a date.
fn until(reset: &str, now: impl Fn() -> SystemTime) -> RequestedPause {
    let since_1970 = || now().duration_since(UNIX_EPOCH).unwrap_or_default();
    match moment::seconds(reset) {
        None => moment::date(reset).map_or(RequestedPause::Unreadable, |at| RequestedPause::until(at, now())),
        Some(pause) if pause.as_secs() < FIRST_TIME => RequestedPause::For(pause),
        Some(time) if time.as_secs() < FIRST_TIME_MS => RequestedPause::For(time.saturating_sub(since_1970())),
        Some(time) => RequestedPause::For((time / 1000).saturating_sub(since_1970())),
    }
}

/// The quotas in `RateLimit`, as `"default";r=0;t=30`, or as older drafts had it: `limit=10, remaining=0, reset=30`.
fn listed(headers: &HeaderMap) -> Vec<QuotaState> {
    let Some(field) = field(headers, &RATE_LIMIT) else { return Vec::new() };
    if let Ok(list) = Parser::new(&field).parse::<List>() {
        let policies = field_list(headers);
        let items = list.iter().filter_map(item).take(MAX_QUOTAS);
        return items.filter_map(|item| Some(quota(item.params.get("r")?, window(item, &policies)))).collect();
    }
    let unreadable = QuotaState { exhausted: false, pause: Some(RequestedPause::Unreadable) };
    let Ok(members) = Parser::new(&field).parse::<Dictionary>() else { return vec![unreadable] };
    let value = |name: &str| members.get(name).and_then(item).map(|item| &item.bare_item);
    value("remaining").map(|left| quota(left, value("reset"))).into_iter().collect()
}

/// When the quota of an item is renewed: the item says so, or its policy says how long the window is at most.
fn window<'a>(of: &'a Item, policies: &'a [ListEntry]) -> Option<&'a BareItem> {
    let policy = || policies.iter().filter_map(item).take(MAX_QUOTAS).find(|policy| policy.bare_item == of.bare_item);
    of.params.get("t").or_else(|| policy()?.params.get("w"))
}

fn quota(left: &BareItem, renewed_in: Option<&BareItem>) -> QuotaState {
    QuotaState::new(seconds(left), || {
        Some(seconds(renewed_in?).map_or(RequestedPause::Unreadable, RequestedPause::For))
    })
}

fn seconds(value: &BareItem) -> Option<Duration> {
    let thousandths = match value {
        BareItem::Integer(integer) => u64::try_from(*integer).ok()?.checked_mul(1000)?,
        BareItem::Decimal(decimal) => decimal.as_integer_scaled_1000().try_into().ok()?,
        _ => return None,
    };
    Some(Duration::from_millis(thousandths))
}

fn item(entry: &ListEntry) -> Option<&Item> {
    match entry {
        ListEntry::Item(item) => Some(item),
        ListEntry::InnerList(_) => None,
    }
}

fn field_list(headers: &HeaderMap) -> List {
    field(headers, &RATE_LIMIT_POLICY).and_then(|field| Parser::new(&field).parse().ok()).unwrap_or_default()
}

/// All lines of a field as one.
fn field(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
    (!lines.is_empty()).then(|| lines.join(&b", "[..]))
}
