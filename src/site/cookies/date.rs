//! The dates of `Expires` (RFC 6265bis, section 5.1.1): in any order and with any separators, as servers have always
//! written them.

use jiff::civil::{DateTime, datetime};

const EPOCH: DateTime = datetime(1970, 1, 1, 0, 0, 0, 0);

/// A date in seconds since the Unix epoch.
pub(super) fn parse(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|&byte| is_delimiter(byte)).filter(|token| !token.is_empty()) {
        // The first token that can be a part is that part.
        let _ = take(&mut time, || time_of_day(token))
            || take(&mut day, || number(token, 1..=2))
            || take(&mut month, || month_of(token))
            || take(&mut year, || number(token, 2..=4));
    }
    let ([hour, minute, second], year) = (time?, full(year?));
    if year < 1601 || second > 59 {
        return None;
    }
    let narrow = |number: i16| i8::try_from(number).ok();
    let (day, hour, minute, second) = (narrow(day?)?, narrow(hour)?, narrow(minute)?, narrow(second)?);
    let date = DateTime::new(year, month?, day, hour, minute, second, 0).ok()?;
    Some(date.duration_since(EPOCH).as_secs())
}

/// Fills `part` if it is empty and there is something for it.
fn take<T>(part: &mut Option<T>, found: impl FnOnce() -> Option<T>) -> bool {
    if part.is_some() {
        return false;
    }
    *part = found();
    part.is_some()
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// `hh:mm:ss`, each with one or two digits.
fn time_of_day(token: &[u8]) -> Option<[i16; 3]> {
    let mut fields = token.splitn(3, |&byte| byte == b':');
    let exactly =
        |field: &[u8]| number(field, 1..=2).filter(|_| field.len() <= 2 && field.iter().all(u8::is_ascii_digit));
    Some([exactly(fields.next()?)?, exactly(fields.next()?)?, number(fields.next()?, 1..=2)?])
}

/// The number at the start of a token, if it has that many digits. Anything else may follow.
fn number(token: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let end = token.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(token.len());
    let number = token.get(..end).filter(|_| digits.contains(&end))?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// The month whose first three letters these are, whatever follows.
fn month_of(token: &[u8]) -> Option<i8> {
    const MONTHS: &[u8] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let start = token.get(..3)?.to_ascii_lowercase();
    (1..).zip(MONTHS.chunks(3)).find(|(_, name)| *name == start).map(|(number, _)| number)
}

/// A year of two digits is one of 1970 to 2069.
fn full(year: i16) -> i16 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    /// 6 November 1994, 08:49:37.
    const RFC: i64 = 784_111_777;

    #[test]
    fn dates_are_read_in_every_form_that_is_around() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sunday, 06-Nov-1994 8:49:37 GMT",
            "06 november 1994 08:49:37",
            "08:49:37 1994 NOV 6",
            "6th Nov 1994 08:49:37Z",
            "  \"Sun\", 06/Nov/1994;08:49:37  ",
            "Sun, 06 Nov 1994 08:49:37 GMT; 7 Dec 2001 01:02:03",
        ] {
            assert_eq!(parse(text.as_bytes()), Some(RFC), "{text}");
        }
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 69 23:59:59 GMT", 3_155_759_999),
            ("Fri, 01-Jan-70 00:00:01 GMT", 1),
            ("29 Feb 2000 00:00:00", 951_782_400),
            ("1 Jan 1601 00:00:00", -11_644_473_600),
            ("31 Dec 9999 23:59:59", 253_402_300_799),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "never",
            "0",
            "06 Nov 1994",
            "06 Nov 08:49:37",
            "Nov 1994 08:49:37",
            "06 1994 08:49:37",
            "06 Nov 1994 08:49",
            "32 Jan 1994 00:00:00",
            "30 Feb 1994 00:00:00",
            "29 Feb 1900 00:00:00",
            "0 Jan 1994 00:00:00",
            "06 Nov 1994 24:00:00",
            "06 Nov 1994 00:60:00",
            "06 Nov 1994 00:00:60",
            "06 Nov 1600 00:00:00",
            "06 Nov 19941 00:00:00",
            "06 Nov 1994 000:00:00",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_a_server_writes_is_read(seconds in 0..253_402_300_799u64) {
            let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            prop_assert_eq!(parse(httpdate::fmt_http_date(at).as_bytes()), Some(seconds as i64));
        }

        #[test]
        fn any_bytes_are_a_date_or_not(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            parse(&text);
        }
    }
}
