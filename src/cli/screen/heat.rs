//! Latencies over time: a column for each second, a row for each band of latencies, and how many there were as a shade.

use std::ops::RangeInclusive;
use std::sync::Arc;

use haul::report::text::duration;
use haul::report::{BANDS, LiveSecond, band_start};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::look::{Colors, Look};

/// Columns for what the rows mean.
const LABELS: u16 = 9;

/// The fewest bands that are shown: two powers of ten.
const LEAST_BANDS: usize = 16;

/// What is below the rows: the times.
const AXIS: usize = 1;

/// From few to many, among the 256 colours of xterm.
const PALETTE: [u8; 8] = [17, 19, 26, 31, 36, 71, 148, 226];
const SHADES: [&str; 4] = ["░", "▒", "▓", "█"];
const PLAIN_SHADES: [&str; 4] = [".", ":", "+", "#"];

/// The latencies of the last seconds.
pub(super) struct Heat<'a> {
    seconds: &'a [Arc<LiveSecond>],
    /// The second of the run that is the last column.
    now: u64,
    bands: RangeInclusive<usize>,
    has_failures: bool,
}

impl<'a> Heat<'a> {
    /// What fits in so many columns until the second `now` of the run.
    pub(super) fn new(seconds: &'a [Arc<LiveSecond>], now: u64, columns: u16) -> Self {
        let first = (now + 1).saturating_sub(u64::from(columns.saturating_sub(LABELS)));
        let seconds = &seconds[seconds.partition_point(|of| of.second < first)..];
        let used = |band: &usize| seconds.iter().any(|of| of.bands[*band] > 0);
        let (low, high) = ((0..BANDS).find(used).unwrap_or(17), (0..BANDS).rev().find(used).unwrap_or(17));
        let high = high.max(low + LEAST_BANDS - 1).min(BANDS - 1);
        let low = low.min(high + 1 - LEAST_BANDS);
        Heat { seconds, now, bands: low..=high, has_failures: seconds.iter().any(|of| of.failed > 0) }
    }

    /// How many lines it needs at most.
    pub(super) fn height(&self) -> usize {
        self.bands.clone().count() + usize::from(self.has_failures) + AXIS
    }

    /// How many of so many lines it fills: each row has as many bands as the others.
    pub(super) fn used(&self, height: usize) -> usize {
        let beside = AXIS + usize::from(self.has_failures);
        let bands = self.bands.clone().count();
        match height.saturating_sub(beside) {
            0 => height,
            rows => bands.div_ceil(bands.div_ceil(rows)) + beside,
        }
    }

    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, look: Look) {
        let rows = usize::from(area.height).saturating_sub(AXIS + usize::from(self.has_failures));
        if rows == 0 || area.width <= LABELS {
            return;
        }
        let each = self.bands.clone().count().div_ceil(rows);
        let row = |start: usize| start..(start + each).min(BANDS);
        let counts: Vec<Vec<u64>> = (self.bands.clone().step_by(each))
            .map(|start| self.columns(area, |of| row(start).map(|band| u64::from(of.bands[band])).sum()))
            .collect();
        let most = counts.iter().flatten().copied().max().unwrap_or(0);
        let mut y = area.y;
        if self.has_failures {
            let failed = self.columns(area, |of| of.failed);
            let most = failed.iter().copied().max().unwrap_or(0);
            label(buffer, area.x, y, "failed", look);
            draw_row(buffer, (area.x + LABELS, y), &failed, |count| look.failures(count, most));
            y += 1;
        }
        for (at, counts) in counts.iter().enumerate().rev() {
            let start = band_start(self.bands.start() + at * each);
            label(buffer, area.x, y, &duration(start.as_micros() as u64), look);
            draw_row(buffer, (area.x + LABELS, y), counts, |count| look.shade(count, most));
            y += 1;
        }
        self.draw_axis(Rect { y, height: 1, ..area }, buffer, look);
    }

    /// A figure of each second that has a column, the last one of now.
    fn columns(&self, area: Rect, figure: impl Fn(&LiveSecond) -> u64) -> Vec<u64> {
        let mut columns = vec![0; usize::from(area.width - LABELS)];
        for second in self.seconds {
            let ago = usize::try_from(self.now.saturating_sub(second.second)).unwrap_or(usize::MAX);
            if let Some(at) = columns.len().checked_sub(ago + 1) {
                columns[at] += figure(second);
            }
        }
        columns
    }

    fn draw_axis(&self, area: Rect, buffer: &mut Buffer, look: Look) {
        let columns = area.width - LABELS;
        let mut free_until = area.right();
        for ago in (0..columns).step_by(20) {
            let text = if ago == 0 { "now".to_owned() } else { format!("-{ago} s") };
            let width = text.len() as u16;
            let x = (area.right() - 1 - ago).saturating_sub(if ago == 0 { width - 1 } else { width / 2 });
            if x >= area.x + LABELS && x + width < free_until.max(1) || ago == 0 && columns >= width {
                buffer.set_string(x, area.y, &text, look.dim());
                free_until = x;
            }
        }
    }
}

