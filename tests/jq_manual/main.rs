//! Filters give the answers that jq's manual shows, except where `differences.rs` says why not.

mod differences;
mod examples;

use haul::jq::{Filter, FilterLimits};
use serde_json::Value;

use differences::DIFFERENCES;
use examples::{Example, examples};

/// All outputs of a program, as in jq: those before an error as well, which itself is left out.
fn outputs(program: &str, input: &str) -> Result<Vec<Value>, String> {
    let filter = Filter::compile(program).map_err(|why| why.message)?;
    let limits = FilterLimits::for_document(input.len(), 1 << 20);
    let outputs = filter.run(input.as_bytes(), limits).map_err(|why| why.to_string())?;
    Ok(outputs.iter().map(|output| serde_json::from_str(output).expect("outputs are JSON")).collect())
}

/// What differs from the manual in our answer.
fn difference(example: &Example) -> Option<String> {
    match outputs(&example.program, &example.input) {
        Ok(ours) if same(&ours, &example.outputs) => None,
        Ok(ours) => Some(Value::from(ours).to_string()),
        Err(why) => Some(why),
    }
}

/// Numbers are equal if they are as doubles: the manual writes 1.0 where an answer is 1.
fn same(ours: &[Value], manual: &[Value]) -> bool {
    ours.len() == manual.len() && ours.iter().zip(manual).all(|(ours, manual)| equal(ours, manual))
}

fn equal(ours: &Value, manual: &Value) -> bool {
    match (ours, manual) {
        (Value::Number(ours), Value::Number(manual)) => ours.as_f64() == manual.as_f64(),
        (Value::Array(ours), Value::Array(manual)) => same(ours, manual),
        (Value::Object(ours), Value::Object(manual)) => {
            ours.len() == manual.len()
                && manual.iter().all(|(key, manual)| ours.get(key).is_some_and(|ours| equal(ours, manual)))
        }
        _ => ours == manual,
    }
}

#[test]
fn answers_are_those_of_the_manual() {
    let examples = examples();
    assert!(examples.len() > 200, "only {} examples were read", examples.len());
    let mut unexplained = String::new();
    for example in &examples {
        let explained = DIFFERENCES.iter().any(|(program, _)| *program == example.program);
        if let Some(ours) = difference(example).filter(|_| !explained) {
            let Example { program, input, outputs } = example;
            let manual = Value::from(outputs.clone());
            unexplained.push_str(&format!("{program}\n  on   {input}\n  jq   {manual}\n  ours {ours}\n"));
        }
    }
    assert!(unexplained.is_empty(), "other answers than jq's:\n{unexplained}");
}

#[test]
fn what_is_listed_as_different_differs() {
    let examples = examples();
    let differs = |program: &str| {
        let mut of_program = examples.iter().filter(|example| example.program == program);
        of_program.any(|example| difference(example).is_some())
    };
    let stale: Vec<_> = DIFFERENCES.iter().filter(|(program, _)| !differs(program)).collect();
    assert!(stale.is_empty(), "as in jq now, or not in the manual: {stale:#?}");
}
