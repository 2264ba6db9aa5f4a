//! A running server of the fleet: ports, files and a configuration of its own.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::certs::Identity;
use crate::haul::{Haul, haul};
use crate::nginx::Nginx;
use crate::{HOST, peers, wait_until};

/// Times that other ports are tried, should somebody else take one in the moment before the server does.
const TRIES: usize = 5;

/// How many paths `/number/N` there are.
pub(super) const NUMBERS: usize = 200;

/// What `/page.html` holds.
pub(super) const PAGE: &str = "<p>all work and no play</p>\n";

/// How often it holds it.
pub(super) const PAGE_LINES: usize = 500;

/// A program, and how to make it serve the fleet's site:
///
/// - `/number/N` is `{"number":N}`;
/// - `/page.html` is worth compressing;
/// - `/cgi/chunked?NAME` is long, of a length not known before, and ends with NAME;
/// - `/cgi/nothing` is 204;
/// - `/cgi/told` says the method and the length of the request;
/// - `/limited` takes 64 KiB, and `/forbidden` nothing.
///
/// It closes connections that have idled for a second.
pub(super) struct Product {
    pub(super) name: &'static str,
    /// Debian's package.
    pub(super) package: &'static str,
    pub(super) ways: &'static [Way],
    pub(super) configuration: fn(&Site<'_>) -> String,
    /// The command, with the directory where the configuration is called `configuration`.
    pub(super) command: fn(&Site<'_>) -> Command,
    pub(super) reload: Reload,
    /// It passes requests on to an nginx.
    pub(super) has_backend: bool,
}

/// How a server takes up its configuration anew, with nothing lost.
pub(super) enum Reload {
    Signal(&'static str),
    /// Another process takes over.
    Successor,
    Never,
}

/// How requests go to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    Tls,
    Http2,
    /// HTTP/2 without TLS.
    Http2Plain,
}

/// One of the clients of haul.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Own,
    Reqwest,
}

/// Where everything is.
pub(super) struct Site<'s> {
    pub(super) dir: &'s Path,
    pub(super) identity: &'s Identity,
    pub(super) plain: u16,
    pub(super) tls: u16,
    /// The address of the nginx behind it.
    pub(super) backend: Option<&'s str>,
}

/// A running server, which ends when this is dropped.
pub(super) struct Server {
    pub(super) product: &'static Product,
    child: Child,
    predecessors: Vec<Child>,
    plain: u16,
    tls: u16,
    identity: Identity,
    backend: Option<(Nginx, String)>,
    dir: TempDir,
}

impl Way {
    pub(super) fn http_version(self) -> &'static str {
        if matches!(self, Way::Plain | Way::Tls) { "1.1" } else { "2" }
    }

    /// haul, by this way and over this client.
    pub(super) fn haul<'a>(self, client: Client, options: impl IntoIterator<Item = &'a str>) -> Haul {
        let version = match self {
            Way::Plain | Way::Tls => "--http1.1",
            Way::Http2Plain => "--http2",
            Way::Http2 => "-k",
        };
        let haul = haul(["-k", "-i", version].into_iter().skip(usize::from(version == "-k")).chain(options));
        if client == Client::Reqwest { haul.env("HAUL_CLIENT", "reqwest") } else { haul }
    }
}

impl Server {
    pub(super) fn start(product: &'static Product) -> Self {
        for _ in 0..TRIES {
            let mut server = Server::launch(product);
            if server.listens() {
                return server;
            }
            let messages = fs::read_to_string(server.dir.path().join("messages")).unwrap();
            assert!(messages.to_lowercase().contains("address already in use"), "{}: {messages}", product.name);
        }
        panic!("{} finds no free ports", product.name)
    }

    fn launch(product: &'static Product) -> Self {
        let dir = TempDir::new().unwrap();
        let identity = Identity::of(HOST, dir.path());
        publish(dir.path(), &identity);
        let backend = product.has_backend.then(|| {
            let nginx = super::nginx::backend();
            let authority = nginx.plain("").replace("http://", "");
            (nginx, authority)
        });
        let held = [(); 2].map(|()| TcpListener::bind((HOST, 0)).unwrap()); // both at once, so that they differ
        let [plain, tls] = held.map(|listener| listener.local_addr().unwrap().port());
        let site = Site {
            dir: dir.path(),
            identity: &identity,
            plain,
            tls,
            backend: backend.as_ref().map(|(_, authority)| authority.as_str()),
        };
        fs::write(dir.path().join("configuration"), (product.configuration)(&site)).unwrap();
        let child = spawn(product, &site, &[]);
        Server { product, child, predecessors: Vec::new(), plain, tls, identity, backend, dir }
    }

