//! Dates: as numbers of seconds since 1970, as arrays of their parts, and as text.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};
use jiff::tz::{Offset, TimeZone};

use super::super::meter;
use super::super::value::{Array, Error, ValR, Value};
use super::{Native, plain, with_value};

/// The longest format, in bytes. A directive may write up to 255.
const MAX_FORMAT: usize = 1000;

/// The longest text that may be a date, in bytes.
const MAX_TEXT: usize = 4000;

/// The most that a part of a date may be, so that no calculation with it overflows.
const MAX_PART: f64 = 1e12;

/// The first second of the year 0, and that after the year 9999.
const SECONDS: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain!("gmtime", |value| parts_of(&value, "gmtime", TimeZone::UTC)),
        plain!("localtime", |value| parts_of(&value, "localtime", TimeZone::system())),
        plain!("mktime", |value: Value| match &value {
            Value::Array(parts) => Ok(Value::Int(seconds_of(parts, "mktime")?)),
            _ => Err(no_parts("mktime")),
        }),
        with_value!("strftime", |value: Value, format: Value| write(&value, &format, "strftime", TimeZone::UTC)),
        with_value!("strflocaltime", |value: Value, format: Value| {
            write(&value, &format, "strflocaltime", TimeZone::system())
        }),
        with_value!("strptime", |value: Value, format: Value| read(&value, &format)),
        plain!("fromdateiso8601", |value: Value| read_timestamp(&value)),
    ]
}

fn out_of_range() -> Error {
    Error::str("a date must be within the years 0 to 9999")
}

fn no_parts(filter: &str) -> Error {
    Error::str(format_args!("{filter} requires an array of 6 numbers"))
}

/// The moment that many seconds after 1970 began.
fn timestamp(seconds: i64) -> Result<Timestamp, Error> {
    let seconds = Some(seconds).filter(|seconds| SECONDS.contains(seconds));
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(out_of_range)
}

/// The same for a number, without the fraction.
fn timestamp_of(float: f64) -> Result<Timestamp, Error> {
    if float.is_nan() { Err(out_of_range()) } else { timestamp(float as i64) } // saturates
}

fn parts_of(value: &Value, filter: &str, zone: TimeZone) -> ValR {
    let float = value.as_float().ok_or_else(|| Error::str(format_args!("{filter} requires a number")))?;
    let date = timestamp_of(float)?.to_zoned(zone).datetime();
    Ok(parts(date, float - float.floor()))
}

fn parts(date: DateTime, fraction: f64) -> Value {
    let second = i64::from(date.second());
    let parts = [
        i64::from(date.year()),
        i64::from(date.month()) - 1,
        i64::from(date.day()),
        i64::from(date.hour()),
        i64::from(date.minute()),
        second,
        i64::from(date.weekday().to_sunday_zero_offset()),
        i64::from(date.day_of_year()) - 1,
    ];
    let mut parts: Array = parts.into_iter().map(Value::Int).collect();
    if fraction > 0.0 {
        parts.set(5, Value::Float(second as f64 + fraction));
    }
    Value::array(parts)
}

/// The seconds since 1970. Parts out of range carry over, such as the month 12 into the next year.
fn seconds_of(parts: &[Value], filter: &str) -> Result<i64, Error> {
    let numbers = parts.get(..6).and_then(|parts| parts.iter().map(Value::as_float).collect::<Option<Vec<f64>>>());
    let numbers = numbers.ok_or_else(|| no_parts(filter))?;
    if !numbers.iter().all(|number| number.abs() <= MAX_PART) {
        return Err(out_of_range());
    }
    let whole = |at: usize| numbers[at] as i64;
    let months = whole(0) * 12 + whole(1);
    let year = i16::try_from(months.div_euclid(12)).map_err(|_| out_of_range())?;
    let first = Date::new(year, months.rem_euclid(12) as i8 + 1, 1).map_err(|_| out_of_range())?;
    let days = first.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24 + whole(2) - 1;
    let seconds = days * 86_400 + whole(3) * 3600 + whole(4) * 60 + whole(5);
    timestamp(seconds).map(Timestamp::as_second)
}

