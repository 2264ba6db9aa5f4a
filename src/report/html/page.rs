//! The frame of a page: one file that needs nothing else, and lets nothing else in.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::markup::Html;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page of sections below a heading.
#[derive(Debug)]
pub(in crate::report) struct Page {
    title: String,
    body: Html,
}

impl Page {
    /// A page with a title for the window, and `head` above all sections.
    pub(in crate::report) fn new(title: &str, head: &Html) -> Self {
        let mut body = Html::default();
        body.raw("<header>\n").part(head).raw("</header>\n");
        Page { title: title.to_owned(), body }
    }

    /// Adds a section, unless it has nothing in it.
    pub(in crate::report) fn section(&mut self, heading: &str, content: &Html) {
        if !content.is_empty() {
            self.body.raw("<section>\n<h2>").text(heading).raw("</h2>\n").part(content).raw("</section>\n");
        }
    }

    /// The whole document.
    pub(in crate::report) fn finish(&self) -> String {
        let mut html = Html::default();
        html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").text(&policy()).raw("\">\n");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        html.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
        html.raw("<title>").text(&self.title).raw("</title>\n");
        html.raw("<style>").raw(STYLE).raw("</style>\n</head>\n<body>\n").part(&self.body);
        html.raw("<footer>Made by haul ").text(env!("CARGO_PKG_VERSION")).raw("</footer>\n");
        html.raw("<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
        html.as_str().to_owned()
    }
}

/// What a browser lets the page do: apply its style and run its script, both known by their hash, and nothing else.
fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}
