//! Words that are near to what haul knows.

/// The methods that people send.
pub(crate) const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Whether an option is probably a typo of another, both with their dashes. clap suggests more distant ones, too, and
/// any that begin alike.
pub(crate) fn is_near(option: &str, meant: &str) -> bool {
    const MIN_SIMILARITY: f64 = 0.92;
    let max_typos = if meant.trim_start_matches('-').len() <= 4 { 1 } else { 2 };
    strsim::jaro_winkler(option, meant) >= MIN_SIMILARITY && strsim::osa_distance(option, meant) <= max_typos
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn typos_are_near_and_names_that_begin_alike_are_not() {
        for (typed, meant) in [
            ("--timeot", "--timeout"),
            ("--tiemout", "--timeout"),
            ("--cookies", "--cookie"),
            ("--useragent", "--user-agent"),
            ("--host_rate", "--host-rate"),
            ("--ratte", "--rate"),
        ] {
            assert!(is_near(typed, meant), "{typed}");
        }
        for (typed, meant) in [
            ("--progress-bar", "--progress-format"),
            ("--retry-after", "--retry-unsafe"),
            ("--strict-ssl", "--strict"),
            ("--execute", "--expect"),
            ("--redirect", "--max-redirect"),
            ("--ip", "--ipv6"),
            ("--foo", "--form"),
            ("--l", "--login"),
        ] {
            assert!(!is_near(typed, meant), "{typed}");
        }
    }
}
