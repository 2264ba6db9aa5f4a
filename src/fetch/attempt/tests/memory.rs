//! Bodies and the memory that is free.

use super::*;

/// Neither the deadline nor the server's silence goes on while the body waits for memory that others hold.
#[tokio::test(start_paused = true)]
async fn a_body_waits_for_memory_while_the_deadline_stands_still() {
    let budget = MemoryBudget::new(100_000);
    let (priority, held) = (budget.book(10_000), budget.book(100_000));
    priority.wait().await; // of all who would wait, one may go on
    let permit = budget.book(0);
    let mut plan = Plan::default();
    (plan.fetch.timeout, plan.fetch.read_timeout) = (2 * SECOND, Some(SECOND));
    let (job, script) = (job("http://a.test/"), vec![head(&[]), Chunks(vec![b"x"]), Last(vec![b"y"])]);
    let attempt = attempt_within(&plan, &job, script, &permit);
    let free = async {
        sleep(60 * SECOND).await;
        drop(held);
    };
    let (attempt, ()) = tokio::join!(attempt, free);
    assert_eq!((attempt.error.as_ref(), attempt.body), (None, Body::utf8(&b"xy"[..])));
    assert!(attempt.timings.total >= 60 * SECOND);
    drop((priority, permit));
    assert_eq!(budget.used(), 0);
}

/// What a body will hold is reserved before it comes. If it does not come, others may have the memory.
#[tokio::test(start_paused = true)]
async fn what_a_head_announces_is_reserved_until_the_body_stalls() {
    let budget = MemoryBudget::new(1 << 20);
    let permit = &budget.book(0);
    let announced = [("content-type", "text/plain"), ("content-length", "1000000")];
    let script = vec![head(&announced), Chunks(vec![b"x"]), Wait(10 * SECOND), Chunks(vec![b"y"]), Wait(SECOND / 2)];
    let (plan, job) = (Plan::default(), job("http://a.test/"));
    let used = |after| {
        let budget = &budget;
        async move {
            sleep(after).await;
            budget.used()
        }
    };
    let times = [SECOND / 2, 5 * SECOND, 10 * SECOND + SECOND / 4];
    let (_, [early, stalled, late]) = tokio::join!(attempt_within(&plan, &job, script, permit), async {
        [used(times[0]).await, used(times[1] - times[0]).await, used(times[2] - times[1]).await]
    });
    assert_eq!((early, late), (1_000_000, 1_000_000));
    assert!(stalled < 100_000, "{stalled}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_keeps_the_memory_that_it_fills() {
    let budget = MemoryBudget::new(1 << 20);
    let permit = &budget.book(0);
    let script = vec![head(&[("content-length", "1000000")]), Step::Part(&[b'x'; 500_000]), Wait(10 * SECOND)];
    let (plan, job) = (Plan::default(), job("http://a.test/"));
    let (_, stalled) = tokio::join!(attempt_within(&plan, &job, script, permit), async {
        sleep(5 * SECOND).await;
        budget.used()
    });
    assert!((500_000..600_000).contains(&stalled), "{stalled}");
}

/// A chunk that decodes to much more than its size is not decoded before there is memory.
#[tokio::test(start_paused = true)]
async fn of_bodies_that_grow_when_decoded_no_more_are_decoded_than_fit() {
    const SIZE: usize = 1 << 20;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, &vec![b'a'; SIZE]).unwrap();
    let encoded: &'static [u8] = gzip.finish().unwrap().leak();
    let budget = MemoryBudget::new(3 * SIZE);
    let (plan, job) = (Plan::default(), job("http://a.test/"));
    let permits: Vec<_> = (0..20).map(|_| budget.book(1000)).collect();
    let mut most = 0;
    let attempts = futures::future::join_all(permits.into_iter().map(|permit| {
        let (plan, job) = (&plan, &job);
        async move {
            let script = vec![head(&[("content-encoding", "gzip")]), Wait(SECOND), Last(vec![encoded])];
            let attempt = attempt_within(plan, job, script, &permit).await;
            sleep(SECOND).await; // it is written
            drop(permit);
            attempt.body.len()
        }
    }));
    let watched = async {
        loop {
            most = most.max(budget.used());
            sleep(SECOND / 10).await;
        }
    };
    let sizes = tokio::select! { sizes = attempts => sizes, () = watched => unreachable!() };
    assert_eq!(sizes, [SIZE; 20]);
    assert!(most <= 5 * SIZE, "one with priority, and one that came while there was room: {most}");
    assert_eq!(budget.used(), 0);
}
