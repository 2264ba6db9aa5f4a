//! Fetches lists of URLs, fast and politely: exactly one [`Record`] for each, in bounded memory.
//!
//! Build a run, and read its records as a stream:
//!
//! ```
//! use haul::Haul;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let origin = haul_origin::Origin::spawn()?;
//! # let urls = [origin.url("/json"), origin.url("/status/404"), "http://host.invalid/".to_owned()];
//! let haul = Haul::builder().urls(urls).concurrency(16).retries(0).build()?;
//! let mut records = haul.stream();
//! while let Some(record) = records.next().await {
//!     match (record.status(), record.error()) {
//!         (Some(status), None) => println!("{} {status}, {} bytes", record.url(), record.bytes().len()),
//!         (_, error) => println!("{} failed: {}", record.url(), error.expect("the reason").kind),
//!     }
//! }
//! let finish = records.finish().await?;
//! assert_eq!((finish.report.totals().ok, finish.report.totals().failed), (1, 2));
//! # Ok(())
//! # }
//! ```
//!
//! A run has threads of its own and works in any async runtime. A request that fails is a record with an
//! [`error`](Record::error), never the end of the run. Retries, per-host limits, `Retry-After`, redirects and
//! decompression are on by default, as on the command line.
//!
//! # Starting a run
//!
//! | | |
//! |---|---|
//! | [`Haul::stream`] | yields each record to the caller; a slow reader slows the run |
//! | [`Haul::run`] | awaits the end; records go to the builder's [`sink`](HaulBuilder::sink) or [`output`](HaulBuilder::output) |
//! | [`Haul::run_blocking`] | the same without an async runtime |
//!
//! Each ends with a [`Finish`], which has the [`Report`], or with a [`RunError`], which has the partial one. Dropping
//! the future or the stream stops the run; so does a [`Control`].
//!
//! # Building a run
//!
//! Inputs are [URLs](HaulBuilder::urls), [lists](HaulBuilder::list) in files, any [`Input`], or a [`Source`] of
//! your own, which every iterator over [`Target`]s is. A [`Request`] says what
//! is sent to each. Settings that make no sense are a [`BuildError`]. Common settings are methods of [`HaulBuilder`];
//! every other one is a field of the [`Plan`]:
//!
//! ```
//! use haul::{Haul, Request};
//!
//! # let origin = haul_origin::Origin::spawn()?;
//! # let urls = [origin.url("/anything")];
//! let haul = Haul::builder()
//!     .urls(urls)
//!     .request(Request::post().json(&serde_json::json!({"page": 1}))?.bearer("t0ken")?)
//!     .rate(10)
//!     .jq(".json.page")
//!     .plan(|plan| plan.fetch.max_filesize = 1 << 20)
//!     .on_record(|record| assert_eq!(record.extracted().next(), Some("1")))
//!     .build()?;
//! assert_eq!(haul.run_blocking()?.report.totals().ok, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Reading records
//!
//! A [`Record`] has the response ([`status`](Record::status), [`headers`](Record::headers), [`text`](Record::text),
//! [`json`](Record::json)), what led to it ([`retries`](Record::retries), [`redirects`](Record::redirects),
//! [`timings`](Record::timings)), and the [`error`](Record::error) if there is no complete one. It serialises to the
//! line of NDJSON that the command line prints; `docs/record.md` describes its keys.
//!
//! To store records elsewhere, implement [`Sink`].
//!
//! # Features
//!
//! All are on by default, with the command line (`cli`). A library wants `default-features = false` and what it uses:
//! `jq` for filters, `robots` for robots.txt, `csv` for CSV and TSV lists and CSV records. Nothing is silently left out:
//! what needs a missing feature is an error.

#[doc(hidden)]
pub mod durable;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod fetch;
#[doc(hidden)]
pub mod guard;
#[doc(hidden)]
pub mod jq;
#[doc(hidden)]
pub mod model;
pub mod plan;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod report;
mod run;
#[doc(hidden)]
pub mod schedule;
#[doc(hidden)]
pub mod schema;
#[doc(hidden)]
pub mod sink;
#[doc(hidden)]
pub mod site;
#[doc(hidden)]
pub mod source;
mod statistics;
#[doc(hidden)]
pub mod storage;

pub use engine::{Adjustment, Control, Finish, Interim, RunError, RunErrorKind, Stop};
pub use model::request::{Multipart, RequestError};
pub use model::{Charset, ErrorKind, Phase, Record, RecordError, Redirected, Request, Retried, Timings};
pub use plan::Plan;
pub use report::{Report, RunFacts, Snapshot};
pub use run::{BuildError, Haul, HaulBuilder, Records};
pub use sink::{Each, Put, Sink};
pub use source::{Input, InputFormat, ListNote, Source, Target};
