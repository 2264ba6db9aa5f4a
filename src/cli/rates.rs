//! The rates of a probe, and those of a search for the highest one.

use haul::plan::{FindRate, Rate};

use super::units;

/// One rate, or the range of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) from: Option<Rate>,
    /// The only one, or the highest.
    pub(crate) to: Rate,
    pub(crate) is_range: bool,
}

/// One rate, or a range: `..5000/s`, `10/s..5000/s`.
pub(crate) fn rates(text: &str) -> Result<Rates, String> {
    let Some((from, to)) = text.split_once("..") else {
        let to = units::rate(text).map_err(|why| why.to_string())?;
        return Ok(Rates { from: None, to, is_range: false });
    };
    let one = |text: &str| {
        units::rate(text.trim()).map_err(|_| "expected a range such as ..5000/s or 10/s..5000/s".to_owned())
    };
    let from = if from.trim().is_empty() { None } else { Some(one(from)?) };
    let to = one(to)?;
    match from {
        Some(from) if from.per_second() >= to.per_second() => Err("the first rate must be the lower one".into()),
        _ => Ok(Rates { from, to, is_range: true }),
    }
}

/// `5%`, `2.5`: a fraction of the rate.
pub(crate) fn resolution(text: &str) -> Result<f64, String> {
    let percent = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    let fraction = percent.map(|percent| percent / 100.0).filter(|part| (FindRate::FINEST..=0.5).contains(part));
    fraction.ok_or_else(|| "expected a percentage from 1% to 50%".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_an_upper_end() {
        let read = |text: &str| {
            rates(text).map(|rates| (rates.from.map(Rate::per_second), rates.to.per_second(), rates.is_range))
        };
        assert_eq!(read("200/s"), Ok((None, 200.0, false)));
        assert_eq!(read("..5k/s"), Ok((None, 5000.0, true)));
        assert_eq!(read("60/m .. 10/s"), Ok((Some(1.0), 10.0, true)));
        for text in ["10/s..", "..", "10/s..10/s", "20/s..10/s", "1/s..2/s..3/s", "x"] {
            assert!(rates(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_resolution_is_a_percentage() {
        assert_eq!((resolution("5%"), resolution("2.5"), resolution("50 %")), (Ok(0.05), Ok(0.025), Ok(0.5)));
        for text in ["0.5%", "51%", "x", ""] {
            assert!(resolution(text).is_err(), "{text}");
        }
    }
}
