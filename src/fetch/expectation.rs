//! Judges whether an answer is what was expected.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::body;
use super::filtering::{BRIEF, FilterFailure, Filtering, SMALL};
use crate::jq::Filter;
use crate::model::condition::{Answer, Condition};
use crate::model::{Attempt, ErrorKind, Failure, Job, Setting};
use crate::plan::Plan;

/// The time in which conditions search a text.
const MAX_TIME: Duration = Duration::from_secs(2);

/// Whether anything is expected of the answer to `job`.
pub(super) fn is_expected(plan: &Plan, job: &Job) -> bool {
    let expect = &plan.expect;
    job.is_input()
        && (job.request.expect.is_some()
            || !(expect.conditions.is_empty() && expect.body.is_empty() && expect.jq.is_empty()))
}

/// Whether the conditions of `job` itself need the body of its answer.
pub(super) fn needs_body(job: &Job) -> bool {
    job.request.expect.as_deref().unwrap_or_default().iter().any(Condition::needs_body)
}

/// The first expectation that a complete answer with this body does not meet.
pub(super) async fn unmet(
    filtering: Filtering<'_>,
    job: &Job,
    attempt: &Attempt,
    body: &Bytes,
) -> Option<Box<Failure>> {
    attempt.head.as_ref().filter(|_| attempt.error.is_none())?;
    match unmet_condition(filtering, job, attempt, body).await {
        None => untrue(filtering, body).await.map(Box::new),
        failure => failure.map(Box::new),
    }
}

/// The first condition that is not met. Conditions are judged at once if that takes little, and else on a thread for such
/// work, while other requests go on.
async fn unmet_condition(filtering: Filtering<'_>, job: &Job, attempt: &Attempt, body: &Bytes) -> Option<Failure> {
    let (plan, permit) = (filtering.plan, filtering.permit);
    let head = attempt.head.as_ref()?;
    let text = match searches(plan, job) {
        true => body::searched(&plan.output, &head.headers, &attempt.body, body),
        false => Bytes::new(),
    };
    let answer = Answer {
        status: head.status.as_u16(),
        url: &job.url,
        headers: &head.headers,
        body: &text,
        size: attempt.decoded_size,
        time: attempt.timings.total,
        redact: plan.output.redact,
    };
    let conditions = conditions(plan, job);
    if text.len() <= SMALL
        && let Ok(unmet) = first_unmet(conditions.clone(), &answer, Instant::now().checked_add(BRIEF.time))
    {
        return unmet;
    }
    let conditions: Vec<_> = conditions.map(|(condition, setting)| (condition.clone(), setting)).collect();
    permit.reserve(permit.booked().saturating_add(Condition::SEARCH_MEMORY)).await;
    let share = permit.split(Condition::SEARCH_MEMORY);
    let (url, headers, text) = (answer.url.clone(), answer.headers.clone(), text.clone());
    let Answer { status, size, time, redact, .. } = answer;
    let judge = move || {
        let _share = share; // until the search has ended, even if nobody waits for it any more
        let answer = Answer { status, url: &url, headers: &headers, body: &text, size, time, redact };
        let conditions = conditions.iter().map(|(condition, setting)| (condition, *setting));
        first_unmet(conditions, &answer, Instant::now().checked_add(MAX_TIME)).unwrap_or_else(Some)
    };
    let judged = tokio::task::spawn_blocking(judge).await;
    judged.unwrap_or_else(|_| Some(failed("a condition panicked".to_owned())))
}

/// The conditions on the answer to a job, and the settings that they come from.
fn conditions<'a>(plan: &'a Plan, job: &'a Job) -> impl Iterator<Item = (&'a Condition, Option<Setting>)> + Clone {
    let expect = &plan.expect;
    let (conditions, setting) = match job.request.expect.as_deref() {
        Some(own) => (own, None),
        None => (&expect.conditions[..], Some(Setting::Expect)),
    };
    let of_body = expect.body.iter().map(|condition| (condition, Some(Setting::ExpectBody)));
    conditions.iter().map(move |condition| (condition, setting)).chain(of_body)
}

/// The first condition that is not met; as an error, one that cannot be judged in time.
fn first_unmet<'a>(
    conditions: impl Iterator<Item = (&'a Condition, Option<Setting>)>,
    answer: &Answer<'_>,
    deadline: Option<Instant>,
) -> Result<Option<Failure>, Failure> {
    for (condition, setting) in conditions {
        let by = |failure: Failure| match setting {
            Some(setting) => failure.by(setting),
            None => failure,
        };
        match condition.unmet(answer, deadline) {
            Ok(None) => {}
            Ok(Some(why)) => return Ok(Some(by(failed(why)))),
            Err(why) => return Err(by(failed(format!("expected {condition}, but {why}")))),
        }
    }
    Ok(None)
}

