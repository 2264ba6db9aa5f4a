//! A server that counts how often it was asked for what.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Answers any request, after a pause, until the test ends.
pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<HashMap<u64, u64>>>,
}

impl Server {
    pub(crate) fn start(pause: Duration) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<HashMap<u64, u64>>>::default();
        let counts = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let counts = Arc::clone(&counts);
                thread::spawn(move || serve(&stream, &counts, pause));
            }
        });
        Server { url, asked }
    }

    /// How often each number was asked for.
    pub(crate) fn asked(&self) -> HashMap<u64, u64> {
        self.asked.lock().unwrap().clone()
    }

    /// Requests beyond the first for the same number.
    pub(crate) fn repeated(&self) -> u64 {
        self.asked().values().map(|count| count - 1).sum()
    }
}

/// Pages of `/N?page=P` that have items, and items of each.
pub(crate) const PAGES: (u64, u64) = (25, 4);

/// `METHOD /N` counts for N, once the whole request is there; `METHOD /N?page=P` counts for the page, as N000P.
fn serve(stream: &TcpStream, counts: &Mutex<HashMap<u64, u64>>, pause: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut requests, mut answers) = (BufReader::new(stream), stream);
    loop {
        let (mut number, mut page, mut length) = (None, None, 0);
        loop {
            let mut line = String::new();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_lowercase();
            if line.is_empty() {
                break;
            }
            if number.is_none() {
                let path = line.split(' ').nth(1).unwrap_or_default();
                let (path, query) = path.split_once("?page=").unwrap_or((path, ""));
                page = query.parse::<u64>().ok();
                let input: u64 = path.trim_start_matches('/').parse().map_err(io::Error::other)?;
                number = Some(page.map_or(input, |page| 10_000 * input + page));
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(io::Error::other)?;
            }
        }
        io::copy(&mut (&mut requests).take(length), &mut io::sink())?;
        let number = number.unwrap_or_default();
        *counts.lock().unwrap().entry(number).or_default() += 1;
        thread::sleep(pause);
        let body = match page {
            None => format!("{{\"n\":{number},\"text\":\"{}\"}}", "x".repeat(100)),
            Some(page) if page > PAGES.0 => "[]".to_owned(),
            Some(page) => format!("{:?}", ((page - 1) * PAGES.1..page * PAGES.1).collect::<Vec<_>>()),
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length";
        answers.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    }
}
