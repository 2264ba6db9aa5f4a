//! The parts of a request that are generated.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CONTENT_TYPE, HeaderName};
use url::Url;

use crate::model::request::{Content, Params, Payload, Piece, header_value};
use crate::model::{Job, Request, SettingNames};
use crate::source::line_url::parse_url;
use crate::source::template::{DataTemplate, Pieces, TemplateValue, Values, has_braces, has_encoded_braces};

/// The values of a line, by the names of their columns.
pub(in crate::source) type Columns<'c, 'v> = &'c dyn Fn(&str) -> Option<TemplateValue<'v>>;

/// The parts of a request that a probe fills anew for each of them.
#[derive(Debug, Default)]
pub(in crate::source) struct Fill {
    pub(in crate::source) seed: u64,
    pub(in crate::source) url: Option<UrlFill>,
    pub(in crate::source) request: Arc<RequestFill>,
}

/// A URL with values that are generated.
#[derive(Debug)]
pub(in crate::source) struct UrlFill {
    base: Option<Url>,
    /// The URL without parameters.
    url: LineUrl,
    /// The parameters to append.
    params: Pieces,
    example: Url,
}

/// The URL of a line.
#[derive(Debug)]
pub(in crate::source) struct LineUrl {
    /// As text, with any values still to be generated.
    pub(in crate::source) text: Pieces,
    /// Parsed, with examples of values.
    pub(in crate::source) url: Url,
}

/// The headers and the body with values that are generated.
#[derive(Debug, Default)]
pub(in crate::source) struct RequestFill {
    headers: Vec<(HeaderName, Vec<Pieces>)>,
    body: Option<BodyFill>,
}

#[derive(Debug)]
enum BodyFill {
    Text(Pieces),
    /// Those of the pieces that have values.
    Parts(Vec<(usize, Pieces)>),
}

impl Fill {
    /// Whether every request of the target is the same.
    pub(in crate::source) fn is_empty(&self) -> bool {
        self.url.as_ref().is_none_or(UrlFill::is_fixed)
            && self.request.headers.is_empty()
            && self.request.body.is_none()
    }

    /// Whether it has values that depend on the seed.
    pub(super) fn has_random(&self) -> bool {
        let in_url = self.url.as_ref().is_some_and(|url| url.url.text.has_random() || url.params.has_random());
        let in_headers = self.request.headers.iter().flat_map(|(_, fields)| fields).any(Pieces::has_random);
        let in_body = match &self.request.body {
            None => false,
            Some(BodyFill::Text(text)) => text.has_random(),
            Some(BodyFill::Parts(parts)) => parts.iter().any(|(_, text)| text.has_random()),
        };
        in_url || in_headers || in_body
    }

    /// Fills `job`, which starts at `now`, with the values of its number.
    pub(super) fn apply(&self, job: &mut Job, now: SystemTime) {
        let values = &mut Values::new(self.seed, job.seq, now);
        if let Some(url) = &self.url {
            job.url = url.fill(values);
        }
        if self.request.headers.is_empty() && self.request.body.is_none() {
            return;
        }
        let mut request = Request::clone(&job.request);
        self.request.apply(&mut request, values);
        job.request = Arc::new(request);
    }

    /// About how many bytes of memory it takes.
    pub(super) fn size(&self) -> usize {
        let url = self.url.as_ref().map_or(0, |url| {
            url.url.text.size() + url.url.url.as_str().len() + url.params.size() + size_of::<UrlFill>()
        });
        if Arc::strong_count(&self.request) > 1 {
            return size_of::<Self>() + url;
        }
        let headers = self.request.headers.iter().flat_map(|(_, values)| values);
        let headers: usize = headers.map(|value| value.size() + 128).sum();
        let body = match &self.request.body {
            None => 0,
            Some(BodyFill::Text(text)) => text.size(),
            Some(BodyFill::Parts(parts)) => parts.iter().map(|(_, text)| text.size()).sum(),
        };
        size_of::<Self>() + url + headers + body
    }
}

impl UrlFill {
    /// A URL and the parameters to append.
    pub(in crate::source) fn new(base: Option<Url>, url: LineUrl, params: Pieces) -> Self {
        let mut fill = UrlFill { base, example: url.url.clone(), url, params };
        fill.example = fill.fill(&mut Values::examples());
        fill
    }

    /// The URL with examples of values.
    pub(in crate::source) fn example(&self) -> &Url {
        &self.example
    }

    /// Whether nothing in it is generated.
    fn is_fixed(&self) -> bool {
        self.url.text.is_text() && self.params.is_text()
    }

    fn fill(&self, values: &mut Values) -> Url {
        let mut url = match self.url.text.is_text() {
            true => self.url.url.clone(),
            false => {
                let text = self.url.text.fill(values);
                parse_url(&text, self.base.as_ref(), SettingNames::default()).expect("it was a URL with examples")
            }
        };
        Params::of_encoded(self.params.fill(values)).add_to(&mut url);
        url
    }
}

