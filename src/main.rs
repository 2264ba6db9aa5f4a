//! The `haul` command: parse, plan, run, exit code.

mod cli;

use std::io::Write;
use std::process::ExitCode;

/// Records are freed on another thread than they were made on, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::main() {
        Ok(code) => code,
        Err(error) => {
            if let Some(message) = error.message() {
                let _ = writeln!(std::io::stderr(), "haul: {}", cli::shown(message)); // the code says it, too
            }
            error.exit_code()
        }
    }
}
