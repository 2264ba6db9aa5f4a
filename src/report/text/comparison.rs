//! Two runs, in a table.

use super::{BOLD, DIM, GREEN, RED, Style, SummaryWriter, rows, units};
use crate::guard::terminal::printable;
use crate::guard::text::{grouped, shorten, width};
use crate::report::compare::{Compared, Comparison, Shown, Side};

/// How many groups are shown.
const MAX_GROUPS: usize = 12;

/// How much of a name is shown, in columns.
const MAX_NAME: usize = 40;
const MIN_LABEL: usize = 8;

/// What is between two columns.
const GAP: &str = "  ";

/// The columns beside the label.
const HEADS: [&str; 5] = ["before", "after", "change", "%", ""];

/// What a narrow terminal leaves out, the first one first.
const LEFT_OUT: [usize; 2] = [2, 3];

/// The comparison as lines of text, each with its line break.
pub fn comparison(style: Style<'_>, comparison: &Comparison<'_>) -> String {
    let mut writer = SummaryWriter { text: String::new(), style };
    for (label, side) in ["before", "after"].into_iter().zip(comparison.sides()) {
        writer.row(label, &run(side));
    }
    let groups = comparison.groups();
    let shown = groups.iter().take(MAX_GROUPS);
    let of_groups =
        shown.map(|(name, compared)| (Some(*name), compared.iter().filter(|of| of.is_of_group()).collect()));
    let tables: Vec<(Option<&str>, Vec<&Compared>)> =
        [(None, comparison.whole().iter().collect())].into_iter().chain(of_groups).collect();
    let table = Table::new(&tables, style.columns);
    for (group, compared) in &tables {
        writer.line("");
        writer.line(&match group {
            None => table.head(),
            Some(name) => group_line(comparison.sides(), name, style.columns),
        });
        compared.iter().for_each(|compared| writer.line(&table.line(compared, &writer)));
    }
    if let more @ 1.. = groups.len().saturating_sub(MAX_GROUPS) {
        writer.line(&units::things(more as u64, "more group"));
    }
    writer.line("");
    comparison.differing().iter().for_each(|(label, figures)| writer.row(label, figures));
    writer.row("fail if", &rows::judged(style.judged));
    comparison.notes().iter().chain(style.notes).for_each(|note| writer.note(note));
    let lines = writer.text.lines().map(str::trim_end);
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// `before.ndjson · 1,200 requests`
fn run(side: &Side<'_>) -> String {
    let name = shorten(&side.name, MAX_NAME);
    format!("{name} · {}", units::things(side.requests(None), "request"))
}

fn group_line(sides: [&Side<'_>; 2], name: &str, columns: usize) -> String {
    let [before, after] = sides.map(|side| grouped(side.requests(Some(name))));
    let counts = format!(" · {before} and {after} requests");
    let name = shorten(name, MAX_NAME.min(columns.saturating_sub(2 + width(&counts)).max(MIN_LABEL)));
    format!("{name}{counts}")
}

/// Where the columns are.
struct Table {
    label: usize,
    widths: [usize; HEADS.len()],
    shown: Vec<usize>,
}

impl Table {
    fn new(tables: &[(Option<&str>, Vec<&Compared>)], columns: usize) -> Self {
        let rows: Vec<_> = tables.iter().flat_map(|(_, compared)| compared).collect();
        let cells: Vec<_> = rows.iter().map(|compared| cells(compared)).collect();
        let widths = std::array::from_fn(|column| {
            cells.iter().map(|cells| width(&cells[column])).fold(width(HEADS[column]), usize::max)
        });
        let label = rows.iter().map(|compared| width(&compared.figure.to_string())).max().unwrap_or(0);
        let mut shown: Vec<usize> = (0..HEADS.len()).collect();
        let beside = |shown: &[usize]| shown.iter().map(|&column| GAP.len() + widths[column]).sum::<usize>();
        for column in LEFT_OUT {
            if 2 + label + beside(&shown) <= columns {
                break;
            }
            shown.retain(|&shown| shown != column);
        }
        let label = label.min(columns.saturating_sub(2 + beside(&shown)).max(MIN_LABEL));
        Table { label, widths, shown }
    }

    fn head(&self) -> String {
        self.cells("", &HEADS.map(str::to_owned))
    }

    fn line(&self, compared: &Compared, writer: &SummaryWriter<'_>) -> String {
        let mut cells = cells(compared);
        let verdict = cells[HEADS.len() - 1].clone();
        cells[HEADS.len() - 1] = writer.paint(colour(compared), &verdict);
        self.cells(&printable(&compared.figure.to_string()), &cells)
    }

    /// Numbers are aligned at their ends, words at their beginnings.
    fn cells(&self, label: &str, cells: &[String; HEADS.len()]) -> String {
        let label = shorten(label, self.label);
        let mut line = format!("{label}{:1$}", "", self.label - width(&label));
        for &column in &self.shown {
            let cell = &cells[column];
            let missing = self.widths[column].saturating_sub(width(cell));
            match column == HEADS.len() - 1 {
                true => line.extend([GAP, cell]),
                false => line.extend([GAP, &" ".repeat(missing), cell]),
            }
        }
        line
    }
}

fn cells(compared: &Compared) -> [String; HEADS.len()] {
    let Shown { before, after, change, percent } = compared.shown();
    [before, after, change, percent, compared.verdict().to_owned()]
}

/// Red for what became worse, green for what became better.
fn colour(compared: &Compared) -> &'static str {
    match compared.is_better() {
        _ if !compared.differs() => DIM,
        None => BOLD,
        Some(true) => GREEN,
        Some(false) => RED,
    }
}
