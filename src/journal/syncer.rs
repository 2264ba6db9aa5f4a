//! Makes things durable, beside the writer's thread: a slow disk delays checkpoints, not records.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};

use super::checkpoint::replace;
use super::starts::Starts;

/// Something to be made durable: first the output, then the checkpoint that says so.
#[derive(Debug)]
pub(super) struct Order {
    /// The part of the output that was written to.
    pub output: File,
    /// The checkpoint's contents.
    pub checkpoint: Vec<u8>,
    /// Requests that are not safe to repeat, and have their record in this.
    pub ended: Vec<u64>,
}

/// What could not be made durable.
#[derive(Debug)]
pub(super) enum Failed {
    /// What was written since: nobody knows what the disk has.
    Output(io::Error),
    /// The checkpoint alone.
    Checkpoint(io::Error),
}

/// The way to the thread that waits for the disk. It has one order at a time.
#[derive(Debug)]
pub(super) struct Syncer {
    orders: Option<Sender<Order>>,
    results: Receiver<Result<(), Failed>>,
    busy: bool,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    /// Starts the thread; checkpoints go to `path`.
    ///
    /// # Errors
    /// It could not be started.
    pub(super) fn spawn(path: PathBuf, starts: Option<Starts>) -> io::Result<Self> {
        let (orders, inbox) = channel::<Order>();
        let (done, results) = channel();
        let thread = Builder::new().name("haul-sync".into()).spawn(move || {
            for order in inbox {
                // An fsync that has failed may succeed when repeated, without having written anything: it is the last.
                let end = carry_out(&order, &path, starts.as_ref());
                let failed = end.is_err();
                if done.send(end).is_err() || failed {
                    return;
                }
            }
        })?;
        Ok(Syncer { orders: Some(orders), results, busy: false, thread: Some(thread) })
    }

    /// Whether an order is being carried out, as far as is known.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Looks whether an order can be given.
    ///
    /// # Errors
    /// The last one failed.
    pub(super) fn poll(&mut self) -> Result<bool, Failed> {
        if self.busy {
            match self.results.try_recv() {
                Ok(end) => self.busy = end.map(|()| false)?,
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Err(gone()),
            }
        }
        Ok(!self.busy)
    }

    /// Waits until an order can be given.
    ///
    /// # Errors
    /// The last one failed.
    pub(super) fn wait(&mut self) -> Result<(), Failed> {
        if std::mem::take(&mut self.busy) {
            self.results.recv().unwrap_or_else(|_| Err(gone()))?;
        }
        Ok(())
    }

    /// Gives an order; to be called when it is free.
    pub(super) fn order(&mut self, order: Order) {
        self.busy = true;
        let _ = self.orders.as_ref().map(|orders| orders.send(order)); // gone only after a failure, which is told
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn carry_out(order: &Order, path: &std::path::Path, starts: Option<&Starts>) -> Result<(), Failed> {
    order.output.sync_data().map_err(Failed::Output)?;
    replace(path, &order.checkpoint).map_err(Failed::Checkpoint)?;
    if let Some(starts) = starts {
        starts.end(&order.ended);
    }
    Ok(())
}

fn gone() -> Failed {
    Failed::Checkpoint(io::Error::other("the sync thread panicked"))
}
