//! Fetch every URL of a list, fast and politely: one record for each, in bounded memory.
//!
//! [`Haul`] is a run in a few lines:
//!
//! ```
//! # let origin = haul_origin::Origin::spawn()?;
//! # let urls = [origin.url("/json"), origin.url("/status/404")];
//! let finish = haul::Haul::new().urls(urls).each(|record| println!("{:?}", record.status()))?;
//! assert_eq!(finish.report.totals().ok, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is made of parts that can be had by themselves. A [`Plan`] says how, a [`Source`] yields what, a [`Sink`] takes
//! the records, and [`run`] joins them. It blocks until the list is done; an asynchronous program calls it from a thread
//! of its own.
//!
//! ```
//! use haul::{Control, Each, Input, Plan, Record, run, source};
//!
//! # let origin = haul_origin::Origin::spawn()?;
//! # let urls = vec![origin.url("/json"), origin.url("/status/404")];
//! let plan = Plan::default();
//! let lines = source::ListOptions { request: plan.request.0.clone(), ..Default::default() };
//! let source = source::open([Input::Urls(urls)], &lines)?;
//!
//! let (answers, statuses) = std::sync::mpsc::channel();
//! let each = Each(move |record: &Record| {
//!     answers.send(record.status().map(|status| status.as_u16())).map_err(std::io::Error::other)
//! });
//! let finish = run(&plan, source, each, &Control::default());
//!
//! assert_eq!(finish.report.totals().ok, 1);
//! let mut statuses: Vec<_> = statuses.iter().collect();
//! statuses.sort();
//! assert_eq!(statuses, [Some(200), Some(404)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Records become lines of JSON with [`sink::ndjson::Ndjson`], and what a run came to is its [`Report`]:
//!
//! ```
//! use haul::sink::ndjson::Ndjson;
//! use haul::{Control, Job, Plan, Source, report, run};
//!
//! # let origin = haul_origin::Origin::spawn()?;
//! # let url = |n| origin.url(&format!("/anything/{n}")).parse().expect("a URL");
//! let plan = Plan::default();
//! let request = plan.request.0.clone();
//! let source = Source::from_jobs((0..3).map(|n| Job::new(n, url(n), request.clone())).collect::<Vec<_>>());
//! let finish = run(&plan, source, Ndjson::new(std::io::sink(), plan.output.clone()), &Control::default());
//! print!("{}", report::text::summary(&finish.report, &finish.run, false));
//! # assert_eq!(finish.report.totals().ok, 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How the parts fit together is told in `docs/architecture.md`.

pub mod durable;
pub mod engine;
pub mod fetch;
pub mod guard;
pub mod jq;
pub mod model;
pub mod plan;
pub mod policy;
pub mod report;
mod run;
pub mod schedule;
pub mod schema;
pub mod sink;
pub mod site;
pub mod source;
pub mod storage;

pub use engine::{Control, Destination, Finish, Stop, run};
pub use model::{Job, Record, Request};
pub use plan::Plan;
pub use report::Report;
pub use run::{BeginError, Haul};
pub use sink::{Each, Put, Sink};
pub use source::{Input, Source};
