//! squid, as an HTTP proxy with ports and a configuration of its own.

use std::fs::{self, File, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::certs::Identity;
use crate::{HOST, peers, wait_until};

/// Times that another port is tried, should somebody else take one in the moment before squid does.
const TRIES: usize = 5;

/// Who may pass, where credentials are asked for.
pub(crate) const CREDENTIALS: &str = "ann:s3cret";

/// A running squid, which ends when this is dropped.
pub(crate) struct Squid {
    child: Child,
    port: u16,
    tls: u16,
    identity: Identity,
    _dir: TempDir,
}

impl Squid {
    /// One that lets everyone pass.
    pub(crate) fn open() -> Self {
        Squid::start("http_access allow all")
    }

    /// One that lets those pass who have the [`CREDENTIALS`].
    pub(crate) fn guarded() -> Self {
        Squid::start(
            "auth_param basic program /bin/sh $DIR/judge
            auth_param basic children 1
            acl known proxy_auth REQUIRED
            http_access allow known
            http_access deny all",
        )
    }

    fn start(rules: &str) -> Self {
        for _ in 0..TRIES {
            let mut squid = Squid::launch(rules);
            let mut ended = false;
            wait_until("squid listens", || {
                ended = squid.child.try_wait().unwrap().is_some();
                ended || TcpStream::connect((HOST, squid.port)).is_ok()
            });
            if !ended {
                return squid;
            }
        }
        panic!("squid does not start")
    }

    /// What it forks as another user must see its directory, so that is open to all.
    fn launch(rules: &str) -> Self {
        let dir = TempDir::new().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let held = [(); 2].map(|()| TcpListener::bind((HOST, 0)).unwrap()); // both at once, so that they differ
        let [port, tls] = held.map(|listener| listener.local_addr().unwrap().port());
        let identity = Identity::of(HOST, dir.path());
        let configuration = format!(
            "http_port {HOST}:{port}
            https_port {HOST}:{tls} tls-cert={} tls-key={}
            {}
            visible_hostname localhost
            pid_filename none
            access_log none
            cache_log /dev/null
            cache deny all
            coredump_dir /
            shutdown_lifetime 0 seconds
            ",
            identity.certificate.display(),
            identity.key.display(),
            rules.replace("$DIR", &dir.path().display().to_string())
        );
        let judge = CREDENTIALS.replace(':', " ");
        let judge = format!("while read given; do [ \"$given\" = '{judge}' ] && echo OK || echo ERR; done\n");
        fs::write(dir.path().join("judge"), judge).unwrap();
        fs::write(dir.path().join("squid.conf"), unindented(&configuration)).unwrap();
        let messages = File::create(dir.path().join("messages")).unwrap();
        let mut command = Command::new("squid");
        command.arg("-n").arg(format!("haul{port}")); // so is called what it shares with nobody else
        command.args(["-N", "-f"]).arg(dir.path().join("squid.conf")).stdin(Stdio::null());
        let child = peers::spawn(command.stdout(Stdio::null()).stderr(messages), "squid");
        Squid { child, port, tls, identity, _dir: dir }
    }

    /// The address.
    pub(crate) fn authority(&self) -> String {
        format!("{HOST}:{}", self.port)
    }

    /// The address where it speaks TLS, and the certificate of the authority that vouches for it there.
    pub(crate) fn by_tls(&self) -> (String, &Path) {
        (format!("{HOST}:{}", self.tls), &self.identity.authority)
    }
}

/// To squid a line that begins with a space goes on with the one before.
fn unindented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

impl Drop for Squid {
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill(); // it would leave its shared memory behind
        }
        let _ = self.child.wait();
    }
}
