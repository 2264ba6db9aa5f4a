//! httpbin under gunicorn: it answers with what it has understood.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use tempfile::TempDir;

use crate::HOST;

/// Requests that it answers at once.
const THREADS: &str = "16";

/// A running httpbin, which ends when this is dropped.
pub(crate) struct Httpbin {
    gunicorn: Child,
    address: String,
    /// Kept open: a server that can say nothing more may end.
    _says: BufReader<ChildStderr>,
    _home: TempDir,
}

impl Httpbin {
    pub(crate) fn start() -> Self {
        let (program, home) = (environment().join("bin/gunicorn"), TempDir::new().unwrap());
        assert!(program.exists(), "httpbin is missing: .ci/run puts it into {}", environment().display());
        let mut command = Command::new(program);
        command.args(["--bind", &format!("{HOST}:0"), "--threads", THREADS, "httpbin:app"]);
        command.current_dir(home.path()).env("HOME", home.path()); // where it puts its control socket
        let mut gunicorn =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("gunicorn");
        let mut says = BufReader::new(gunicorn.stderr.take().expect("it is a pipe"));
        let address = (&mut says).lines().find_map(|line| address_in(&line.unwrap()));
        Httpbin { gunicorn, address: address.expect("it says where it listens"), _says: says, _home: home }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Where `.ci/run` installs it.
fn environment() -> PathBuf {
    let cache = env::var_os("XDG_CACHE_HOME").filter(|dir| Path::new(dir).is_absolute()).map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| Path::new(&env::var_os("HOME").expect("a home")).join(".cache"));
    cache.join("haul-tests/httpbin")
}

fn address_in(line: &str) -> Option<String> {
    let (_, address) = line.split_once("Listening at: http://")?;
    address.split(' ').next().map(str::to_owned)
}

impl Drop for Httpbin {
    fn drop(&mut self) {
        let quickly = Command::new("kill").args(["-s", "INT", &self.gunicorn.id().to_string()]).status();
        if !quickly.is_ok_and(|status| status.success()) {
            let _ = self.gunicorn.kill(); // its worker then finds itself alone, and ends
        }
        let _ = self.gunicorn.wait();
    }
}
