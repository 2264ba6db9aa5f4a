//! Records for a person at a terminal: one line each, with what one looks for first.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, IsTerminal, Write};

use console::{Style, Term};
use haul::guard::redact::Redact;
use haul::guard::terminal::printable;
use haul::guard::text::{shorten_start, width};
use haul::model::{Record, RecordSummary, Selection, shown_url};
use haul::plan::Output;
use haul::report::text::{bytes, duration};
use haul::sink::{Put, Selector, Sink};
use http::{Method, StatusCode};

use super::args::Options;
use super::printer::Printer;
use super::terminal;

/// The columns of the status, the time and the size.
const STATUS: usize = 3;
const TIME: usize = 8;
const SIZE: usize = 10;

/// Between two columns.
const GAP: &str = "  ";

/// Where the URL begins.
const INDENT: usize = STATUS + TIME + SIZE + 3 * GAP.len();

/// How many columns a message needs at least, and gets at most.
const LEAST_MESSAGE: usize = 24;
const MOST_MESSAGE: usize = 300;

/// Bytes that are written at once, unless a flush comes first.
const BLOCK: usize = 16 << 10;

/// Whether a person reads the records: standard output is a terminal, and no option says how they are to be written.
pub(crate) fn are_for_a_person(options: &Options) -> bool {
    let (files, form) = (&options.files, &options.form);
    let is_formatted = files.output.is_some() || form.is_format_typed() || form.fields.is_some() || form.include;
    let is_about_bodies =
        options.picks.jq.is_some() || options.pages.items.is_some() || options.picks.raw || form.body.is_some();
    !is_formatted && !form.verbose_records && !is_about_bodies && io::stdout().is_terminal()
}

/// Prints lines on a terminal, above the progress bar.
pub(crate) struct TerminalRecords {
    out: File,
    printer: Printer,
    look: Look,
    selector: Selector,
    buffer: String,
}

/// What stands behind a URL.
enum Remark {
    /// It is never cut.
    Whole(String),
    /// It is cut to the room that there is: the end of a chain of causes is what matters.
    Message(String),
}

impl Remark {
    /// The remark in the `room` beside the URL, unless it needs more.
    fn beside(&self, room: usize) -> Option<String> {
        match self {
            Remark::Whole(text) => (width(text) <= room).then(|| text.clone()),
            Remark::Message(text) => (room > LEAST_MESSAGE).then(|| shorten_start(text, room.min(MOST_MESSAGE) - 1)),
        }
    }

    /// The remark on a line of its own.
    fn below(&self, room: usize) -> String {
        match self {
            Remark::Whole(text) => text.clone(),
            Remark::Message(text) => shorten_start(text, room.clamp(LEAST_MESSAGE, MOST_MESSAGE) - 1),
        }
    }
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
struct Look {
    color: bool,
    columns: usize,
    redact: Redact,
}

impl TerminalRecords {
    /// Prints the records that `format` selects; the rest of `format` does not apply here.
    pub(crate) fn new(out: File, printer: Printer, format: &Output) -> Self {
        let (color, columns) = (console::colors_enabled(), terminal::columns(&Term::stdout()));
        let look = Look { color, columns, redact: format.redact };
        TerminalRecords { out, printer, look, selector: Selector::new(format), buffer: String::new() }
    }
}

impl Sink for TerminalRecords {
    fn put(&mut self, record: &Record) -> io::Result<Put> {
        if self.selector.selects(record) {
            self.look.append(record, &mut self.buffer);
        }
        if self.buffer.is_empty() {
            return Ok(Put::Delivered);
        }
        if self.buffer.len() < BLOCK {
            return Ok(Put::Buffered);
        }
        self.flush().map(|()| Put::Delivered)
    }

    fn memory_for(&self, record: &Record) -> usize {
        self.selector.memory_for(record)
    }

    fn selection(&self) -> Selection {
        self.selector.selection().clone()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.printer.above(|| self.out.write_all(self.buffer.as_bytes()))?;
        self.buffer.clear();
        self.look.columns = terminal::columns(&Term::stdout()); // its window may have another size by now
        Ok(())
    }
}

impl Look {
    /// Appends the line of a record. What does not fit beside the URL goes below it. No URL is cut, so that it can be
    /// copied.
    fn append(self, record: &Record, out: &mut String) {
        let method = if record.method() == Method::GET { String::new() } else { format!("{} ", record.method()) };
        let url = shown_url(record.url(), self.redact);
        let target = format!("{}{}", printable(&method), printable(&url));
        out.extend([&self.status(record), GAP, &self.figures(record), GAP, &target]);
        let mut end = INDENT + width(&target);
        for remark in self.remarks(record) {
            let room = self.columns.saturating_sub(end + GAP.len());
            if let Some(text) = remark.beside(room) {
                end += GAP.len() + width(&text);
                out.extend([GAP, &self.paint(Style::new().dim(), &text)]);
            } else {
                end = self.columns; // what follows goes below, too
                let text = remark.below(self.columns.saturating_sub(INDENT));
                let _ = write!(out, "\n{:INDENT$}{}", "", self.paint(Style::new().dim(), &text));
            }
        }
        out.push('\n');
    }

    fn status(self, record: &Record) -> String {
        let style = Style::new();
        match record.status() {
            Some(status) => {
                let style = if record.error_kind().is_some() { style.red() } else { color_of(status) };
                self.paint(style, status.as_str())
            }
            None if record.duplicate_of().is_some() => self.paint(style.dim(), "dup"),
            None => self.paint(style.red(), "ERR"),
        }
    }

    /// The time and the size of a response, or the kind of an error in their place.
    fn figures(self, record: &Record) -> String {
        if let Some(kind) = record.error_kind() {
            return self.paint(Style::new().red(), &format!("{:<1$}", kind.as_str(), TIME + GAP.len() + SIZE));
        }
        let summary = RecordSummary::from(record);
        let [time, size] = match summary.latency_us {
            Some(us) => [duration(us), bytes(summary.decoded_size)],
            None => [String::new(), String::new()],
        };
        format!("{time:>TIME$}{GAP}{size:>SIZE$}")
    }

    /// What else is worth knowing, each to be kept together if there is room.
    fn remarks(self, record: &Record) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if let Some(url) = record.final_url().filter(|_| !record.redirects().is_empty()) {
            remarks.push(Remark::Whole(format!("→ {}", printable(&self.redact.url(url.as_str())))));
        }
        let retries = match record.retries().len() {
            0 => None,
            1 => Some("1 retry".to_owned()),
            n => Some(format!("{n} retries")),
        };
        let page = record.page().map(|page| format!("page {page}"));
        let short = record.is_truncated().then(|| "cut short".to_owned());
        let of = record.duplicate_of().map(|of| format!("the same request as input {of}"));
        let counts: Vec<_> = [retries, page, short, of].into_iter().flatten().collect();
        if !counts.is_empty() {
            remarks.push(Remark::Whole(format!("({})", counts.join(", "))));
        }
        let messages = [record.error().map(|error| error.message), record.note()];
        let messages = messages.into_iter().flatten().map(|text| self.redact.message(text).into_owned());
        remarks.extend(messages.map(Remark::Message));
        remarks
    }

    fn paint(self, style: Style, text: &str) -> String {
        style.force_styling(self.color).apply_to(text).to_string()
    }
}

fn color_of(status: StatusCode) -> Style {
    let style = Style::new();
    match status.as_u16() {
        ..300 => style.green(),
        300..400 => style.cyan(),
        400..500 => style.yellow(),
        500.. => style.red(),
    }
}
