//! Options for when the requests of a probe start, and how many.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};
use haul::model::Precision;
use haul::model::host_glob::HostGlob;
use haul::plan::{HostRule, Rate, Stages};

use crate::cli::rates::{self, Rates};
use crate::cli::units;

/// When requests start, how many, and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
pub(crate) struct Load {
    /// Stop after this many requests, not counting --warm-up
    #[arg(short = 'n', long, value_name = "N", value_parser = units::count)]
    pub(crate) requests: Option<NonZeroUsize>,

    /// Stop after this time [default: 10s, if no other option sets an end]
    ///
    /// --requests, --stages, --replay, --until and --find-rate can end the probe as well: haul stops at whichever comes
    /// first. It then waits for the answers to what it has sent, for --timeout at most.
    #[arg(short = 'z', long, value_name = "TIME", value_parser = units::run_time)]
    pub(crate) duration: Option<Duration>,

    /// Stop once a percentile is known this precisely, such as 'p99±5%' or 'p99+-5ms'; repeatable
    ///
    /// That is when its 95 % confidence interval lies within the precision. --requests or --duration must set an end in
    /// case it never does: haul then exits with 4. The latency is meant, or another time as in p99(service_time) or
    /// p99(wait); a group's name in braces limits it to that group: 'p95{checkout}±5%'.
    #[arg(long, value_name = "PRECISION", value_parser = units::precision, conflicts_with_all = ["stages", "replay"])]
    pub(crate) until: Vec<Precision>,

    /// Start requests at this rate, such as 200/s, however slowly answers come (open model)
    ///
    /// A request starts when it is due, however many others are in flight: see --max-in-flight. Latency counts from the
    /// time at which it was due. Without --rate, --stages and --replay, requests are sent in loops: see --concurrency.
    /// --find-rate takes a range: ..5000/s or 10/s..5000/s.
    #[arg(long, value_name = "RATE", value_parser = rates::rates, conflicts_with_all = ["concurrency", "think_time"])]
    pub(crate) rate: Option<Rates>,

    /// Find the highest rate at which no --fail-if is crossed: --rate ..5000/s --fail-if 'p99>300ms'
    ///
    /// haul doubles the rate until a threshold is crossed, then narrows it down. Each rate is a step, which lasts until it
    /// is clear whether it holds, for --step-time at most. The rate never exceeds the upper end of --rate. The summary lists
    /// the steps. Exits with 0 if a rate was found, 4 if even the lowest one fails, 5 if haul cannot tell.
    #[arg(long, requires = "rate", requires = "fail_if")]
    #[arg(conflicts_with_all = ["requests", "until", "stages", "replay", "concurrency", "think_time", "abort_after"])]
    pub(crate) find_rate: bool,

    /// Longest time for a step of --find-rate [default: 30s]
    ///
    /// The start of each step is left out: --warm-up if given, or else a tenth, or the longest latency that a threshold
    /// allows if that is longer.
    #[arg(long, value_name = "TIME", value_parser = units::run_time, requires = "find_rate", hide_short_help = true)]
    pub(crate) step_time: Option<Duration>,

    /// How close to each other the rate that holds and the one that fails must be [default: 5%]
    #[arg(long, value_name = "PERCENT", value_parser = rates::resolution, requires = "find_rate", hide_short_help = true)]
    pub(crate) resolution: Option<f64>,

    /// Start requests at rates that change, such as '10/s..500/s@2m, 500/s@10m, 0@5s'
    ///
    /// RATE..RATE@TIME changes the rate evenly over that time; RATE@TIME keeps it. The last stage ends the probe.
    #[arg(long, value_name = "STAGES", value_parser = units::stages)]
    #[arg(conflicts_with_all = ["rate", "concurrency", "think_time"])]
    pub(crate) stages: Option<Stages>,

    /// Spread the starts of --rate or --stages: evenly, or at random like those of independent users
    #[arg(long, value_name = "HOW", value_enum)]
    pub(crate) arrivals: Option<Arrivals>,

    /// Start each request of the list once, at the time that the list gives
    ///
    /// The time is the key at in NDJSON, or the column named by --at-column: in seconds or as a timestamp. The first request
    /// starts at once. The list is read twice: first to check it.
    #[arg(long, conflicts_with_all = ["rate", "stages", "arrivals", "concurrency", "think_time"])]
    pub(crate) replay: bool,

