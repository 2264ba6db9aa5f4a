//! Which texts are thresholds, and where the others are wrong.

use proptest::prelude::*;

use crate::report::threshold::Threshold;

#[test]
fn figures_take_the_limits_that_fit() {
    for text in [
        "p99>300ms",
        "P99 > 300 ms",
        "mean>=1.5s",
        "min<100us",
        "max<=1m30s",
        "p0>1ms",
        "p50>1ms",
        "p99.99>2s",
        "p100>2s",
        "p99(latency)>300ms",
        "p99(service_time)>200ms",
        "max(connect)>100ms",
        "mean(wait)>100ms",
        "failed>1%",
        "failed>0.5 %",
        "failed>10",
        "failed>10k",
        "failed>2m",
        "status(5xx)>0",
        "status(404)>1%",
        "status(500,502, 503)>0",
        "status(200)==0",
        "status(200)!=10",
        "error(timeout)>0",
        "error(timeout,reset)>=2",
        "rate<95%",
        "rate<190/s",
        "rate<0.5/s",
        "rate<10k/m",
        "rate<1m / s",
        "missed>0",
        "missed>1%",
        "p95{checkout}>200ms",
        "p95(wait) {check out} > 200ms",
        "failed{\"a}b\"}>0",
        "rate{checkout}<10/s",
    ] {
        let threshold: Threshold = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(threshold.to_string(), text);
    }
    for (text, group) in [
        ("p95{checkout}>1s", Some("checkout")),
        ("p95{ check out }>1s", Some("check out")),
        (r#"p95{"a}\"b"}>1s"#, Some("a}\"b")),
        (r#"p95{ " a " }>1s"#, Some("a")),
        ("p95>1s", None),
    ] {
        assert_eq!(text.parse::<Threshold>().unwrap().group(), group);
    }
}

/// A line for each text, with carets below what is wrong, and why.
fn refused(texts: &[&str]) -> String {
    let lines = texts.iter().map(|text| {
        let error = text.parse::<Threshold>().expect_err(text);
        let marks = "^".repeat(text[error.at.clone()].chars().count().max(1));
        format!("{text}\n{:width$}{marks} {error}\n", "", width = text[..error.at.start].chars().count())
    });
    lines.collect()
}

#[test]
fn a_figure_is_compared_with_a_limit() {
    insta::assert_snapshot!(refused(&[
        "", "  ", "p99", "p99 ", "p99=300ms", "p99=>300ms", "p99 300ms", "p99>", "p99>>1s", "p99==300ms", "p99(wait", "p99 > 1s > 2s",
    ]), @r"
    ^ expected a figure such as p99, failed or status(5xx)
      
      ^ expected a figure such as p99, failed or status(5xx)
    p99
       ^ expected a comparison and a limit, as in 'p99>300ms', in quotes for the shell
    p99 
       ^ expected a comparison and a limit, as in 'p99>300ms', in quotes for the shell
    p99=300ms
       ^ expected a comparison: >, >=, <, <=, == or !=
    p99=>300ms
       ^^ expected a comparison: >, >=, <, <=, == or !=
    p99 300ms
        ^ expected a comparison: >, >=, <, <=, == or !=
    p99>
        ^ p99 takes a time, such as 300ms or 1.5s
    p99>>1s
       ^^ expected a comparison: >, >=, <, <=, == or !=
    p99==300ms
       ^^ == and != are for numbers of requests: use >, >=, < or <=
    p99(wait
       ^^^^^ the bracket is not closed
    p99 > 1s > 2s
          ^^^^^^^ p99 takes a time, such as 300ms or 1.5s
    ");
}

#[test]
fn a_limit_fits_its_figure() {
    insta::assert_snapshot!(refused(&[
        "p99>300", "p99>0.3", "p99>1%", "p99>10/s", "p99>soon", "p99>-1s", "failed>300ms", "failed>1.5", "failed>+1", "failed>-1",
        "rate<190", "rate<95", "rate<5/week", "rate>1s", "missed>1s", "failed>0.0000001%", "status(5xx)>5/s",
    ]), @"
    p99>300
        ^^^ 300 needs a unit: write 300ms or 300s
    p99>0.3
        ^^^ 0.3 needs a unit: write 0.3ms or 0.3s
    p99>1%
        ^^ p99 takes a time, such as 300ms or 1.5s
    p99>10/s
        ^^^^ p99 takes a time, such as 300ms or 1.5s
    p99>soon
        ^^^^ p99 takes a time, such as 300ms or 1.5s
    p99>-1s
        ^^^ a rise is written p99>+1s
    failed>300ms
           ^^^^^ failed takes a number of requests or a percentage, such as 10 or 1%
    failed>1.5
           ^^^ failed takes a number of requests or a percentage, such as 10 or 1%
    failed>+1
           ^^ failed takes a difference in percentage points, such as +0.5%
    failed>-1
           ^^ failed takes a difference in percentage points, such as +0.5%
    rate<190
         ^^^ 190 needs a unit: write 190/s
    rate<95
         ^^ 95 needs a unit: write 95/s or 95%
    rate<5/week
         ^^^^^^ rate takes 190/s, for example, or 95% of what was asked for
    rate>1s
         ^^ rate takes 190/s, for example, or 95% of what was asked for
    missed>1s
           ^^ missed takes a number of requests or a percentage, such as 10 or 1%
    failed>0.0000001%
           ^^^^^^^^^^ failed takes a number of requests or a percentage, such as 10 or 1%
    status(5xx)>5/s
                ^^^ status takes a number of requests or a percentage, such as 10 or 1%
    ");
}

#[test]
fn an_unknown_figure_is_refused_with_a_hint() {
    insta::assert_snapshot!(refused(&[
        "p101>1s", "p99.9999999>1s", "p9x>1s", "p(95)>1s", "p>1s", "maen>1s", "avg>1s", "median>1s", "faild>1%", "latency.p99>1s",
        "service_time.p99>1s", "latency>1s", "nonsense>1s", ">1s", "größe>1s", "http_req_failed>1%",
    ]), @r#"
    p101>1s
    ^^^^ expected a percentile from p0 to p100, such as p99 or p99.9
    p99.9999999>1s
    ^^^^^^^^^^^ expected a percentile from p0 to p100, such as p99 or p99.9
    p9x>1s
    ^^^ expected a percentile from p0 to p100, such as p99 or p99.9
    p(95)>1s
    ^^^^^ write p95
    p>1s
    ^ expected a percentile from p0 to p100, such as p99 or p99.9
    maen>1s
    ^^^^ unknown figure "maen": did you mean mean?
    avg>1s
    ^^^ unknown figure "avg": did you mean mean?
    median>1s
    ^^^^^^ unknown figure "median": did you mean p50?
    faild>1%
    ^^^^^ unknown figure "faild": did you mean failed?
    latency.p99>1s
    ^^^^^^^^^^^ unknown figure "latency.p99": did you mean p99?
    service_time.p99>1s
    ^^^^^^^^^^^^^^^^ unknown figure "service_time.p99": did you mean p99(service_time)?
    latency>1s
    ^^^^^^^ unknown figure "latency": did you mean p99?
    nonsense>1s
    ^^^^^^^^ unknown figure "nonsense": expected mean, min, max, p99, failed, status, error, rate or missed
    >1s
    ^ expected a figure such as p99, failed or status(5xx)
    größe>1s
    ^^^^^ unknown figure "größe": expected mean, min, max, p99, failed, status, error, rate or missed
    http_req_failed>1%
    ^^^^^^^^^^^^^^^ unknown figure "http_req_failed": did you mean failed?
    "#);
}

#[test]
fn brackets_hold_what_a_figure_takes() {
    insta::assert_snapshot!(refused(&[
        "status>0", "status()>0", "status(6)>0", "status(99)>0", "status(0xx)>0", "error>0", "error()>0", "error(tiemout)>0",
        "error(x)>0", "p99(services)>1s", "p99(ttfb)>1s", "p99(x)>1s", "p99()>1s", "failed(5xx)>0", "rate(5xx)<1/s",
    ]), @r#"
    status>0
          ^ expected brackets, as in status(5xx)
    status()>0
           ^ expected statuses such as 404, 5xx or 502,503
    status(6)>0
           ^ expected statuses such as 404, 5xx or 502,503
    status(99)>0
           ^^ expected statuses such as 404, 5xx or 502,503
    status(0xx)>0
           ^^^ expected statuses such as 404, 5xx or 502,503
    error>0
         ^ expected brackets, as in error(timeout)
    error()>0
          ^ expected a kind of error, such as timeout
    error(tiemout)>0
          ^^^^^^^ unknown kind of error "tiemout": did you mean timeout?
    error(x)>0
          ^ unknown kind of error "x": expected one such as timeout
    p99(services)>1s
        ^^^^^^^^ unknown time "services": did you mean service_time?
    p99(ttfb)>1s
        ^^^^ unknown time "ttfb": did you mean wait?
    p99(x)>1s
        ^ unknown time "x": expected latency, service_time, connect or wait
    p99()>1s
        ^ unknown time "": expected latency, service_time, connect or wait
    failed(5xx)>0
          ^^^^^ failed takes nothing in brackets
    rate(5xx)<1/s
        ^^^^^ rate takes nothing in brackets
    "#);
}

#[test]
fn a_group_has_a_name_and_a_figure_that_groups_have() {
    insta::assert_snapshot!(refused(&[
        "p99{}>1s", "p99{\" \"}>1s", "p99{ >1s", "p99{\"a>1s", "p99{\"a\"b}>1s", "missed{a}>0", "rate{a}<95%",
    ]), @r#"
    p99{}>1s
       ^^ the group has no name
    p99{" "}>1s
       ^^^^^ the group has no name
    p99{ >1s
       ^^^^^ the brace is not closed
    p99{"a>1s
       ^^^^^^ the quotes are not closed, or contain an invalid escape
    p99{"a"b}>1s
           ^ expected } after the name of the group
    missed{a}>0
          ^^^ how many requests of a group were missed is not known
    rate{a}<95%
        ^^^ how many requests of a group were asked for is not known
    "#);
}

#[test]
fn what_is_always_or_never_true_is_refused() {
    insta::assert_snapshot!(refused(&["failed<0", "failed>=0", "failed>100%", "failed<=100%", "failed>101%"]), @r"
    failed<0
          ^^ this can never be true
    failed>=0
          ^^^ this is always true
    failed>100%
          ^^^^^ this can never be true
    failed<=100%
          ^^^^^^ this is always true
    failed>101%
          ^^^^^ this can never be true
    ");
}

proptest! {
    #[test]
    fn any_text_is_a_threshold_or_is_wrong_somewhere(text in "[pmfrs{}()<>=! 0-9a-z%/\"ü.,]{0,24}|\\PC{0,12}") {
        match text.parse::<Threshold>() {
            Ok(threshold) => {
                let again = threshold.to_string().parse::<Threshold>();
                prop_assert_eq!(again.as_ref(), Ok(&threshold));
            }
            Err(error) => prop_assert!(text.get(error.at.clone()).is_some(), "{:?} in {:?}", error, text),
        }
    }
}
