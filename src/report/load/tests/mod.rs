mod doubt;
mod file;
mod merging;
mod recorder;

use std::time::{Duration, SystemTime};

use super::{LoadFacts, LoadRecorder};

/// The whole second, since 1970, in which runs of these tests begin; some of them half a second later.
const BEGIN: u64 = 1_800_000_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A recorder of a run without a warm-up, on two cores.
fn recorder() -> LoadRecorder {
    LoadRecorder::new(SystemTime::UNIX_EPOCH + Duration::from_secs(BEGIN), Duration::ZERO, 2)
}

/// A run in which requests of these lags were due, one each 10 ms.
fn lags(us: &[u64]) -> LoadFacts {
    let mut recorder = recorder();
    for (place, us) in us.iter().enumerate() {
        recorder.start(ms(10 * place as u64));
        recorder.sent(ms(10 * place as u64), Duration::from_micros(*us));
    }
    recorder.facts(ms(10 * us.len() as u64))
}
