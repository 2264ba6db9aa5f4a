//! Puts records into a table, many rows at a time, as a sink into a database would.
//!
//! ```console
//! $ cargo run --example custom_sink -- https://example.com https://example.org
//! ```

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use haul::{Haul, Put, Record, Sink};

/// A row for each status and host.
type Table = Arc<Mutex<BTreeMap<(String, String), u64>>>;

/// Rows of this many records are inserted at once.
const BATCH: usize = 1_000;

/// Counts records by host and status.
struct TableSink {
    table: Table,
    batch: Vec<(String, String)>,
}

impl Sink for TableSink {
    fn put(&mut self, record: &Record) -> io::Result<Put> {
        let host = record.final_url().and_then(|url| url.host_str()).unwrap_or("-").to_owned();
        let result = match (record.status(), record.error()) {
            (_, Some(error)) => error.kind.to_string(),
            (Some(status), None) => status.to_string(),
            (None, None) => "-".to_owned(),
        };
        self.batch.push((host, result));
        if self.batch.len() < BATCH {
            return Ok(Put::Buffered); // the run calls flush() if no more records come
        }
        self.flush()?;
        Ok(Put::Delivered)
    }

    /// A database would begin and commit a transaction here. An error ends the run.
    fn flush(&mut self) -> io::Result<()> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for row in self.batch.drain(..) {
            *table.entry(row).or_default() += 1;
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for ((host, result), count) in count(env::args().skip(1).collect()).await? {
        println!("{count:8}  {result:16}  {host}");
    }
    Ok(())
}

async fn count(urls: Vec<String>) -> Result<BTreeMap<(String, String), u64>, Box<dyn Error>> {
    let table = Table::default();
    let sink = TableSink { table: Arc::clone(&table), batch: Vec::with_capacity(BATCH) };
    let _finish = Haul::builder().urls(urls).sink(sink).build()?.run().await?;
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_counts() -> Result<(), Box<dyn Error>> {
        let origin = haul_origin::Origin::spawn()?;
        let urls = (0..1_500).map(|n| origin.url(&format!("/status/{}", if n % 3 == 0 { 404 } else { 200 })));
        let rows: Vec<_> = count(urls.chain(["no url".to_owned()]).collect()).await?.into_iter().collect();
        let row = |host: &str, result: &str, count| ((host.to_owned(), result.to_owned()), count);
        let expected =
            [row("-", "invalid_input", 1), row("127.0.0.1", "200 OK", 1_000), row("127.0.0.1", "404 Not Found", 500)];
        assert_eq!(rows, expected);
        Ok(())
    }
}
