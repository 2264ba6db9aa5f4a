//! The binary under test.

use std::env;
use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::readers::{Reader, Record, records};
use crate::server::{Answer, serve};

/// What haul writes for a list with these options.
pub(crate) fn lines(list: &str, options: &[&str]) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("list.ndjson"), list).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_haul"));
    for proxy in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(proxy);
    }
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HAUL_")) {
        command.env_remove(name); // options of whoever runs the tests
    }
    let output = command.arg("--quiet").args(options).arg("list.ndjson").current_dir(dir.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The records of these answers, which all readers have read.
pub(crate) fn fetch(readers: &[Reader], answers: Vec<Answer>, options: &[&str]) -> Vec<Record> {
    let (count, addr) = (answers.len(), serve(answers));
    let list: String = (0..count).map(|number| format!("{{\"url\": \"http://{addr}/{number}\"}}\n")).collect();
    let records = records(readers, &lines(&list, options));
    assert_eq!(records.len(), count);
    records
}
