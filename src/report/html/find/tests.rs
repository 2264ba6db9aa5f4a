//! What is shown of a search.

use super::*;
use crate::report::find::step;

/// A search that found something.
pub(in crate::report::html) fn search() -> FindFacts {
    use StepOutcome::{Failed, Held, InDoubt, Inconclusive};
    let steps = vec![
        step(50.0, Inconclusive, 18.0, "p99>100ms: 0 % to 1.65 % take longer, 1 % may"),
        step(100.0, Held, 25.0, ""),
        step(200.0, Failed, 1_280.0, "p99>100ms: p99 of latency is 1.28 s, above 100 ms"),
        step(104.0, InDoubt, 130.0, "the generator was late by 9 ms at p99 (allowed: 5 ms)"),
        FindStep { p50_ms: None, p99_ms: None, answer_rate: None, ..step(104.0, Failed, 0.0, "<b>") },
    ];
    FindFacts {
        thresholds: vec!["p99>100ms".to_owned(), "p50{a}>10ms".to_owned(), "failed>1%".to_owned()],
        lowest: 1.0,
        highest: 400.0,
        resolution: 0.05,
        step_s: 6.0,
        end: FindEnd::Found,
        held: Some(100.0),
        failed: Some(104.0),
        unsent: None,
        running: None,
        steps,
    }
}

fn shown(find: &FindFacts) -> String {
    section(find).unwrap().as_str().to_owned()
}

#[test]
fn the_result_comes_first() {
    let shown = shown(&search());
    let (words, rest) = shown.split_once("<div").unwrap();
    insta::assert_snapshot!(words, @"
    <p class=\"result\"><b>Held 100/s, failed 104/s.</b></p>
    <p>A rate fails if p99&gt;100ms or p50{a}&gt;10ms or failed&gt;1%. Sought to 5 %, with steps of 6s at most.</p>
    ");
    let legend: Vec<_> = rest.split("</i><bdi>").skip(1).map(|item| item.split_once('<').unwrap().0).collect();
    let legend = legend.join(", ");
    let drawn = "p99, p50, limit p99&gt;100ms, between 100/s and 104/s";
    assert_eq!(legend, format!("held, failed, inconclusive, in doubt, {drawn}"));
}

#[test]
fn a_table_has_every_step() {
    let table = table(&search());
    let rows: Vec<_> = table.as_str().split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), 5);
    insta::assert_snapshot!(rows[2].replace("</td>", "\n"), @r#"
    <td class="n" data-v="200000">200/s
    <td class="n" data-v="199500">200/s
    <td class="bad">failed
    <td class="n" data-v="1200">1,200
    <td class="n" data-v="3">3
    <td class="n" data-v="640000">640 ms
    <td class="n" data-v="1280000">1.28 s
    <td class="n" data-v="6300">6.3s
    <td class="n" data-v="5400">5.40 s
    <td class="sentence"><bdi>p99&gt;100ms: p99 of latency is 1.28 s, above 100 ms</bdi>
    </tr>
    "#);
    let unanswered = rows[4].split_once("</tr>").unwrap().0;
    insta::assert_snapshot!(unanswered.replace("</td>", "\n"), @r#"
    <td class="n" data-v="104000">104/s
    <td class="n">–
    <td class="bad">failed
    <td class="n" data-v="1200">1,200
    <td class="n" data-v="3">3
    <td class="n">–
    <td class="n">–
    <td class="n" data-v="6300">6.3s
    <td class="n" data-v="5400">5.40 s
    <td class="sentence"><bdi>&lt;b&gt;</bdi>
    "#);
}

#[test]
fn what_is_not_known_is_left_out() {
    let stopped = FindFacts { end: FindEnd::Stopped, held: None, failed: None, running: Some(6.25), ..search() };
    let none = FindFacts { steps: Vec::new(), ..stopped.clone() };
    assert!(shown(&stopped).contains("<figure>") && !shown(&stopped).contains("between"));
    insta::assert_snapshot!(shown(&none), @r#"
    <p class="result"><b>Stopped early.</b></p>
    <p>A rate fails if p99&gt;100ms or p50{a}&gt;10ms or failed&gt;1%. Sought to 5 %, with steps of 6s at most. The step at 6.2/s was not over.</p>
    "#);
    for (end, told) in [
        (FindEnd::Ceiling, ("good", "100/s", "the highest asked for")),
        (FindEnd::InDoubt, ("doubt", "100/s", "haul could not send 120/s")),
        (FindEnd::Inconclusive, ("doubt", "100/s", "inconclusive")),
    ] {
        let find = FindFacts { end, failed: None, unsent: Some(120.0), ..search() };
        let (rate, beside) = figure(&find);
        assert_eq!((verdict(&find).0, &rate[..], &beside[..]), told);
    }
    let lowest = FindFacts { end: FindEnd::LowestFails, held: None, failed: Some(1.0), ..search() };
    assert_eq!((verdict(&lowest).0, figure(&lowest)), ("bad", ("–".to_owned(), "1.0/s failed".to_owned())));
}
