//! A server with a list of answers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// What is answered, apart from the status line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// The content type, unless there is none.
    pub(crate) label: Option<String>,
    /// Further header fields, each with a line end.
    pub(crate) fields: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(label: &str, body: impl Into<Vec<u8>>) -> Self {
        Answer { label: Some(label.to_owned()), fields: Vec::new(), body: body.into() }
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Answer::new("application/json", body)
    }

    fn write(&self, mut out: impl Write) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", self.body.len()).into_bytes();
        if let Some(label) = &self.label {
            head.extend_from_slice(format!("content-type: {label}\r\n").as_bytes());
        }
        out.write_all(&[&head, &self.fields[..], b"\r\n", &self.body].concat())
    }
}

/// Serves the answers, each under its number. Its threads end with the tests.
pub(crate) fn serve(answers: Vec<Answer>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (addr, answers) = (listener.local_addr().unwrap(), Arc::new(answers));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answers = Arc::clone(&answers);
            thread::spawn(move || _ = converse(stream.unwrap(), &answers));
        }
    });
    addr
}

fn converse(stream: TcpStream, answers: &[Answer]) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(line) = lines.next() {
        let line = line?;
        let number = line.split(['/', ' ']).nth(2).and_then(|number| number.parse::<usize>().ok());
        while lines.next().transpose()?.is_some_and(|field| !field.is_empty()) {}
        answers[number.expect("a number")].write(&stream)?;
    }
    Ok(())
}
