//! A run on a thread of its own, as a future.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::Builder;

use tokio::sync::oneshot;

use crate::engine::{Control, Finish, RunError, RunErrorKind, Stop};

/// The end of a run. Dropping it stops the run without waiting for that.
#[derive(Debug)]
pub(super) struct Running {
    control: Control,
    end: oneshot::Receiver<Result<Finish, RunError>>,
}

impl Running {
    /// Calls `run` on a thread of its own; `control` is the one that stops it.
    pub(super) fn start(
        control: Control,
        run: impl FnOnce() -> Result<Finish, RunError> + Send + 'static,
    ) -> Result<Self, RunError> {
        let (sender, end) = oneshot::channel();
        let run = move || {
            let _ = sender.send(run()); // the receiver is gone if the caller has lost interest
        };
        Builder::new().name("haul".to_owned()).spawn(run).map_err(system)?;
        Ok(Running { control, end })
    }
}

impl Future for Running {
    type Output = Result<Finish, RunError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let end = Pin::new(&mut self.end).poll(cx);
        end.map(|end| end.unwrap_or_else(|_| Err(system(io::Error::other("the run panicked")))))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.control.stop(Stop::Now); // does nothing to a run that has ended
    }
}

fn system(why: io::Error) -> RunError {
    RunError::before_start(RunErrorKind::System(why))
}
