//! Parsers for option values: numbers with units, lists and others.

use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;
use std::time::Duration;

use haul::guard::terminal::printable;
use haul::guard::text::width;
use haul::jq::{CompileError, Filter};
use haul::model::host_glob::{GlobError, HostGlob};
use haul::model::units::{self, whole};
use haul::model::{Precision, SyntaxError};
use haul::plan::{
    BodyMode, Condition, ConditionError, HostRule, NextPage, PaginateError, Rate, RateError, RetryOn, RetryOnError,
    Stages,
};
use haul::report::threshold::Threshold;
use haul::schema::field::{Field, FieldError};
use haul::site::robots::{ProductToken, ProductTokenError};
use haul::storage::Rotate;
use url::Url;

/// `500ms`, `2s`, `1m30s`; a bare number is seconds. Zero is refused: it would mean either for ever or not at all.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match units::duration(text) {
        None => Err("expected a duration such as 500ms, 2s or 1m30s".into()),
        Some(Duration::ZERO) => Err("must be more than 0: waiting without a limit is not supported".into()),
        Some(duration) => Ok(duration),
    }
}

/// A [`duration`] of a run.
pub(crate) fn run_time(text: &str) -> Result<Duration, String> {
    match units::duration(text) {
        Some(Duration::ZERO) => Err("must be more than 0".into()),
        _ => duration(text),
    }
}

/// `42`
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a whole number, such as 42".into())
}

/// The longest pause between two requests.
const MAX_PAUSE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A [`duration`] or `0`. More than a year is refused as a mistake.
pub(crate) fn pause(text: &str) -> Result<Duration, String> {
    match duration(text) {
        _ if units::duration(text) == Some(Duration::ZERO) => Ok(Duration::ZERO),
        Ok(pause) if pause > MAX_PAUSE => Err("must be at most a year".into()),
        pause => pause,
    }
}

/// How often something happens, if ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Every(pub(crate) Option<Duration>);

/// The shortest interval, which no log needs shorter.
const MIN_EVERY: Duration = Duration::from_millis(100);

/// `1m`, `30s`; `0` or `off` for never.
pub(crate) fn every(text: &str) -> Result<Every, String> {
    match duration(text) {
        _ if matches!(text, "0" | "0s" | "0ms" | "off") => Ok(Every(None)),
        Ok(every) if every < MIN_EVERY => Err("must be at least 100ms, or 0 for never".into()),
        Ok(every) => Ok(Every(Some(every))),
        Err(_) => Err("expected a duration such as 30s or 1m, or 0 for never".into()),
    }
}

/// `default,409`, `5xx,timeout`
pub(crate) fn retry_on(list: &str) -> Result<RetryOn, String> {
    list.parse().map_err(|why: RetryOnError| match why {
        RetryOnError::Empty => format!("{why} (to retry nothing, use --retry 0)"),
        why => why.to_string(),
    })
}

/// `10485760`, `10MiB`, `1GB`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let size: bytesize::ByteSize =
        text.parse().map_err(|_| "expected a size such as 512KiB, 10MiB or 1GB".to_owned())?;
    match usize::try_from(size.as_u64()) {
        Ok(0) => Err("must be more than 0".into()),
        Ok(size) => Ok(size),
        Err(_) => Err("exceeds what this machine can address".into()),
    }
}

/// `1GiB`, `512M`, `1h`. A B or a capital letter at the end makes a size; `1m` is a minute; a bare number is ambiguous.
pub(crate) fn rotate(text: &str) -> Result<Rotate, String> {
    match text.as_bytes().last() {
        Some(b'B' | b'b' | b'K' | b'M' | b'G' | b'T') => size(text).map(|size| Rotate::Size(size as u64)),
        Some(unit) if unit.is_ascii_alphabetic() => run_time(text).map(Rotate::Age),
        Some(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(format!("needs a unit: write {text}MiB or {text}s, for example"))
        }
        _ => Err("expected a size such as 1GiB or a time such as 1h".into()),
    }
}

