//! Points in time and spans of it in header fields, read as leniently as is safe.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// A date: in any of the forms that HTTP has had, as in mail (`+0000` instead of `GMT`), or as in RFC 3339. Each says
/// what zone it is in.
pub(super) fn date(text: &str) -> Option<SystemTime> {
    const MAIL: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let as_timestamp = || MAIL.parse_timestamp(utc(text)).or_else(|_| text.parse::<Timestamp>()).ok();
    httpdate::parse_http_date(text).ok().or_else(|| as_timestamp().map(SystemTime::from))
}

/// A number of seconds without a sign. It may have a fraction.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
    Some(whole.parse().map_or(Duration::MAX, |seconds| Duration::new(seconds, nanos)))
}

/// The date with a name for UTC that mail has.
fn utc(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((date, zone)) if zone.eq_ignore_ascii_case("utc") => format!("{date} GMT"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{date, seconds};

    #[test]
    fn dates_are_read_in_every_form_that_names_its_zone() {
        let expected = UNIX_EPOCH + Duration::from_secs(946_684_799);
        for text in [
            "Fri, 31 Dec 1999 23:59:59 GMT",
            " Fri, 31 Dec 1999 23:59:59 GMT ",
            "Friday, 31-Dec-99 23:59:59 GMT",
            "Fri Dec 31 23:59:59 1999",
            "Fri, 31 Dec 1999 23:59:59 gmt",
            "fri, 31 dec 1999 23:59:59 gmt",
            "FRI, 31 DEC 1999 23:59:59 GMT",
            "Fri, 31 Dec 1999 23:59:59 +0000",
            "Fri, 31 Dec 1999 23:59:59 -0000",
            "Sat, 01 Jan 2000 01:59:59 +0200",
            "Sat, 1 Jan 2000 01:59:59 +0200",
            "Fri, 31 Dec 1999 18:59:59 EST",
            "Fri, 31 Dec 1999 23:59:59 UTC",
            "Fri, 31 Dec 1999 23:59:59 UT",
            "Fri, 31 Dec 1999 23:59:59 Z",
            "Mon, 31 Dec 1999 23:59:59 +0000",
            "31 Dec 1999 23:59:59 +0000",
            "1999-12-31T23:59:59Z",
            "1999-12-31T23:59:59.000+00:00",
            "2000-01-01T00:59:59+01:00",
        ] {
            assert_eq!(date(text), Some(expected), "{text}");
        }
        for text in
            ["", "soon", "Fri, 31 Dec 1999", "23:59:59", "1999-12-31T23:59:59", "Fri, 32 Dec 1999 23:59:59 GMT", "2"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_and_no_sign() {
        let ms = |ms| Some(Duration::from_millis(ms));
        for (text, span) in [
            ("2", ms(2000)),
            (" 2\t", ms(2000)),
            ("02", ms(2000)),
            ("2.0", ms(2000)),
            ("2.5", ms(2500)),
            ("0.001", ms(1)),
            ("0", ms(0)),
            ("99999999999999999999999", Some(Duration::MAX)),
            ("-2", None),
            ("+2", None),
            ("2s", None),
            ("2,5", None),
            ("2.", None),
            (".5", None),
            ("1e3", None),
            ("0x10", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), span, "{text}");
        }
    }
}