fn failed(message: String) -> Failure {
    Failure::new(ErrorKind::Expectation, message)
}

/// Whether any condition is about the text of the body.
pub(super) fn searches(plan: &Plan, job: &Job) -> bool {
    needs_body(job) || plan.expect.conditions.iter().chain(&plan.expect.body).any(Condition::needs_body)
}

/// The first filter whose first output is not true.
async fn untrue(filtering: Filtering<'_>, body: &Bytes) -> Option<Failure> {
    let plan = filtering.plan;
    let filters = &plan.expect.jq;
    let json = if filters.is_empty() { Bytes::new() } else { body::json_text(plan.output.body_rules, body) };
    for filter in filters {
        let (got, setting) = match first_output(filtering, filter, &json).await {
            Ok(None) => continue,
            Ok(Some(got)) => (got, None),
            Err(failure) => (format!("an error: {}", failure.why), failure.setting),
        };
        let message = format!("expected {}, got {got}", filter.code());
        return Some(failed(message).by(setting.unwrap_or(Setting::ExpectJq)));
    }
    None
}

/// What a filter outputs first, unless that is true.
async fn first_output(
    filtering: Filtering<'_>,
    filter: &Filter,
    body: &Bytes,
) -> Result<Option<String>, FilterFailure> {
    if body.is_empty() {
        return Ok(Some("no body".to_owned()));
    }
    Ok(match filtering.evaluate(filter, body, Filter::first).await? {
        None => Some("no output".to_owned()),
        Some(output) if output == "false" || output == "null" => Some(output),
        Some(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use futures::FutureExt;
    use http::{HeaderMap, StatusCode, Version};

    use super::*;
    use crate::fetch::memory::{MemoryBudget, MemoryPermit};
    use crate::guard::regex::tests::random_letters;
    use crate::model::{Body, Head};

    /// What is said of an answer with a body of text.
    async fn said(regex: &str, text: &str, permit: &MemoryPermit) -> Option<String> {
        let mut plan = Plan::default();
        plan.expect.body = vec![Condition::body(regex).unwrap()];
        let job = Job::new(0, "http://a.test/".parse().unwrap(), Arc::default());
        let mut attempt = Attempt::empty(SystemTime::UNIX_EPOCH);
        attempt.head = Some(Head { status: StatusCode::OK, version: Version::HTTP_11, headers: HeaderMap::new() });
        attempt.body = Body::utf8(text.to_owned());
        let filtering = Filtering { plan: &plan, permit };
        unmet(filtering, &job, &attempt, &Bytes::from(text.to_owned())).await.map(|failure| failure.message)
    }

    /// What is said of an answer after other work went on, while the memory of the search was charged.
    fn said_later(regex: &str, text: &str) -> Option<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let (other, ends) = std::sync::mpsc::channel::<()>();
            tokio::task::spawn_blocking(move || ends.recv()); // so that the search waits for its thread
            let budget = MemoryBudget::new(1 << 30);
            let permit = budget.book(10);
            let mut evaluation = Box::pin(said(regex, text, &permit));
            assert!(evaluation.as_mut().now_or_never().is_none(), "{regex}");
            assert!(budget.used() > Condition::SEARCH_MEMORY);
            drop(other);
            let said = evaluation.await;
            assert_eq!(budget.used(), 10);
            said
        })
    }

    #[test]
    fn what_takes_little_is_judged_at_once() {
        let permit = MemoryBudget::new(1).book(1);
        assert_eq!(said("b+$", "abb", &permit).now_or_never(), Some(None));
        let why = "expected body~^b, got \"abb\"".to_owned();
        assert_eq!(said("^b", "abb", &permit).now_or_never(), Some(Some(why)));
    }

    #[test]
    fn other_requests_go_on_while_conditions_search() {
        let long = "a".repeat(SMALL) + "b";
        assert_eq!(said_later("ab$", &long), None);
        assert!(said_later("^b", &long).unwrap().starts_with("expected body~^b, got \"aaa"));
        let letters = random_letters(20_000) + "d";
        assert_eq!(said_later("[ab]*a[ab]{200}c|d$", &letters), None);
        assert!(said_later("[ab]*a[ab]{200}c|e$", &letters).is_some());
    }

    #[test]
    fn a_search_that_could_take_too_long_fails() {
        // It is too large or, where a machine is slow, takes too long.
        let why = said_later("[ab]*a[ab]{200}c", &random_letters(2_000_000)).expect("a failure");
        assert!(why.starts_with("expected body~[ab]*a[ab]{200}c, but a regular expression "), "{why}");
    }
}
