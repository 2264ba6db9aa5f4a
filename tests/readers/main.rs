//! The lines that the built binary writes, read by other people's programs: jq, Python, Node.js and Go, as far as they are
//! installed. serde_json always reads along.

mod cases;
mod filters;
mod haul;
mod property;
mod readers;
mod server;
mod tags;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use readers::Reader;

macro_rules! trials {
    ($readers:expr, $($test:path),* $(,)?) => {
        vec![$({
            let readers: Vec<Reader> = $readers.to_vec();
            Trial::test(stringify!($test), move || { $test(&readers); Ok(()) })
        }),*]
    };
}

fn main() -> ExitCode {
    let (readers, missing): (Vec<_>, Vec<_>) = Reader::ALL.into_iter().partition(Reader::is_installed);
    for reader in missing {
        println!("left out: lines read by {}, which is not installed", reader.program);
    }
    let trials = trials![
        readers,
        cases::bodies_of_all_kinds,
        cases::every_control_character,
        cases::headers_of_any_bytes,
        filters::outputs,
        property::any_bytes_under_any_label,
        tags::ids_and_meta,
        tags::tags_of_inputs_that_are_not_sent,
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
