//! Judges whether an answer is what was expected.

use bytes::Bytes;

use super::body;
use super::filtering::Filtering;
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
    let plan = filtering.plan;
    let head = attempt.head.as_ref().filter(|_| attempt.error.is_none())?;
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
    let failed = |message| Failure::new(ErrorKind::Expectation, message);
    let of_conditions = match own {
        Some(own) => first(own).map(failed),
        None => first(&expect.conditions).map(|why| failed(why).by(Setting::Expect)),
    };
    let of_body = || first(&expect.body).map(|why| failed(why).by(Setting::ExpectBody));
    if let Some(failure) = of_conditions.or_else(of_body) {
        return Some(Box::new(failure));
    }
    let json = if expect.jq.is_empty() { Bytes::new() } else { body::json_text(plan.output.body_rules, body) };
    for filter in &expect.jq {
        if let Some(why) = untrue(filtering, filter, &json).await {
            return Some(Box::new(failed(why).by(Setting::ExpectJq)));
        }
    }
    None
}

/// Whether any condition is about the text of the body.
fn searches(plan: &Plan, job: &Job) -> bool {
    needs_body(job) || plan.expect.conditions.iter().chain(&plan.expect.body).any(Condition::needs_body)
}

/// What a filter says of a body, unless its first output is true.
async fn untrue(filtering: Filtering<'_>, filter: &Filter, body: &Bytes) -> Option<String> {
    let code = filter.code();
    if body.is_empty() {
        return Some(format!("expected {code}, got no body"));
    }
    match filtering.evaluate(filter, body, Filter::first).await {
        Err(failure) => Some(format!("expected {code}, got an error: {}", failure.why)),
        Ok(None) => Some(format!("expected {code}, got no output")),
        Ok(Some(output)) if output == "false" || output == "null" => Some(format!("expected {code}, got {output}")),
        Ok(Some(_)) => None,
    }
}
