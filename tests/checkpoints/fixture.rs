//! A checkpoint with its partial output, gone on with in a folder of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::origin::Origin;

/// What differs from run to run, or is for people.
const VOLATILE: [&str; 4] = ["started_at", "timings_ms", "remote_addr", "note"];

/// Lines that make a list so long that a checkpoint has samples of it alone.
const PADDING: usize = 40_000;

/// A copy of a committed folder.
pub(crate) struct Fixture {
    dir: TempDir,
    pub(crate) args: Vec<String>,
}

/// The files of an output by name, which is also their order.
type Parts = BTreeMap<String, Vec<u8>>;

impl Fixture {
    pub(crate) fn copy(name: &str) -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        copy(&folder().join(name), dir.path());
        let args = fs::read_to_string(dir.path().join("args")).unwrap();
        let fixture = Fixture { dir, args: args.lines().map(str::to_owned).collect() };
        if name == "input_long" {
            pad(&fixture.path("urls.txt"));
        }
        fixture
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn has(&self, arg: &str) -> bool {
        self.args.iter().any(|given| given == arg)
    }

    /// The arguments, with `old` replaced by `new`. Both are some arguments with blanks between them; in the place of
    /// none, they are added.
    #[track_caller]
    pub(crate) fn with(&self, old: &str, new: &str) -> Vec<String> {
        let [old, new] = [old, new].map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let mut args = self.args.clone();
        let at = match old.len() {
            0 => args.len(),
            len => args.windows(len).position(|args| args == old).expect("the arguments have it"),
        };
        args.splice(at..at + old.len(), new);
        args
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, args: &[String], origin: &Origin) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haul"));
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy().to_ascii_lowercase();
            if text.starts_with("haul_") || text.ends_with("_proxy") {
                command.env_remove(name); // options of whoever runs the tests
            }
        }
        command.args(args.iter().map(|arg| if arg == "$PROXY" { &origin.url } else { arg }));
        // The pace is free to change. One at a time, requests are always the same.
        command.args(["--concurrency", "1", "--retry", "0"]).current_dir(&self.dir);
        let stdin = self.path("stdin");
        command.stdin(if stdin.exists() { File::open(stdin).unwrap().into() } else { Stdio::null() });
        command.output().unwrap()
    }

    /// Goes on to the end with `args`, which say what was said before but for credentials.
    #[track_caller]
    pub(crate) fn resumes(&self, args: &[String]) -> Resumed {
        let (origin, kept) = (Origin::start(), self.kept(&self.parts()));
        let end = self.run(&[args, &["--report".to_owned(), "report.json".to_owned()]].concat(), &origin);
        assert_eq!(end.status.code(), Some(0), "{}", String::from_utf8_lossy(&end.stderr));
        let after = self.parts();
        for (name, bytes) in &kept {
            assert!(after[name].starts_with(bytes), "the bytes of {name} that were there have changed");
        }
        let starts = self.path(&format!("{}.haul-starts", self.output()));
        assert!(!starts.exists(), "a request that is not safe to repeat is still open");
        let report = serde_json::from_slice(&fs::read(self.path("report.json")).unwrap()).unwrap();
        let resumed = Resumed { before: lines(&kept), after: lines(&after), asked: origin.asked(), report };
        resumed.assert_nothing_asked_twice();
        if !self.has("--raw") {
            resumed.assert_each_once();
            for path in resumed.after.iter().filter_map(|record| record["body_path"].as_str()) {
                assert!(self.path(path).is_file(), "{path} is there");
            }
        }
        if !self.has("--items") {
            resumed.assert_all_reported();
        }
        resumed
    }

    /// Refuses to go on with `args`, for the reason that `word` is in, and leaves all as it is.
    #[track_caller]
    pub(crate) fn refuses(&self, args: &[String], word: &str) {
        let (origin, before) = (Origin::start(), files(self.dir.path()));
        let end = self.run(args, &origin);
        let said = String::from_utf8_lossy(&end.stderr);
        assert_eq!(end.status.code(), Some(2), "{word} has changed, and is not refused: {said}");
        assert!(said.contains("cannot resume") && said.contains(word), "no {word} in: {said}");
        assert_eq!(origin.asked(), Vec::<String>::new());
        assert!(files(self.dir.path()) == before, "a refused run has changed a file");
    }

    fn output(&self) -> &str {
        let at = self.args.iter().position(|arg| arg == "-o").expect("the arguments name an output");
        &self.args[at + 1]
    }

    fn parts(&self) -> Parts {
        let is_part = |name: &String| name.starts_with("out.") && !name.contains(".haul");
        files(self.dir.path()).into_iter().filter(|(name, _)| is_part(name)).collect()
    }

    /// What must stay of an output: what the checkpoint says is durable, and whole records behind that, unless an input
    /// has several lines.
    fn kept(&self, parts: &Parts) -> Parts {
        let (durable, length) = self.durable();
        let by_pages = self.has("--paginate") || self.has("--items");
        let rotated = self.has("--rotate");
        let mut kept = Parts::new();
        for ((name, bytes), part) in parts.iter().zip(u64::from(rotated)..) {
            let end = match part.cmp(&durable) {
                _ if !by_pages => whole_lines(name, bytes),
                std::cmp::Ordering::Less => bytes.len(),
                std::cmp::Ordering::Equal => length,
                std::cmp::Ordering::Greater => 0,
            };
            assert!(part != durable || end >= length, "{name} is shorter than the checkpoint says");
            kept.insert(name.clone(), bytes[..end].to_vec());
        }
        kept
    }

    /// The part and the length up to which the checkpoint says that the output is durable.
    fn durable(&self) -> (u64, usize) {
        let Some(checkpoint) = self.checkpoint() else { return (0, 0) };
        let position = &checkpoint["position"];
        (position["part"].as_u64().unwrap(), position["length"].as_u64().unwrap() as usize)
    }

    /// What the checkpoint says, behind its first line.
    pub(crate) fn checkpoint(&self) -> Option<Value> {
        let text = fs::read_to_string(self.path(&format!("{}.haul", self.output()))).ok()?;
        let (_, json) = text.split_once('\n').unwrap();
        Some(serde_json::from_str(json).unwrap())
    }

    /// The lines of a file with what is to be expected.
    pub(crate) fn expected(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.path(name)).unwrap().lines().map(str::to_owned).collect()
    }
}

