//! What is left of filters in a build without the feature `jq`.

use super::limits::{FilterError, FilterLimits};
use super::outputs::Outputs;

/// A filter. In this build no such value can exist.
#[derive(Debug, Clone)]
pub enum Filter {}

/// The filter needs the feature `jq`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("haul was built without jq filters (feature jq)")]
pub struct CompileError;

impl Filter {
    /// Refuses every filter.
    ///
    /// # Errors
    /// Always.
    pub fn compile(_: &str) -> Result<Filter, CompileError> {
        Err(CompileError)
    }

    /// The source text of the filter.
    pub fn code(&self) -> &str {
        match *self {}
    }

    /// Whether the first output on a document is neither false nor null.
    ///
    /// # Errors
    /// Never called: without the feature, no filter exists.
    pub fn accepts(&self, _: &[u8], _: FilterLimits) -> Result<bool, FilterError> {
        match *self {}
    }

    /// The first output on a document, as JSON.
    ///
    /// # Errors
    /// Never called: without the feature, no filter exists.
    pub fn first(&self, _: &[u8], _: FilterLimits) -> Result<Option<String>, FilterError> {
        match *self {}
    }

    /// Evaluates the filter on a document.
    ///
    /// # Errors
    /// Never called: without the feature, no filter exists.
    pub fn run(&self, _: &[u8], _: FilterLimits) -> Result<Outputs, FilterError> {
        match *self {}
    }
}
