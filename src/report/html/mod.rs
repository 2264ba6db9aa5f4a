//! A report as one page of HTML, which needs no other file and no network.
//!
//! Text comes into a page only escaped, as `markup.rs` sees to. Its charts are SVG, its style and its one script are
//! in the page, and its Content-Security-Policy allows nothing else. However many records there are, a page has less
//! than [`MAX_PAGE`] bytes, but for the thresholds and notes that it is given.

mod axis;
mod chart;
mod comparison;
mod facts;
mod failures;
mod find;
mod head;
mod limits;
mod mark;
mod markup;
mod names;
mod over_time;
mod page;
mod percentiles;
mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use self::comparison::write_comparison;
use self::markup::Html;
use self::over_time::Columns;
use self::page::Page;
use super::saved::Saved;
use super::threshold::Judged;
use super::vocabulary::{Neutral, Vocabulary};
use super::{FindFacts, Provenance, Report, Timeline};

/// More bytes than a page has.
pub const MAX_PAGE: usize = 500_000;

/// What a page shows besides the report.
#[derive(Clone, Copy)]
pub struct Style<'a> {
    /// The heading, such as the name of the file with the records.
    pub title: &'a str,
    /// How limits are called, and what is advised.
    pub vocabulary: &'a dyn Vocabulary,
    /// Further notes, which follow the page's own.
    pub notes: &'a [String],
    /// Thresholds.
    pub judged: &'a [Judged],
}

impl Default for Style<'_> {
    fn default() -> Self {
        Style { title: "Report", vocabulary: &Neutral, notes: &[], judged: &[] }
    }
}

impl std::fmt::Debug for Style<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Style").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Writes a page on `saved` records.
///
/// # Errors
/// Writing fails.
pub fn write<'a>(
    mut out: impl Write,
    saved: &Saved,
    from: impl Into<Provenance<'a>>,
    style: Style<'_>,
) -> io::Result<()> {
    let Saved { report, timeline, .. } = saved;
    let view = View { report, timeline, from: from.into(), style };
    out.write_all(view.page()?.finish().as_bytes())
}

/// What a page is made of.
#[derive(Clone, Copy)]
struct View<'a> {
    report: &'a Report,
    timeline: &'a Timeline,
    from: Provenance<'a>,
    style: Style<'a>,
}

impl<'a> View<'a> {
    /// What the search came to, if it was one.
    fn find(self) -> Option<&'a FindFacts> {
        self.from.load()?.find.as_ref()
    }

    fn page(self) -> io::Result<Page> {
        let columns = Columns::new(self.report, self.timeline, self.from);
        let mut page = Page::new(&format!("{} · haul report", self.style.title), &head::head(self, &columns));
        let report = self.report;
        if let Some(find) = self.find() {
            page.section("Highest rate", &find::section(find)?);
        }
        page.section(
            "Latency",
            &charts_and(
                [columns.latency()?, percentiles::of_report(report, self.from)?],
                &percentiles::table(&report.times, self.from.is_censored()),
            ),
        );
        let charts = [columns.throughput()?, columns.failures()?];
        page.section("Throughput and failures", &charts_and(charts, &limits::missed(self)));
        page.section("Failures", &failures::tables(report));
        page.section("What bounded the run", &limits::bounds(self));
        page.section("Groups", &names::groups(&report.groups, self.from.is_censored()));
        page.section("Hosts", &names::hosts(&report.hosts));
        page.section("Facts", &facts::facts(self, &columns));
        Ok(page)
    }
}

/// Charts side by side, and what follows them.
fn charts_and(charts: [Html; 2], rest: &Html) -> Html {
    let mut html = Html::default();
    if charts.iter().any(|chart| !chart.is_empty()) {
        html.raw("<div class=\"charts\">\n");
        charts.iter().for_each(|chart| _ = html.part(chart));
        html.raw("</div>\n");
    }
    html.part(rest);
    html
}
