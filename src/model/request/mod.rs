//! Requests without their URL, and a builder for them.
//!
//! ```
//! use haul::{Haul, Multipart, Request};
//!
//! # let file = tempfile::NamedTempFile::new()?;
//! # let (origin, picture) = (haul_origin::Origin::spawn()?, file.path());
//! let search = Request::get().param("q", "blue whale").header("Accept-Language", "en")?;
//! let create = Request::post().json(&["a", "b"])?.bearer("t0ken")?.cookie("session", "17")?;
//! let upload = Request::put().multipart(Multipart::new().text("name", "whale").file("picture", picture))?;
//! for request in [search, create, upload] {
//!     let finish = Haul::builder().urls([origin.url("/anything")]).request(request).build()?.run_blocking()?;
//!     assert_eq!(finish.report.totals().ok, 1);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auth;
mod cookies;
mod header;
mod multipart;
pub mod netrc;
mod params;
mod payload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::model::condition::Condition;

pub use auth::{basic, bearer};
pub use cookies::cookie_header;
pub use header::{header_name, header_value};
pub use multipart::{MAX_FILES, Multipart, Part};
pub use netrc::Netrc;
pub use params::Params;
pub use payload::{BodyFileError, BodyOrigin, Content, FORM, JSON, Payload, Piece, open};

/// The most header fields of a request. Servers do not accept more.
pub const MAX_HEADERS: usize = 1_000;

/// A request without its URL, shared by all jobs that differ only in that.
///
/// Build one with the methods, or set its fields. Errors of the methods do not quote values, which may be secret.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The method. GET by default.
    pub method: Method,
    /// The header fields, including Accept-Encoding and User-Agent.
    pub headers: HeaderMap,
    /// The parameters appended to the query of each URL.
    pub params: Params,
    /// The body.
    pub body: Option<Payload>,
    /// The timeout of an attempt, in place of that of the run.
    pub timeout: Option<Duration>,
    /// The maximum number of retries, in place of that of the run.
    pub retries: Option<u32>,
    /// What the answer must be like, in place of the conditions of the run.
    pub expect: Option<Arc<[Condition]>>,
}

/// An invalid part of a request. The message does not quote its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RequestError(String);

impl RequestError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        RequestError(reason.into())
    }
}

impl Request {
    /// Whether it is idempotent, by its method (RFC 9110, section 9.2.2) or by an `Idempotency-Key`.
    pub fn is_idempotent(&self) -> bool {
        crate::model::is_idempotent(&self.method) || self.headers.contains_key("idempotency-key")
    }

    /// A request with this method.
    pub fn new(method: Method) -> Self {
        Request { method, ..Request::default() }
    }

    /// A GET request.
    pub fn get() -> Self {
        Request::new(Method::GET)
    }

    /// A HEAD request.
    pub fn head() -> Self {
        Request::new(Method::HEAD)
    }

    /// A POST request.
    pub fn post() -> Self {
        Request::new(Method::POST)
    }

    /// A PUT request.
    pub fn put() -> Self {
        Request::new(Method::PUT)
    }

    /// A PATCH request.
    pub fn patch() -> Self {
        Request::new(Method::PATCH)
    }

    /// A DELETE request.
    pub fn delete() -> Self {
        Request::new(Method::DELETE)
    }

    /// Adds a header field. A name may occur more than once.
    ///
    /// # Errors
    /// The field is invalid, belongs to the connection, or is one of more than [`MAX_HEADERS`].
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, RequestError> {
        let name = header_name(name)?;
        let value = header_value(&name, value.as_ref())?;
        self.add_header(name, value)?;
        Ok(self)
    }

    /// Appends a parameter to the query of each URL.
    pub fn param(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.params.add(name, value.as_ref());
        self
    }

