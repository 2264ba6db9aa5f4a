//! `haul demo` and `haul origin`: the embedded server, to be fetched from here or elsewhere.

use std::process::ExitCode;

use haul::origin::Origin;
use haul::source::Input;

use super::args::{self, Options};
use super::exit::{CliError, OK};

/// The list that teaches; some of its lines fail on purpose.
const LIST: &str = include_str!("../../urls.example.txt");

/// Fetches the example list from an origin of our own.
pub(crate) fn run(mut options: Options) -> Result<ExitCode, CliError> {
    let origin = Origin::spawn().map_err(|error| CliError::system("cannot start the demo's server", &error))?;
    let base = origin.url("/").parse().map_err(|_| CliError::usage("the demo's server has no URL"))?;
    options.base_url.get_or_insert(base);
    let list = Input::Text { name: "urls.example.txt".to_owned(), text: LIST.to_owned() };
    super::fetch(vec![list], &options)
}

/// Serves until the process is ended.
pub(crate) fn serve(args: &args::Origin) -> Result<ExitCode, CliError> {
    let origin = Origin::spawn_on((args.host, args.port).into())
        .map_err(|error| CliError::system(&format!("cannot listen on {}:{}", args.host, args.port), &error))?;
    eprintln!("haul origin: {} lists what it answers; Ctrl-C ends it", origin.url("/"));
    wait_for_end().map_err(|error| CliError::system("cannot wait for signals", &error))?;
    Ok(OK)
}

fn wait_for_end() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(tokio::signal::ctrl_c())
}
