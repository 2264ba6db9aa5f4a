//! Programs that read lines of JSON.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs, thread};

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tempfile::TempDir;

/// A program that reads records from its standard input, and prints the `seq` of each.
#[derive(Clone, Copy)]
pub(crate) struct Reader {
    pub(crate) program: &'static str,
    args: &'static [&'static str],
}

/// Python's ways to split text into lines agree.
const PYTHON: &str = r#"
import io, json, sys
text = sys.stdin.buffer.read().decode()
lines = text.splitlines()
assert lines == [line.rstrip("\n") for line in io.StringIO(text)] and text.count("\n") == len(lines)
for line in lines:
    print(json.loads(line)["seq"])
"#;

const NODE: &str = r#"
const lines = require("readline").createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", line => console.log(JSON.parse(line).seq));
"#;

const GO: &str = r#"
package main

import ("bufio"; "encoding/json"; "fmt"; "io"; "os")

func main() {
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF { return }
		var record any
		if err := json.Unmarshal(line, &record); err != nil { fmt.Println(err); os.Exit(1) }
		fmt.Println(record.(map[string]any)["seq"])
	}
}
"#;

impl Reader {
    pub(crate) const ALL: [Reader; 4] = [
        Reader { program: "jq", args: &["-c", ".seq"] },
        Reader { program: "python3", args: &["-c", PYTHON] },
        Reader { program: "node", args: &["-e", NODE] },
        Reader { program: "go", args: &["run", "FILE"] },
    ];

    pub(crate) fn is_installed(&self) -> bool {
        let paths = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&paths).any(|path| path.join(self.program).is_file())
    }

    /// Insists that the program reads all records.
    fn check(self, lines: &[u8], seqs: &[u64]) {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("read.go");
        fs::write(&file, GO).unwrap();
        let mut command = Command::new(self.program);
        for arg in self.args {
            if *arg == "FILE" {
                command.arg(&file)
            } else {
                command.arg(arg)
            };
        }
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let (mut stdin, lines) = (child.stdin.take().unwrap(), lines.to_vec());
        let writer = thread::spawn(move || stdin.write_all(&lines)); // it may end before it has read all
        let output = child.wait_with_output().unwrap();
        _ = writer.join().unwrap();
        let read = String::from_utf8_lossy(&output.stdout);
        let read: Vec<_> = read.lines().map(|seq| seq.parse::<u64>().map_err(|_| seq)).collect();
        let expected: Vec<_> = seqs.iter().copied().map(Ok).collect();
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(read == expected, "{}: {} of {} lines: {why}", self.program, read.len(), seqs.len());
    }
}

/// A record: the text of its values by key.
pub(crate) type Record = HashMap<String, Box<RawValue>>;

/// The records of a run in the order of its list, which all readers have read.
pub(crate) fn records(readers: &[Reader], lines: &[u8]) -> Vec<Record> {
    assert!(lines.is_empty() || lines.ends_with(b"\n"));
    let texts: Vec<&str> = std::str::from_utf8(lines).unwrap().lines().collect();
    let read = |line: &&str| {
        serde_json::from_str::<IgnoredAny>(line).unwrap_or_else(|why| panic!("{why}: {line}"));
        serde_json::from_str::<Record>(line).unwrap()
    };
    let mut records: Vec<_> = texts.iter().map(read).collect();
    let seq = |record: &Record| record["seq"].get().parse::<u64>().unwrap();
    let seqs: Vec<u64> = records.iter().map(seq).collect();
    readers.iter().for_each(|reader| reader.check(lines, &seqs));
    records.sort_by_key(seq);
    records
}

/// The text of a string, unless it is null or absent.
pub(crate) fn text(record: &Record, key: &str) -> Option<String> {
    record.get(key).and_then(|value| serde_json::from_str(value.get()).unwrap())
}
