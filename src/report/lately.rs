//! What came in the last seconds of a run in progress, for whoever watches it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::latency::Latency;
use super::quantiles::Quantiles;
use crate::model::RecordSummary;

/// Over how many seconds the latest percentiles are, the present one among them.
pub const LATELY_S: u64 = 10;

/// For how many seconds the latencies are kept.
pub const MAX_SECONDS: usize = 300;

/// Into how many bands latencies are sorted.
pub const BANDS: usize = 64;

/// Bands in each power of ten.
const BANDS_A_DECADE: f64 = 8.0;

/// Where the second band begins, in microseconds.
const FIRST_US: f64 = 10.0;

/// What came in the last seconds of a run. The warm-up of a probe is part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lately {
    /// How long the responses of the last [`LATELY_S`] seconds took; none without any.
    pub latency: Option<Quantiles>,
    /// The last [`MAX_SECONDS`] seconds that had a record, in order.
    pub seconds: Vec<Arc<LiveSecond>>,
}

/// The records that came in one second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSecond {
    /// Which second of the run it is, from 0.
    pub second: u64,
    /// All records.
    pub records: u64,
    /// Those that failed.
    pub failed: u64,
    /// How many latencies there were in each band; [`band_start`] says where they begin.
    pub bands: [u32; BANDS],
}

/// The least latency of a band: there are eight in each power of ten, the first from 0 and the second from 10 µs.
pub fn band_start(band: usize) -> Duration {
    let steps = band.checked_sub(1).map(|steps| steps as f64);
    steps.map_or(Duration::ZERO, |steps| Duration::from_secs_f64(FIRST_US / 1e6 * 10f64.powf(steps / BANDS_A_DECADE)))
}

fn band_of(us: u64) -> usize {
    if (us as f64) < FIRST_US {
        return 0;
    }
    let steps = ((us as f64 / FIRST_US).log10() * BANDS_A_DECADE).floor();
    (steps as usize + 1).min(BANDS - 1)
}

/// Collects the last seconds of a run.
#[derive(Debug, Default)]
pub(crate) struct LiveFold {
    seconds: VecDeque<Arc<LiveSecond>>,
    /// The latencies of the last few of them.
    latencies: VecDeque<(u64, Latency)>,
}

impl LiveFold {
    /// Adds a record that came `elapsed` after the start.
    pub(crate) fn add(&mut self, record: &RecordSummary<'_>, elapsed: Duration) {
        let second = elapsed.as_secs();
        self.begin(second);
        let (Some(live), Some((_, latency))) = (self.seconds.back_mut(), self.latencies.back_mut()) else { return };
        let live = Arc::make_mut(live);
        live.records += 1;
        live.failed += u64::from(!record.ok && !record.duplicate);
        if let Some(us) = record.latency_us {
            let count = &mut live.bands[band_of(us)];
            *count = count.saturating_add(1);
            latency.add(us);
        }
    }

    /// What came until `elapsed` after the start.
    pub(crate) fn lately(&self, elapsed: Duration) -> Lately {
        let mut sum = Latency::coarse();
        let first = (elapsed.as_secs() + 1).saturating_sub(LATELY_S);
        let latest = self.latencies.iter().filter(|(second, _)| *second >= first);
        latest.for_each(|(_, latency)| sum.merge(latency));
        Lately { latency: Quantiles::of(&sum), seconds: self.seconds.iter().cloned().collect() }
    }

    fn begin(&mut self, second: u64) {
        if self.seconds.back().is_some_and(|last| last.second >= second) {
            return;
        }
        self.seconds.push_back(Arc::new(LiveSecond { second, records: 0, failed: 0, bands: [0; BANDS] }));
        self.latencies.push_back((second, Latency::coarse()));
        if self.seconds.len() > MAX_SECONDS {
            self.seconds.pop_front();
        }
        if self.latencies.len() as u64 > LATELY_S {
            self.latencies.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(us: u64, ok: bool) -> RecordSummary<'static> {
        RecordSummary { ok, latency_us: Some(us), ..RecordSummary::default() }
    }

    #[test]
    fn the_latest_percentiles_forget_what_is_older() {
        let mut live = LiveFold::default();
        assert_eq!(live.lately(Duration::ZERO), Lately::default());
        for second in 0..20 {
            let us = if second < 8 { 900_000 } else { 2_000 };
            (0..5).for_each(|n| live.add(&record(us, n > 0), Duration::from_millis(1_000 * second + 150 * n)));
        }
        let max = |at: u64| live.lately(Duration::from_secs(at)).latency.map(|latency| latency.max.as_millis());
        assert_eq!([max(17), max(19), max(28), max(29)], [Some(2), Some(2), Some(2), None]);
        let lately = live.lately(Duration::from_secs(19));
        let counts: Vec<_> = lately.seconds.iter().map(|of| (of.second, of.records, of.failed)).collect();
        assert_eq!((counts.len(), counts[0], counts[19]), (20, (0, 5, 1), (19, 5, 1)));
    }

    #[test]
    fn a_long_run_keeps_its_last_seconds() {
        let mut live = LiveFold::default();
        (0..1_000).for_each(|second| live.add(&record(1, true), Duration::from_secs(2 * second)));
        let seconds = live.lately(Duration::from_secs(2_000)).seconds;
        assert_eq!((seconds.len(), seconds[0].second, live.latencies.len()), (MAX_SECONDS, 1_400, 10));
        live.add(&record(1, true), Duration::from_secs(5)); // the clock of the writer does not go back
        assert_eq!(live.lately(Duration::from_secs(2_000)).seconds.last().unwrap().records, 2);
    }

    proptest! {
        #[test]
        fn a_latency_is_in_its_band(us in prop_oneof![0..100u64, 0..10_000_000u64, 0..600_000_000u64]) {
            let (band, start) = (band_of(us), |band| band_start(band).as_secs_f64() * 1e6);
            prop_assert!(start(band) <= us as f64 * 1.001);
            prop_assert!(band == BANDS - 1 || start(band + 1) >= us as f64 * 0.999);
        }
    }
}
