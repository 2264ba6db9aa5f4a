//! The smaller programs: Python's and OpenSSL's servers, and curl.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::HOST;
use crate::certs::Identity;

/// A server that chooses its port and says which it is. It ends when this is dropped.
pub(crate) struct Peer {
    child: Child,
    port: u16,
    /// Kept open: a server that can say nothing more may end.
    _says: BufReader<ChildStdout>,
    _dir: Option<TempDir>,
}

impl Peer {
    /// Python's `http.server` over the files in `dir`: HTTP/1.0, a connection for each request.
    pub(crate) fn python(dir: &Path) -> Self {
        let mut command = Command::new("python3");
        command.args(["-u", "-m", "http.server", "0", "--bind", HOST, "--directory"]).arg(dir);
        Peer::start(&mut command, "python3", None, |line| line.split_once(" port ")?.1.split(' ').next())
    }

    /// `openssl s_server`, which answers by HTTP/1.0, with these options.
    pub(crate) fn openssl(options: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let identity = Identity::of(HOST, dir.path());
        let mut command = Command::new("openssl");
        command.args(["s_server", "-www", "-accept", &format!("{HOST}:0")]).args(options);
        command.arg("-cert").arg(identity.certificate).arg("-key").arg(identity.key);
        Peer::start(&mut command, "openssl", Some(dir), |line| line.strip_prefix("ACCEPT ")?.split(':').next_back())
    }

    fn start(
        command: &mut Command,
        package: &str,
        dir: Option<TempDir>,
        port_in: impl Fn(&str) -> Option<&str>,
    ) -> Self {
        let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()), package);
        let mut says = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let port = (&mut says).lines().find_map(|line| port_in(&line.unwrap())?.parse().ok());
        Peer { child, port: port.expect("it says where it listens"), _says: says, _dir: dir }
    }

    /// The address.
    pub(crate) fn authority(&self) -> String {
        format!("{HOST}:{}", self.port)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What curl makes of `url`: the status, the version of HTTP, and the body once its coding is undone.
pub(crate) fn curl(url: &str) -> (String, String, Vec<u8>) {
    let dir = TempDir::new().unwrap();
    let body = dir.path().join("body");
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--insecure", "--compressed", "--noproxy", "*", "--max-time", "30"]);
    command.args(["--write-out", "%{http_code} %{http_version}", "--output"]).arg(&body).arg(url);
    let child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()), "curl");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "curl {url}: {}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let (status, version) = told.split_once(' ').expect("two words");
    let version = if version == "1" { "1.0" } else { version }; // curl says 2, 1.1 and 1
    (status.to_owned(), version.to_owned(), fs::read(body).unwrap())
}

/// Starts a program that Debian has in `package`.
pub(crate) fn spawn(command: &mut Command, package: &str) -> Child {
    command.spawn().unwrap_or_else(|why| match why.kind() {
        ErrorKind::NotFound => panic!("{:?} is missing: apt-get install {package}", command.get_program()),
        _ => panic!("{command:?}: {why}"),
    })
}
