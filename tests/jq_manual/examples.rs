//! The examples, read from their file.

use serde_json::Value;

/// A program of the manual, and its outputs on an input.
pub(crate) struct Example {
    pub(crate) program: String,
    pub(crate) input: String,
    pub(crate) outputs: Vec<Value>,
}

/// All examples of the manual.
pub(crate) fn examples() -> Vec<Example> {
    let text = include_str!("examples.test");
    let blocks = text.split("\n\n").map(|block| block.lines().filter(|line| !line.starts_with('#')));
    blocks.filter_map(|lines| example(&lines.collect::<Vec<_>>())).collect()
}

fn example(lines: &[&str]) -> Option<Example> {
    let [program, input, outputs @ ..] = lines else { return None };
    let read = |output: &&str| serde_json::from_str(output).unwrap_or_else(|why| panic!("{program}: {output}: {why}"));
    Some(Example {
        program: (*program).to_owned(),
        input: (*input).to_owned(),
        outputs: outputs.iter().map(read).collect(),
    })
}
