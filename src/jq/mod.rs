//! Extracts values from JSON with jq filters.
//!
//! [jaq](https://github.com/01mf02/jaq) implements the language and its standard library. This module compiles a filter
//! once and runs it on many documents. So that neither a document nor a filter can block a run, documents are checked
//! before they are parsed, and each evaluation has [`FilterLimits`].

#[cfg_attr(not(feature = "jq"), path = "absent.rs")]
mod filter;
mod limits;
mod outputs;

pub use filter::*;
pub use limits::{FilterError, FilterLimits};
pub use outputs::{Outputs, bare};
