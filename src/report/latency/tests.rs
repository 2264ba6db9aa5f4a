use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn times() -> impl Strategy<Value = Vec<u64>> {
    vec(prop_oneof![0..3_000u64, 0..2_000_000u64, 0..2 * LONGEST_US], 0..300)
}

fn all(mut latency: Latency, times: &[u64]) -> Latency {
    times.iter().for_each(|&us| latency.add(us));
    latency
}

proptest! {
    #[test]
    fn a_sparse_histogram_is_as_exact(times in times(), quantile in 0.0..=1.0f64) {
        let (dense, sparse) = (all(Latency::default(), &times), all(Latency::sparse(), &times));
        prop_assert_eq!(&dense, &sparse);
        for quantile in [0.0, quantile, 0.5, 0.99, 1.0] {
            prop_assert_eq!(dense.at(quantile), sparse.at(quantile));
        }
    }

    #[test]
    fn a_coarse_histogram_errs_below_one_percent(mut times in vec(0..LONGEST_US, 1..200), rank in any::<prop::sample::Index>()) {
        let coarse = all(Latency::coarse(), &times);
        times.sort_unstable();
        let at = rank.index(times.len());
        let (exact, shown) = (times[at], coarse.at((at + 1) as f64 / times.len() as f64 - 1e-9).unwrap());
        prop_assert!(exact <= shown && shown as f64 <= exact as f64 * 1.01, "{exact} shown as {shown}");
    }

    #[test]
    fn each_form_merges_and_reads_back(a in times(), b in times()) {
        for new in [Latency::default, Latency::sparse, Latency::coarse] {
            let whole = all(all(new(), &a), &b);
            let mut sum = all(new(), &a);
            sum.merge(&all(new(), &b));
            prop_assert_eq!(&sum, &whole);
            let stored = serde_json::to_value(&whole).unwrap();
            prop_assert_eq!(&new().read(stored).unwrap(), &whole);
            let hdr = whole.to_hdr().unwrap();
            prop_assert_eq!(hdr.is_none(), whole.is_empty());
            if let Some(hdr) = hdr {
                prop_assert_eq!(&new().with_hdr(whole.stats, &hdr).unwrap(), &whole);
            }
        }
    }
}
