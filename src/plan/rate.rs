//! Rates, such as `5/s`.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use crate::model::units::RateText;

/// A number of requests per period. As text it is `5/s`, `300/m`, `10k/h` or `1.5/s`; a bare number is per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The number of requests.
    pub count: NonZeroU32,
    /// The period.
    pub per: Duration,
}

/// A text that is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a rate such as 5/s, 300/m or 10k/h")]
pub struct RateError;

impl Rate {
    /// The interval between evenly spaced requests, at least one nanosecond.
    pub fn period(self) -> Duration {
        (self.per / self.count.get()).max(Duration::from_nanos(1))
    }

    /// Requests per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.count.get()) / self.per.as_secs_f64()
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, per) = RateText::read(text).and_then(RateText::exact).ok_or(RateError)?;
        let count = u32::try_from(count).ok().and_then(NonZeroU32::new).ok_or(RateError)?;
        Ok(Rate { count, per: Duration::from_secs(per) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Rate, RateError};

    #[test]
    fn rates_are_exact() {
        let read = |text: &str| text.parse::<Rate>().map(|rate| (rate.count.get(), rate.per.as_secs()));
        assert_eq!(read("5/s"), Ok((5, 1)));
        assert_eq!(read("20"), Ok((20, 1)));
        assert_eq!(read("300 / min"), Ok((300, 60)));
        assert_eq!(read("10k/h"), Ok((10_000, 3600)));
        assert_eq!(read("1.5/s"), Ok((3, 2)));
        assert_eq!(read("0.1/m"), Ok((1, 600)));
        assert_eq!(read("2.50k/s"), Ok((2500, 1)));
        assert_eq!(read("7.0/d"), Ok((7, 86_400)));
        assert_eq!("0.3/s".parse::<Rate>().unwrap().period(), Duration::from_secs_f64(10.0 / 3.0));
    }

    #[test]
    fn nonsense_is_no_rate() {
        let long = format!("0.{}1/s", "0".repeat(30));
        for text in
            ["", "0/s", "0.0/s", "-1/s", "5/", "5/week", "/s", ".5/s", "5./s", "1e3/s", "inf", "NaN", "+5", "1.2.3"]
        {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
        for text in ["5000000000/s", "99999999999999999999", "0.00000000000000000001/d", &long] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
    }
}
