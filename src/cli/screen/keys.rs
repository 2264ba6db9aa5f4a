//! What somebody types at the screen.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The keyboard of the terminal, and what ends waiting for it.
pub(super) struct Keys {
    /// None if it cannot be read, or has ended.
    keyboard: Option<File>,
    wake: UnixStream,
}

/// What happened while keys were awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// Nothing.
    Nothing,
    /// `q`, to end the run.
    Quit,
    /// The other end of the stream was closed: the run has ended.
    Ended,
}

impl Keys {
    /// The keyboard of this terminal, until the other end of `wake` is closed.
    pub(super) fn open(wake: UnixStream) -> Self {
        Keys { keyboard: File::open("/dev/tty").ok(), wake }
    }

    /// Waits for a key, but not longer than `most`. Without `reading`, keys are left to whoever reads them.
    pub(super) fn wait(&mut self, most: Duration, reading: bool) -> Typed {
        let timeout = Timespec { tv_sec: most.as_secs().cast_signed(), tv_nsec: most.subsec_nanos().into() };
        let keyboard = self.keyboard.as_ref().filter(|_| reading);
        let watched = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let mut fds = vec![watched(self.wake.as_fd())];
        fds.extend(keyboard.map(|file| watched(file.as_fd())));
        if poll(&mut fds, Some(&timeout)).is_err() {
            return Typed::Nothing; // interrupted by a signal
        }
        let ready: Vec<_> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        match ready[..] {
            [true, ..] => Typed::Ended,
            [_, true] => self.read(),
            _ => Typed::Nothing,
        }
    }

    fn read(&mut self) -> Typed {
        let mut bytes = [0; 64];
        match self.keyboard.as_mut().map(|file| file.read(&mut bytes)) {
            Some(Ok(count @ 1..)) if asks_to_quit(&bytes[..count]) => Typed::Quit,
            Some(Ok(1..)) | None => Typed::Nothing,
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Typed::Nothing,
            Some(_) => {
                self.keyboard = None; // the terminal is gone
                Typed::Nothing
            }
        }
    }
}

/// Whether a `q` was typed. Those in the sequence of another key do not count.
fn asks_to_quit(bytes: &[u8]) -> bool {
    bytes.first() != Some(&0x1b) && bytes.iter().any(|byte| matches!(byte, b'q' | b'Q'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_q_of_its_own_quits() {
        let cases =
            [(&b"q"[..], true), (b"Q", true), (b"xq", true), (b"\x1b[A", false), (b"\x1bOq", false), (b" ", false)];
        cases.iter().for_each(|(bytes, quits)| assert_eq!(asks_to_quit(bytes), *quits, "{bytes:?}"));
    }

    #[test]
    fn the_end_of_the_run_ends_the_wait() {
        let (wake, other) = UnixStream::pair().unwrap();
        let mut keys = Keys { keyboard: None, wake };
        assert_eq!(keys.wait(Duration::ZERO, true), Typed::Nothing);
        drop(other);
        assert_eq!(keys.wait(Duration::from_secs(60), true), Typed::Ended);
    }
}
