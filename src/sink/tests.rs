use std::io::{self, Write};

use super::ndjson::Ndjson;
use super::{FlushPolicy, Put, Sink};
use crate::model::{Invalid, LinePosition, Record};
use crate::schema::Output;
use crate::storage::compression::Coding;

/// Keeps what each call brought.
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
fn a_block_of_whole_lines_is_one_write() {
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

#[test]
fn compressed_lines_are_flushed_less_often() {
    assert_eq!(FlushPolicy::of(Coding::Plain), FlushPolicy::default());
    assert!(FlushPolicy::of(Coding::Gzip).idle > FlushPolicy::default().idle);
    assert_eq!(FlushPolicy::of(Coding::Zstd), FlushPolicy::of(Coding::Gzip));
}