impl RequestFill {
    /// Fills the values of columns in a request, and keeps what is generated. Leaves the body alone if that `is_fixed`.
    pub(in crate::source) fn of(
        request: &mut Request,
        values: Columns<'_, '_>,
        is_fixed: bool,
    ) -> Result<Self, String> {
        let mut fill = RequestFill { headers: fill_headers(request, values)?, body: None };
        if !is_fixed && let Some(body) = request.body.take() {
            let header = request.headers.get(CONTENT_TYPE);
            let (body, filled) = fill_body(body, header, values).map_err(|why| format!("body: {why}"))?;
            (request.body, fill.body) = (Some(body), filled);
        }
        Ok(fill)
    }

    /// Whether a request may have something to fill.
    pub(in crate::source) fn is_needed(request: &Request) -> bool {
        let in_body = request.body.as_ref().is_some_and(|body| match &body.content {
            Content::Bytes(bytes) => text_of(bytes).is_some(),
            Content::Pieces(pieces) => {
                pieces.iter().any(|piece| matches!(piece, Piece::Bytes(bytes) if text_of(bytes).is_some()))
            }
        });
        in_body || request.headers.values().any(|value| has_braces(value.as_bytes()))
    }

    /// Sets the body to one that is generated.
    pub(in crate::source) fn set_body(&mut self, body: Pieces) {
        self.body = (!body.is_text()).then_some(BodyFill::Text(body));
    }

    fn apply(&self, request: &mut Request, values: &mut Values) {
        for (name, fields) in &self.headers {
            request.headers.remove(name);
            for field in fields {
                let value = header_value(name, field.fill(values).as_bytes()).expect("it was valid with examples");
                request.headers.append(name, value);
            }
        }
        let Some(body) = &mut request.body else { return };
        match (&self.body, &mut body.content) {
            (Some(BodyFill::Text(text)), content) => *content = Content::Bytes(text.fill(values).into()),
            (Some(BodyFill::Parts(parts)), Content::Pieces(pieces)) => {
                let mut filled = pieces.to_vec();
                for (at, text) in parts {
                    filled[*at] = Piece::Bytes(text.fill(values).into());
                }
                *pieces = filled.into();
            }
            _ => {}
        }
    }
}

fn fill_headers(request: &mut Request, values: Columns<'_, '_>) -> Result<Vec<(HeaderName, Vec<Pieces>)>, String> {
    let has_values = |name: &&HeaderName| request.headers.get_all(*name).iter().any(|it| has_braces(it.as_bytes()));
    let names: Vec<HeaderName> = request.headers.keys().filter(has_values).cloned().collect();
    let mut headers = Vec::new();
    for name in names {
        let error = |why: String| format!("header {name}: {why}");
        let mut fields = Vec::new();
        for field in request.headers.get_all(&name) {
            let text = std::str::from_utf8(field.as_bytes()).map_err(|_| error("is not UTF-8".to_owned()))?;
            let template = DataTemplate::plain(text).map_err(error)?;
            fields.push(template.resolve(values, true).map_err(error)?);
        }
        request.headers.remove(&name);
        for field in &fields {
            let value = header_value(&name, field.example().as_bytes()).map_err(|why| format!("header {why}"))?;
            request.headers.append(&name, value);
        }
        if fields.iter().any(|field| !field.is_text()) {
            headers.push((name, fields));
        }
    }
    Ok(headers)
}

fn fill_body(
    mut body: Payload,
    header: Option<&http::HeaderValue>,
    values: Columns<'_, '_>,
) -> Result<(Payload, Option<BodyFill>), String> {
    let filled = match &mut body.content {
        Content::Bytes(bytes) => match text_of(bytes) {
            None => None,
            Some(text) => {
                let template = DataTemplate::of_body(text, header, body.content_type.as_ref())?;
                let filled = template.resolve(values, true)?;
                *bytes = filled.example().into();
                (!filled.is_text()).then_some(BodyFill::Text(filled))
            }
        },
        Content::Pieces(pieces) => {
            let (mut parts, mut all) = (Vec::new(), pieces.to_vec());
            for (at, piece) in all.iter_mut().enumerate() {
                let Piece::Bytes(bytes) = piece else { continue };
                let Some(text) = text_of(bytes) else { continue };
                let filled = DataTemplate::plain(text)?.resolve(values, true)?;
                *bytes = filled.example().into();
                if !filled.is_text() {
                    parts.push((at, filled));
                }
            }
            *pieces = all.into();
            (!parts.is_empty()).then_some(BodyFill::Parts(parts))
        }
    };
    Ok((body, filled))
}

/// The text of a body that may have placeholders.
fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| has_encoded_braces(text))
}
