use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, StatusCode, Version};
use serde_json::value::RawValue;
use url::Url;

use super::ndjson::Ndjson;
use super::{FlushPolicy, Put, Sink};
use crate::jq::{Filter, FilterLimits};
use crate::model::{Attempt, Head, Invalid, Job, LinePosition, PageInfo, Record, Tags};
use crate::schema::Output;
use crate::storage::compression::Coding;

/// Keeps the bytes of each write.
#[derive(Default)]
struct Calls(Vec<Vec<u8>>);

impl Write for Calls {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        self.0.push(block.to_vec());
        Ok(block.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn record(url: &str) -> Record {
    let message = "no URL".to_owned();
    let invalid = Invalid {
        seq: 0,
        place: LinePosition::default(),
        tags: None,
        method: Default::default(),
        url: url.into(),
        message,
    };
    Record::Invalid(Box::new(invalid))
}

#[test]
fn a_block_of_complete_lines_is_one_write() {
    for (coding, block) in [(Coding::Plain, 64 << 10), (Coding::Gzip, 256 << 10), (Coding::Zstd, 256 << 10)] {
        let mut sink = Ndjson::coded(Calls::default(), Output::default(), coding);
        let record = record(&"x".repeat(1000));
        for _ in 0..2 {
            while sink.put(&record).unwrap() == Put::Buffered {}
        }
        assert_eq!(sink.put(&record).unwrap(), Put::Buffered);
        sink.flush().unwrap();
        sink.flush().unwrap();

        let calls = sink.into_inner().0;
        assert_eq!((calls.len(), calls[2].len() < 2000), (3, true), "a flush without records writes nothing");
        assert!(calls.iter().all(|lines| lines.ends_with(b"}\n")));
        assert!(calls[..2].iter().all(|lines| (block..block + 2000).contains(&lines.len())));
    }
}

/// The input's `id` is in every line: together they are 100 times as long as the page.
#[test]
fn the_items_of_a_page_are_written_in_blocks() {
    let items = Filter::compile(".[]").unwrap();
    let json = serde_json::to_vec(&vec![1; 1000]).unwrap();
    let outputs = items.run(&json, FilterLimits::for_document(json.len(), 1 << 20)).unwrap();
    let mut job = Job::new(0, Url::parse("http://h.test/").unwrap(), Arc::default());
    let id = RawValue::from_string(format!("{:?}", "i".repeat(1000))).ok();
    job.tags = Some(Box::new(Tags { id, ..Tags::default() }));
    let paging = Some(Box::new(PageInfo { items: Some(Ok(outputs)), ..PageInfo::default() }));
    let head = Some(Head { status: StatusCode::OK, headers: HeaderMap::new(), version: Version::HTTP_11 });
    let attempt = Attempt { head, paging, ..Attempt::empty(SystemTime::now()) };
    let record = Record::Settled { job: Box::new(job), attempt: Box::new(attempt) };

    let mut sink = Ndjson::new(Calls::default(), Output { items: Some(items), ..Output::default() });
    assert!((1000..10_000).contains(&sink.memory_for(&record)), "one line at a time");
    sink.put(&record).unwrap();
    sink.flush().unwrap();
    let calls = sink.into_inner().0;
    assert_eq!(calls.concat().iter().filter(|byte| **byte == b'\n').count(), 1000);
    assert!(calls.iter().all(|lines| lines.ends_with(b"}\n") && lines.len() < (64 << 10) + 2000));
}

#[test]
fn compressed_lines_are_flushed_less_often() {
    assert_eq!(FlushPolicy::of(Coding::Plain), FlushPolicy::default());
    assert!(FlushPolicy::of(Coding::Gzip).idle > FlushPolicy::default().idle);
    assert_eq!(FlushPolicy::of(Coding::Zstd), FlushPolicy::of(Coding::Gzip));
}
