//! `haul demo` and `haul origin`: the embedded server, for haul itself or for other clients.

use std::io::{self, Write};
use std::process::ExitCode;

use haul::source::Input;
use haul_origin::Origin;
use tokio::runtime;

use super::args::{self, Options};
use super::exit::{CliError, OK};
use super::signals::{ENDING, Signals};

/// The example list; some of its lines fail on purpose.
const LIST: &str = include_str!("../../urls.example.txt");

/// Fetches the example list from an embedded server.
pub(crate) fn run(mut options: Box<Options>) -> Result<ExitCode, CliError> {
    let origin = Origin::spawn().map_err(|error| CliError::system("cannot start the demo server", &error))?;
    let base = origin.url("/").parse().map_err(|_| CliError::usage("the demo server has no URL"))?;
    options.common.lists.base_url.get_or_insert(base);
    if options.common.connection.proxy.is_none() {
        options.common.connection.proxy = Some(String::new()); // a proxy from the environment cannot reach this server
    }
    if options.output.resume {
        return Err(CliError::usage("the demo cannot use --resume: its server is new each time"));
    }
    if options.common.access.deny_private {
        return Err(CliError::usage("the demo cannot use --deny-private: its server has a private address"));
    }
    let list = Input::Text { name: "urls.example.txt".to_owned(), text: LIST.to_owned() };
    super::fetch(vec![list], &options)
}

/// Serves until Ctrl-C, SIGTERM or SIGHUP.
pub(crate) fn serve(args: &args::Origin) -> Result<ExitCode, CliError> {
    let origin = Origin::spawn_on((args.host, args.port).into())
        .map_err(|error| CliError::system(&format!("cannot listen on {}:{}", args.host, args.port), &error))?;
    until_signalled(|| {
        let _ = writeln!(
            io::stderr(),
            "haul: serving {} (open it to see all endpoints); press Ctrl-C to stop",
            origin.url("/")
        );
    })
    .map_err(|error| CliError::system("cannot wait for signals", &error))?;
    Ok(OK)
}

/// Waits for a signal to end. `ready` is called once signals are caught.
fn until_signalled(ready: impl FnOnce()) -> io::Result<()> {
    runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let mut signals = Signals::listen(&ENDING)?;
        ready();
        signals.next().await;
        Ok(())
    })
}