fn label(buffer: &mut Buffer, x: u16, y: u16, text: &str, look: Look) {
    buffer.set_string(x, y, format!("{text:>width$} ", width = usize::from(LABELS) - 1), look.dim());
}

fn draw_row(buffer: &mut Buffer, (x, y): (u16, u16), counts: &[u64], shade: impl Fn(u64) -> (&'static str, Style)) {
    for (at, count) in (0..).zip(counts) {
        if *count > 0 {
            let (symbol, style) = shade(*count);
            buffer[(x + at, y)].set_symbol(symbol).set_style(style);
        }
    }
}

impl Look {
    /// How `count` of `most` looks.
    fn shade(self, count: u64, most: u64) -> (&'static str, Style) {
        match self.colors {
            Colors::Many => {
                let color = Color::Indexed(PALETTE[step(count, most, PALETTE.len())]);
                (self.shades()[SHADES.len() - 1], Style::new().fg(color))
            }
            Colors::Few => (self.shades()[step(count, most, SHADES.len())], Style::new().fg(Color::Cyan)),
            Colors::None => (self.shades()[step(count, most, SHADES.len())], Style::new()),
        }
    }

    fn failures(self, count: u64, most: u64) -> (&'static str, Style) {
        (self.shades()[step(count, most, SHADES.len())], self.colored(Color::Red))
    }

    fn shades(self) -> [&'static str; 4] {
        if self.unicode { SHADES } else { PLAIN_SHADES }
    }
}

/// Which of so many steps a count is, on a scale where the smallest differences count most.
fn step(count: u64, most: u64, steps: usize) -> usize {
    let share = (count as f64).ln_1p() / (most.max(1) as f64).ln_1p();
    ((share * steps as f64).ceil() as usize).clamp(1, steps) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: u64, bands: &[(usize, u32)], failed: u64) -> Arc<LiveSecond> {
        let mut of = LiveSecond { second, records: 0, failed, bands: [0; BANDS] };
        bands.iter().for_each(|(band, count)| of.bands[*band] = *count);
        Arc::new(of)
    }

    fn drawn(seconds: &[Arc<LiveSecond>], now: u64, [width, height]: [u16; 2]) -> Vec<String> {
        let look = Look { colors: Colors::None, unicode: false };
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        Heat::new(seconds, now, width).draw(area, &mut buffer, look);
        let line = |row: &[ratatui::buffer::Cell]| row.iter().map(|cell| cell.symbol()).collect::<String>();
        buffer.content.chunks(width.into()).map(|row| line(row).trim_end().to_owned()).collect()
    }

    #[test]
    fn a_column_is_a_second_and_a_row_a_band() {
        let seconds = [second(0, &[(17, 100)], 0), second(1, &[(17, 9), (33, 1)], 0), second(3, &[(25, 50)], 0)];
        let lines = drawn(&seconds, 4, [30, 6]);
        insta::assert_snapshot!(lines.join("\n"), @r"
         100 ms                  .
        31.6 ms
        10.0 ms                    #
        3.16 ms
        1.00 ms                 #:
                                  now
        ");
    }

    #[test]
    fn failures_have_a_row_of_their_own() {
        let seconds = [second(7, &[], 3), second(8, &[(40, 2)], 0)];
        insta::assert_snapshot!(drawn(&seconds, 8, [24, 5]).join("\n"), @r"
        failed              #
        23.7 s
        4.22 s
        750 ms               #
                           now
        ");
    }

    #[test]
    fn what_has_left_the_strip_does_not_count() {
        let seconds = [second(0, &[(60, 1)], 9), second(100, &[(17, 1)], 0)];
        let heat = Heat::new(&seconds, 100, LABELS + 50);
        assert_eq!((heat.has_failures, heat.bands.clone(), heat.height()), (false, 17..=32, 17));
        assert_eq!([0, 1, 2, 7, 8, 16, 40].map(|height| heat.used(height)), [0, 1, 2, 7, 7, 9, 17]);
        assert_eq!(Heat::new(&[], 0, 80).bands, 17..=32);
        assert_eq!(Heat::new(&[second(5, &[(63, 1)], 0)], 5, 80).bands, 48..=63);
    }

    #[test]
    fn few_are_seen_beside_many() {
        let steps = [1, 2, 10, 100, 1_000].map(|count| step(count, 1_000, 8));
        assert_eq!(steps, [0, 1, 2, 5, 7]);
        assert_eq!([step(1, 1, 4), step(0, 0, 4)], [3, 0]);
    }

    #[test]
    fn any_size_is_drawn() {
        let seconds = [second(0, &[(0, 1), (63, u32::MAX)], 1)];
        for width in 1..40 {
            (1..12).for_each(|height| _ = drawn(&seconds, 0, [width, height]));
        }
    }
}
