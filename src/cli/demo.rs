//! `haul demo` and `haul origin`: the embedded server, to be fetched from here or elsewhere.

use std::io::{self, Write};
use std::process::ExitCode;

use haul::source::Input;
use haul_origin::Origin;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::args::{self, Options};
use super::exit::{CliError, OK};

/// The list that teaches; some of its lines fail on purpose.
const LIST: &str = include_str!("../../urls.example.txt");

/// Fetches the example list from an origin of our own.
pub(crate) fn run(mut options: Box<Options>) -> Result<ExitCode, CliError> {
    let origin = Origin::spawn().map_err(|error| CliError::system("cannot start the demo's server", &error))?;
    let base = origin.url("/").parse().map_err(|_| CliError::usage("the demo's server has no URL"))?;
    options.base_url.get_or_insert(base);
    if options.connection.proxy.is_none() {
        options.connection.proxy = Some(String::new()); // the environment's would not know our server
    }
    if options.resume {
        return Err(CliError::usage("the demo's server is another each time: there is nothing to resume"));
    }
    if options.access.deny_private {
        return Err(CliError::usage("the demo's server is on this machine, which is what --deny-private refuses"));
    }
    let list = Input::Text { name: "urls.example.txt".to_owned(), text: LIST.to_owned() };
    super::fetch(vec![list], &options)
}

/// Serves until Ctrl-C or SIGTERM.
pub(crate) fn serve(args: &args::Origin) -> Result<ExitCode, CliError> {
    let origin = Origin::spawn_on((args.host, args.port).into())
        .map_err(|error| CliError::system(&format!("cannot listen on {}:{}", args.host, args.port), &error))?;
    until_told(|| {
        let _ = writeln!(io::stderr(), "haul origin: {} lists what it answers; Ctrl-C ends it", origin.url("/"));
    })
    .map_err(|error| CliError::system("cannot wait for signals", &error))?;
    Ok(OK)
}

/// Waits for a signal to end. Whoever is told of it by `ready` can send one.
fn until_told(ready: impl FnOnce()) -> io::Result<()> {
    runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        ready();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
