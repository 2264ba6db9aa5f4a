//! A loop that sleeps and starts as it is told, on tokio's paused time.

use tokio::time::{Instant, sleep, sleep_until};

use super::*;

/// When each request was due and when it started.
async fn run(load: &Load) -> Vec<(Duration, Duration)> {
    let (began, mut pacer, mut started) = (Instant::now(), Pacer::new(load), Vec::new());
    loop {
        let now = began.elapsed();
        match pacer.next(now) {
            PacerStep::Start(due) => started.push((due, now)),
            PacerStep::Wait(until) => sleep_until(began + until).await,
            PacerStep::Stop => return started,
            step @ (PacerStep::Miss(_) | PacerStep::WaitForAnswer | PacerStep::Read) => {
                panic!("{step:?} in an open model")
            }
        }
    }
}

/// tokio's timers tick in milliseconds.
const TICK: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn every_second_has_its_starts() {
    for (load, counts) in [
        (constant("20k/s").lasting(SECOND * 3), vec![20_000; 3]),
        (constant("90/m").lasting(SECOND * 4), vec![2, 1, 2, 1]),
        (stages("100/s@1s, 0@1s, 0..200/s@1s, 300/s@1s"), vec![100, 0, 100, 300]),
    ] {
        let started = run(&load).await;
        let due: Vec<Duration> = started.iter().map(|(due, _)| *due).collect();
        let got: Vec<usize> = (0..counts.len()).map(|second| in_second(&due, SECOND * second as u32)).collect();
        assert_eq!(got, counts);
        assert!(started.iter().all(|(due, at)| (*due..=*due + TICK).contains(at)), "early or late");
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_is_held_up_catches_up() {
    let load = constant("100/s").lasting(SECOND);
    let (began, mut pacer, mut due) = (Instant::now(), Pacer::new(&load), Vec::new());
    loop {
        match pacer.next(began.elapsed()) {
            PacerStep::Start(at) => due.push(at),
            PacerStep::Wait(_) => sleep(ms(330)).await,
            _ => break,
        }
    }
    assert_eq!(due, starts(&load).0, "what was due does not depend on when it starts");
}

#[tokio::test(start_paused = true)]
async fn random_arrivals_start_when_they_are_due() {
    let load = constant("200/s").at_random().lasting(SECOND * 5).after(SECOND);
    let started = run(&load).await;
    assert!(started.iter().all(|(due, at)| (*due..=*due + TICK).contains(at)), "early or late");
    assert_eq!(started.into_iter().map(|(due, _)| due).collect::<Vec<_>>(), starts(&load).0);
}