    fn site(&self) -> Site<'_> {
        Site {
            dir: self.dir.path(),
            identity: &self.identity,
            plain: self.plain,
            tls: self.tls,
            backend: self.backend.as_ref().map(|(_, authority)| authority.as_str()),
        }
    }

    /// Waits until it does, or has ended.
    fn listens(&mut self) -> bool {
        let mut ended = false;
        let has_tls = self.product.ways.contains(&Way::Tls);
        wait_until(&format!("{} listens", self.product.name), || {
            ended = self.child.try_wait().unwrap().is_some();
            let answers = |port| TcpStream::connect((HOST, port)).is_ok();
            ended || answers(self.plain) && (!has_tls || answers(self.tls))
        });
        !ended
    }

    /// The port for requests that go by `way`.
    pub(super) fn port(&self, way: Way) -> u16 {
        if matches!(way, Way::Plain | Way::Http2Plain) { self.plain } else { self.tls }
    }

    /// The URL of `path`.
    pub(super) fn url(&self, way: Way, path: &str) -> String {
        self.url_at(way, HOST, path)
    }

    /// The same at another name.
    pub(super) fn url_at(&self, way: Way, host: &str, path: &str) -> String {
        let scheme = if matches!(way, Way::Plain | Way::Http2Plain) { "http" } else { "https" };
        format!("{scheme}://{host}:{}{path}", self.port(way))
    }

    /// Takes up the configuration anew.
    pub(super) fn reload(&mut self) {
        match self.product.reload {
            Reload::Signal(signal) => assert!(kill(&self.child, signal)),
            Reload::Successor => {
                let successor = spawn(self.product, &self.site(), &["-sf", &self.child.id().to_string()]);
                self.predecessors.push(std::mem::replace(&mut self.child, successor));
            }
            Reload::Never => panic!("{} cannot be reloaded", self.product.name),
        }
    }

    /// Ends it, and says how often each path was asked for, by its log or that of the nginx behind it.
    pub(super) fn requests(mut self) -> BTreeMap<String, usize> {
        self.end();
        let log = match &mut self.backend {
            Some((nginx, _)) => {
                nginx.stop();
                nginx.read("log")
            }
            None => fs::read_to_string(self.dir.path().join("log")).unwrap(),
        };
        let mut requests = BTreeMap::new();
        for path in log.lines().filter_map(|line| line.split([' ', '"']).find(|word| word.starts_with('/'))) {
            *requests.entry(path.to_owned()).or_default() += 1;
        }
        requests
    }

    fn end(&mut self) {
        for child in self.predecessors.iter_mut().chain([&mut self.child]) {
            if child.try_wait().unwrap().is_none() {
                if !kill(child, "TERM") {
                    let _ = child.kill();
                }
                let _ = child.wait();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(product: &Product, site: &Site<'_>, more: &[&str]) -> Child {
    let append = |name: &str| File::options().create(true).append(true).open(site.dir.join(name)).unwrap();
    let mut command = (product.command)(site);
    command.args(more).stdin(Stdio::null());
    peers::spawn(command.stdout(append("messages")).stderr(append("messages")), product.package)
}

fn kill(child: &Child, signal: &str) -> bool {
    let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    kill.is_ok_and(|status| status.success())
}

/// Writes the site. Other users may read it, since some servers insist on being one.
fn publish(dir: &Path, identity: &Identity) {
    let www = dir.join("www");
    fs::create_dir_all(www.join("number")).unwrap();
    fs::create_dir(www.join("cgi")).unwrap();
    for number in 0..NUMBERS {
        fs::write(www.join("number").join(number.to_string()), format!("{{\"number\":{number}}}")).unwrap();
    }
    fs::write(www.join("page.html"), PAGE.repeat(PAGE_LINES)).unwrap();
    for (name, script) in [
        (
            "chunked",
            "printf 'Content-Type: text/plain\\n\\n'; for i in $(seq 9000); do echo long $i; done; echo $QUERY_STRING",
        ),
        ("nothing", "printf 'Status: 204 No Content\\n\\n'"),
        ("told", "printf 'Content-Type: text/plain\\n\\n%s' \"$REQUEST_METHOD $CONTENT_LENGTH\"; cat >/dev/null"),
    ] {
        let path = www.join("cgi").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
    let both = [fs::read(&identity.certificate).unwrap(), fs::read(&identity.key).unwrap()].concat();
    fs::write(dir.join("both.pem"), both).unwrap();
    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
}
