//! `--metrics`: figures of a run in progress, for Prometheus.

mod address;
mod families;
mod page;
mod server;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, SystemTime};

use haul::engine::Control;
use tokio::runtime::{Builder, Runtime};

use super::exit::CliError;
use super::messages::say;
pub(crate) use address::address;
use families::Command;

/// A socket that listens, before the run begins: so an address that is taken ends haul before its first request.
pub(crate) struct Metrics {
    runtime: Runtime,
    listener: tokio::net::TcpListener,
    began: SystemTime,
}

impl Metrics {
    /// Listens on `address`, if there is one, and says where unless `quiet` or obvious.
    pub(crate) fn listen(address: Option<SocketAddr>, quiet: bool) -> Result<Option<Self>, CliError> {
        let Some(address) = address else { return Ok(None) };
        let failed = |error| CliError::system(&format!("--metrics cannot listen on {address}"), &error);
        let (metrics, at) = Metrics::bind(address).map_err(failed)?;
        if !quiet && (address.port() == 0 || !address.ip().is_loopback()) {
            let whom = if at.ip().is_loopback() { "" } else { ", open to other machines" };
            say(&format!("metrics at http://{at}/metrics{whom}"));
        }
        Ok(Some(metrics))
    }

    fn bind(address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind(address)?;
        let at = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
        Ok((Metrics { runtime, listener, began: SystemTime::now() }, at))
    }

    /// Serves the figures of the list that `control` stops, until the process ends.
    pub(crate) fn serve(self, control: &Control) {
        self.serve_of(Command::Fetch, control);
    }

    /// The same for a probe.
    pub(crate) fn serve_probe(self, control: &Control) {
        self.serve_of(Command::Probe, control);
    }

    fn serve_of(self, command: Command, control: &Control) {
        let Metrics { runtime, listener, began } = self;
        let pages = server::Pages::new(control.clone(), command, since_1970(began));
        // Without the thread, nobody is served; the run does not need it.
        let _ = thread::Builder::new()
            .name("haul-metrics".into())
            .spawn(move || runtime.block_on(server::serve(listener, pages)));
    }
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