fn write(value: &Value, format: &Value, filter: &str, zone: TimeZone) -> ValR {
    let format = checked_format(format, filter)?;
    let date = match (value, value.as_float()) {
        (Value::Array(parts), _) => {
            // The parts are those of the time zone.
            let date = timestamp(seconds_of(parts, filter)?)?.to_zoned(TimeZone::UTC).datetime();
            date.to_zoned(zone).map_err(|_| out_of_range())?
        }
        (_, Some(float)) => timestamp_of(float)?.to_zoned(zone),
        _ => return Err(Error::str(format_args!("{filter} requires a number or an array of 6 numbers"))),
    };
    let _charge = meter::Charge::new(format.len() * 128);
    let posix = Config::new().custom(PosixCustom::new()).lenient(true);
    BrokenDownTime::from(&date).to_string_with_config(&posix, format).map(Value::from).map_err(Error::str)
}

fn checked_format<'a>(format: &'a Value, filter: &str) -> Result<&'a str, Error> {
    let Some(format) = format.as_str() else {
        return Err(Error::str(format_args!("{filter} requires a string as format")));
    };
    if format.len() > MAX_FORMAT {
        return Err(Error::str("a date format must have at most 1000 characters"));
    }
    meter::work(format.len());
    Ok(format)
}

fn read(value: &Value, format: &Value) -> ValR {
    let text = value.as_str().ok_or_else(|| Error::str("strptime requires a string"))?;
    let pattern = checked_format(format, "strptime")?;
    let date = Some(text)
        .filter(|text| text.len() <= MAX_TEXT)
        .and_then(|text| formats(pattern, text).into_iter().find_map(|format| date_of(text, &format).ok()));
    let differs = || Error::str(format_args!("date {value} does not match the format {format}"));
    Ok(parts(date.ok_or_else(differs)?, 0.0))
}

/// The formats that a text may have: `%z` also reads offsets with a colon and `Z`, and `%Z` the names of UTC.
fn formats(format: &str, text: &str) -> Vec<String> {
    let mut formats = vec![String::new()];
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        let directive = if c == '%' { chars.next() } else { None };
        let readings: &[&str] = match directive {
            Some('z') => &["%z", "%:z", "Z"],
            Some('Z') => &["GMT", "UTC", "Z"],
            _ => &[],
        };
        if readings.is_empty() || formats.len() >= 9 {
            formats.iter_mut().for_each(|format| format.extend([Some(c), directive].into_iter().flatten()));
            continue;
        }
        let readings: Vec<&str> =
            readings.iter().copied().filter(|reading| reading.starts_with('%') || text.contains(reading)).collect();
        let all = formats.iter().flat_map(|format| readings.iter().map(move |reading| format!("{format}{reading}")));
        formats = all.collect();
    }
    formats
}

/// A date, in the time zone that the text names.
fn date_of(text: &str, format: &str) -> Result<DateTime, jiff::Error> {
    let mut parsed = BrokenDownTime::parse(format, text)?;
    if parsed.offset().is_none() && parsed.iana_time_zone().is_none() {
        parsed.set_offset(Some(Offset::UTC));
    }
    Ok(parsed.to_zoned()?.datetime())
}

/// The seconds since 1970, of a time as RFC 3339 has them.
fn read_timestamp(value: &Value) -> ValR {
    let text = value.as_str().filter(|text| text.len() <= MAX_TEXT);
    let moment: Option<Timestamp> = text.and_then(|text| text.parse().ok());
    let moment = moment.ok_or_else(|| Error::str(format_args!("not a date in the format of RFC 3339: {value}")))?;
    let (seconds, nanoseconds) = (moment.as_second(), moment.subsec_nanosecond());
    if nanoseconds == 0 {
        return Ok(Value::Int(seconds));
    }
    Ok(Value::Float(moment.as_microsecond() as f64 / 1e6))
}
