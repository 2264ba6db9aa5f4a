//! Which parts of the screen there is room for.

use ratatui::text::{Line, Span};

/// Some lines that belong together.
pub(super) struct Section {
    pub(super) lines: Vec<Line<'static>>,
    /// How many of them are worth showing without the others.
    pub(super) least: usize,
    /// Which section goes first when room runs out: the one with the highest.
    pub(super) rank: u8,
}

impl Section {
    pub(super) fn new(rank: u8, least: usize, lines: Vec<Line<'static>>) -> Self {
        Section { least: least.min(lines.len()), lines, rank }
    }
}

/// How many lines each section gets of `height`: first each what it needs, in the order of ranks, then what it has,
/// and that of `last` at the end. `wanted` has the least and the most for each, and its rank.
pub(super) fn share_out(wanted: &[(usize, usize, u8)], last: u8, height: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..wanted.len()).collect();
    order.sort_by_key(|&at| wanted[at].2);
    let (mut given, mut left) = (vec![0; wanted.len()], height);
    for &at in &order {
        let (least, ..) = wanted[at];
        if least > 0 && least <= left {
            given[at] = least;
            left -= least;
        }
    }
    order.sort_by_key(|&at| wanted[at].2 == last);
    for &at in &order {
        if given[at] > 0 {
            let more = (wanted[at].1 - given[at]).min(left);
            given[at] += more;
            left -= more;
        }
    }
    given
}

/// Two texts beside each other, the left one `width` columns wide.
pub(super) fn beside(left: Vec<Line<'static>>, right: Vec<Line<'static>>, width: usize) -> Vec<Line<'static>> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let row = |_| {
        let mut line = left.next().unwrap_or_default();
        let padding = width.saturating_sub(line.width());
        line.spans.push(Span::raw(" ".repeat(padding)));
        line.spans.extend(right.next().unwrap_or_default().spans);
        line
    };
    (0..rows).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_most_is_shown_first() {
        let wanted = [(1, 1, 0), (3, 3, 2), (4, 40, 3), (2, 5, 4), (1, 1, 1)];
        for (height, given) in [
            (0, [0, 0, 0, 0, 0]),
            (1, [1, 0, 0, 0, 0]),
            (5, [1, 3, 0, 0, 1]),
            (7, [1, 3, 0, 2, 1]),
            (11, [1, 3, 4, 2, 1]),
            (20, [1, 3, 10, 5, 1]),
            (60, [1, 3, 40, 5, 1]),
        ] {
            assert_eq!(share_out(&wanted, 3, height), given, "{height}");
        }
        assert_eq!(share_out(&[(0, 0, 0), (1, 2, 1)], 9, 9), [0, 2]);
    }

    #[test]
    fn texts_are_side_by_side() {
        let lines = |text: &'static [&str]| text.iter().map(|line| Line::raw(*line)).collect::<Vec<_>>();
        let both = beside(lines(&["a", "µs"]), lines(&["b", "c", "d"]), 4);
        assert_eq!(both.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a   b", "µs  c", "    d"]);
    }
}
