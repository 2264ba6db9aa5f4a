//! Judges whether an answer is what was expected.

use bytes::Bytes;

use super::body;
use crate::jq::{Filter, FilterLimits};
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
pub(super) fn unmet(plan: &Plan, job: &Job, attempt: &Attempt, body: &Bytes) -> Option<Box<Failure>> {
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
    let of_jq = || {
        let json = body::json_text(plan.output.body_rules, body);
        let limits = FilterLimits::for_document(json.len(), plan.fetch.max_filesize);
        expect.jq.iter().find_map(|filter| untrue(filter, &json, limits)).map(|why| failed(why).by(Setting::ExpectJq))
    };
    of_conditions.or_else(of_body).or_else(of_jq).map(Box::new)
}

/// Whether any condition is about the text of the body.
fn searches(plan: &Plan, job: &Job) -> bool {
    needs_body(job) || plan.expect.conditions.iter().chain(&plan.expect.body).any(Condition::needs_body)
}

/// What a filter says of a body, unless its first output is true.
fn untrue(filter: &Filter, body: &[u8], limits: FilterLimits) -> Option<String> {
    let code = filter.code();
    if body.is_empty() {
        return Some(format!("expected {code}, got no body"));
    }
    match filter.first(body, limits) {
        Err(why) => Some(format!("expected {code}, got an error: {why}")),
        Ok(None) => Some(format!("expected {code}, got no output")),
        Ok(Some(output)) if output == "false" || output == "null" => Some(format!("expected {code}, got {output}")),
        Ok(Some(_)) => None,
    }
}
