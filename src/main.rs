//! The `haul` command: parse, plan, run, exit code.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main() {
        Ok(code) => code,
        Err(error) => {
            if let Some(message) = error.message() {
                eprintln!("haul: {message}");
            }
            error.exit_code()
        }
    }
}
