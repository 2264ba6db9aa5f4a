//! A ledger over a sink that is not a file: blocks of a fixed size, on a disk that loses what was not synced.

use std::io;
use std::sync::Mutex;

use super::*;
use crate::sink::{DurableSink, FlushPolicy, Put, Sink, SyncHandle};

/// The size of a block, which has the ordinal of one record.
const BLOCK: u64 = 8;

/// A part is full with this many blocks.
const PART: usize = 3;

#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    parts: Vec<Part>,
    /// Operations until the machine crashes.
    operations_left: usize,
}

#[derive(Debug, Clone, Default)]
struct Part {
    blocks: Vec<[u8; BLOCK as usize]>,
    synced: usize,
}

impl Contents {
    /// Every boundary at which the machine can crash.
    fn operation(&mut self) -> io::Result<()> {
        self.operations_left = self.operations_left.checked_sub(1).ok_or(io::Error::other("the machine crashed"))?;
        Ok(())
    }

    fn last(&mut self) -> &mut Part {
        self.parts.last_mut().unwrap()
    }
}

impl Disk {
    /// Restarts the machine. Besides what was synced, this many blocks happen to be on the disk.
    fn restart(&self, kept: usize) {
        let mut contents = self.0.lock().unwrap();
        contents.parts.iter_mut().for_each(|part| part.blocks.truncate(part.synced + kept));
    }

    fn seqs(&self) -> Vec<u64> {
        let contents = self.0.lock().unwrap();
        contents.parts.iter().flat_map(|part| &part.blocks).map(|block| u64::from_le_bytes(*block)).collect()
    }
}

#[derive(Debug)]
struct Blocks {
    disk: Disk,
    buffer: Vec<[u8; BLOCK as usize]>,
}

impl Blocks {
    fn open(disk: &Disk) -> Box<Self> {
        let mut contents = disk.0.lock().unwrap();
        if contents.parts.is_empty() {
            contents.parts.push(Part::default());
        }
        Box::new(Blocks { disk: disk.clone(), buffer: Vec::new() })
    }
}

impl Sink for Blocks {
    fn put(&mut self, record: &Record) -> io::Result<Put> {
        self.buffer.push(record.seq().to_le_bytes());
        Ok(Put::Buffered)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut contents = self.disk.0.lock().unwrap();
        for block in self.buffer.drain(..) {
            contents.operation()?;
            contents.last().blocks.push(block);
        }
        Ok(())
    }
}

impl DurableSink for Blocks {
    fn position(&self) -> Position {
        let contents = self.disk.0.lock().unwrap();
        let length = contents.parts.last().unwrap().blocks.len() as u64 * BLOCK;
        Position { part: contents.parts.len() as u32, length }
    }

    fn sync_handle(&self) -> io::Result<SyncHandle> {
        let Position { part, length } = self.position();
        let disk = self.disk.clone();
        Ok(Box::new(move || {
            let mut contents = disk.0.lock().unwrap();
            contents.operation()?;
            let part = &mut contents.parts[part as usize - 1];
            part.synced = part.synced.max((length / BLOCK) as usize);
            contents.operation() // a crash before the checkpoint is written
        }))
    }

    fn truncate(&mut self, to: Position) -> io::Result<()> {
        let mut contents = self.disk.0.lock().unwrap();
        contents.operation()?;
        contents.parts.truncate(to.part as usize);
        let part = contents.last();
        part.blocks.truncate((to.length / BLOCK) as usize);
        part.synced = part.synced.min(part.blocks.len());
        Ok(())
    }

    fn part_is_full(&self) -> bool {
        self.disk.0.lock().unwrap().last().blocks.len() >= PART
    }

    fn begin_part(&mut self) -> io::Result<()> {
        let mut contents = self.disk.0.lock().unwrap();
        contents.operation()?;
        contents.parts.push(Part::default());
        contents.operation()
    }
}

/// Runs or resumes until all inputs have their record, or the machine crashes.
fn run(dir: &Dir, disk: &Disk, operations: usize) -> Result<Report, Box<dyn std::error::Error>> {
    disk.0.lock().unwrap().operations_left = operations;
    let opened = Ledger::open(Blocks::open(disk), FlushPolicy::IMMEDIATE, dir.options("blocks"))?;
    let Recovered { mut ledger, completed, .. } = opened;
    assert!(disk.seqs().into_iter().eq((0..INPUTS).filter(|&seq| completed.contains(seq))));
    let mut report = ledger.take_report();
    for seq in (0..INPUTS).filter(|&seq| !completed.contains(seq)) {
        report.add(&RecordSummary::from(&record(seq)));
        ledger.put(&record(seq))?;
        if seq % 2 == 1 {
            ledger.flush()?;
        }
        if ledger.sink.part_is_full() {
            ledger.checkpoint(&report)?;
        }
    }
    ledger.finish(&report)?;
    Ok(report)
}

#[test]
fn after_a_crash_at_any_boundary_every_record_is_there_once() {
    let mut crashes = 0;
    for operations in 0.. {
        let mut completed = false;
        for kept in 0..3 {
            let (dir, disk) = (Dir::new(), Disk::default());
            completed = run(&dir, &disk, operations).is_ok();
            crashes += usize::from(!completed);
            disk.restart(kept);
            assert_eq!(run(&dir, &disk, 1000).unwrap(), whole());
            assert!(disk.seqs().into_iter().eq(0..INPUTS), "after {operations} operations: {:?}", disk.seqs());
        }
        if completed {
            break;
        }
    }
    assert!(crashes > 60, "{crashes}");
}

#[test]
fn an_output_that_does_not_match_its_checkpoint_is_refused() {
    let (dir, disk) = (Dir::new(), Disk::default());
    run(&dir, &disk, 1000).unwrap();
    let open = |options| Ledger::open(Blocks::open(&disk), FlushPolicy::IMMEDIATE, options);
    let refusal = |options| open(options).map(drop).unwrap_err().to_string();
    let mut other = dir.options("blocks");
    other.fingerprint = other.fingerprint.with("--request", "HEAD");
    assert!(refusal(other).contains("--request was GET and is now HEAD"));
    disk.0.lock().unwrap().parts.pop();
    assert!(refusal(dir.options("blocks")).contains("blocks ends before what was durable"));
    let anyway = LedgerOptions { anyway: true, ..dir.options("blocks") };
    let opened = open(anyway).unwrap();
    assert!(opened.completed.is_empty() && disk.seqs().is_empty(), "the output starts from scratch");
}
