//! Extracts values from JSON with jq filters.
//!
//! [jaq](https://github.com/01mf02/jaq) implements the language. This module compiles a filter once and runs it on many
//! documents. So that neither a document nor a filter can block a run or take its memory, each evaluation has
//! [`FilterLimits`]; the values and most native filters are our own, which count what they allocate and do.

#[cfg_attr(not(feature = "jq"), path = "absent.rs")]
mod filter;
#[cfg(feature = "jq")]
mod language;
mod limits;
#[cfg(feature = "jq")]
mod meter;
#[cfg(feature = "jq")]
mod natives;
mod outputs;
#[cfg(feature = "jq")]
mod regexes;
#[cfg(feature = "jq")]
mod value;

pub use filter::*;
pub use limits::{FilterError, FilterLimits};
pub use outputs::{Outputs, bare};
