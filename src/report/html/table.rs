//! Tables that scroll where they are wider than the page, and that sort on a click on a head.

use super::markup::Html;
use crate::guard::text::{grouped, shorten};

/// How much of a text is shown in a cell, in columns.
const MAX_TEXT: usize = 96;

/// A column: what is in it, and whether that is numbers.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) enum Column {
    Text(&'static str),
    Number(&'static str),
    /// Numbers that a narrow screen leaves out.
    Spare(&'static str),
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub(in crate::report) enum Cell {
    /// Text of whoever it may be.
    Text(String),
    /// A sentence, which gets room on a narrow page.
    Sentence(String),
    /// A number, by which rows are sorted, and how it is shown.
    Number(u64, String),
    /// A number that is not known.
    Unknown,
    /// A figure, such as `p99(wait)`.
    Figure(String),
    /// What is concluded, and its class.
    Verdict(&'static str, &'static str),
    /// Examples, each a URL and what is said of it.
    Samples(Vec<[String; 2]>),
}

impl Cell {
    /// The beginning of a text.
    pub(in crate::report) fn text(text: &str) -> Self {
        Cell::Text(shorten(text, MAX_TEXT))
    }

    /// A number of things.
    pub(in crate::report) fn count(count: u64) -> Self {
        Cell::Number(count, grouped(count))
    }

    /// A number that may not be known, shown by `shown`.
    pub(in crate::report) fn known(number: Option<u64>, shown: impl FnOnce(u64) -> String) -> Self {
        number.map_or(Cell::Unknown, |number| Cell::Number(number, shown(number)))
    }
}

/// Rows under heads.
#[derive(Debug, Clone)]
pub(in crate::report) struct Table<'a> {
    /// What the table is of, for those who hear it.
    pub(in crate::report) label: &'a str,
    pub(in crate::report) columns: &'a [Column],
    pub(in crate::report) rows: Vec<Vec<Cell>>,
    /// A row that stays at the end.
    pub(in crate::report) last: Option<Vec<Cell>>,
    /// How many more rows there would be.
    pub(in crate::report) more: usize,
}

impl Table<'_> {
    /// The table; nothing without rows.
    pub(in crate::report) fn html(&self) -> Html {
        let mut html = Html::default();
        if self.rows.is_empty() && self.last.is_none() {
            return html;
        }
        html.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"").text(self.label).raw("\">\n");
        html.raw("<table class=\"sortable\">\n<thead><tr>");
        for column in self.columns {
            match column {
                Column::Text(head) => html.raw("<th scope=\"col\">").raw(head),
                Column::Number(head) => html.raw("<th scope=\"col\" class=\"n\">").raw(head),
                Column::Spare(head) => html.raw("<th scope=\"col\" class=\"n spare\">").raw(head),
            };
            html.raw("</th>");
        }
        html.raw("</tr></thead>\n<tbody>\n");
        self.rows.iter().for_each(|cells| self.row(&mut html, cells));
        html.raw("</tbody>\n");
        if let Some(cells) = &self.last {
            html.raw("<tfoot>\n");
            self.row(&mut html, cells);
            html.raw("</tfoot>\n");
        }
        html.raw("</table>\n</div>\n");
        if self.more > 0 {
            html.raw("<p class=\"more\">and ").text(&grouped(self.more as u64)).raw(" more</p>\n");
        }
        html
    }

    fn row(&self, html: &mut Html, cells: &[Cell]) {
        html.raw("<tr>");
        for (column, cell) in self.columns.iter().zip(cells) {
            let number = if matches!(column, Column::Spare(_)) { "<td class=\"n spare\"" } else { "<td class=\"n\"" };
            match cell {
                Cell::Text(text) => html.raw("<td><bdi>").text(text).raw("</bdi></td>"),
                Cell::Sentence(text) => html.raw("<td class=\"sentence\"><bdi>").text(text).raw("</bdi></td>"),
                Cell::Number(value, shown) => {
                    html.raw(number).raw(" data-v=\"").number(*value).raw("\">").text(shown).raw("</td>")
                }
                Cell::Unknown => html.raw(number).raw(">–</td>"),
                Cell::Figure(text) => {
                    let (stat, of) = text.split_at(text.find('(').unwrap_or(text.len()));
                    html.raw("<td>").text(stat).raw("<wbr>").text(of).raw("</td>")
                }
                Cell::Verdict(class, text) => html.raw("<td class=\"").raw(class).raw("\">").raw(text).raw("</td>"),
                Cell::Samples(samples) => {
                    html.raw("<td class=\"samples\">");
                    for [url, message] in samples {
                        html.raw("<p><bdi>").text(url).raw("</bdi> <bdi>").text(message).raw("</bdi></p>");
                    }
                    html.raw("</td>")
                }
            };
        }
        html.raw("</tr>\n");
    }
}
