//! Settings for retries.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::model::ErrorKind;

/// When a failed attempt is retried.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The most retries of a job.
    pub retries: u32,
    /// Which failures are retried.
    pub on: RetryOn,
    /// The upper bound of the backoff before the first retry, doubled for each further one. The delay is random between
    /// zero and the bound (full jitter).
    pub base: Duration,
    /// The longest backoff.
    pub cap: Duration,
    /// The longest delay that a server may ask for, for example by `Retry-After`.
    pub max_wait: Duration,
    /// The time after the start of the first attempt during which a job is retried.
    pub max_time: Duration,
    /// Retry requests that are not idempotent, such as POST.
    pub unsafe_too: bool,
}

impl Default for Retry {
    fn default() -> Self {
        Retry {
            retries: 2,
            on: RetryOn::default(),
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            max_wait: Duration::from_secs(60),
            max_time: Duration::from_secs(120),
            unsafe_too: false,
        }
    }
}

/// The errors retried by default: those that may be transient.
const DEFAULT_KINDS: [ErrorKind; 7] = [
    ErrorKind::ConnectRefused,
    ErrorKind::ConnectTimeout,
    ErrorKind::Connect,
    ErrorKind::Timeout,
    ErrorKind::ReadTimeout,
    ErrorKind::Reset,
    ErrorKind::Closed,
];

/// The statuses retried by default: Request Timeout, Too Early, Too Many Requests, and those of overloaded or
/// restarting servers and gateways.
const DEFAULT_STATUSES: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

/// The statuses that count as failures.
const FAILURES: RangeInclusive<u16> = 400..=999;

/// The statuses and kinds of errors that are retried.
///
/// As text it is a list such as `default,409,5xx,dns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryOn {
    statuses: BTreeSet<u16>,
    kinds: BTreeSet<ErrorKind>,
}

/// An invalid list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryOnError {
    /// The list or one of its members is empty.
    #[error("expected statuses and error kinds, such as default,409 or 5xx,timeout")]
    Empty,
    /// A member is unknown.
    #[error("{0:?} is not a status (429), status class (5xx) or error kind ({kinds})", kinds = transient_kinds())]
    Unknown(String),
    /// A status does not count as a failure.
    #[error("{0} is not a failure: only statuses from 400 can be retried")]
    NoFailure(String),
    /// A kind of error is never transient.
    #[error("{0} is never retried")]
    NeverPasses(ErrorKind),
}

impl Default for RetryOn {
    fn default() -> Self {
        RetryOn { statuses: DEFAULT_STATUSES.into(), kinds: DEFAULT_KINDS.into() }
    }
}

impl RetryOn {
    /// The union of `lists`, or the default if `lists` is empty.
    pub fn any_of(lists: impl IntoIterator<Item = RetryOn>) -> Self {
        let union = |mut all: RetryOn, mut list: RetryOn| {
            all.statuses.append(&mut list.statuses);
            all.kinds.append(&mut list.kinds);
            all
        };
        lists.into_iter().reduce(union).unwrap_or_default()
    }

    /// Whether this status is retried.
    pub fn has_status(&self, status: u16) -> bool {
        self.statuses.contains(&status)
    }

    /// Whether this kind of error is retried.
    pub fn has_kind(&self, kind: ErrorKind) -> bool {
        self.kinds.contains(&kind)
    }

    fn add(&mut self, member: &str) -> Result<(), RetryOnError> {
        match member {
            "" => return Err(RetryOnError::Empty),
            "default" => {
                self.statuses.extend(DEFAULT_STATUSES);
                self.kinds.extend(DEFAULT_KINDS);
            }
            _ => match (statuses(member), ErrorKind::ALL.into_iter().find(|kind| kind.as_str() == member)) {
                (Some(statuses), _) if FAILURES.contains(statuses.start()) => self.statuses.extend(statuses),
                (Some(_), _) => return Err(RetryOnError::NoFailure(member.to_owned())),
                (None, Some(kind)) if kind.may_pass() => drop(self.kinds.insert(kind)),
                (None, Some(kind)) => return Err(RetryOnError::NeverPasses(kind)),
                (None, None) => return Err(RetryOnError::Unknown(member.to_owned())),
            },
        }
        Ok(())
    }
}

fn transient_kinds() -> String {
    let kinds = ErrorKind::ALL.into_iter().filter(|kind| kind.may_pass());
    kinds.map(ErrorKind::as_str).collect::<Vec<_>>().join(", ")
}

/// Parses `429`, or `5xx` in either case.
fn statuses(member: &str) -> Option<RangeInclusive<u16>> {
    let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse::<u16>().ok(),
        false => None,
    };
    match (member.len(), member.strip_suffix("xx").or(member.strip_suffix("XX"))) {
        (3, Some(class)) => number(class).map(|class| class * 100..=class * 100 + 99),
        (3, None) => number(member).map(|status| status..=status),
        _ => None,
    }
    .filter(|statuses| *statuses.start() >= 100)
}

impl FromStr for RetryOn {
    type Err = RetryOnError;

