//! Rates that change over time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::friendly::{Spacing, SpanPrinter};

use super::excerpt::Excerpt;
use crate::model::SyntaxError;
use crate::model::units::{self, RateText};

/// A sequence of stages, at least one of which has a rate above zero. As text they are separated by commas:
/// `RATE..RATE@TIME` is a rate that changes evenly, `RATE@TIME` one that stays the same.
///
/// ```
/// use haul::plan::Stages;
///
/// let stages: Stages = "10/s..500/s@2m, 500/s@10m, 0@5s".parse()?;
/// assert_eq!(stages.duration().as_secs(), 725);
/// assert_eq!("10/s@1m, 5/week@1m".parse::<Stages>().unwrap_err().at, 9..15);
/// # Ok::<(), haul::model::SyntaxError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Stages(Vec<Stage>);

/// A time in which the rate stays the same, or changes evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Requests per second at its start.
    pub from: f64,
    /// Requests per second at its end.
    pub to: f64,
    /// How long it takes.
    pub over: Duration,
}

/// The highest rate of a stage: ten million a second.
const MAX_RATE: f64 = 1e7;

/// The longest time of all stages together.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Stages {
    /// The stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.0
    }

    /// How long all stages take.
    pub fn duration(&self) -> Duration {
        self.0.iter().fold(Duration::ZERO, |sum, stage| sum.saturating_add(stage.over))
    }
}

impl FromStr for Stages {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, SyntaxError> {
        let whole = Excerpt::new(text);
        if text.trim().is_empty() {
            return Err(refuse(whole, "expected stages such as '10/s..500/s@2m, 500/s@10m'"));
        }
        let stages = Stages(whole.split(",").map(parse_stage).collect::<Result<_, _>>()?);
        if stages.0.iter().all(|stage| stage.from + stage.to == 0.0) {
            return Err(refuse(whole, "no request would ever start: every rate is 0"));
        }
        if stages.duration() > MAX_DURATION {
            return Err(refuse(whole, "all stages together must take at most a year"));
        }
        Ok(stages)
    }
}

/// `10/s..500/s@2m` or `500/s@10m`
fn parse_stage(text: Excerpt<'_>) -> Result<Stage, SyntaxError> {
    if text.trim().text.is_empty() {
        return Err(refuse(text, "a stage is missing, such as 500/s@10m"));
    }
    let Some((rates, time)) = text.split_once("@") else {
        return Err(refuse(text.trim(), "a stage needs a time after its rate, such as 500/s@10m"));
    };
    let (from, to) = match rates.split_once("..") {
        None => {
            let (rate, _) = parse_rate(rates)?;
            (rate, rate)
        }
        Some((from, to)) => {
            let ((first, first_unit), (last, last_unit)) = (parse_rate(from)?, parse_rate(to)?);
            if let Some(bare) = bare_beside_unit((from, first_unit), (to, last_unit)) {
                return Err(refuse(bare.trim(), "needs a unit, since the rate beside it has one"));
            }
            (first, last)
        }
    };
    Ok(Stage { from, to, over: parse_time(time)? })
}

/// Whether a rate has a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Given,
    /// A bare number is per second.
    Assumed,
    /// Zero is the same in every unit.
    Needless,
}

/// In `10..500/m`, the 10 may be meant as ten a minute or a second.
fn bare_beside_unit<'a>(from: (Excerpt<'a>, Unit), to: (Excerpt<'a>, Unit)) -> Option<Excerpt<'a>> {
    match (from.1, to.1) {
        (Unit::Assumed, Unit::Given) => Some(from.0),
        (Unit::Given, Unit::Assumed) => Some(to.0),
        _ => None,
    }
}

/// Requests per second.
fn parse_rate(text: Excerpt<'_>) -> Result<(f64, Unit), SyntaxError> {
    let text = text.trim();
    let Some(rate) = RateText::read(text.text) else {
        return Err(match text.text {
            "" => refuse(text, "a rate is missing, such as 500/s"),
            negative if negative.starts_with('-') => refuse(text, "a rate must not be negative"),
            _ => refuse(text, "expected a rate such as 10/s, 600/m, 10k/h or 0"),
        });
    };
    let unit = match (rate.has_unit, rate.per_second()) {
        (_, 0.0) => Unit::Needless,
        (true, _) => Unit::Given,
        (false, _) => Unit::Assumed,
    };
    match rate.per_second() {
        high if high > MAX_RATE => Err(refuse(text, "a rate must be at most 10M/s")),
        rate => Ok((rate, unit)),
    }
}

fn parse_time(text: Excerpt<'_>) -> Result<Duration, SyntaxError> {
    let text = text.trim();
    match units::duration(text.text) {
        None if text.text.is_empty() => Err(refuse(text, "a time is missing, such as 10m")),
        None => Err(refuse(text, "expected a time such as 500ms, 2m or 1m30s")),
        Some(Duration::ZERO) => Err(refuse(text, "a stage must take longer than 0")),
        Some(time) if time > MAX_DURATION => Err(refuse(text, "a stage must take at most a year")),
        Some(time) => Ok(time),
    }
}

fn refuse(text: Excerpt<'_>, reason: &str) -> SyntaxError {
    SyntaxError::new(reason, text.range())
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, stage) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{stage}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TIMES: SpanPrinter = SpanPrinter::new().spacing(Spacing::None);
        write_rate(f, self.from)?;
        if self.to != self.from {
            f.write_str("..")?;
            write_rate(f, self.to)?;
        }
        let time = SignedDuration::try_from(self.over).map_err(|_| fmt::Error)?;
        write!(f, "@{}", TIMES.duration_to_string(&time))
    }
}

