//! When intervals are made, and of what.

use super::*;

/// Ends measurements in order until one makes an interval, and says after how many.
fn first_interval(batches: &mut QuantileBatches, from: u64, value: impl Fn(u64) -> Option<u64>) -> (u64, Interval) {
    (from..).find_map(|n| batches.end(n, value(n)).map(|interval| (n + 1, interval))).unwrap()
}

/// Values that are spread evenly from 0 to 9,999, in an order without a pattern.
fn spread(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 10_000
}

#[test]
fn intervals_come_when_the_number_of_measurements_doubles() {
    let mut batches = QuantileBatches::new(0.99);
    let mut from = 0;
    for (at, size) in [(200_000, 10_000), (400_000, 20_000), (800_000, 40_000)] {
        let (count, interval) = first_interval(&mut batches, from, |n| Some(spread(n)));
        assert_eq!((count, interval.batches, interval.size, interval.values), (at, 20, size, at));
        assert!((interval.estimate - 9_900.0).abs() < 10.0 + interval.within, "{interval:?}");
        from = count;
    }
    assert!(batches.batches.len() <= 40);
    let sizes = [0.5, 0.1, 0.9, 0.999].map(|quantile| QuantileBatches::new(quantile).first_look());
    assert_eq!(sizes, [4_000, 20_000, 20_000, 2_000_000]);
}

#[test]
fn between_two_looks_there_is_an_interval_of_what_is_full() {
    let mut batches = QuantileBatches::new(0.5);
    let (count, first) = first_interval(&mut batches, 0, |n| Some(spread(n)));
    assert_eq!(batches.interval(), Some(first));
    (count..5_099).for_each(|n| assert_eq!(batches.end(n, Some(spread(n))), None));
    let interval = batches.interval().unwrap();
    assert_eq!((interval.batches, interval.size, interval.values), (25, 200, 5_000));
}

#[test]
fn a_measurement_belongs_to_those_that_began_with_it() {
    let mut batches = QuantileBatches::new(0.5);
    // The very first one ends last.
    let waits = (1..7_999).all(|n| batches.end(n, Some(spread(n))).is_none());
    assert!(waits && batches.interval().is_none());
    assert_eq!(batches.end(0, Some(7)).unwrap().values, 4_000);
    assert_eq!(batches.end(7_999, Some(7)).unwrap().values, 8_000);
}

#[test]
fn a_look_is_left_out_if_a_measurement_takes_too_long() {
    let mut batches = QuantileBatches::new(0.5);
    assert!((1..1_000_000).all(|n| batches.end(n, Some(spread(n))).is_none()));
    assert!(batches.batches.len() <= 40);
    let interval = batches.end(0, Some(7)).unwrap();
    assert!(interval.values >= 500_000 && interval.batches == 20, "{interval:?}");
}

#[test]
fn batches_without_enough_values_make_no_interval() {
    let failing = |share: u64| move |n: u64| (n % 100 >= share).then(|| spread(n));
    let (count, interval) = first_interval(&mut QuantileBatches::new(0.5), 0, failing(5));
    assert_eq!((count, interval.values), (4_000, 3_800));
    let (count, interval) = first_interval(&mut QuantileBatches::new(0.5), 0, failing(90));
    assert_eq!((count, interval.size, interval.values), (64_000, 3_200, 6_400), "until they have them");
}

#[test]
fn an_interval_is_not_narrower_than_a_histogram_is_exact() {
    let (_, interval) = first_interval(&mut QuantileBatches::new(0.5), 0, |_| Some(1_234_567));
    assert_eq!(interval.within, interval.estimate * 0.0005);
    assert!((interval.estimate - 1_234_567.0).abs() <= interval.within, "{interval:?}");
}

#[test]
fn the_next_look_is_the_first_one_with_enough() {
    let batches = QuantileBatches::new(0.99);
    assert_eq!([0.0, 2e5, 2.1e5, 1e6].map(|count| batches.look_after(count)), [200_000, 200_000, 400_000, 1_600_000]);
    assert!(batches.look_after(f64::INFINITY) > 1 << 60);
}
