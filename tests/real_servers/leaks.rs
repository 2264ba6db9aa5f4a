//! What is left of many hosts: nothing.

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::haul::haul;
use crate::wait_until;

const HOSTS: usize = 20_000;

/// Requests to each host before its connections idle until they are closed, twice.
const ROUNDS: usize = 5;

/// How much more memory the second half may leave, in KiB.
const SLACK: u64 = 16 << 10;

/// Connections that the second half may leave.
const LEFT: usize = 8;

/// A process that ends when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0.id())).unwrap().count()
    }

    /// In KiB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is running");
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

pub(crate) fn leave_neither_memory_nor_descriptors() {
    many_hosts(None);
}

pub(crate) fn need_no_more_descriptors_than_there_are() {
    many_hosts(Some("2000"));
}

fn many_hosts(descriptors: Option<&str>) {
    let (_origin, port) = origin();
    let command = haul(["-q", "--body", "none", "--fields", "ok,error", "-"]).into_command(descriptors);
    let (mut process, mut stdin, records, failed) = start(command);
    let ask = |stdin: &mut BufWriter<ChildStdin>, round: usize| {
        for n in 0..HOSTS {
            writeln!(stdin, "http://h{n}.localhost:{port}/bytes/100?{round}").unwrap();
        }
    };
    let mut left = Vec::new();
    for half in 1..=2 {
        for round in 0..ROUNDS {
            ask(&mut stdin, round);
        }
        stdin.flush().unwrap();
        let all = (half * ROUNDS * HOSTS) as u64;
        wait_until("all records are written", || records.load(Ordering::Relaxed) == all);
        let most = left.first().map_or(64, |(first, _)| first + LEFT);
        wait_until("idle connections are closed", || process.descriptors() <= most);
        left.push((process.descriptors(), process.memory()));
    }
    drop(stdin);
    assert!(process.0.wait().unwrap().success());
    println!("descriptors and KiB that are left: {left:?}");
    assert_eq!(failed.load(Ordering::Relaxed), 0);
    assert!(left[1].1 <= left[0].1 + SLACK, "{left:?}");
}

fn origin() -> (Process, u16) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haul"));
    command.args(["origin", "--port", "0"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.split_once("http://127.0.0.1:").and_then(|(_, rest)| rest.split_once('/')?.0.parse().ok());
    (Process(child), port.expect("a port"))
}

/// haul, its standard input, and how many records it has written and how many of them are not ok.
fn start(mut command: Command) -> (Process, BufWriter<ChildStdin>, Arc<AtomicU64>, Arc<AtomicU64>) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (records, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (seen, not_ok) = (Arc::clone(&records), Arc::clone(&failed));
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let line = line.unwrap();
            if !line.contains("\"ok\":true") {
                println!("{line}");
                not_ok.fetch_add(1, Ordering::Relaxed);
            }
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    (Process(child), BufWriter::new(stdin), records, failed)
}
