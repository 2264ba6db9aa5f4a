//! A report as HDR's interval log, version 1.3, which the tools for HDR histograms read.
//!
//! The first interval has the tag `all`: the latencies of the whole run, to three digits. Those of each group follow,
//! with the tag of its name. Without a tag there is an interval for each second of a probe, or for each interval of its
//! series where those are wider, with the latencies of the requests that were to start in it: together they are all
//! latencies, to two digits, which err by less than 1 %. A second without a latency has no interval, since tools would
//! show 0 for it: not even if every start in it was missed.
//!
//! The latencies of a report without a series are one interval without a tag, and those of its groups.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriter, IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};
use jiff::Timestamp;

use super::interval::IntervalTotals;
use super::latency::Latency;
use super::series::Series;
use super::{Report, RunFacts};

/// Values are in microseconds; the column of maxima is in milliseconds, as the tools expect.
const PER_MILLISECOND: f64 = 1e3;

/// The tag of the whole, beside a series.
const ALL: &str = "all";

/// Writes the latencies of `report`, over all, by group and by interval. `run` says when and how long it ran where the
/// report does not.
///
/// # Errors
/// Writing fails.
pub fn write(mut out: impl Write, report: &Report, run: &RunFacts) -> io::Result<()> {
    let (start, length) = span(&report.series).unwrap_or_else(|| span_of_run(run));
    let mut serializer = V2DeflateSerializer::new();
    let mut builder = IntervalLogWriterBuilder::new();
    builder.add_comment("[Histogram log format version 1.3]");
    builder.add_comment(&format!("[Logged with haul {}: latencies in microseconds]", run.version));
    builder.with_start_time(SystemTime::UNIX_EPOCH + start).with_max_value_divisor(PER_MILLISECOND);
    let mut log = Log(builder.begin_log_with(&mut out, &mut serializer)?);

    let tag = (!report.series.is_empty()).then_some(ALL);
    log.interval(tag, start, length, &report.times.latency)?;
    for (name, named) in report.groups.ranked() {
        log.interval(Some(&tag_of(name)), start, length, &named.sum.times.latency)?;
    }
    let width = Duration::from_secs(report.series.width_s());
    for (start_s, interval) in report.series.iter().filter(|(_, interval)| !interval.latency.is_empty()) {
        log.interval(None, Duration::from_secs(start_s), width, &interval.latency)?;
    }
    Ok(())
}

/// When the first interval begins since 1970, and how long after that the last one ends.
fn span(series: &Series<IntervalTotals>) -> Option<(Duration, Duration)> {
    let (first, last) = (series.iter().next()?.0, series.iter().last()?.0);
    Some((Duration::from_secs(first), Duration::from_secs(last - first + series.width_s())))
}

fn span_of_run(run: &RunFacts) -> (Duration, Duration) {
    let began = run.started_at.parse::<Timestamp>().map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
    let length = Duration::try_from_secs_f64(run.wall_s).unwrap_or_default();
    (began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(), length)
}

struct Log<'a, 'b, W: Write>(IntervalLogWriter<'a, 'b, W, V2DeflateSerializer>);

impl<W: Write> Log<'_, '_, W> {
    fn interval(&mut self, tag: Option<&str>, start: Duration, length: Duration, latency: &Latency) -> io::Result<()> {
        let written = self.0.write_histogram(&latency.to_histogram(), start, length, tag.and_then(Tag::new));
        written.map_err(|error| match error {
            IntervalLogWriterError::IoError(error) => error,
            other => io::Error::other(other.to_string()),
        })
    }
}

