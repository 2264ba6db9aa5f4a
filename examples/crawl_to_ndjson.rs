//! Fetches a list of URLs into a file of records. After Ctrl-C or a crash, the same command continues.
//!
//! ```console
//! $ cargo run --example crawl_to_ndjson -- urls.txt records.ndjson
//! ```

use std::env;
use std::error::Error;
use std::path::PathBuf;

use haul::{Control, Finish, Haul, Stop};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let (Some(list), Some(output)) = (args.next(), args.next()) else {
        return Err("usage: crawl_to_ndjson LIST OUTPUT".into());
    };
    let control = Control::default();
    tokio::spawn({
        let control = control.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                control.stop(Stop::Drain);
            }
        }
    });
    let finish = crawl(list, output, &control).await?;
    let totals = finish.report.totals();
    println!("{} ok, {} failed, {} left for the next run", totals.ok, totals.failed, finish.run.skipped);
    Ok(())
}

async fn crawl(list: PathBuf, output: PathBuf, control: &Control) -> Result<Finish, Box<dyn Error>> {
    let haul = Haul::builder()
        .list(list)
        .resume(output)
        .concurrency(128)
        .host_concurrency(4)
        .retries(3)
        .control(control)
        .build()?;
    Ok(haul.run().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_crawls_and_continues() -> Result<(), Box<dyn Error>> {
        let (origin, dir) = (haul_origin::Origin::spawn()?, tempfile::tempdir()?);
        let (list, output) = (dir.path().join("urls.txt"), dir.path().join("records.ndjson"));
        std::fs::write(&list, format!("{}\n{}\n", origin.url("/json"), origin.url("/status/404")))?;
        for requests in [2, 0] {
            let finish = crawl(list.clone(), output.clone(), &Control::default()).await?;
            assert_eq!((finish.run.settled, finish.report.totals().ok), (requests, 1));
        }
        assert_eq!(std::fs::read_to_string(&output)?.lines().count(), 2);
        Ok(())
    }
}
