//! A shell that knows `haul`, and an origin beside it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};
use std::{env, fs};

use haul_origin::Origin;
use serde_json::Value;
use tempfile::TempDir;

use crate::record::{Record, records};

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// What would lead requests elsewhere.
const PROXY_VARIABLES: [&str; 8] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];

/// A directory, and an origin that its shell calls `$O`.
pub(crate) struct Site {
    pub(crate) origin: Origin,
    dir: TempDir,
    vars: Vec<(&'static str, String)>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let origin = Origin::spawn().unwrap();
        let vars = vec![("O", origin.url(""))];
        Site { origin, dir: tempfile::tempdir().unwrap(), vars }
    }

    /// The same with a further variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.vars.push((name, value.to_string()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file, its variables replaced.
    pub(crate) fn file(&self, name: &str, text: &str) {
        let replaced = |text: String, (name, value): &(&str, String)| text.replace(&format!("${name}"), value);
        fs::write(self.path(name), self.vars.iter().fold(text.to_owned(), replaced)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Runs a line that haul refuses in its own name, with a message that holds all of `words`.
    #[track_caller]
    pub(crate) fn refuses(&self, line: &str, code: i32, words: &[&str]) {
        let run = self.run(line);
        assert!(run.stderr.starts_with("haul: "), "{}", run.stderr);
        run.fails(code, words);
    }

    /// Runs a command line to its end; its standard input is empty.
    pub(crate) fn run(&self, line: &str) -> Run {
        self.start(line).end()
    }

    /// Starts a command line whose standard input is ours. A single command takes the place of its shell, to be the
    /// one that gets our signals.
    pub(crate) fn start(&self, line: &str) -> Running {
        let bin = Path::new(env!("CARGO_BIN_EXE_haul")).parent().unwrap().to_owned();
        let path = [bin].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())).collect::<Vec<_>>();
        let exec = if line.starts_with("haul ") && !line.contains('|') { "exec " } else { "" };
        let mut command = with_default_signals();
        PROXY_VARIABLES.iter().for_each(|name| {
            command.env_remove(name);
        });
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HAUL_")) {
            command.env_remove(name); // options of whoever runs the tests
        }
        let child = command
            .args(["-c", &format!("{exec}{line}")])
            .current_dir(self.dir.path())
            .env("PATH", env::join_paths(path).unwrap())
            .env("TERM", "xterm")
            .env_remove("COLUMNS")
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(self.vars.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Running::new(child.unwrap())
    }
}

/// A command that goes on.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || forward(BufReader::new(stdout), &sender));
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).unwrap();
            String::from_utf8(text).unwrap()
        });
        Running { stdin: child.stdin.take(), child, lines, seen: Vec::new(), stderr: Some(stderr) }
    }

    /// Writes to its standard input.
    pub(crate) fn write(&mut self, text: &str) {
        self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The next record it prints.
    pub(crate) fn record(&mut self) -> Record {
        let line = self.lines.recv_timeout(PATIENCE).expect("a further record");
        self.seen.push(line.clone());
        Record::parse(line.trim_end())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Lowers its limit on open files.
    pub(crate) fn limit_open_files(&self, files: usize) {
        let limit = [format!("--pid={}", self.child.id()), format!("--nofile={files}")];
        assert!(Command::new("prlimit").args(limit).status().unwrap().success());
    }

    /// Closes its standard input and waits for its end.
    pub(crate) fn end(mut self) -> Run {
        drop(self.stdin.take());
        let mut status = None;
        wait_for("the command to end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let mut lines = std::mem::take(&mut self.seen);
        lines.extend(&self.lines);
        Run::new(status.unwrap().code(), lines.concat(), self.stderr.take().unwrap().join().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn forward(mut out: impl BufRead, lines: &Sender<String>) {
    let mut line = String::new();
    while out.read_line(&mut line).unwrap() > 0 {
        let _ = lines.send(std::mem::take(&mut line));
    }
}

/// A shell that ignores no signal, even if whatever runs the tests does: haul would ignore it, too.
fn with_default_signals() -> Command {
    static IS_SUPPORTED: OnceLock<bool> = OnceLock::new();
    let env = || {
        let mut env = Command::new("env");
        env.arg("--default-signal");
        env
    };
    let is_supported = || env().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !*IS_SUPPORTED.get_or_init(is_supported) {
        return Command::new("sh");
    }
    let mut command = env();
    command.arg("sh");
    command
}

/// Looks again and again until something holds.
pub(crate) fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(2));
    }
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// In the order of the inputs.
    pub(crate) records: Vec<Record>,
}

impl Run {
    fn new(code: Option<i32>, stdout: String, stderr: String) -> Self {
        assert!(
            !stdout.contains('\u{1b}') && !stderr.contains('\u{1b}'),
            "it is not a terminal: {stdout:?} {stderr:?}"
        );
        let records = if stdout.starts_with("{\"") { records(&stdout) } else { Vec::new() };
        Run { code, stdout, stderr, records }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Exits as told, with a message that holds all of `words`, and prints nothing else.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) {
        let run = self.exits(code);
        assert_eq!(run.stdout, "");
        run.says(words);
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in {}", self.stderr);
        }
    }

    /// The only record of a run that ended well.
    #[track_caller]
    pub(crate) fn record(self) -> Record {
        let mut run = self.exits(0);
        assert_eq!(run.records.len(), 1, "{:#?}", run.records);
        run.records.remove(0)
    }

    /// One key of every record.
    pub(crate) fn all(&self, key: &str) -> Vec<&Value> {
        self.records.iter().map(|record| &record[key]).collect()
    }
}

/// A server that answers everything with the same bytes.
pub(crate) fn canned(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    Scripted::new(move |_, _| answer.clone()).addr
}

/// A server that answers with one after the other, and with the last one from then on.
pub(crate) fn canned_in_turn(answers: Vec<String>) -> SocketAddr {
    Scripted::new(move |_, before| answers[before.min(answers.len() - 1)].clone().into_bytes()).addr
}

/// A server that closes each connection after one answer, and writes down what it was asked.
pub(crate) struct Scripted {
    pub(crate) addr: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// `answer` has the head of a request, each byte a character, and how many came before.
    pub(crate) fn new(answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let heads = Arc::clone(&asked);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let lines = BufReader::new(&stream).split(b'\n').map_while(Result::ok);
                let lines = lines.take_while(|line| line != b"\r").flat_map(|line| [line, b"\n".to_vec()].concat());
                let head: String = lines.map(char::from).collect();
                let before = heads.lock().unwrap().len();
                let answer = answer(&head, before);
                heads.lock().unwrap().push(head);
                let _ = stream.write_all(&answer);
            }
        });
        Scripted { addr, asked }
    }

    /// The heads of all requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// What all requests so far asked for.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().iter().map(|head| head.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
    }
}

/// An answer with these fields, each with its line end, and a body that is as long as they say.
pub(crate) fn answer(status: u16, fields: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    let (fields, body) = (fields.as_ref(), body.as_ref());
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    [head.as_bytes(), fields, b"\r\n", body].concat()
}
