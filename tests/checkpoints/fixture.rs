//! A checkpoint with its partial output, resumed in a temporary folder.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::io::{self, PipeReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::origin::Origin;

/// Keys that differ between runs, or whose wording may change.
const VOLATILE: [&str; 4] = ["started_at", "timings_ms", "remote_addr", "note"];

/// Comment lines that make a list so long that its digest covers only samples.
const PADDING: usize = 40_000;

/// A copy of a committed folder.
pub(crate) struct Fixture {
    dir: TempDir,
    pub(crate) args: Vec<String>,
}

/// The files of an output by name, which is their order.
pub(crate) type Parts = BTreeMap<String, Vec<u8>>;

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

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn has(&self, arg: &str) -> bool {
        self.args.iter().any(|given| given == arg)
    }

    /// The arguments, with `old` replaced by `new`, both separated by spaces. If `old` is empty, `new` is appended.
    #[track_caller]
    pub(crate) fn with(&self, old: &str, new: &str) -> Vec<String> {
        let [old, new] = [old, new].map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let mut args = self.args.clone();
        let at = match old.len() {
            0 => args.len(),
            len => args.windows(len).position(|args| args == old).expect("args contains the old arguments"),
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
                command.env_remove(name); // the options of whoever runs the tests
            }
        }
        command.args(args.iter().map(|arg| if arg == "$PROXY" { &origin.url } else { arg }));
        // The pace is not in the fingerprint. One at a time, the requests are the same in every run.
        command.args(["--concurrency", "1", "--retry", "0"]).current_dir(&self.dir);
        let [stdin, pipe] = ["stdin", "pipe"].map(|name| self.path(name));
        command.stdin(match File::open(stdin) {
            Ok(file) => file.into(),
            Err(_) if pipe.exists() => filled(&fs::read(pipe).unwrap()).into(),
            Err(_) => Stdio::null(),
        });
        command.output().unwrap()
    }

    /// Resumes the run with `args` and checks what holds for every resumed run.
    #[track_caller]
    pub(crate) fn resumes(&self, args: &[String]) -> Resumed {
        let (origin, kept) = (Origin::start(), self.kept());
        let end = self.run(&[args, &["--report".to_owned(), "report.json".to_owned()]].concat(), &origin);
        assert_eq!(end.status.code(), Some(0), "{}", String::from_utf8_lossy(&end.stderr));
        let report = serde_json::from_slice(&fs::read(self.path("report.json")).unwrap()).unwrap();
        let resumed = self.check(&kept, &origin);
        if !self.has("--items") {
            resumed.assert_all_reported(&report);
        }
        resumed
    }

    /// Checks the output of a resumed run, which must begin with `kept`.
    #[track_caller]
    pub(crate) fn check(&self, kept: &Parts, origin: &Origin) -> Resumed {
        let after = self.parts();
        for (name, bytes) in kept {
            assert!(after[name].starts_with(bytes), "durable bytes of {name} have changed");
        }
        let starts = self.path(&format!("{}.haul-starts", self.output()));
        assert!(!starts.exists(), "the log of starts is still there");
        let resumed = Resumed { before: lines(kept), after: lines(&after), asked: origin.asked() };
        resumed.assert_nothing_requested_twice();
        if !self.has("--raw") {
            resumed.assert_each_once();
            for path in resumed.after.iter().filter_map(|record| record["body_path"].as_str()) {
                assert!(self.path(path).is_file(), "{path} is missing");
            }
        }
        resumed
    }

    /// Checks that resuming with `args` is refused with a message that contains `word`, and changes nothing.
    #[track_caller]
    pub(crate) fn refuses(&self, args: &[String], word: &str) {
        let (origin, before) = (Origin::start(), files(self.dir.path()));
        let end = self.run(args, &origin);
        let said = String::from_utf8_lossy(&end.stderr);
        // A table that is read as text is refused before the checkpoint is read.
        let is_text = (self.has("csv") || self.has("tsv")) && !args.iter().any(|arg| arg == "--input-format");
        let (code, why) = if is_text { (3, "cannot read") } else { (2, "cannot resume") };
        assert_eq!(end.status.code(), Some(code), "a change of {word} is not refused: {said}");
        assert!(said.contains(why) && said.contains(word), "no {word} in: {said}");
        assert_eq!(origin.asked(), Vec::<String>::new());
        assert!(files(self.dir.path()) == before, "a refused run changed a file");
    }

    fn output(&self) -> &str {
        let at = self.args.iter().position(|arg| arg == "-o").expect("args contains -o");
        &self.args[at + 1]
    }

    fn parts(&self) -> Parts {
        let is_part = |name: &String| name.starts_with("out.") && !name.contains(".haul");
        files(self.dir.path()).into_iter().filter(|(name, _)| is_part(name)).collect()
    }

    /// The part of the output that resuming must keep: what the checkpoint claims is durable and, except for pages and
    /// items, the complete records after that.
    pub(crate) fn kept(&self) -> Parts {
        let (durable, length) = self.durable();
        let by_pages = self.has("--paginate") || self.has("--items");
        let rotated = self.has("--rotate");
        let mut kept = Parts::new();
        for ((name, bytes), part) in self.parts().into_iter().zip(u64::from(rotated)..) {
            let end = match part.cmp(&durable) {
                _ if !by_pages => whole_lines(&name, &bytes),
                std::cmp::Ordering::Less => bytes.len(),
                std::cmp::Ordering::Equal => length,
                std::cmp::Ordering::Greater => 0,
            };
            assert!(part != durable || end >= length, "{name} is shorter than the checkpoint says");
            kept.insert(name, bytes[..end].to_vec());
        }
        kept
    }

    /// The part and length up to which the checkpoint claims the output is durable.
    fn durable(&self) -> (u64, usize) {
        let Some(checkpoint) = self.checkpoint() else { return (0, 0) };
        let position = &checkpoint["position"];
        (position["part"].as_u64().unwrap(), position["length"].as_u64().unwrap() as usize)
    }

    /// The JSON of the checkpoint.
    pub(crate) fn checkpoint(&self) -> Option<Value> {
        let text = fs::read_to_string(self.path(&format!("{}.haul", self.output()))).ok()?;
        let (_, json) = text.split_once('\n').unwrap();
        Some(serde_json::from_str(json).unwrap())
    }

    /// The lines of the file `name`.
    pub(crate) fn expected(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.path(name)).unwrap().lines().map(str::to_owned).collect()
    }
}

