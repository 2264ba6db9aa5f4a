//! The times of a list.

use proptest::prelude::*;

use super::*;

fn replay(speed: f64) -> Load {
    load(LoadModel::Replay { speed })
}

/// Replays a list with these times. Returns when its requests are due, and when the pacer stopped.
fn play(load: &Load, list: &[Duration]) -> (Vec<Duration>, Duration) {
    let (mut pacer, mut now, mut due, mut list) = (Pacer::new(load), Duration::ZERO, Vec::new(), list.iter());
    loop {
        match pacer.next(now) {
            PacerStep::Read => match list.next() {
                Some(at) => pacer.listed(*at),
                None => pacer.list_ended(),
            },
            PacerStep::Start(at) => {
                assert_eq!(at, now);
                due.push(at);
            }
            PacerStep::Wait(until) => now = until,
            PacerStep::Stop => return (due, now),
            PacerStep::WaitForAnswer => panic!("a replay does not wait for answers"),
        }
    }
}

const BEGUN: Duration = Duration::from_secs(1_790_000_000);

#[test]
fn a_list_is_replayed_from_its_first_time_on() {
    let list = [0, 5, 1000, 4003].map(|at| BEGUN + ms(at));
    assert_eq!(play(&replay(1.0), &list), ([0, 5, 1000, 4003].map(ms).to_vec(), ms(4003)));
    assert_eq!(play(&replay(2.0), &list).0, [0, 2500, 500_000, 2_001_500].map(Duration::from_micros));
    assert_eq!(play(&replay(0.5), &list).0, [0, 10, 2000, 8006].map(ms));
    assert_eq!(play(&replay(1.0), &[]), (vec![], ms(0)));
}

#[test]
fn a_time_that_goes_back_is_due_at_once() {
    let list = [10, 40, 20, 5, 50].map(|at| BEGUN + ms(at));
    assert_eq!(play(&replay(1.0), &list).0, [0, 30, 30, 30, 40].map(ms));
}

#[test]
fn ends_and_warm_up_count_for_replays() {
    let list: Vec<Duration> = (0..50).map(|n| BEGUN + ms(100 * n)).collect();
    assert_eq!(play(&replay(1.0).requests(7), &list).0.len(), 7);
    assert_eq!(play(&replay(1.0).requests(7).after(SECOND), &list).0.len(), 17);
    let (due, ended) = play(&replay(1.0).lasting(SECOND).after(SECOND), &list);
    assert_eq!((due.len(), ended), (20, SECOND * 2));
}

#[test]
fn a_replay_that_is_far_too_late_ends() {
    let mut pacer = Pacer::new(&replay(1.0).lasting(SECOND));
    pacer.listed(BEGUN);
    assert_eq!(pacer.next(SECOND + LATEST_START), PacerStep::Stop);
    assert_eq!(pacer.not_started(), 1);
}

#[test]
fn a_speed_that_is_all_but_zero_does_not_overflow() {
    let mut pacer = Pacer::new(&replay(1e-300));
    pacer.listed(BEGUN);
    assert_eq!(pacer.next(ms(0)), PacerStep::Start(ms(0)));
    pacer.listed(BEGUN + SECOND);
    assert_eq!(pacer.next(SECOND), PacerStep::Wait(Duration::MAX));
}

proptest! {
    #[test]
    fn replays_are_in_order(list in prop::collection::vec(0u64..10_000, 0..50), speed in 0.01f64..100.0) {
        let list: Vec<Duration> = list.into_iter().map(ms).collect();
        let (due, _) = play(&replay(speed), &list);
        prop_assert!(due.is_sorted());
        prop_assert_eq!(due.len(), list.len());
        let (Some(first), Some(latest)) = (list.first(), list.iter().max()) else { return Ok(()) };
        let span = (*latest - *first).as_secs_f64() / speed;
        prop_assert!((due[due.len() - 1].as_secs_f64() - span).abs() < 1e-6);
    }
}
