//! The names of haul's commands.

pub(crate) const DEMO: &str = "demo";
pub(crate) const PROBE: &str = "probe";
pub(crate) const REPORT: &str = "report";

/// All commands.
pub(crate) const ALL: [&str; 6] = [DEMO, PROBE, "origin", REPORT, "completions", "man"];

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::cli::args::Cli;

    #[test]
    fn all_commands_are_named() {
        let defined = Cli::definition();
        let names: Vec<_> = defined.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, ALL);
    }
}
