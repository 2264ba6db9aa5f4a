//! Workers that each wait for an answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;

/// Runs workers against a server that takes `service(n)` for its n-th answer. Returns when each request was due, and
/// when the pacer stopped.
fn work(load: &Load, service: impl Fn(usize) -> Duration) -> (Vec<Duration>, Duration) {
    let LoadModel::Closed { workers, .. } = load.model else { panic!("workers") };
    let (mut pacer, mut now, mut due) = (Pacer::new(load), Duration::ZERO, Vec::new());
    let mut wire: BinaryHeap<Reverse<Duration>> = BinaryHeap::new();
    loop {
        let wake = match pacer.next(now) {
            PacerStep::Start(at) => {
                assert!(at <= now);
                wire.push(Reverse(now + service(due.len())));
                due.push(at);
                assert!(wire.len() <= workers.get(), "more requests in flight than workers");
                continue;
            }
            PacerStep::Wait(until) => Some(until),
            PacerStep::WaitForAnswer => {
                assert_eq!(wire.len(), workers.get(), "a worker idles");
                None
            }
            PacerStep::Stop => return (due, now),
            PacerStep::Miss(_) | PacerStep::Read => panic!("workers have no list"),
        };
        match (wire.peek().copied(), wake) {
            (Some(Reverse(answer)), wake) if wake.is_none_or(|wake| answer <= wake) => {
                wire.pop();
                now = answer;
                pacer.answered(answer);
            }
            (_, Some(wake)) => now = wake,
            _ => panic!("nothing would ever happen"),
        }
    }
}

#[test]
fn workers_begin_at_once_and_then_wait_for_answers() {
    let (due, ended) = work(&closed(3, ms(0)).lasting(SECOND), |_| ms(400));
    assert_eq!(due, [0, 0, 0, 400, 400, 400, 800, 800, 800].map(ms));
    assert_eq!(ended, ms(1200), "the pacer is asked again when answers come");
}

#[test]
fn think_time_comes_after_each_answer() {
    let (due, ended) = work(&closed(2, ms(250)).lasting(SECOND), |n| ms(if n == 0 { 100 } else { 150 }));
    assert_eq!(due, [0, 0, 350, 400, 750, 800].map(ms));
    assert_eq!(ended, SECOND, "the run lasts as long as it is told to");
}

#[test]
fn a_number_of_requests_is_exact() {
    for workers in [1, 7, 100] {
        let load = closed(workers, ms(5)).requests(50);
        assert_eq!(work(&load, |_| ms(20)).0.len(), 50);
        assert_eq!(Pacer::new(&load).expected_starts(), Some(50));
        let (due, _) = work(&load.after(ms(60)), |_| ms(20));
        assert_eq!(due.iter().filter(|due| **due >= ms(60)).count(), 50);
    }
    assert_eq!(Pacer::new(&closed(1, ms(0)).lasting(SECOND)).expected_starts(), None);
    assert_eq!(Pacer::new(&closed(1, ms(0)).lasting(SECOND).requests(5)).expected_starts(), None);
}

#[test]
fn a_worker_owes_no_start_after_the_end() {
    let mut pacer = Pacer::new(&closed(2, ms(0)).lasting(SECOND).after(SECOND));
    assert_eq!(pacer.next(ms(0)), PacerStep::Start(ms(0)));
    assert_eq!(pacer.next(SECOND * 2), PacerStep::Stop);
    assert_eq!((pacer.not_started(SECOND * 2), pacer.end()), (0, Some(SECOND * 2)));
}

#[test]
fn answers_out_of_order_free_workers_in_order() {
    let mut pacer = Pacer::new(&closed(3, ms(10)));
    (0..3).for_each(|_| _ = pacer.next(ms(0)));
    assert_eq!(pacer.next(ms(0)), PacerStep::WaitForAnswer);
    [30, 20, 25].into_iter().for_each(|at| pacer.answered(ms(at)));
    assert_eq!([(); 3].map(|()| pacer.next(ms(50))), [30, 35, 40].map(|due| PacerStep::Start(ms(due))));
}

proptest! {
    #[test]
    fn workers_are_never_exceeded_and_never_idle(
        workers in 1usize..20, think in 0u64..30, warm_up in 0u64..200, services in prop::collection::vec(0u64..60, 1..20),
    ) {
        // `work` asserts both.
        let load = closed(workers, ms(think)).lasting(ms(500)).requests(300).after(ms(warm_up));
        let (due, _) = work(&load, |n| ms(1 + services[n % services.len()]));
        prop_assert!(due.iter().all(|due| *due < ms(500 + warm_up)));
        prop_assert!(due.is_sorted());
    }
}
