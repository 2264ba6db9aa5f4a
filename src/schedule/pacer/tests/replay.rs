//! The times of a list.

use super::*;

fn replay() -> Load {
    load(LoadModel::Replay)
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
            step @ (PacerStep::Miss(_) | PacerStep::WaitForAnswer) => panic!("{step:?} in time"),
        }
    }
}

#[test]
fn a_list_is_replayed_at_its_times() {
    let list = [0, 5, 5, 1000, 4003].map(ms);
    assert_eq!(play(&replay(), &list), (list.to_vec(), ms(4003)));
    assert_eq!(play(&replay(), &[]), (vec![], ms(0)));
}

#[test]
fn ends_and_warm_up_count_for_replays() {
    let list: Vec<Duration> = (0..50).map(|n| ms(100 * n)).collect();
    assert_eq!(play(&replay().requests(7), &list).0.len(), 7);
    assert_eq!(play(&replay().requests(7).after(SECOND), &list).0.len(), 17);
    let (due, ended) = play(&replay().lasting(SECOND).after(SECOND), &list);
    assert_eq!((due.len(), ended), (20, SECOND * 2));
}

#[test]
fn a_replay_that_is_far_too_late_misses_what_was_due() {
    let late = SECOND + START_GRACE;
    let mut pacer = Pacer::new(&replay().lasting(SECOND));
    for due in [0, 500, 999] {
        assert_eq!(pacer.next(late), PacerStep::Read);
        pacer.listed(ms(due));
        assert_eq!(pacer.next(late), PacerStep::Miss(ms(due)));
    }
    assert_eq!(pacer.next(late), PacerStep::Read);
    pacer.listed(SECOND);
    assert_eq!(pacer.next(late), PacerStep::Stop);
    let mut pacer = Pacer::new(&replay().lasting(SECOND).requests(1));
    pacer.listed(ms(0));
    assert_eq!([pacer.next(late), pacer.next(late)], [PacerStep::Miss(ms(0)), PacerStep::Stop]);
}
