//! Many kills of one job.

use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

use haul::storage::compression::Coding;
use serde_json::Value;
use tempfile::TempDir;

use crate::server::Server;

/// Requests in flight.
const CONCURRENCY: u64 = 16;

/// A list, a server for it, and an output.
pub(crate) struct Job {
    pub(crate) server: Server,
    dir: TempDir,
    output: &'static str,
    options: Vec<String>,
    /// How quickly requests leave before a kill.
    rate: &'static str,
}

impl Job {
    pub(crate) fn new(output: &'static str, lines: u64, server: Server, rate: &'static str, options: &[&str]) -> Job {
        let dir = tempfile::tempdir().unwrap();
        let list: String = (0..lines).map(|n| format!("{}/{n}\n", server.url)).collect();
        fs::write(dir.path().join("urls.txt"), list).unwrap();
        Job { server, dir, output, options: options.iter().map(|&option| option.to_owned()).collect(), rate }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_haul"));
        for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HAUL_")) {
            command.env_remove(name); // options of whoever runs the tests
        }
        command.env("no_proxy", "*");
        command
            .current_dir(&self.dir)
            .args(["-q", "urls.txt", "--resume", "--report", "report.json", "-o", self.output])
            .args(["--host-concurrency", &CONCURRENCY.to_string()])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Runs for a while, at a pace at which there is always something left to do, and kills it. How it ended, if it ended before.
    pub(crate) fn kill_after(&self, moment: Duration) -> Option<ExitStatus> {
        let mut child = self.command().args(["--rate", self.rate]).spawn().unwrap();
        sleep(moment);
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        ended
    }

    /// Runs to the end.
    pub(crate) fn run(&self) {
        let end = self.command().output().unwrap();
        assert!(end.status.success(), "{}", String::from_utf8_lossy(&end.stderr));
    }

    /// All records, in the order of the parts.
    pub(crate) fn records(&self) -> Vec<Value> {
        let stem = self.output.split('.').next().unwrap();
        let mut files: Vec<_> = fs::read_dir(&self.dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| {
            let name = file.file_name().unwrap().to_str().unwrap();
            name.starts_with(stem) && !name.contains(".haul")
        });
        files.sort();
        files.iter().flat_map(|file| read(file)).collect()
    }

    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path("report.json")).unwrap()).unwrap()
    }
}

fn read(file: &Path) -> Vec<Value> {
    let mut text = String::new();
    Coding::of(file).reader(File::open(file).unwrap()).unwrap().read_to_string(&mut text).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{file:?} ends in a line");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Each number from 0 once.
#[track_caller]
pub(crate) fn assert_once(records: &[Value], lines: u64) {
    let mut counts = HashMap::new();
    for record in records {
        *counts.entry(record["seq"].as_u64().unwrap()).or_insert(0) += 1;
        assert!(record["url"].as_str().unwrap().ends_with(&format!("/{}", record["seq"])), "{record}");
    }
    let wrong: Vec<_> =
        (0..lines).map(|seq| (seq, counts.get(&seq).copied().unwrap_or(0))).filter(|(_, n)| *n != 1).collect();
    assert!(wrong.is_empty(), "not once: {wrong:?}");
    assert_eq!(records.len() as u64, lines);
}

/// Kills one job so often, or as often as the variable `KILLS` says, at random moments, lets it end, and looks at what
/// came of it. `unwritten` is how many finished records a kill can cost.
fn kill(kills: u64, output: &'static str, options: &[&str], unwritten: u64) {
    let kills = env::var("KILLS").map_or(kills, |kills| kills.parse().expect("KILLS is a number"));
    let lines = 100 * kills;
    let job = Job::new(output, lines, Server::start(Duration::from_millis(1)), "1k/s", options);
    let mut killed = 0;
    while killed < kills {
        let ended = job.kill_after(Duration::from_micros(fastrand::u64(0..60_000)));
        assert!(ended.is_none(), "after {killed} kills: {ended:?}");
        killed += 1;
    }
    job.run();
    assert_once(&job.records(), lines);
    let asked = job.server.asked();
    assert_eq!(asked.len() as u64, lines, "each was asked for");
    let most = kills * (CONCURRENCY + unwritten);
    assert!(job.server.repeated() <= most, "{} were asked for again, and {most} were in flight", job.server.repeated());

    let totals = &job.report()["totals"];
    assert_eq!((&totals["records"], &totals["ok"]), (&lines.into(), &lines.into()));
    assert_eq!(job.report()["latency_ms"]["count"], lines);
    assert_eq!(job.report()["statuses"]["200"], lines);
}

/// Records go to the writer in batches of so many, or after a millisecond.
const BATCH: u64 = 64;

/// What a rate of 1,000 a second brings in the 100 ms for which a compressed block is filled, and a burst after a
/// machine that stood still.
const BLOCK: u64 = 200;

#[test]
fn two_hundred_kills_of_a_plain_output() {
    kill(200, "out.ndjson", &[], BATCH);
}

#[test]
fn two_hundred_kills_of_a_gzip_output() {
    kill(200, "out.ndjson.gz", &[], BLOCK);
}

#[test]
fn two_hundred_kills_of_a_zstd_output() {
    kill(200, "out.ndjson.zst", &[], BLOCK);
}

#[test]
fn kills_of_an_output_in_parts() {
    kill(50, "out.ndjson", &["--rotate", "50KiB"], BATCH);
}
