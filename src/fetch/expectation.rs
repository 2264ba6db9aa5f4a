//! Judges whether an answer is what was expected.

use bytes::Bytes;

use super::body;
use super::filtering::{FilterFailure, Filtering};
use crate::jq::Filter;
use crate::model::condition::{Answer, Condition};
use crate::model::{Attempt, ErrorKind, Failure, Job, Setting};
use crate::plan::Plan;

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
    match unmet_condition(filtering.plan, job, attempt, body) {
        None => untrue(filtering, body).await.map(Box::new),
        failure => failure.map(Box::new),
    }
}

/// The first condition that is not met. The text that they search is gone when this returns.
fn unmet_condition(plan: &Plan, job: &Job, attempt: &Attempt, body: &Bytes) -> Option<Failure> {
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
    let first = |conditions: &[Condition]| conditions.iter().find_map(|condition| condition.unmet(&answer));
    let (own, expect) = (job.request.expect.as_deref(), &plan.expect);
    let of_conditions = match own {
        Some(own) => first(own).map(failed),
        None => first(&expect.conditions).map(|why| failed(why).by(Setting::Expect)),
    };
    let of_body = || first(&expect.body).map(|why| failed(why).by(Setting::ExpectBody));
    of_conditions.or_else(of_body)
}

fn failed(message: String) -> Failure {
    Failure::new(ErrorKind::Expectation, message)
}

/// Whether any condition is about the text of the body.
fn searches(plan: &Plan, job: &Job) -> bool {
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
