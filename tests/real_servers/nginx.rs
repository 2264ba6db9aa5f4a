//! nginx, each with ports, files and a configuration of its own.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::certs::Identity;
use crate::{HOST, peers, wait_until};

/// Times that other ports are tried, should somebody else take one in the moment before nginx does.
const TRIES: usize = 5;

/// One of the ways to ask for a path: [`Nginx::plain`], [`Nginx::tls`] or [`Nginx::http_2`].
pub(crate) type Way = fn(&Nginx, &str) -> String;

/// A running nginx, which ends when this is dropped.
pub(crate) struct Nginx {
    dir: TempDir,
    master: Child,
    ports: Ports,
    identity: Identity,
    /// Connections that were made to ask for the counts.
    asked: Cell<u64>,
}

#[derive(Clone, Copy)]
struct Ports {
    plain: u16,
    tls: u16,
    http_2: u16,
    status: u16,
}

impl Nginx {
    /// One whose site consists of `directives`, with a certificate that is right but for its authority.
    pub(crate) fn start(directives: &str) -> Self {
        Nginx::start_as(Identity::of, directives)
    }

    /// One that shows a certificate made by `identify`, from a host and a directory to put it into.
    pub(crate) fn start_as(identify: fn(&str, &Path) -> Identity, directives: &str) -> Self {
        for _ in 0..TRIES {
            let mut nginx = Nginx::launch(identify, directives);
            if nginx.listens() {
                return nginx;
            }
            let messages = nginx.read("messages");
            assert!(messages.contains("Address already in use"), "{messages}");
        }
        panic!("nginx finds no free ports")
    }

    fn launch(identify: fn(&str, &Path) -> Identity, directives: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let (identity, ports) = (identify(HOST, dir.path()), Ports::free());
        fs::create_dir(dir.path().join("www")).unwrap();
        fs::write(dir.path().join("nginx.conf"), configuration(&identity, ports, directives)).unwrap();
        let messages = File::create(dir.path().join("messages")).unwrap();
        let master = peers::spawn(command(dir.path()).stderr(messages), "nginx");
        Nginx { dir, master, ports, identity, asked: Cell::new(0) }
    }

    /// Waits until it does, or has ended.
    fn listens(&mut self) -> bool {
        let mut ended = false;
        wait_until("nginx listens", || {
            ended = self.has_ended();
            ended || !self.read("pid").is_empty() // written once all ports are its own
        });
        !ended
    }

    /// Puts a file into the site.
    pub(crate) fn publish(&self, name: &str, content: &[u8]) {
        fs::write(self.dir.path().join("www").join(name), content).unwrap();
    }

    /// `path` by plain HTTP.
    pub(crate) fn plain(&self, path: &str) -> String {
        format!("http://{HOST}:{}{path}", self.ports.plain)
    }

    /// `path` by HTTPS, where HTTP/1.1 is all that is spoken.
    pub(crate) fn tls(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.ports.tls)
    }

    /// `path` by HTTPS, where HTTP/2 is spoken.
    pub(crate) fn http_2(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.ports.http_2)
    }

    /// The certificate of the authority that vouches for this server.
    pub(crate) fn authority(&self) -> &Path {
        &self.identity.authority
    }

    /// Connections accepted so far, over all ports.
    pub(crate) fn accepted(&self) -> u64 {
        let counts = self.counts();
        let mut counts = counts.lines().nth(2).expect("the counts").split_whitespace();
        counts.next().unwrap().parse::<u64>().unwrap() - self.asked.get()
    }

    /// Answers under way.
    pub(crate) fn answering(&self) -> u64 {
        let counts = self.counts();
        let mut words = counts.split_whitespace().skip_while(|word| *word != "Writing:");
        words.nth(1).unwrap().parse::<u64>().unwrap() - 1 // the one that says so
    }

    /// What `stub_status` says.
    fn counts(&self) -> String {
        self.asked.set(self.asked.get() + 1);
        let mut stream = TcpStream::connect((HOST, self.ports.status)).unwrap();
        let mut answer = String::new();
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").expect("a head and a body").1.to_owned()
    }

    /// Takes up the configuration anew: new workers take over, the old ones end once their answers are out.
    pub(crate) fn reload(&self) {
        assert!(self.signal("reload"), "nginx -s reload");
    }

    /// Ends it at once, whatever is under way.
    pub(crate) fn stop(&mut self) {
        assert!(self.signal("stop"), "nginx -s stop");
        wait_until("nginx has stopped", || self.has_ended());
    }

    /// Sends SIGHUP (`reload`) or SIGTERM (`stop`) to the master process, by the pid in its file.
    fn signal(&self, signal: &str) -> bool {
        command(self.dir.path())
            .args(["-s", signal])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn has_ended(&mut self) -> bool {
        self.master.try_wait().unwrap().is_some()
    }

    /// A file of its directory.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        if !self.signal("stop") {
            let _ = self.master.kill(); // it has no workers yet
        }
        let _ = self.master.wait();
    }
}

impl Ports {
    fn free() -> Self {
        let held = [(); 4].map(|()| TcpListener::bind((HOST, 0)).unwrap()); // all at once, so that they differ
        let [plain, tls, http_2, status] = held.map(|listener| listener.local_addr().unwrap().port());
        Ports { plain, tls, http_2, status }
    }
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(dir).args(["-c", "nginx.conf", "-e", "stderr"]).stdin(Stdio::null());
    command
}

/// As `user`, since the workers of a master that runs as root would else be somebody whom the directory is closed to;
/// without effect if it does not.
fn configuration(identity: &Identity, ports: Ports, directives: &str) -> String {
    let Ports { plain, tls, http_2, status } = ports;
    let (certificate, key) = (identity.certificate.display(), identity.key.display());
    format!(
        "daemon off;
        user root;
        worker_processes 2;
        pid pid;
        error_log stderr;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            types {{ application/json json; text/html html; }}
            limit_req_zone $binary_remote_addr zone=paced:64k rate=20r/s;
            server {{
                listen {HOST}:{plain};
                listen {HOST}:{tls} ssl;
                listen {HOST}:{http_2} ssl http2;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                root www;
                location ~ ^/number/(?<number>[0-9]+)$ {{
                    default_type application/json;
                    return 200 '{{\"number\":$number}}';
                }}
                {directives}
            }}
            server {{
                listen {HOST}:{status};
                location / {{ stub_status; }}
            }}
        }}"
    )
}
