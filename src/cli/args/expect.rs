//! Options for what an answer must be like.

use clap::Args;
use haul::jq::Filter;
use haul::plan::Condition;

use crate::cli::units;

/// What an answer must be like to count as ok.
#[derive(Debug, Args)]
#[command(next_help_heading = "Expectations")]
pub(crate) struct Expect {
    /// Fail responses that do not meet this condition, such as status==200; repeatable
    ///
    /// A condition compares status, size, time, header.NAME, body or url with == != < <= > >=, or with a regular
    /// expression: ~ !~. Examples: status==2xx, status!=404,410, size>0, 'time<500ms', header.content-type~json. All
    /// must hold, or the record has "ok":false and an error of kind expectation that says what came instead. A line's
    /// own key expect replaces them. Redirects are followed first, and --retry-on expectation retries.
    #[arg(long, value_name = "CONDITION", value_parser = units::condition)]
    pub(crate) expect: Vec<Condition>,

    /// Fail responses whose body does not match this regular expression; repeatable
    #[arg(long, value_name = "REGEX", value_parser = units::body_condition)]
    pub(crate) expect_body: Vec<Condition>,

    /// Fail responses unless this jq filter is true for the JSON body; repeatable
    ///
    /// It is true if its first output is neither false nor null.
    #[arg(long, value_name = "FILTER", value_parser = units::filter)]
    pub(crate) expect_jq: Vec<Filter>,
}

impl Expect {
    /// The part of the plan that they describe.
    pub(crate) fn plan(&self) -> haul::plan::Expect {
        haul::plan::Expect {
            conditions: self.expect.clone(),
            body: self.expect_body.clone(),
            jq: self.expect_jq.clone(),
        }
    }
}