/// `64`, `10k`, `2M`.
pub(crate) fn count(text: &str) -> Result<NonZeroUsize, String> {
    whole(text)
        .and_then(|count| usize::try_from(count).ok())
        .and_then(NonZeroUsize::new)
        .ok_or_else(|| "expected a whole number of at least 1, such as 64 or 10k".into())
}

/// A [`count`] or `0`.
pub(crate) fn number(text: &str) -> Result<usize, String> {
    let number = whole(text).and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| "expected a whole number, such as 0, 64 or 10k".into())
}

/// `3`
pub(crate) fn retries(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "expected a whole number, such as 0 or 3".into())
}

/// `10`. curl takes -1 for no limit.
pub(crate) fn redirects(text: &str) -> Result<usize, String> {
    let expected = match text {
        "-1" => "there is always a limit: use a number such as 100",
        _ => "expected a whole number, such as 0 or 10",
    };
    text.parse().map_err(|_| expected.into())
}

/// `api.example.com: rate=5/s concurrency=2`. A host may contain colons: the last one before a space, or else the last
/// one, ends it.
pub(crate) fn host_rule(text: &str) -> Result<HostRule, String> {
    const SHAPE: &str = "expected a rule such as 'api.example.com: rate=5/s concurrency=2'";
    let (hosts, limits) = text.rsplit_once(": ").or_else(|| text.rsplit_once(':')).ok_or(SHAPE)?;
    let hosts = hosts.trim().parse().map_err(|why: GlobError| why.to_string())?;
    let mut rule = HostRule { hosts, concurrency: None, rate: None };
    for limit in limits.split([' ', ',']).filter(|limit| !limit.is_empty()) {
        let twice = match limit.split_once('=') {
            Some(("rate", value)) => rule.rate.replace(rate(value).map_err(|why| why.to_string())?).is_some(),
            Some(("concurrency", value)) => rule.concurrency.replace(count(value)?).is_some(),
            _ => return Err(format!("{limit:?} is not a host limit: expected rate=5/s or concurrency=2")),
        };
        if twice {
            return Err(format!("{limit:?} sets a limit twice"));
        }
    }
    if rule.concurrency.is_none() && rule.rate.is_none() {
        return Err(SHAPE.to_owned());
    }
    Ok(rule)
}

/// A [`count`] of at most 32 bits.
pub(crate) fn burst(text: &str) -> Result<NonZeroU32, String> {
    count(text)?.try_into().map_err(|_| "must be less than 2^32".into())
}

/// `auto`, `none`, `json`, `text`, `base64`, `dir:bodies`.
pub(crate) fn body(text: &str) -> Result<BodyMode, String> {
    match (text, text.strip_prefix("dir:")) {
        ("auto", _) => Ok(BodyMode::Auto),
        ("none", _) => Ok(BodyMode::None),
        ("json", _) => Ok(BodyMode::Json),
        ("text", _) => Ok(BodyMode::Text),
        ("base64", _) => Ok(BodyMode::Base64),
        (_, Some("")) => Err("dir: needs a path, such as dir:bodies".into()),
        (_, Some(path)) => Ok(BodyMode::Dir(path.into())),
        _ => Err("expected auto, none, json, text, base64 or dir:PATH".into()),
    }
}

/// `status==200`
pub(crate) fn condition(text: &str) -> Result<Condition, ConditionError> {
    text.parse()
}

/// `p99>300ms`. An error shows the text, with carets below what is wrong.
pub(crate) fn threshold(text: &str) -> Result<Threshold, String> {
    text.parse().map_err(|why| marked(text, &why))
}

/// `p99±5%`
pub(crate) fn precision(text: &str) -> Result<Precision, String> {
    text.parse().map_err(|why| marked(text, &why))
}

/// A regular expression for bodies.
pub(crate) fn body_condition(regex: &str) -> Result<Condition, ConditionError> {
    Condition::body(regex)
}

/// A jq filter.
pub(crate) fn filter(code: &str) -> Result<Filter, CompileError> {
    Filter::compile(code)
}

