//! Several tests at once.

/// Which of several results are beyond chance, so that the probability of calling any of them so that is not stays
/// below `level`, however they depend on each other: Holm's step-down procedure.
pub(crate) fn beyond_chance(ps: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut beyond = vec![false; ps.len()];
    for (rank, &place) in order.iter().enumerate() {
        if ps[place] * (ps.len() - rank) as f64 > level {
            break;
        }
        beyond[place] = true;
    }
    beyond
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_probable_is_held_against_all_of_them() {
        assert_eq!(beyond_chance(&[0.04], 0.05), [true]);
        assert_eq!(beyond_chance(&[0.04, 0.5], 0.05), [false, false]);
        assert_eq!(beyond_chance(&[0.5, 0.01, 0.02, 0.04], 0.05), [false, true, false, false]);
        assert_eq!(beyond_chance(&[0.01, 0.011, 0.02, 0.04], 0.05), [true, true, true, true]);
        assert!(beyond_chance(&[], 0.05).is_empty());
    }
}
