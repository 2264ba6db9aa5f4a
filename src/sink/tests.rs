use std::io::{self, Write};

use super::ndjson::Ndjson;
use super::{FlushPolicy, Sink};
use crate::model::{Invalid, LinePosition, Record};
use crate::plan::Output;
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
        while sink.get_ref().0.len() < 2 {
            sink.put(&record).unwrap();
        }
        sink.put(&record).unwrap();
        let left = sink.buffered();
        sink.flush().unwrap();
        sink.flush().unwrap();
        sink.get_mut().flush().unwrap();

        let calls = sink.into_inner().0;
        assert_eq!((calls.len(), calls[2].len()), (3, left), "without a record there is no write");
        assert!(calls.iter().all(|lines| lines.ends_with(b"}\n")));
        assert!(calls[..2].iter().all(|lines| (block..block + 2000).contains(&lines.len())));
    }
}

#[test]
fn what_is_compressed_lingers_longer() {
    let idle = |coding| Ndjson::coded(io::sink(), Output::default(), coding).linger().idle;
    assert_eq!(idle(Coding::Plain), FlushPolicy::default().idle);
    assert!(idle(Coding::Gzip) > idle(Coding::Plain) && idle(Coding::Zstd) == idle(Coding::Gzip));
}