/// The name of a group with what a tag may not hold, and the percent sign, escaped as in URLs: no two are the same.
fn tag_of(name: &str) -> Cow<'_, str> {
    let must_escape = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '%');
    if name != ALL && !name.is_empty() && !name.contains(must_escape) {
        return name.into();
    }
    let mut tag = String::new();
    for c in name.chars() {
        match must_escape(c) || name == ALL {
            true => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write!(tag, "%{byte:02X}")),
            false => tag.push(c),
        }
    }
    if tag.is_empty() { "%".into() } else { tag.into() }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::model::RecordSummary;

    const START_S: u64 = 1_800_000_000;

    fn request(group: &'static str, start_ms: u64, latency_us: u64) -> RecordSummary<'static> {
        RecordSummary {
            ok: true,
            group: Some(group),
            intended_us: Some(START_S * 1_000_000 + start_ms * 1_000),
            latency_us: Some(latency_us),
            ..RecordSummary::default()
        }
    }

    type Interval = (Option<String>, f64, f64, f64, Histogram<u64>);

    fn read_back(report: &Report, run: &RunFacts) -> (SystemTime, Vec<Interval>) {
        let mut log = Vec::new();
        write(&mut log, report, run).unwrap();
        assert!(log.starts_with(b"#[Histogram log format version 1.3]\n"));
        let (mut start, mut intervals) = (SystemTime::UNIX_EPOCH, Vec::new());
        for entry in IntervalLogIterator::new(&log) {
            match entry.unwrap() {
                LogEntry::StartTime(since) => start += since,
                LogEntry::BaseTime(_) => panic!("times are absolute"),
                LogEntry::Interval(interval) => {
                    let bytes = BASE64_STANDARD.decode(interval.encoded_histogram()).unwrap();
                    let histogram = Deserializer::new().deserialize(&mut &*bytes).unwrap();
                    let (from, length) = (interval.start_timestamp(), interval.duration());
                    let tag = interval.tag().map(|tag| tag.as_str().to_owned());
                    intervals.push((tag, from.as_secs_f64(), length.as_secs_f64(), interval.max(), histogram));
                }
            }
        }
        (start, intervals)
    }

    #[test]
    fn a_probe_is_the_whole_its_groups_and_its_seconds() {
        let mut report = Report::default();
        for (group, start_ms, latency_us) in
            [("read, all", 100, 1_000), ("read, all", 900, 2_001), ("write", 2_999, 70_000), ("write", 2_000, 345_678)]
        {
            report.add(&request(group, start_ms, latency_us));
        }
        let (start, intervals) = read_back(&report, &RunFacts::default());
        assert_eq!(start, SystemTime::UNIX_EPOCH + Duration::from_secs(START_S));
        let shape: Vec<_> = intervals
            .iter()
            .map(|(tag, from, length, _, histogram)| {
                (tag.as_deref(), from - START_S as f64, *length, histogram.len(), histogram.sigfig())
            })
            .collect();
        assert_eq!(
            shape,
            [
                (Some("all"), 0.0, 3.0, 4, 3),
                (Some("read%2C%20all"), 0.0, 3.0, 2, 3),
                (Some("write"), 0.0, 3.0, 2, 3),
                (None, 0.0, 1.0, 2, 2),
                (None, 2.0, 1.0, 2, 2),
            ]
        );
        let (.., max_ms, whole) = &intervals[0];
        assert!((max_ms - 345.678).abs() < 0.345, "{max_ms}");
        assert!(whole.equivalent(whole.value_at_quantile(0.5), 2_001));
        let (.., last) = &intervals[4];
        assert!(last.value_at_quantile(0.5).abs_diff(70_000) < 700);
    }

    #[test]
    fn a_second_in_which_answers_only_ended_has_no_interval() {
        let mut report = Report::default();
        report.add(&RecordSummary { status_code: Some(http::StatusCode::OK), ..request("a", 100, 2_000_000) });
        assert_eq!(report.series.iter().map(|(at, _)| at).collect::<Vec<_>>(), [START_S, START_S + 2]);
        let (_, intervals) = read_back(&report, &RunFacts::default());
        let shape: Vec<_> = intervals.iter().map(|(tag, from, length, ..)| (tag.as_deref(), *from, *length)).collect();
        let start = START_S as f64;
        assert_eq!(shape, [(Some("all"), start, 3.0), (Some("a"), start, 3.0), (None, start, 1.0)]);
    }

    #[test]
    fn a_list_is_one_interval() {
        let mut report = Report::default();
        report.add(&RecordSummary { intended_us: None, ..request("a", 0, 5_000) });
        let run = RunFacts { started_at: "2027-01-15T08:00:00Z".to_owned(), wall_s: 1.5, ..RunFacts::default() };
        let (_, intervals) = read_back(&report, &run);
        let shape: Vec<_> = intervals.iter().map(|(tag, from, length, ..)| (tag.as_deref(), *from, *length)).collect();
        assert_eq!(shape, [(None, START_S as f64, 1.5), (Some("a"), START_S as f64, 1.5)]);
        assert_eq!(read_back(&Report::default(), &RunFacts::default()).1.len(), 1);
    }

    #[test]
    fn each_group_has_a_tag_of_its_own() {
        let names = ["a", "a b", "a%20b", "a,b", "a\nb", "é\u{a0}", "all", "%61ll", ""];
        let tags: std::collections::BTreeSet<_> = names.iter().map(|name| tag_of(name).into_owned()).collect();
        assert_eq!(tags.len(), names.len());
        assert!(!tags.contains(ALL) && tags.iter().all(|tag| Tag::new(tag).is_some() && !tag.is_empty()), "{tags:?}");
    }
}
