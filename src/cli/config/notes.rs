//! Notes on settings that set nothing.

use super::names::{Names, PREFIX, variable};
use super::setting::{OptionSetting, long};
use crate::cli::args::long_names;

/// The variable with which tests choose the client.
const CLIENT: &str = "HAUL_CLIENT";

/// A note on each of these variables that has haul's prefix, but sets no option.
pub(crate) fn unknown_variables(variables: impl Iterator<Item = String>) -> Vec<String> {
    let names = Names::of_run(false);
    let known: Vec<_> = names.of_any_run().flat_map(long_names).map(variable).collect();
    let unknown = variables.filter(|name| name.starts_with(PREFIX) && !known.contains(name) && name != CLIENT);
    let mut notes: Vec<_> = unknown
        .map(|name| {
            let option = name[PREFIX.len()..].to_ascii_lowercase().replace('_', "-");
            format!("the variable {name} sets no option{}", names.advice(&option, variable))
        })
        .collect();
    notes.sort();
    notes
}

/// What to tell somebody who may have meant these settings of a file for a probe.
pub(super) fn on_pace(settings: &[OptionSetting<'_>]) -> Option<String> {
    let [.., last] = settings else { return None };
    let names: Vec<_> = settings.iter().map(|setting| long(setting.option)).collect();
    let (apply, them) = if names.len() == 1 { ("applies", "it") } else { ("apply", "one of them") };
    let names = names.join(" and ");
    Some(format!("{}: {names} {apply} to list runs only; for a probe, put {them} into [probe]", last.place))
}

#[cfg(test)]
mod tests {
    use super::unknown_variables;

    #[test]
    fn variables_that_set_nothing_are_named() {
        let variables = ["HAUL_RATTE", "HAUL_RATE", "HAUL_CONFIG", "HAUL_CLIENT", "PATH", "HAUL_XYZZY", "HAULER"];
        let notes = unknown_variables(variables.into_iter().map(str::to_owned));
        let rate = "the variable HAUL_RATTE sets no option; did you mean HAUL_RATE?";
        assert_eq!(notes, [rate, "the variable HAUL_XYZZY sets no option"]);
    }
}
