//! How much memory a run takes, by what Linux says of it.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::support::Site;

/// The size of each body, less than `--max-filesize`.
const BODY: usize = 9_000_000;

/// Serves `body` to every request, as fast as it can; without its length, if it is `chunked`.
fn serve(content_type: &'static str, body: Vec<u8>, chunked: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let body: &'static [u8] = body.leak();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || answer_all(&stream, content_type, body, chunked));
        }
    });
    addr
}

fn answer_all(mut stream: &TcpStream, content_type: &str, body: &[u8], chunked: bool) -> Option<()> {
    let framing =
        if chunked { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {}", body.len()) };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\n{framing}\r\n\r\n");
    let mut lines = BufReader::new(stream).lines();
    loop {
        while !lines.next()?.ok()?.is_empty() {}
        stream.write_all(head.as_bytes()).ok()?;
        match chunked {
            false => stream.write_all(body).ok()?,
            true => {
                for chunk in body.chunks(200_000) {
                    write!(stream, "{:x}\r\n", chunk.len()).ok()?;
                    stream.write_all(chunk).ok()?;
                    stream.write_all(b"\r\n").ok()?;
                }
                stream.write_all(b"0\r\n\r\n").ok()?;
            }
        }
    }
}

/// One run at a time, since each keeps all cores busy.
static RUNS: Mutex<()> = Mutex::new(());

/// The peak of a run with these options over `requests` requests to `server`, in MB.
fn peak(server: SocketAddr, requests: usize, options: &str) -> usize {
    let site = Site::new();
    let urls: String = (0..requests).map(|n| format!("http://{server}/{n}\n")).collect();
    site.file("list.txt", &urls);
    let common = "-c 64 --host-concurrency 64 --threads 2 --timeout 10m --report report.json";
    let line = format!("haul {common} {options} list.txt");
    let _alone = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    let run = site.start(&line);
    let mut peak = 0;
    while let Some(now) = high_water_mark(run.id()) {
        peak = peak.max(now);
        thread::sleep(Duration::from_millis(5));
    }
    run.end().exits(0);
    assert_eq!(site.json("report.json")["totals"]["ok"], requests, "{options}");
    assert!(peak > 0, "{options}: no peak was measured");
    peak
}

/// The peak of a process so far, in MB. None once it has ended.
fn high_water_mark(process: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().unwrap() / 1000)
}

/// What README.md promises with two threads and bodies of 10 MiB, in MB, and a quarter more: this is a debug build.
fn promised(max_memory: usize) -> usize {
    (60 + (max_memory << 20) / 1_000_000 + 2 * 10) * 5 / 4
}

fn holds(server: SocketAddr, requests: usize, max_memory: usize, options: &str) {
    let options = format!("--max-memory {max_memory}MiB -o /dev/null {options}");
    let (peak, promised) = (peak(server, requests, &options), promised(max_memory));
    assert!(peak <= promised, "{options}: {peak} MB, and not {promised} MB at most");
}

/// JSON that is quickly read: large strings.
fn json() -> Vec<u8> {
    let string = format!("\"{}\"", "some text ".repeat(1000));
    let strings = vec![string.as_str(); BODY / string.len()];
    format!("{{\"items\":[{}]}}", strings.join(",")).into_bytes()
}

#[test]
fn bodies_take_no_more_memory_than_they_may() {
    let server = serve("application/octet-stream", vec![0; BODY], false);
    holds(server, 64, 128, "--body base64");
    holds(server, 32, 64, "--body base64 --ordered");
    holds(server, 64, 1024, "--body base64");
}

#[test]
fn bodies_of_unknown_length_take_no_more_memory_than_they_may() {
    holds(serve("application/octet-stream", vec![0; BODY], true), 32, 64, "--body base64");
}

#[test]
fn control_characters_take_no_more_memory_than_they_may() {
    holds(serve("text/plain", vec![1; BODY], false), 12, 64, "");
}

#[test]
fn text_in_another_encoding_takes_no_more_memory_than_it_may() {
    let euros = vec![0x80; BODY / 2]; // three bytes each in UTF-8
    let server = serve("text/plain; charset=windows-1252", euros, false);
    holds(server, 12, 64, "");
    holds(server, 24, 64, "--body none --expect-body €$");
}

#[test]
fn filters_take_no_more_memory_than_they_may() {
    let filters = "--jq '[.items[]|length]|add' --expect-jq '[.items[]|length]|add > 1000000'"; // fails if it is cut
    holds(serve("application/json", json(), false), 24, 64, &format!("--body base64 {filters}"));
}

#[test]
fn bodies_that_are_only_counted_may_be_larger_than_the_memory_for_bodies() {
    let server = serve("application/octet-stream", vec![0; 20 * BODY], false);
    let peak = peak(server, 4, "--max-memory 1MiB --max-filesize 1GiB --body none -o /dev/null");
    assert!(peak < 120, "{peak} MB");
}
