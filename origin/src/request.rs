//! Access to the parts of a request.

use std::borrow::Cow;
use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{AsHeaderName, HOST};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use url::form_urlencoded;

use super::limits;
use super::reply::Fault;

/// A request without its body.
pub(super) struct Call {
    head: Parts,
    peer: IpAddr,
}

impl Call {
    pub(super) fn new(head: Parts, peer: IpAddr) -> Self {
        Call { head, peer }
    }

    pub(super) fn method(&self) -> &Method {
        &self.head.method
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The value of a header field, if it is present and visible ASCII.
    pub(super) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    pub(super) fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// Path and query.
    pub(super) fn target(&self) -> &str {
        self.head.uri.path_and_query().map_or("/", |target| target.as_str())
    }

    /// The requested host and port. HTTP/2 has them only in the URL.
    pub(super) fn host(&self) -> &str {
        match self.head.uri.authority() {
            Some(authority) => authority.as_str(),
            None => self.header(HOST).unwrap_or("localhost"),
        }
    }

    /// The absolute URL of `target` on this server.
    pub(super) fn absolute(&self, target: impl Display) -> String {
        format!("http://{}{target}", self.host())
    }

    /// The decoded names and values of the query.
    pub(super) fn params(&self) -> form_urlencoded::Parse<'_> {
        form_urlencoded::parse(self.head.uri.query().unwrap_or_default().as_bytes())
    }

    /// The first value of a query parameter.
    pub(super) fn param(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The value of a query parameter, or `default` if it is absent.
    pub(super) fn param_within<T: Number>(&self, name: &str, default: T, range: RangeInclusive<T>) -> Result<T, Fault> {
        self.param(name).map_or(Ok(default), |value| within(&value, range))
    }

    /// The value of a query parameter in seconds, which may have a fraction.
    pub(super) fn param_seconds(&self, name: &str, default: f64) -> Result<Duration, Fault> {
        self.param_within(name, default, limits::SECONDS).map(Duration::from_secs_f64)
    }

    /// The value of a query parameter as a status code.
    pub(super) fn param_status(
        &self,
        name: &str,
        default: StatusCode,
        range: RangeInclusive<u16>,
    ) -> Result<StatusCode, Fault> {
        self.param_within(name, default.as_u16(), range).and_then(status)
    }
}

/// A number that [`within`] can parse.
pub(super) trait Number: FromStr + PartialOrd + Display {}

impl<T: FromStr + PartialOrd + Display> Number for T {}

/// Parses a number, which must be in `range`.
pub(super) fn within<T: Number>(text: &str, range: RangeInclusive<T>) -> Result<T, Fault> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(Fault::bad_request(format!("{text:?} is no number from {} to {}", range.start(), range.end()))),
    }
}

/// Parses a time in seconds, which may have a fraction.
pub(super) fn seconds(text: &str) -> Result<Duration, Fault> {
    within(text, limits::SECONDS).map(Duration::from_secs_f64)
}

/// Converts a number to a status code.
pub(super) fn status(code: u16) -> Result<StatusCode, Fault> {
    StatusCode::from_u16(code).map_err(|error| Fault::bad_request(error.to_string()))
}

/// Reads the whole body of a request.
pub(super) async fn read(body: Incoming) -> Result<Bytes, Fault> {
    match Limited::new(body, limits::REQUEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("the body has more than {} bytes", limits::REQUEST_BODY);
            Err(Fault::Refused(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
        Err(_) => Err(Fault::Hangup),
    }
}
