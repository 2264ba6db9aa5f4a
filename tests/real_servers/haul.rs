//! The binary under test: what it is given, and what must be true of its records whatever the server does.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::ops::Index;
use std::process::{Child, Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::wait_until;

/// A run to be.
pub(crate) struct Haul(Command);

/// A run in progress.
pub(crate) struct Running {
    child: Child,
    urls: Vec<String>,
    dir: TempDir,
}

/// The records of a run, in the order of its list.
pub(crate) struct Records(Vec<Record>);

/// One record.
pub(crate) struct Record(Value);

/// haul with these options.
pub(crate) fn haul<'a>(options: impl IntoIterator<Item = &'a str>) -> Haul {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haul"));
    command.args(options).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    for proxy in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(proxy);
    }
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HAUL_")) {
        command.env_remove(name); // options of whoever runs the tests
    }
    Haul(command)
}

impl Haul {
    /// Adds to the environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// The command, in a shell that has so many descriptors only, if that is given.
    pub(crate) fn into_command(self, descriptors: Option<&str>) -> Command {
        let Some(descriptors) = descriptors else { return self.0 };
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n \"$1\"; shift; exec \"$@\"", "sh", descriptors]);
        shell.arg(self.0.get_program()).args(self.0.get_args());
        for (name, value) in self.0.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell
    }

    /// Fetches `urls`.
    pub(crate) fn fetch(self, urls: impl IntoIterator<Item = String>) -> Records {
        self.start(urls).finish()
    }

    /// Fetches one URL.
    pub(crate) fn fetch_one(self, url: String) -> Record {
        self.fetch([url]).0.remove(0)
    }

    /// Begins to fetch `lines`: URLs, or JSON objects that have one.
    pub(crate) fn start(mut self, lines: impl IntoIterator<Item = String>) -> Running {
        let (dir, lines) = (TempDir::new().unwrap(), Vec::from_iter(lines));
        let file = |name: &str| File::create(dir.path().join(name)).unwrap();
        fs::write(dir.path().join("list"), lines.join("\n")).unwrap();
        let urls = lines.iter().map(|line| match serde_json::from_str::<Value>(line) {
            Ok(object) => object["url"].as_str().expect("a URL").to_owned(),
            Err(_) => line.clone(),
        });
        let urls = urls.collect();
        self.0.arg(dir.path().join("list")).stdout(file("records")).stderr(file("messages"));
        Running { child: self.0.spawn().unwrap(), urls, dir }
    }
}

impl Running {
    /// Waits until so many inputs have a record.
    pub(crate) fn wait_for_records(&self, count: usize) {
        wait_until("haul has written its first records", || self.read("records").lines().count() >= count);
    }

    /// Waits for the end, which must be a good one: a whole record for each input, that says which it is.
    pub(crate) fn finish(mut self) -> Records {
        let mut status = None;
        wait_until("haul ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(status.is_some_and(|status| status.success()), "{status:?}: {}", self.read("messages"));
        let parse = |line: &str| Record(serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")));
        let mut records: Vec<Record> = self.read("records").lines().map(parse).collect();
        records.sort_by_key(|record| record["seq"].as_u64());
        assert_eq!(records.len(), self.urls.len(), "as many records as inputs");
        for (seq, (record, url)) in records.iter().zip(&self.urls).enumerate() {
            assert_eq!((record["seq"].as_u64(), record["url"].as_str()), (Some(seq as u64), Some(&**url)));
        }
        Records(records)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }
}

/// A run whose test has failed does not go on.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Records {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.0.iter()
    }

    /// Insists that all were ok.
    pub(crate) fn all_ok(self) -> Self {
        self.iter().for_each(Record::assert_ok);
        self
    }

    /// The kinds of error that occurred.
    pub(crate) fn kinds(&self) -> BTreeSet<&str> {
        self.iter().filter_map(Record::kind).collect()
    }

    /// The versions of HTTP that were spoken.
    pub(crate) fn http_versions(&self) -> BTreeSet<&str> {
        self.iter().filter_map(|record| record["http_version"].as_str()).collect()
    }
}

impl Record {
    pub(crate) fn assert_ok(&self) {
        assert_eq!((&self["ok"], &self["error"]), (&Value::Bool(true), &Value::Null), "{}", self.0);
    }

    pub(crate) fn kind(&self) -> Option<&str> {
        self["error"]["kind"].as_str()
    }
}

impl Index<&str> for Record {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.0[key]
    }
}
