//! The `haul` command: parse, plan, run, exit code.

mod cli;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main() {
        Ok(code) => code,
        Err(error) => {
            if let Some(message) = error.message() {
                let _ = writeln!(std::io::stderr(), "haul: {message}"); // the code says it, too
            }
            error.exit_code()
        }
    }
}
