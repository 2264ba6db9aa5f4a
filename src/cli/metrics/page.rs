//! A page in the text format of Prometheus.

use haul::report::Cumulative;
use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

/// The upper bounds of the buckets for durations, in microseconds.
pub(super) const BOUNDS_US: [u64; 17] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// The families of metrics on a page.
#[derive(Default)]
pub(super) struct Page(Vec<MetricFamily>);

/// The value of a label, and a number.
pub(super) type Sample<'a> = (&'a str, f64);

impl Page {
    /// The page; families without a sample are left out.
    pub(super) fn text(mut self) -> String {
        self.0.retain(|family| !family.get_metric().is_empty());
        TextEncoder::new().encode_to_string(&self.0).unwrap_or_default() // it fails only for a family without a metric
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, value: f64) {
        self.add(name, help, MetricType::COUNTER, [counter(metric(&[]), value)]);
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.add(name, help, MetricType::GAUGE, [gauge(metric(&[]), value)]);
    }

    pub(super) fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl IntoIterator<Item = Sample<'a>>,
    ) {
        let samples = samples.into_iter().map(|(value, count)| counter(metric(&[(label, value)]), count));
        self.add(name, help, MetricType::COUNTER, samples);
    }

    pub(super) fn gauges<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl IntoIterator<Item = Sample<'a>>,
    ) {
        let samples = samples.into_iter().map(|(value, now)| gauge(metric(&[(label, value)]), now));
        self.add(name, help, MetricType::GAUGE, samples);
    }

    pub(super) fn add(&mut self, name: &str, help: &str, kind: MetricType, metrics: impl IntoIterator<Item = Metric>) {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        family.set_metric(metrics.into_iter().collect());
        self.0.push(family);
    }
}

/// A metric with these labels.
pub(super) fn metric(labels: &[(&str, &str)]) -> Metric {
    let label = |&(name, value): &(&str, &str)| {
        let mut label = LabelPair::default();
        label.set_name(name.to_owned());
        label.set_value(value.to_owned());
        label
    };
    Metric::from_label(labels.iter().map(label).collect())
}

pub(super) fn counter(mut metric: Metric, value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    metric.set_counter(counter);
    metric
}

pub(super) fn gauge(mut metric: Metric, value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    metric.set_gauge(gauge);
    metric
}

pub(super) fn histogram(mut metric: Metric, counts: &Cumulative) -> Metric {
    let bucket = |(bound, count): (&u64, &u64)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(seconds(*bound));
        bucket.set_cumulative_count(*count);
        bucket
    };
    let mut histogram = Histogram::default();
    histogram.set_sample_count(counts.count);
    histogram.set_sample_sum(seconds(counts.sum_us));
    histogram.set_bucket(BOUNDS_US.iter().zip(&counts.at_most).map(bucket).collect());
    metric.set_histogram(histogram);
    metric
}

pub(super) fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
