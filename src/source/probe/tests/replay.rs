//! Times of a list.

use super::*;

fn replay(text: &str, speed: f64) -> Result<Replay, TargetError> {
    Replay::open([list("log.ndjson", text)], &ListOptions::default(), speed, SEED, &|url| url.host_str() == Some("a"))
}

#[test]
fn a_replay_keeps_the_pace_of_its_log() {
    let text = r#"{"url": "http://a/{{seq}}", "at": "2026-11-27T21:44:00Z"}
{"url": "http://b/", "at": "2026-11-27T21:44:01.5Z"}
{"url": "http://a/", "at": "2026-11-27T21:44:01Z"}
{"url": "http://a/", "at": 1795815844}"#;
    let replay = replay(text, 2.0).unwrap();
    let (count, span, busiest) = (replay.count(), replay.span(), replay.busiest_second());
    assert_eq!((count, span, busiest), (4, Duration::from_secs(2), 3));
    assert_eq!(replay.refused(), ["http://b/".parse().unwrap()]);
    let mut batches = replay.spawn(1);
    let (mut due, mut first) = (Vec::new(), None);
    while let Some(batch) = batches.blocking_recv() {
        for timed in batch.unwrap() {
            first.get_or_insert_with(|| timed.entry(9, now()));
            due.push(timed.due.as_millis());
        }
    }
    assert_eq!(due, [0, 750, 750, 2000]);
    let first = job(first.unwrap());
    assert_eq!((first.seq, first.url.as_str()), (9, "http://a/9"));
}

#[test]
fn the_busiest_second_may_begin_at_any_time() {
    let busiest = |times: &mut dyn Iterator<Item = f64>, speed: f64| {
        let lines = times.map(|at| format!("{{\"url\": \"http://a/\", \"at\": {at}}}\n"));
        replay(&lines.collect::<String>(), speed).unwrap().busiest_second()
    };
    assert_eq!(busiest(&mut [0.0, 0.99, 0.99, 1.0, 1.0, 1.9].into_iter(), 1.0), 5);
    for speed in [0.3, 1.0, 7.0] {
        assert_eq!(busiest(&mut (0..1000).map(|n| f64::from(n) / 100.0 * speed), speed), 100, "{speed}");
    }
    assert_eq!(busiest(&mut (0..3000).map(|n| f64::from(n) / 1e4), 1.0), 1000, "more are not counted");
}

#[test]
fn a_replay_keeps_few_of_the_hosts_that_are_not_allowed() {
    let lines = (0..1000).map(|n| format!("{{\"url\": \"http://h{}/\", \"at\": 0}}\n", n / 2));
    assert_eq!(replay(&lines.collect::<String>(), 1.0).unwrap().refused().len(), 32);
}

#[test]
fn a_replay_needs_times_in_order() {
    let line = |at: &str| format!("{{\"url\": \"http://a/\", \"at\": {at}}}\n");
    for (text, message) in [
        (line("1") + "{\"url\": \"http://a/\"}", "log.ndjson line 2: \"at\": is missing"),
        (line("100") + &line("90"), "log.ndjson line 2: \"at\": is 10 s earlier than a line above it: sort the list"),
        (line("0") + &line("1795815844"), "log.ndjson line 2: \"at\": is due 20,784 days after the first"),
        (line("0") + &line("\"noon\""), "log.ndjson line 2: \"at\": is not a time"),
    ] {
        let refused = replay(&text, 1.0).err().unwrap().to_string();
        assert!(refused.contains(message), "{refused}");
    }
    assert_eq!(replay(&(line("100") + &line("95")), 1.0).unwrap().span(), Duration::ZERO);
    assert!(replay(&(line("100") + &line("94.999")), 1.0).is_err(), "more than 5 s earlier");
    let table = list("log.csv", "url\nhttp://a/\n");
    let refused = Replay::open([table], &ListOptions::default(), 1.0, SEED, &|_| true).err().unwrap().to_string();
    assert!(refused.contains("log.csv line 2: a replay needs the time of each request: name its column"), "{refused}");
    assert_eq!(replay("", 1.0).err().unwrap().to_string(), TargetError::Empty.to_string());
}
