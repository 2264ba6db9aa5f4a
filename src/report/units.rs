//! Numbers as people read them.

use crate::guard::text::grouped;

/// A number of things that take an `s` in the plural.
pub(super) fn things(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// `1 start was`, `2 starts were`
pub(super) fn were(n: u64, noun: &str) -> String {
    format!("{} {}", things(n, noun), if n == 1 { "was" } else { "were" })
}

/// A number per second, or where that is less than 0.1, per minute or hour.
pub fn rate(per_second: f64) -> String {
    const LEAST: f64 = 0.095; // from here on, one decimal shows at least 0.1
    match per_second {
        n if n >= 9.95 => format!("{}/s", grouped(n.round() as u64)),
        n if n >= LEAST || n <= 0.0 => format!("{n:.1}/s"),
        n if n >= LEAST / 60.0 => pace(n, MINUTE),
        n => pace(n, HOUR),
    }
}

/// A unit of time in seconds, and its name.
type Unit = (f64, &'static str);

const SECOND: Unit = (1.0, "s");
const MINUTE: Unit = (60.0, "min");
const HOUR: Unit = (3600.0, "h");

/// Two rates per second, both in the unit that the first one needs: per second, minute or hour.
pub(super) fn paces(first: f64, second: f64) -> [String; 2] {
    let unit = match first {
        _ if first >= 1.0 => SECOND,
        _ if first >= 1.0 / 60.0 => MINUTE,
        _ => HOUR,
    };
    [first, second].map(|per_second| pace(per_second, unit))
}

fn pace(per_second: f64, (seconds, unit): Unit) -> String {
    let number = per_second * seconds;
    let precision = if number < 0.095 { 1000.0 } else { 10.0 };
    match (number * precision).round() / precision {
        number if number < 9.95 => format!("{number}/{unit}"),
        number => format!("{}/{unit}", grouped(number.round() as u64)),
    }
}

/// A number of bytes.
pub fn bytes(n: u64) -> String {
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].into_iter();
    let mut unit = units.next();
    // From here on, one decimal would be rounded up to 1024.0.
    while value >= 1023.95 {
        value /= 1024.0;
        unit = units.next();
    }
    format!("{value:.1} {}", unit.unwrap_or_default())
}

/// A number of seconds.
pub(super) fn seconds(s: f64) -> String {
    duration((s * 1e6).round() as u64)
}

/// A number of seconds without blanks: one unit, or two where the smaller one counts.
pub(super) fn compact(s: f64) -> String {
    let whole = s.round() as u64;
    let pair = |n: u64, unit: &str, rest: u64, smaller: &str| match rest {
        0 => format!("{n}{unit}"),
        _ => format!("{n}{unit}{rest}{smaller}"),
    };
    match whole {
        0..=9 if s.fract() >= 0.05 => format!("{s:.1}s"),
        0..=59 => format!("{whole}s"),
        60..=3_599 => pair(whole / 60, "m", whole % 60, "s"),
        3_600..=86_399 => pair(whole / 3600, "h", whole % 3600 / 60, "m"),
        _ => pair(whole / 86_400, "d", whole % 86_400 / 3600, "h"),
    }
}

/// A number of microseconds: three digits of it, or two units from a minute on.
pub fn duration(us: u64) -> String {
    const MS: u64 = 1_000;
    const S: u64 = 1_000 * MS;
    const MINUTE: u64 = 60 * S;
    match three_digits(us) {
        us if us < MS => format!("{us} µs"),
        us if us < S => format!("{} ms", decimal(us as f64 / MS as f64)),
        us if us < MINUTE => format!("{} s", decimal(us as f64 / S as f64)),
        _ => match nearest(us, S) {
            s if s < 3600 => format!("{} m {:02} s", s / 60, s % 60),
            _ => {
                let minutes = nearest(us, MINUTE);
                format!("{} h {:02} m", grouped(minutes / 60), minutes % 60)
            }
        },
    }
}

/// The same without zeros at the end of a fraction.
pub(super) fn brief(us: u64) -> String {
    let long = duration(us);
    match long.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => long,
    }
}

fn three_digits(n: u64) -> u64 {
    let unit = 10u64.pow(n.checked_ilog10().unwrap_or(0).saturating_sub(2));
    nearest(n, unit) * unit
}

fn nearest(n: u64, unit: u64) -> u64 {
    n.saturating_add(unit / 2) / unit
}

fn decimal(value: f64) -> String {
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_rates_are_grouped() {
        assert_eq!(things(1, "record"), "1 record");
        assert_eq!(things(1_204, "record"), "1,204 records");
        assert_eq!(things(0, "record"), "0 records");
        for (asked, got, shown) in [
            (2000.0, 77.4, ["2,000/s", "77/s"]),
            (10.0, 9.96, ["10/s", "10/s"]),
            (1.0, 0.8, ["1/s", "0.8/s"]),
            (1.0, 0.02, ["1/s", "0.02/s"]),
            (0.9, 0.004, ["54/min", "0.2/min"]),
            (1.0 / 60.0, 0.01, ["1/min", "0.6/min"]),
            (0.0028, 0.0, ["10/h", "0/h"]),
        ] {
            assert_eq!(paces(asked, got), shown);
        }
        for (per_second, shown) in [
            (35_311.7, "35,312/s"),
            (9.96, "10/s"),
            (0.84, "0.8/s"),
            (0.1, "0.1/s"),
            (0.09, "5.4/min"),
            (2.0 / 60.0, "2/min"),
            (0.1 / 60.0, "0.1/min"),
            (0.001, "3.6/h"),
            (0.000_01, "0.036/h"),
            (0.0, "0.0/s"),
        ] {
            assert_eq!(rate(per_second), shown);
        }
    }

    #[test]
    fn bytes_have_one_decimal_of_the_largest_unit() {
        for (n, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_575, "1.0 MiB"),
            (1_288_490_188, "1.2 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(n), shown);
        }
    }

    #[test]
    fn durations_have_three_digits_or_two_units() {
        for (us, shown) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_000, "1.00 ms"),
            (12_149, "12.1 ms"),
            (301_200, "301 ms"),
            (999_499, "999 ms"),
            (999_500, "1.00 s"),
            (3_411_000, "3.41 s"),
            (59_949_999, "59.9 s"),
            (59_950_000, "1 m 00 s"),
            (125_000_000, "2 m 05 s"),
            (3_599_499_999, "59 m 59 s"),
            (3_599_500_000, "1 h 00 m"),
            (3_729_999_999, "1 h 02 m"),
            (4_000 * 3_600_000_000, "4,000 h 00 m"),
        ] {
            assert_eq!(duration(us), shown);
        }
        for (s, shown) in [
            (0.0, "0s"),
            (0.5, "0.5s"),
            (9.04, "9s"),
            (59.4, "59s"),
            (59.5, "1m"),
            (90.0, "1m30s"),
            (5_280.0, "1h28m"),
            (86_399.0, "23h59m"),
            (86_400.0, "1d"),
            (180_000.0, "2d2h"),
        ] {
            assert_eq!(compact(s), shown);
        }
        duration(u64::MAX);
        for (us, shown) in
            [(1_000, "1 ms"), (41_040, "41 ms"), (1_500_000, "1.5 s"), (301_200, "301 ms"), (90_000_000, "1 m 30 s")]
        {
            assert_eq!(brief(us), shown);
        }
        assert_eq!(seconds(0.012), "12.0 ms");
    }
}
