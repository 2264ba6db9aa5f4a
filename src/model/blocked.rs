//! What keeps a run from being faster.

/// Why no further request starts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Blocked {
    /// The run has as many requests in flight as it may.
    Concurrency,
    /// The rate of the whole run.
    Rate,
    /// The window is full of jobs whose hosts get no request now.
    Window,
    /// The input has ended, and the hosts of all jobs that remain get no request now.
    Hosts,
    /// No memory is left for another body.
    Memory,
    /// The output does not keep up.
    Output,
    /// Records wait for that of an earlier input, and fill the window for them.
    Order,
    /// The input does not keep up, or yields lines that need no request.
    Input,
    /// Everything has been sent: only answers are awaited.
    Answers,
    /// The login has not ended.
    Login,
    /// The host has as many requests in flight as it may.
    HostConcurrency,
    /// The host has as many requests in flight as it handles well.
    Adaptive,
    /// The rate of the host, or the crawl delay in its robots.txt.
    HostRate,
    /// The host asked for a pause, or gets few requests at once after one.
    Pause,
    /// The host cannot be reached.
    Circuit,
    /// The robots.txt of the host is not known yet.
    Robots,
    /// The pause before a retry.
    Backoff,
    /// The first connection to the host, which further requests are to share.
    Connection,
}

impl Blocked {
    /// Every reason, in the order of the list above.
    pub const ALL: [Blocked; 18] = [
        Blocked::Concurrency,
        Blocked::Rate,
        Blocked::Window,
        Blocked::Hosts,
        Blocked::Memory,
        Blocked::Output,
        Blocked::Order,
        Blocked::Input,
        Blocked::Answers,
        Blocked::Login,
        Blocked::HostConcurrency,
        Blocked::Adaptive,
        Blocked::HostRate,
        Blocked::Pause,
        Blocked::Circuit,
        Blocked::Robots,
        Blocked::Backoff,
        Blocked::Connection,
    ];

    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Blocked::Concurrency => "concurrency",
            Blocked::Rate => "rate",
            Blocked::Window | Blocked::Hosts => "hosts",
            Blocked::Memory => "memory",
            Blocked::Output => "output",
            Blocked::Order => "order",
            Blocked::Input => "input",
            Blocked::Answers => "answers",
            Blocked::Login => "login",
            Blocked::HostConcurrency => "host_concurrency",
            Blocked::Adaptive => "adaptive",
            Blocked::HostRate => "host_rate",
            Blocked::Pause => "pause",
            Blocked::Circuit => "circuit",
            Blocked::Robots => "robots",
            Blocked::Backoff => "backoff",
            Blocked::Connection => "connection",
        }
    }

    /// Whether hosts hold all jobs back, so that one of them can be named with a reason of its own.
    pub const fn is_by_hosts(self) -> bool {
        matches!(self, Blocked::Window | Blocked::Hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_in_order() {
        assert!(Blocked::ALL.iter().enumerate().all(|(at, &reason)| reason as usize == at));
    }
}
