//! Parses the times of a log.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

const FORMS: &str = "is not a time: write seconds, seconds or milliseconds since 1970, a timestamp such as \
                     2026-11-27T21:44:00.5Z, or one as in access logs, [27/Nov/2026:21:44:00 +0000]";

/// An offset from UTC is shorter than a day.
const MAX_OFFSET_S: u32 = 24 * 60 * 60 - 1;

/// From this number on, a number counts milliseconds since 1970: as seconds it would be in the year 5138.
const MIN_MILLIS: f64 = 1e11;

/// The same for microseconds and nanoseconds.
const MIN_MICROS: f64 = 1e14;
const MIN_NANOS: f64 = 1e17;

/// Parses the time of a request, counted from 1970 or from any other beginning. A timestamp without an offset is in
/// UTC.
pub(in crate::source) fn parse_at(text: &str) -> Result<SignedDuration, String> {
    let text = text.trim();
    let time = match text.parse::<f64>() {
        Ok(number) => of_number(number),
        Err(_) => of_log(text).or_else(|| of_timestamp(text)).or_else(|| of_header(text)).map(Timestamp::as_duration),
    };
    time.ok_or_else(|| FORMS.to_owned())
}

fn of_number(number: f64) -> Option<SignedDuration> {
    let scale = match number.abs() {
        size if size < MIN_MILLIS => 1.0,
        size if size < MIN_MICROS => 1e3,
        size if size < MIN_NANOS => 1e6,
        size if size < 1e20 => 1e9,
        _ => return None, // also infinity, and what is not a number
    };
    let seconds = SignedDuration::try_from_secs_f64(number / scale).ok()?;
    Some(SignedDuration::from_micros(i64::try_from((seconds.as_nanos() + 500).div_euclid(1000)).ok()?))
}

/// A timestamp as Apache and nginx write it.
fn of_log(text: &str) -> Option<Timestamp> {
    let text = text.strip_prefix('[').unwrap_or(text);
    let text = text.strip_suffix(']').unwrap_or(text);
    if !text.contains('/') {
        return None;
    }
    match strtime::parse("%d/%b/%Y:%H:%M:%S%.f %z", text) {
        Ok(time) => time.to_timestamp().ok().filter(|_| is_possible(time.offset())),
        Err(_) => in_utc(strtime::parse("%d/%b/%Y:%H:%M:%S%.f", text).ok()?.to_datetime().ok()?),
    }
}

/// A timestamp of RFC 3339, whose offset may be missing, have no colon, or follow a space.
fn of_timestamp(text: &str) -> Option<Timestamp> {
    let zulu = ["UTC", "GMT"].iter().find_map(|name| text.strip_suffix(name));
    let text = zulu.map_or_else(|| text.to_owned(), |text| format!("{}Z", text.trim_end()));
    let text = text.replacen(" +", "+", 1).replacen(" -", "-", 1);
    match text.parse::<Timestamp>() {
        Ok(time) => is_possible(Pieces::parse(&text).ok()?.to_numeric_offset()).then_some(time),
        Err(_) => in_utc(text.parse().ok()?),
    }
}

/// A date as in HTTP, in any form that it has had, or as in mail.
fn of_header(text: &str) -> Option<Timestamp> {
    const MAIL: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    match httpdate::parse_http_date(text) {
        Ok(time) => time.try_into().ok(),
        Err(_) => {
            MAIL.parse_zoned(text).ok().filter(|time| is_possible(Some(time.offset()))).map(|time| time.timestamp())
        }
    }
}

fn is_possible(offset: Option<Offset>) -> bool {
    offset.is_none_or(|offset| offset.seconds().unsigned_abs() <= MAX_OFFSET_S)
}

fn in_utc(time: DateTime) -> Option<Timestamp> {
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27 21:44:00 UTC.
    const AT: i64 = 1_795_815_840;

    #[test]
    fn every_form_of_a_time_is_read() {
        for (text, millis) in [
            ("0", 0),
            ("1.5", 1500),
            (" 12 ", 12_000),
            ("-3", -3000),
            ("1e3", 1_000_000),
            ("1795815840", AT * 1000),
            ("1795815840.123", AT * 1000 + 123),
            ("1795815840123", AT * 1000 + 123),
            ("1795815840123000", AT * 1000 + 123),
            ("1795815840123000000", AT * 1000 + 123),
            ("2026-11-27T21:44:00Z", AT * 1000),
            ("2026-11-27t21:44:00.250z", AT * 1000 + 250),
            ("2026-11-27 21:44:00.25Z", AT * 1000 + 250),
            ("2026-11-27 21:44:00,25Z", AT * 1000 + 250),
            ("2026-11-27T22:44:00+01:00", AT * 1000),
            ("2026-11-27T22:44:00+0100", AT * 1000),
            ("2026-11-27 22:44:00 +0100", AT * 1000),
            ("2026-11-27 20:44:00 -01:00", AT * 1000),
            ("2026-11-27 21:44:00+00", AT * 1000),
            ("2026-11-27 21:44:00", AT * 1000),
            ("2026-11-27T21:44:00.5", AT * 1000 + 500),
            ("2026-11-27 21:44:00 UTC", AT * 1000),
            ("[27/Nov/2026:21:44:00 +0000]", AT * 1000),
            ("27/Nov/2026:14:44:00 -0700", AT * 1000),
            ("[27/Nov/2026:21:44:00", AT * 1000),
            ("27/Nov/2026:21:44:00.125 +0000", AT * 1000 + 125),
            ("2026-11-28T21:43:00+23:59", AT * 1000),
            ("Fri, 27 Nov 2026 21:44:00 GMT", AT * 1000),
            ("Friday, 27-Nov-26 21:44:00 GMT", AT * 1000),
            ("Fri Nov 27 21:44:00 2026", AT * 1000),
            ("Fri, 27 Nov 2026 22:44:00 +0100", AT * 1000),
            ("27 Nov 2026 21:44:00 +0000", AT * 1000),
        ] {
            assert_eq!(parse_at(text), Ok(SignedDuration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "now", "nan", "inf", "1e30", "27/Foo/2026:21:44:00", "2026-13-01T00:00:00Z", "12:30", "-"]
            .into_iter()
            .chain(["2026-11-27T21:44:00+25:00", "2026-11-27T21:44:00+24:00", "2026-11-27 21:44:00 -2500"])
            .chain(["[27/Nov/2026:21:44:00 +2500]", "Fri, 27 Nov 2026 21:44:00 +2500", "Fri, 32 Nov 2026 21:44:00 GMT"])
        {
            assert!(parse_at(text).unwrap_err().starts_with("is not a time"), "{text}");
        }
    }
}