/// The outcome of a resumed run.
pub(crate) struct Resumed {
    /// The records it kept.
    before: Vec<Value>,
    /// All records of the output.
    after: Vec<Value>,
    asked: Vec<String>,
}

impl Resumed {
    /// The appended records, without volatile keys.
    pub(crate) fn appended(&self) -> Vec<Value> {
        self.after[self.before.len()..].iter().map(steady).collect()
    }

    /// The number of lines in the output.
    pub(crate) fn records(&self) -> u64 {
        self.after.len() as u64
    }

    /// The requests, sorted.
    pub(crate) fn asked(&self) -> &[String] {
        &self.asked
    }

    #[track_caller]
    fn assert_each_once(&self) {
        let mut seen = BTreeSet::new();
        for record in &self.after {
            let key = (record["seq"].as_u64().unwrap(), record["page"].as_u64(), record["item"].to_string());
            assert!(seen.insert(key), "recorded twice: {record}");
        }
        let seqs: BTreeSet<_> = seen.into_iter().map(|(seq, ..)| seq).collect();
        assert!(seqs.iter().copied().eq(0..seqs.len() as u64), "inputs without a record: {seqs:?}");
    }

    #[track_caller]
    fn assert_nothing_requested_twice(&self) {
        for record in self.before.iter().filter(|record| record["duplicate_of"].is_null()) {
            let url = record["final_url"].as_str().or(record["url"].as_str()).unwrap_or_default();
            let request = format!("{} {url}", record["method"].as_str().unwrap_or_default());
            assert!(!self.asked.contains(&request), "requested again: {request}");
        }
    }

    /// The report covers all records, not only the appended ones.
    #[track_caller]
    fn assert_all_reported(&self, report: &Value) {
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
        assert_eq!(report["totals"]["records"], self.after.len(), "{}", report);
        assert_eq!(report["run"]["records"], self.after.len() - self.before.len(), "{}", report);
        assert_eq!(report["statuses"], statuses);
        let kinds = report["errors"].as_object().unwrap();
        let kinds: Value = kinds.iter().map(|(kind, group)| (kind.clone(), group["count"].clone())).collect();
        assert_eq!(kinds, errors);
    }
}

/// The committed folders.
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

/// Prepends comments to a list.
fn pad(list: &Path) {
    let padding: String = (0..PADDING).map(|n| format!("# {n:05}\n")).collect();
    fs::write(list, padding + &fs::read_to_string(list).unwrap()).unwrap();
}

/// The files directly in a folder.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

/// A pipe that holds `bytes`, which fit its buffer.
fn filled(bytes: &[u8]) -> PipeReader {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(bytes).unwrap();
    reader
}

/// The length of the complete lines, up to the first cancelled record.
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

/// The lines of an output; those that are not JSON become strings.
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
        assert!(text.is_empty() || text.ends_with('\n'), "{name} ends with a torn line");
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