    /// Replay this many times as fast [default: 1]
    #[arg(long, value_name = "FACTOR", value_parser = units::factor, requires = "replay")]
    pub(crate) speed: Option<f64>,

    /// Loops that each send a request and wait for its answer (closed model) [default: 50]
    ///
    /// A slow answer delays the next request of its loop, so the load depends on the server, and latency leaves out what
    /// users would have waited. docs/probing.md shows the difference.
    #[arg(short, long, value_name = "N", value_parser = units::count, alias = "connections")]
    pub(crate) concurrency: Option<NonZeroUsize>,

    /// Time that a loop waits after each answer
    #[arg(long, value_name = "TIME", value_parser = units::pause)]
    pub(crate) think_time: Option<Duration>,

    /// Maximum requests in flight in the open model [default: by open files and --max-memory]
    ///
    /// A request that is due while so many are in flight is not sent. It counts as missed, and percentiles are then given
    /// as a lower bound. The default is what the limit on open files allows, but at most one for each 64 KiB of
    /// --max-memory (16384 by default).
    #[arg(long, value_name = "N", value_parser = units::count, conflicts_with = "concurrency")]
    pub(crate) max_in_flight: Option<NonZeroUsize>,

    /// Send requests for this long first, and leave them out of the report
    ///
    /// It comes on top of --duration and --requests. Their records have "warm_up":true. With --find-rate, each step begins
    /// with it, as a part of --step-time.
    #[arg(long, value_name = "TIME", value_parser = units::pause)]
    pub(crate) warm_up: Option<Duration>,

    /// Allow more than 100 requests per second to this host; repeatable
    ///
    /// Without it, a faster probe of a host other than localhost is refused, so that a mistyped URL harms nobody. Give the
    /// host as in the URL, such as api.example.com, or with a port: api.example.com:8443.
    #[arg(long, value_name = "HOST", value_parser = units::exact_host)]
    pub(crate) yes_load: Vec<HostGlob>,

    /// Maximum requests in flight per host [default: no limit]
    #[arg(long, value_name = "N", value_parser = units::count, hide_short_help = true)]
    pub(crate) host_concurrency: Option<NonZeroUsize>,

    /// Maximum request rate per host [default: no limit]
    #[arg(long, value_name = "RATE", value_parser = units::rate, hide_short_help = true)]
    pub(crate) host_rate: Option<Rate>,

    /// Limits for matching hosts, as 'api.example.com: rate=5/s concurrency=2'; repeatable
    ///
    /// A request that is due while a limit of its host holds it back counts as missed.
    #[arg(long = "host-rule", value_name = "RULE", value_parser = units::host_rule, hide_short_help = true)]
    pub(crate) host_rules: Vec<HostRule>,

    /// Fetcher threads [default: one up to 6,000 requests per second, else one per core]
    #[arg(long, value_name = "N", value_parser = units::count, hide_short_help = true)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// [`haul::plan::Arrivals`], as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arrivals {
    /// Evenly
    Constant,
    /// At random, independently of each other
    Poisson,
}

/// The order of the targets, and what is random in a probe.
#[derive(Debug, Args)]
#[command(next_help_heading = "Lists")]
pub(crate) struct Targets {
    /// Send the requests of the lists in random order, the same for the same SEED
    ///
    /// By default, they are sent in the order of the lists, over and over again. A line with a weight of 2 is sent twice as
    /// often as others.
    #[arg(long, value_name = "SEED", value_parser = units::seed, conflicts_with = "replay")]
    pub(crate) shuffle: Option<u64>,

    /// Make the same random values and arrivals as an earlier probe [default: the SEED of --shuffle, or a random one]
    #[arg(long, value_name = "SEED", value_parser = units::seed)]
    pub(crate) seed: Option<u64>,

    /// Take the weight of each row from this column
    #[arg(long, value_name = "NAME", conflicts_with = "replay")]
    pub(crate) weight_column: Option<String>,

    /// Take the time of each row from this column
    #[arg(long, value_name = "NAME", requires = "replay")]
    pub(crate) at_column: Option<String>,
}
