//! Theory gives the mean wait in front of one worker with a fixed service time S, under Poisson arrivals at a
//! utilisation of ρ: ρS / 2(1−ρ), by Pollaczek and Khinchine. Any other distribution of arrivals misses it.

use super::*;

/// The service time.
const SERVICE: Duration = Duration::from_millis(1);

/// Student's t for a confidence of 0.99, both sides, with 15 degrees of freedom.
const T_99: f64 = 2.947;
const SEEDS: u64 = 16;

/// The mean wait of `count` requests, after a tenth as many have filled the queue.
fn mean_wait(load: &Load, count: u32) -> f64 {
    let (mut pacer, mut free_at, mut waited) = (Pacer::new(load), Duration::ZERO, Duration::ZERO);
    let fill = count / 10;
    for n in 0..fill + count {
        let PacerStep::Start(due) = pacer.next(Duration::MAX) else { panic!("an endless load") };
        let begins = free_at.max(due);
        if n >= fill {
            waited += begins - due;
        }
        free_at = begins + SERVICE;
    }
    waited.as_secs_f64() / f64::from(count)
}

/// The mean over all seeds, and its error at a confidence of 0.99.
fn estimate(rate: &str, count: u32) -> (f64, f64) {
    let waits: Vec<f64> = (1..=SEEDS).map(|seed| mean_wait(&constant(rate).at_random().seeded(seed), count)).collect();
    let runs = SEEDS as f64;
    let mean = waits.iter().sum::<f64>() / runs;
    let variance = waits.iter().map(|wait| (wait - mean).powi(2)).sum::<f64>() / (runs - 1.0);
    (mean, T_99 * (variance / runs).sqrt())
}

fn check(utilisation: f64, rate: &str, count: u32, precision: f64) {
    let expected = utilisation * SERVICE.as_secs_f64() / (2.0 * (1.0 - utilisation));
    let (mean, error) = estimate(rate, count);
    let figures = format!("expected {expected:.6} s, got {mean:.6} ± {error:.6} s");
    println!("at {utilisation}: {figures}");
    assert!(error < precision * expected, "too imprecise to tell: {figures}");
    assert!((mean - expected).abs() <= error, "{figures}");
}

#[test]
fn poisson_arrivals_wait_as_long_as_theory_says() {
    check(0.5, "500/s", 40_000, 0.02);
    check(0.8, "800/s", 40_000, 0.05);
    check(0.95, "950/s", 200_000, 0.1);
}

#[test]
fn evenly_spaced_arrivals_do_not_wait() {
    assert_eq!(mean_wait(&constant("800/s"), 1_000), 0.0);
}
