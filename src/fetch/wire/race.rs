//! Connects to whichever of several addresses answers first ([RFC 8305], section 5).
//!
//! [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305#section-5

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

/// How long an address is tried alone before the next one is tried beside it.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects by `connect`: to the first address, and to the next one as soon as that fails or takes too long. The
/// connections that come second are dropped.
///
/// # Errors
/// The errors of all addresses, in the order in which they failed.
pub(super) async fn connect<S, E, F>(addrs: &[SocketAddr], connect: impl Fn(SocketAddr) -> F) -> Result<S, Vec<E>>
where
    F: Future<Output = Result<S, E>>,
{
    if let [addr] = addrs {
        return connect(*addr).await.map_err(|error| vec![error]);
    }
    let (mut waiting, mut attempts, mut errors) = (alternating(addrs), FuturesUnordered::new(), Vec::new());
    let mut next_at = Instant::now();
    loop {
        if attempts.is_empty() || Instant::now() >= next_at {
            match waiting.pop_front() {
                Some(addr) => attempts.push(connect(addr)),
                None if attempts.is_empty() => return Err(errors),
                None => {}
            }
            next_at = Instant::now() + ATTEMPT_DELAY;
        }
        tokio::select! {
            biased;
            Some(ended) = attempts.next() => match ended {
                Ok(stream) => return Ok(stream),
                Err(error) => {
                    errors.push(error);
                    next_at = Instant::now();
                }
            },
            () = sleep_until(next_at), if !waiting.is_empty() => {}
        }
    }
}

/// The families take turns, beginning with that of the first address ([RFC 8305], section 4).
///
/// [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305#section-4
fn alternating(addrs: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let of_first = |addr: &&SocketAddr| addr.is_ipv4() == addrs[0].is_ipv4();
    let (mut first, mut second) = (addrs.iter().filter(of_first), addrs.iter().filter(|addr| !of_first(addr)));
    let mut order = VecDeque::with_capacity(addrs.len());
    while order.len() < addrs.len() {
        order.extend(first.next().copied());
        order.extend(second.next().copied());
    }
    order
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::FutureExt;
    use tokio::time::sleep;

    use super::*;

    const FOUR: &str = "192.0.2.1:80";
    const OTHER_FOUR: &str = "192.0.2.2:80";
    const SIX: &str = "[2001:db8::1]:80";
    const OTHER_SIX: &str = "[2001:db8::2]:80";

    /// Plays addresses that answer, or fail, after some milliseconds. Returns who won and who was tried when.
    async fn play(script: &[(&str, u64, bool)]) -> (Result<String, Vec<String>>, Vec<(String, u64)>) {
        let addrs: Vec<SocketAddr> = script.iter().map(|(addr, ..)| addr.parse().unwrap()).collect();
        let (begun, tried) = (Instant::now(), RefCell::new(Vec::new()));
        let result = connect(&addrs, |addr| {
            tried.borrow_mut().push((addr.to_string(), begun.elapsed().as_millis() as u64));
            let (_, after, answers) = *script.iter().find(|(other, ..)| *other == addr.to_string()).unwrap();
            let named = addr.to_string();
            sleep(Duration::from_millis(after)).map(move |()| if answers { Ok(named) } else { Err(named) })
        });
        (result.await, tried.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_address_that_answers_is_used() {
        let (won, tried) = play(&[(SIX, 10, true), (FOUR, 1, true)]).await;
        assert_eq!((won.unwrap(), tried.len()), (SIX.to_owned(), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_one_is_tried_after_a_delay_or_a_failure() {
        let (won, tried) = play(&[(SIX, 60_000, true), (OTHER_SIX, 60_000, true), (FOUR, 300, true)]).await;
        assert_eq!(won.unwrap(), FOUR);
        let at: Vec<u64> = tried.iter().map(|(_, at)| at / 10 * 10).collect();
        assert_eq!((at, tried[1].0.as_str()), (vec![0, 250, 500], FOUR));

        let (won, tried) = play(&[(FOUR, 5, false), (OTHER_FOUR, 5, false), (SIX, 5, true)]).await;
        assert_eq!(won.unwrap(), SIX);
        assert!(tried.len() == 2 && tried[1].1 < 10, "{tried:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn if_none_answers_all_errors_are_returned() {
        let (won, tried) = play(&[(FOUR, 5, false), (SIX, 5, false), (OTHER_SIX, 5, false)]).await;
        assert_eq!((won.unwrap_err().len(), tried.len()), (3, 3));
        assert_eq!(connect(&[], |_| async { Err::<(), ()>(()) }).await, Err(vec![]));
    }
}