    fn from_str(list: &str) -> Result<Self, RetryOnError> {
        let mut on = RetryOn { statuses: BTreeSet::new(), kinds: BTreeSet::new() };
        list.split(',').try_for_each(|member| on.add(member.trim()))?;
        Ok(on)
    }
}

impl fmt::Display for RetryOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members = Vec::new();
        for class in 4..=9u16 {
            let of_class: Vec<_> = self.statuses.range(class * 100..=class * 100 + 99).collect();
            match of_class.len() {
                100 => members.push(format!("{class}xx")),
                _ => members.extend(of_class.into_iter().map(u16::to_string)),
            }
        }
        members.extend(self.kinds.iter().map(ErrorKind::to_string));
        f.write_str(&members.join(","))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn parsed(list: &str) -> String {
        list.parse::<RetryOn>().map_or_else(|why| format!("! {why}"), |on| on.to_string())
    }

    #[test]
    fn lists_are_parsed() {
        let lists = [
            "default",
            "default,409",
            "409, default , 409",
            "5xx",
            "4XX,503,dns",
            "429,timeout,connect_refused",
            "tls,protocol,decode,599,600,999",
        ];
        let output: String = lists.map(|list| format!("{list}: {}\n", parsed(list))).concat();
        insta::assert_snapshot!(output, @"
        default: 408,425,429,500,502,503,504,connect_refused,connect_timeout,connect,timeout,read_timeout,reset,closed
        default,409: 408,409,425,429,500,502,503,504,connect_refused,connect_timeout,connect,timeout,read_timeout,reset,closed
        409, default , 409: 408,409,425,429,500,502,503,504,connect_refused,connect_timeout,connect,timeout,read_timeout,reset,closed
        5xx: 5xx
        4XX,503,dns: 4xx,503,dns
        429,timeout,connect_refused: 429,connect_refused,timeout
        tls,protocol,decode,599,600,999: 599,600,999,tls,protocol,decode
        ");
    }

    #[test]
    fn invalid_lists_are_refused() {
        let lists = ["", "503,", "200", "302", "1xx", "0xx", "1000", "+50", "5x", "5xxx", "Timeout", "teapot", "５xx"];
        let never = ErrorKind::ALL.into_iter().filter(|kind| !kind.may_pass()).map(ErrorKind::as_str);
        let output: String = lists.into_iter().chain(never).map(|list| format!("{list} {}\n", parsed(list))).collect();
        insta::assert_snapshot!(output, @r#"
         ! expected statuses and error kinds, such as default,409 or 5xx,timeout
        503, ! expected statuses and error kinds, such as default,409 or 5xx,timeout
        200 ! 200 is not a failure: only statuses from 400 can be retried
        302 ! 302 is not a failure: only statuses from 400 can be retried
        1xx ! 1xx is not a failure: only statuses from 400 can be retried
        0xx ! "0xx" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        1000 ! "1000" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        +50 ! "+50" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        5x ! "5x" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        5xxx ! "5xxx" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        Timeout ! "Timeout" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        teapot ! "teapot" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        ５xx ! "５xx" is not a status (429), status class (5xx) or error kind (dns, connect_refused, connect_timeout, connect, tls, timeout, read_timeout, reset, closed, protocol, decode, expectation)
        invalid_input ! invalid_input is never retried
        too_large ! too_large is never retried
        too_many_redirects ! too_many_redirects is never retried
        blocked ! blocked is never retried
        robots ! robots is never retried
        circuit_open ! circuit_open is never retried
        interrupted ! interrupted is never retried
        cancelled ! cancelled is never retried
        internal ! internal is never retried
        "#);
    }

    #[test]
    fn lists_are_united_and_replace_the_default() {
        let lists = ["409", "5xx", "default"].map(|list| list.parse::<RetryOn>().unwrap());
        assert_eq!(RetryOn::any_of([]), RetryOn::default());
        assert_eq!(RetryOn::any_of(lists[..2].to_vec()).to_string(), "409,5xx");
        assert!(RetryOn::any_of(lists).has_kind(ErrorKind::Reset));
    }

    proptest! {
        #[test]
        fn a_displayed_list_parses_back(
            statuses in vec(400u16..1000, 1..20),
            classes in vec(4u16..10, 0..3),
            kinds in vec(0..ErrorKind::ALL.len(), 0..5),
        ) {
            let kinds = kinds.into_iter().map(|at| ErrorKind::ALL[at]).filter(|kind| kind.may_pass());
            let members = statuses.iter().map(u16::to_string);
            let members = members.chain(classes.iter().map(|class| format!("{class}xx")));
            let list = members.chain(kinds.map(|kind| kind.to_string())).collect::<Vec<_>>().join(",");
            let on: RetryOn = list.parse().unwrap();
            prop_assert!(statuses.iter().all(|&status| on.has_status(status)));
            prop_assert_eq!(on.to_string().parse::<RetryOn>(), Ok(on));
        }

        #[test]
        fn parsing_never_panics(list in "\\PC{0,12}") {
            let _ = list.parse::<RetryOn>();
        }
    }
}
