//! Builds the request template from the options.

use haul::model::request::{Params, Request, cookie_header, header_name, header_value};
use haul::plan::Template;
use haul::storage::text;
use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::args::Common;
use super::exit::{CliError, invalid};
use super::given::{Given, pair};
use super::{body, credentials};

/// The run's request, with the headers that haul adds and without those that the options remove.
pub(crate) fn template(options: &Common, given: &mut Given) -> Result<Template, CliError> {
    let Headers { mut set, left_out } = headers(options, given)?;
    if let Some(name) = &options.user_agent {
        let value = HeaderValue::from_bytes(name.as_bytes())
            .map_err(|_| CliError::usage("--user-agent has a character that is not allowed in a header"))?;
        set.insert(USER_AGENT, value);
    }
    let typed = options.session.typed();
    if !typed.is_empty() {
        set.insert(COOKIE, cookies(&typed, &set)?);
    }
    credentials::authorize(&options.credentials, &mut set, given)?;
    let mut body = body::body(&options.body_sent, given)?;
    if options.body_sent.json.is_some() {
        set.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    }
    if left_out.contains(&CONTENT_TYPE)
        && let Some(body) = &mut body
    {
        body.content_type = None;
    }
    let sends = body.is_some() || options.body_sent.data_template.is_some();
    let implied = if sends { Method::POST } else { Method::GET };
    let method = options.request.as_ref().map_or(implied, in_capitals);
    let params = params(&options.params)?;
    let mut template = Template::new(Request { method, headers: set, params, body, ..Request::default() });
    if let Some(request) = std::sync::Arc::get_mut(&mut template.0) {
        for name in &left_out {
            request.headers.remove(name);
        }
    }
    Ok(template)
}

/// A well-known method in capitals, since names are case-sensitive (RFC 9110, section 9.1); any other is unchanged.
pub(crate) fn in_capitals(method: &Method) -> Method {
    let capitals = method.as_str().to_ascii_uppercase();
    match Method::from_bytes(capitals.as_bytes()) {
        Ok(known) if KNOWN.contains(&capitals.as_str()) => known,
        _ => method.clone(),
    }
}

/// The methods of RFC 9110 and RFC 5789.
const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

struct Headers {
    set: HeaderMap,
    /// Default headers to leave out.
    left_out: Vec<HeaderName>,
}

fn headers(options: &Common, given: &mut Given) -> Result<Headers, CliError> {
    const FLAG: &str = "--header";
    let mut headers = Headers { set: HeaderMap::new(), left_out: Vec::new() };
    for typed in &options.headers {
        if !typed.starts_with('@') {
            headers.add(FLAG, typed)?;
            continue;
        }
        let content = given.text(FLAG, typed)?;
        for (line, number) in text::lines(&content).map(str::trim).zip(1..) {
            if !line.is_empty() && !line.starts_with('#') {
                headers.add(&format!("{FLAG} {} line {number}", &typed[1..]), line)?;
            }
        }
    }
    Ok(headers)
}

impl Headers {
    fn add(&mut self, place: &str, line: &str) -> Result<(), CliError> {
        let usage = |why: &str| CliError::usage(format!("{place}: {why}"));
        let Some((name, value)) = line.split_once(':') else {
            // The line may be a secret: it is not shown.
            let no_colon = || usage("a header needs a colon: write 'Name: value'");
            let name = line.strip_suffix(';').ok_or_else(no_colon)?;
            let name = header_name(name.trim()).map_err(|_| no_colon())?;
            self.set.append(name, HeaderValue::from_static(""));
            return Ok(());
        };
        let name = header_name(name.trim()).map_err(invalid(place))?;
        let value = value.trim();
        if !value.is_empty() {
            let value = header_value(&name, value.as_bytes()).map_err(invalid(place))?;
            self.set.append(name, value);
        } else if name == HOST || name == ACCEPT {
            return Err(usage(&format!("{name} is always sent and needs a value")));
        } else {
            self.left_out.push(name);
        }
        if self.set.len() > haul::model::request::MAX_HEADERS {
            return Err(usage(&format!("more than {} headers", haul::model::request::MAX_HEADERS)));
        }
        Ok(())
    }
}

fn params(typed: &[String]) -> Result<Params, CliError> {
    let mut params = Params::default();
    for text in typed {
        let (name, value) = pair("--param", text)?;
        params.add(name, value);
    }
    Ok(params)
}

fn cookies(typed: &[&str], set: &HeaderMap) -> Result<HeaderValue, CliError> {
    const FLAG: &str = "--cookie";
    if set.contains_key(COOKIE) {
        return Err(CliError::usage("--cookie cannot be used with --header Cookie: give only one of them"));
    }
    let mut header = None;
    for cookie in typed.iter().flat_map(|text| text.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()) {
        let pair = cookie.split_once('=');
        let (name, value) =
            pair.ok_or_else(|| CliError::usage("--cookie: write 'name=value', or 'a=1; b=2' for several"))?;
        let change = (name.trim_end(), Some(value.trim_start()));
        header = cookie_header(header.as_ref(), [change]).map_err(invalid(FLAG))?;
    }
    header.ok_or_else(|| CliError::usage("--cookie: no cookie given: write 'name=value'"))
}