/// `link`, `page=p`, `offset=skip:100`, `cursor=after:.next`, `next=.links.next`
pub(crate) fn paginate(text: &str) -> Result<NextPage, PaginateError> {
    text.parse()
}

/// `MyBot`
pub(crate) fn token(name: &str) -> Result<ProductToken, ProductTokenError> {
    ProductToken::new(name)
}

/// Fields of a record.
#[derive(Debug, Clone)]
pub(crate) struct Fields(pub(crate) Vec<Field>);

/// `seq,error.kind`
pub(crate) fn fields(list: &str) -> Result<Fields, FieldError> {
    Field::list(list).map(Fields)
}

/// `https://example.com/list/`
pub(crate) fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "expected an http or https URL, such as https://example.com/list/".into())
}

/// `5/s`, `300/m`, `10k/h`, `1.5/s`; a bare number is per second.
pub(crate) fn rate(text: &str) -> Result<Rate, RateError> {
    text.parse()
}

/// `10/s..500/s@2m, 500/s@10m`
pub(crate) fn stages(text: &str) -> Result<Stages, String> {
    text.parse().map_err(|why| marked(text, &why))
}

/// What is wrong with the text, and the text with carets below that.
fn marked(text: &str, SyntaxError { reason, at, .. }: &SyntaxError) -> String {
    let columns = |range: Range<usize>| text.get(range).map_or(0, |part| width(&printable(part)));
    let (before, part) = (columns(0..at.start), columns(at.clone()).max(1));
    format!("{reason}\n    {}\n    {:before$}{}", printable(text), "", "^".repeat(part))
}

/// `2`, `0.5`
pub(crate) fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse::<f64>().ok().filter(|factor| (1e-6..=1e6).contains(factor));
    factor.ok_or_else(|| "expected a number from 0.000001 to 1000000, such as 2 or 0.5".into())
}

/// `api.example.com`, `api.example.com:8443`
pub(crate) fn exact_host(text: &str) -> Result<HostGlob, String> {
    if text.contains(['*', '/']) {
        return Err("expected one host, such as api.example.com or api.example.com:8443".into());
    }
    text.parse().map_err(|why| match why {
        GlobError::Host(host) => {
            format!("{host:?} is not a host: expected one such as api.example.com or api.example.com:8443")
        }
        why => why.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use haul::storage::Rotate;

    use super::{count, duration, number, pause, rate, rotate, size};

    #[test]
    fn units_are_parsed() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(pause("0"), Ok(Duration::ZERO));
        assert_eq!(pause("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(count("10k").unwrap().get(), 10_000);
        assert_eq!((number("0"), number("2k")), (Ok(0), Ok(2_000)));
        assert_eq!(size("10MiB"), Ok(10 << 20));
        assert_eq!(size("1GB"), Ok(1_000_000_000));
        assert_eq!(rotate("1GiB"), Ok(Rotate::Size(1 << 30)));
        assert_eq!(rotate("2M"), Ok(Rotate::Size(2_000_000)));
        assert_eq!(rotate("2m"), Ok(Rotate::Age(Duration::from_secs(120))));
        assert_eq!(rotate("1h30m"), Ok(Rotate::Age(Duration::from_secs(5400))));
        assert_eq!(rate("300/m").unwrap().period(), Duration::from_millis(200));
        assert_eq!(rate("20").unwrap().period(), Duration::from_millis(50));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "0", "-1s", "5 parsecs", "NaN"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["", "-1s", "later", "8784h", "1e18"] {
            assert!(pause(text).is_err(), "{text}");
        }
        for text in ["", "0", "-1", "k", "1.5", "99999999999999999999"] {
            assert!(count(text).is_err(), "{text}");
        }
        for text in ["", "-1", "k", "1.5", "99999999999999999999"] {
            assert!(number(text).is_err(), "{text}");
        }
        for text in ["", "0/s", "5/", "5/week", "/s", "5000000000/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
        for text in ["", "0", "1000", "0B", "0s", "1 parsec", "B", "-1h"] {
            assert!(rotate(text).is_err(), "{text}");
        }
        assert!(size("0").is_err() && size("lots").is_err());
    }
}
