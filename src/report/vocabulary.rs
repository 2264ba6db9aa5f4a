//! The words of a summary that depend on who shows it.

/// What a run may be advised to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Requests in flight to one host.
    HostConcurrency,
    /// Requests per second to one host.
    HostRate,
    /// How long a pause that a server asks for may be.
    MaxWait,
    /// How long a request to an unreachable host is retried.
    RetryTime,
    /// How many jobs are read ahead.
    Window,
    /// The memory for bodies and records.
    Memory,
    /// The memory for records that wait for an earlier one.
    OrderWindow,
    /// Where to find what the records of a probe cannot tell.
    RunFile,
}

/// How a summary calls limits, and what it advises. A command names its options here; the default is neutral.
pub trait Vocabulary {
    /// What a limit is called, by [`BoundBy::by`](crate::report::BoundBy::by).
    fn limit<'a>(&self, by: &'a str) -> &'a str {
        match by {
            "adaptive" => "the adaptive limit",
            "answers" => "the last responses",
            "backoff" => "retry pauses",
            "circuit" => "failed connections",
            "concurrency" | "host_concurrency" => "concurrency",
            "connection" => "a first connection",
            "host_limit" => "the limits of hosts",
            "in_flight" => "the limit on requests in flight",
            "input" => "the input",
            "late" => "the generator's lag",
            "login" => "the login",
            "max_pages" => "the page limit",
            "memory" => "memory",
            "order" => "the order of records",
            "output" => "the output",
            "pause" => "pauses",
            "rate" | "host_rate" => "the rate",
            "robots" => "robots.txt",
            "where" => "the filter of records",
            by => by,
        }
    }

    /// What to do.
    fn advice(&self, advice: Advice) -> &'static str {
        match advice {
            Advice::HostConcurrency => "allow more requests at once to that host",
            Advice::HostRate => "raise that host's rate",
            Advice::MaxWait => "accept shorter pauses only",
            Advice::RetryTime => "retry for a shorter time",
            Advice::Window => "raise the window",
            Advice::Memory => "raise the memory limit",
            Advice::OrderWindow => "raise the order window",
            Advice::RunFile => "see the file beside the records",
        }
    }

    /// What a rule for hosts is called.
    fn host_rule(&self, hosts: &str) -> String {
        format!("the rule for {hosts:?}")
    }
}

/// Neutral words, for programs without options of their own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Neutral;

impl Vocabulary for Neutral {}