/// What a run came to that went on.
pub(crate) struct Resumed {
    /// What the output kept.
    before: Vec<Value>,
    /// All that it has.
    after: Vec<Value>,
    asked: Vec<String>,
    report: Value,
}

impl Resumed {
    /// What was added, without what differs from run to run.
    pub(crate) fn added(&self) -> Vec<Value> {
        self.after[self.before.len()..].iter().map(steady).collect()
    }

    /// What was asked for, in alphabetical order.
    pub(crate) fn asked(&self) -> &[String] {
        &self.asked
    }

    #[track_caller]
    fn assert_each_once(&self) {
        let mut seen = BTreeSet::new();
        for record in &self.after {
            let key = (record["seq"].as_u64().unwrap(), record["page"].as_u64(), record["item"].to_string());
            assert!(seen.insert(key), "twice: {record}");
        }
        let seqs: BTreeSet<_> = seen.into_iter().map(|(seq, ..)| seq).collect();
        assert!(seqs.iter().copied().eq(0..seqs.len() as u64), "some inputs have no record: {seqs:?}");
    }

    #[track_caller]
    fn assert_nothing_asked_twice(&self) {
        for record in self.before.iter().filter(|record| record["duplicate_of"].is_null()) {
            let url = record["final_url"].as_str().or(record["url"].as_str()).unwrap_or_default();
            let request = format!("{} {url}", record["method"].as_str().unwrap_or_default());
            assert!(!self.asked.contains(&request), "asked for again: {request}");
        }
    }

    /// The report is about all records, not only those that were added.
    #[track_caller]
    fn assert_all_reported(&self) {
        let (mut statuses, mut errors) = (json!({}), json!({}));
        let count = |counts: &mut Value, name: &str| counts[name] = (counts[name].as_u64().unwrap_or(0) + 1).into();
        for record in &self.after {
            if let Some(status) = record["status_code"].as_u64() {
                count(&mut statuses, &status.to_string());
            }
            if let Some(kind) = record["error"]["kind"].as_str() {
                count(&mut errors, kind);
            }
        }
        assert_eq!(self.report["totals"]["records"], self.after.len(), "{}", self.report);
        assert_eq!(self.report["run"]["records"], self.after.len() - self.before.len(), "{}", self.report);
        assert_eq!(self.report["statuses"], statuses);
        let kinds = self.report["errors"].as_object().unwrap();
        let kinds: Value = kinds.iter().map(|(kind, group)| (kind.clone(), group["count"].clone())).collect();
        assert_eq!(kinds, errors);
    }
}

/// Where the committed folders are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints/data")
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Puts comments before the lines of a list.
fn pad(list: &Path) {
    let padding: String = (0..PADDING).map(|n| format!("# {n:05}\n")).collect();
    fs::write(list, padding + &fs::read_to_string(list).unwrap()).unwrap();
}

/// The files of a folder, but for those in folders below it.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

/// The length of the whole lines, up to the first record of what was cancelled.
fn whole_lines(name: &str, bytes: &[u8]) -> usize {
    if !name.ends_with(".ndjson") {
        return bytes.len();
    }
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let is_kept = |line: &&[u8]| {
        line.ends_with(b"\n") && !String::from_utf8_lossy(line).contains(r#""error":{"kind":"cancelled""#)
    };
    lines.take_while(is_kept).map(<[u8]>::len).sum()
}

/// A line of --raw may be no JSON.
fn lines(parts: &Parts) -> Vec<Value> {
    let mut lines = Vec::new();
    for (name, bytes) in parts {
        let mut text = String::new();
        let read = match name.rsplit_once('.').unwrap().1 {
            _ if bytes.is_empty() => Ok(0), // a part that was begun
            "gz" => MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text),
            "zst" => zstd::Decoder::new(&bytes[..]).unwrap().read_to_string(&mut text),
            _ => (&bytes[..]).read_to_string(&mut text),
        };
        read.unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{name} ends in a line");
        lines.extend(text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| line.into())));
    }
    lines
}

fn steady(record: &Value) -> Value {
    let mut record = record.clone();
    if let Some(record) = record.as_object_mut() {
        VOLATILE.iter().for_each(|key| _ = record.remove(*key));
        if let Some(error) = record.get_mut("error").and_then(Value::as_object_mut) {
            error.remove("message");
        }
    }
    record
}
