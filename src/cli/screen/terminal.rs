//! The terminal under the screen: it gets back what it was, whatever ends the run.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, mpsc};
use std::time::Duration;
use std::{env, panic, thread};

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::style::ResetColor;
use ratatui::crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::Rect;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr};

/// How long a stuck terminal may hold up the end of the process.
const PATIENCE: Duration = Duration::from_millis(300);

/// The size of a terminal that does not tell.
const DEFAULT_SIZE: Rect = Rect { x: 0, y: 0, width: 80, height: 24 };

static TERMINAL: Mutex<State> = Mutex::new(State { before: None, is_shown: false, is_paused: false, is_over: false });

/// What has been done to the terminal.
struct State {
    /// Its modes before the screen was shown; none while nothing is to be restored.
    before: Option<Termios>,
    is_shown: bool,
    /// The process is about to be stopped.
    is_paused: bool,
    /// The screen is not shown again.
    is_over: bool,
}

/// Whether standard error is a terminal that can be drawn on, and that we may draw on: in the foreground.
pub(crate) fn is_usable() -> bool {
    let is_dumb = env::var("TERM").map_or(true, |term| term.is_empty() || term == "dumb");
    !is_dumb && io::stderr().is_terminal() && is_foreground()
}

/// Whether this process is in the foreground of its terminal: in the background, changing its modes would stop it.
fn is_foreground() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|foreground| foreground == getpgrp())
}

/// The size of the screen.
pub(super) fn size() -> Rect {
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Rect::new(0, 0, size.ws_col, size.ws_row),
        _ => DEFAULT_SIZE,
    }
}

/// Shows the screen, unless it is shown. Says whether it has to be drawn from scratch; `None` if it cannot be drawn now.
pub(super) fn show() -> Option<bool> {
    let mut state = lock();
    if state.is_shown {
        return Some(false);
    }
    if state.is_paused || state.is_over || !is_foreground() {
        return None;
    }
    state.show().ok()?;
    Some(true)
}

/// Sees to it that a panic, in whatever thread, is read on the usual screen.
pub(super) fn leave_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            end_soon();
            before(panic);
        }));
    });
}

/// Leaves the screen for good.
pub(super) fn end() {
    let mut state = lock();
    state.is_over = true;
    let _ = state.leave();
}

/// The same, but a terminal that is stuck does not hold it up for long: for the end of the process.
pub(crate) fn end_soon() {
    let (done, is_done) = mpsc::channel();
    let leaving = thread::Builder::new().spawn(move || {
        end();
        let _ = done.send(());
    });
    if leaving.is_ok() {
        let _ = is_done.recv_timeout(PATIENCE);
    }
}

/// Leaves the screen until [`resume`].
pub(super) fn pause() {
    let mut state = lock();
    state.is_paused = true;
    let _ = state.leave();
}

/// Whether the screen is over, perhaps because of a panic.
pub(super) fn is_over() -> bool {
    lock().is_over
}

/// The process goes on after it was stopped, and somebody else may have used the terminal.
pub(super) fn resume() {
    let mut state = lock();
    (state.is_paused, state.is_shown) = (false, false);
}

fn lock() -> MutexGuard<'static, State> {
    TERMINAL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn show(&mut self) -> io::Result<()> {
        let modes = tcgetattr(io::stderr())?;
        let mut keys = modes.clone();
        keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO); // Ctrl-C and Ctrl-Z stay signals
        self.before.get_or_insert(modes);
        tcsetattr(io::stderr(), OptionalActions::Now, &keys)?;
        self.is_shown = true;
        execute!(io::stderr(), EnterAlternateScreen, Hide, Clear(ClearType::All))
    }

    fn leave(&mut self) -> io::Result<()> {
        self.is_shown = false;
        let Some(before) = self.before.take() else { return Ok(()) };
        if is_foreground() {
            tcsetattr(io::stderr(), OptionalActions::Now, &before)?;
        }
        let mut text = Vec::new();
        queue!(text, ResetColor, LeaveAlternateScreen, Show)?;
        io::stderr().write_all(&text)
    }
}

/// Takes a frame, and shows it as a whole, unless the screen is gone by then.
#[derive(Default)]
pub(super) struct FrameWriter(Vec<u8>);

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let state = lock();
        let frame = std::mem::take(&mut self.0);
        if state.is_shown { io::stderr().write_all(&frame) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Tells this test that it is the one on the terminal.
    const ON_TERMINAL: &str = "HAUL_TEST_ON_TERMINAL";

    #[test]
    fn a_panic_is_read_on_the_usual_screen() {
        const NAME: &str = "cli::screen::terminal::tests::a_panic_is_read_on_the_usual_screen";
        if env::var_os(ON_TERMINAL).is_some() {
            leave_on_panic();
            assert_eq!(show(), Some(true));
            let panicked = thread::spawn(|| panic!("a bug")).join();
            assert!(panicked.is_err() && is_over() && show().is_none());
            return;
        }
        // BSD's `script` has other arguments; a terminal is not to be had in another way without unsafe code.
        let version = Command::new("script").arg("--version").stderr(Stdio::null()).output();
        if !version.is_ok_and(|version| String::from_utf8_lossy(&version.stdout).contains("util-linux")) {
            return;
        }
        let test = env::current_exe().unwrap();
        let line = format!("stty -a; '{}' --exact {NAME} --nocapture; code=$?; stty -a; exit $code", test.display());
        let mut terminal = Command::new("script");
        let terminal = terminal.args(["-qec", &line, "/dev/null"]).env(ON_TERMINAL, "1").env("TERM", "xterm");
        let shown = terminal.stdin(Stdio::null()).output().unwrap();
        assert!(shown.status.success(), "{shown:?}");
        let shown = String::from_utf8(shown.stdout).unwrap();
        let (screen, below) = shown.split_once("\u{1b}[?1049l").unwrap();
        assert!(screen.contains("\u{1b}[?1049h\u{1b}[?25l") && below.starts_with("\u{1b}[?25h"), "{shown:?}");
        assert!(below.contains("a bug") && !screen.contains("a bug"), "{shown:?}");
        let modes =
            |text: &str| text.lines().filter(|line| line.contains("icanon")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!((modes(screen).len(), modes(screen)), (1, modes(below)));
    }
}