/// In the first unit in which it is short and exact, if there is one.
fn write_rate(f: &mut fmt::Formatter<'_>, rate: f64) -> fmt::Result {
    if rate == 0.0 {
        return f.write_str("0");
    }
    for (seconds, unit) in [(1.0, "s"), (60.0, "m"), (3600.0, "h"), (86_400.0, "d")] {
        let count = (rate * seconds * 1e3).round() / 1e3;
        if count / seconds == rate {
            return write!(f, "{count}/{unit}");
        }
    }
    write!(f, "{rate}/s")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{MAX_RATE, Stage, Stages};

    fn read(text: &str) -> Vec<Stage> {
        text.parse::<Stages>().unwrap_or_else(|why| panic!("{text}: {why}")).0
    }

    fn stage(from: f64, to: f64, ms: u64) -> Stage {
        Stage { from, to, over: Duration::from_millis(ms) }
    }

    #[test]
    fn stages_are_read() {
        let spike = [stage(10.0, 500.0, 120_000), stage(500.0, 500.0, 600_000), stage(0.0, 0.0, 5_000)];
        assert_eq!(read("10/s..500/s@2m, 500/s@10m, 0@5s"), spike);
        assert_eq!(read(" 10/s .. 500 / s @ 2m ,500/s@10m,\t0@5 "), spike);
        assert_eq!(read("10..500@2m,500@600,0/s@5s"), spike);
        assert_eq!(read("0..600/m@1m30s"), [stage(0.0, 10.0, 90_000)]);
        assert_eq!(read("600/m..1.5/s@500ms"), [stage(10.0, 1.5, 500)]);
        assert_eq!(read("36k/h@1.5"), [stage(10.0, 10.0, 1_500)]);
        assert_eq!(read("10M/s@1"), [stage(MAX_RATE, MAX_RATE, 1_000)]);
        assert_eq!("1/s@2m,0@5s".parse::<Stages>().unwrap().duration(), Duration::from_secs(125));
    }

    #[test]
    fn errors_mark_their_place() {
        let cases = [
            ("", "", "expected stages"),
            (" ", " ", "expected stages"),
            ("1/s@1m,", "", "a stage is missing"),
            ("1/s@1m, ,2/s@1m", " ", "a stage is missing"),
            ("1/s@1m, 500/s ", "500/s", "needs a time"),
            ("1/s@", "", "a time is missing"),
            ("@1m", "", "a rate is missing"),
            ("1/s..@1m", "", "a rate is missing"),
            ("1/s@1m@2m", "1m@2m", "expected a time"),
            ("1/s@soon", "soon", "expected a time"),
            ("1/s@-5s", "-5s", "expected a time"),
            ("1/s@inf", "inf", "expected a time"),
            ("1/s@0s", "0s", "longer than 0"),
            ("1/s@1m,2/s@0", "0", "longer than 0"),
            ("1/s@9000h", "9000h", "at most a year"),
            ("1/s@5000h,1/s@5000h", "1/s@5000h,1/s@5000h", "at most a year"),
            ("1/s@1m, -5/s@1m", "-5/s", "negative"),
            ("1/s..-5@1m", "-5", "negative"),
            ("5/week@1m", "5/week", "expected a rate"),
            ("NaN@1m", "NaN", "expected a rate"),
            ("inf..1@1m", "inf", "expected a rate"),
            ("1...5@1m", ".5", "expected a rate"),
            ("1/s-5/s@1m", "1/s-5/s", "expected a rate"),
            ("10.1M/s@1m", "10.1M/s", "at most 10M/s"),
            ("1..20M/s@1m", "20M/s", "at most 10M/s"),
            ("10..500/m@1m", "10", "needs a unit"),
            ("10/h..500 @1m", "500", "needs a unit"),
            ("0@1m", "0@1m", "no request would ever start"),
            ("0..0/s@1m, 0@5", "0..0/s@1m, 0@5", "no request would ever start"),
            ("1/s@1m, ä/s@1m", "ä/s", "expected a rate"),
        ];
        for (text, place, reason) in cases {
            let why = text.parse::<Stages>().expect_err(text);
            assert_eq!((&text[why.at.clone()], why.reason.contains(reason)), (place, true), "{text}: {why}");
        }
        assert_eq!("1/s@1m,".parse::<Stages>().unwrap_err().at, 7..7);
    }

    #[test]
    fn rates_are_shown_in_a_unit_that_fits() {
        let shown = |text: &str| text.parse::<Stages>().unwrap().to_string();
        assert_eq!(shown("10..500@120, 500@10m,0/m@5"), "10/s..500/s@2m, 500/s@10m, 0@5s");
        assert_eq!(shown("1/m@1.5,1/h..7/d@90m"), "1/m@1s500ms, 1/h..7/d@1h30m");
    }

    proptest! {
        #[test]
        fn stages_read_what_they_show(
            stages in prop::collection::vec((0.0..=MAX_RATE, 0u32..1000, 1u64..10_000_000_000), 1..5),
        ) {
            let stages = stages.into_iter().map(|(from, to, nanos)| {
                Stage { from, to: f64::from(to) / 60.0, over: Duration::from_nanos(nanos) }
            });
            let stages = Stages(stages.collect());
            let shown = stages.to_string();
            prop_assert_eq!(shown.parse::<Stages>()?, stages, "{}", shown);
        }

        #[test]
        fn any_text_is_read_or_refused_with_a_place(text in "[0-9smhk/.@, ä-]{0,20}") {
            if let Err(why) = text.parse::<Stages>() {
                prop_assert!(text.get(why.at).is_some());
            }
        }
    }
}