    /// Sets `value` as a JSON body. A [`RawValue`](serde_json::value::RawValue) is sent unchanged.
    ///
    /// # Errors
    /// The value cannot be serialised as JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Result<Self, RequestError> {
        let json = serde_json::to_vec(value)
            .map_err(|why| RequestError(format!("the body cannot be written as JSON: {why}")))?;
        self.body = Some(Payload::of_type(json, JSON));
        Ok(self)
    }

    /// Sets a form as the body, encoded as `application/x-www-form-urlencoded`.
    pub fn form<N: AsRef<str>, V: AsRef<str>>(mut self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut form = Params::default();
        for (name, value) in fields {
            form.add(name.as_ref(), value.as_ref());
        }
        self.body = Some(Payload::of_type(form.into_string(), FORM));
        self
    }

    /// Sets a multipart form as the body.
    ///
    /// # Errors
    /// The content type of a part is invalid, or there are too many files.
    pub fn multipart(mut self, form: Multipart) -> Result<Self, RequestError> {
        self.body = Some(form.into_payload()?);
        Ok(self)
    }

    /// Sets bytes as the body, without a content type.
    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(Payload::untyped(body));
        self
    }

    /// Sets a file as the body. Each attempt opens and streams it anew.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.body = Some(Payload::file(path));
        self
    }

    /// Sets basic authentication.
    ///
    /// # Errors
    /// The user name contains a colon, or either contains a control character.
    pub fn basic(mut self, user: &str, password: &str) -> Result<Self, RequestError> {
        self.headers.insert(AUTHORIZATION, basic(user, password)?);
        Ok(self)
    }

    /// Sets a bearer token.
    ///
    /// # Errors
    /// The token is empty, or contains a blank or a character beyond ASCII.
    pub fn bearer(mut self, token: &str) -> Result<Self, RequestError> {
        self.headers.insert(AUTHORIZATION, bearer(token)?);
        Ok(self)
    }

    /// Adds a cookie, replacing one of the same name.
    ///
    /// # Errors
    /// The name or value contains a character that is not allowed in a Cookie header.
    pub fn cookie(mut self, name: &str, value: &str) -> Result<Self, RequestError> {
        let cookies = cookie_header(self.headers.get(COOKIE), [(name, Some(value))])?;
        if let Some(cookies) = cookies {
            self.headers.insert(COOKIE, cookies);
        }
        Ok(self)
    }

    /// Sets the maximum number of retries, in place of that of the run.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = Some(retries);
        self
    }

    /// Sets conditions that the answer must meet, all of them, in place of those of the run.
    pub fn expect(mut self, conditions: impl IntoIterator<Item = Condition>) -> Self {
        self.expect = Some(conditions.into_iter().collect());
        self
    }

    /// Sets the timeout of an attempt, in place of that of the run.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    pub(crate) fn add_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), RequestError> {
        if self.headers.len() >= MAX_HEADERS {
            return Err(RequestError(format!("more than {MAX_HEADERS} headers")));
        }
        self.headers.append(name, value);
        Ok(())
    }

    /// The header fields to send, without those of the connection.
    pub(crate) fn headers_to_send(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        if let Some(content_type) = self.body.as_ref().and_then(|body| body.content_type.as_ref()) {
            headers.entry(CONTENT_TYPE).or_insert_with(|| content_type.clone());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_built_step_by_step() {
        let raw = serde_json::value::RawValue::from_string(r#"{"n": 1.000}"#.to_owned()).unwrap();
        let request = Request::put().header("x-a", "1").unwrap().header("X-A", "2").unwrap().json(&raw).unwrap();
        let request = request.param("a", "1 2").param("a", "&").cookie("c", "1").unwrap().cookie("d", "2").unwrap();
        let request = request.cookie("c", "3").unwrap().basic("ann", "pw").unwrap();
        assert_eq!(request.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(request.params.as_str(), "a=1+2&a=%26");
        assert_eq!(request.headers[COOKIE], "d=2; c=3");
        assert_eq!(request.headers[AUTHORIZATION], "Basic YW5uOnB3");
        assert_eq!(request.headers_to_send()[CONTENT_TYPE], "application/json");
        let Some(Payload { content: Content::Bytes(bytes), .. }) = &request.body else { panic!("{request:?}") };
        assert_eq!(bytes, r#"{"n": 1.000}"#);
        let typed = request.header("Content-Type", "application/x").unwrap();
        assert_eq!(typed.headers_to_send()[CONTENT_TYPE], "application/x");
    }

    #[test]
    fn errors_do_not_quote_values() {
        let secret = "hunter2\r\n";
        let refused = [
            Request::get().header("X-Key", secret),
            Request::get().bearer(secret),
            Request::get().basic("ann", secret),
            Request::get().basic("a:b", "x"),
            Request::get().cookie("sid", secret),
            Request::get().cookie("sid", "a; b"),
            Request::get().header("Content-Length", "1"),
            Request::get().header("no name", "1"),
        ];
        for refused in refused {
            let message = refused.unwrap_err().to_string();
            assert!(!message.contains("hunter2") && !message.is_empty(), "{message}");
        }
    }

    #[test]
    fn header_fields_are_limited() {
        let full = (0..MAX_HEADERS).fold(Request::get(), |request, n| request.header(&format!("x-{n}"), "").unwrap());
        assert!(full.header("x", "").is_err());
    }
}
