//! What a figure of two runs tells.

use serde::Serialize;

/// Whether a figure of a second run differs from that of a first one by more than chance explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It is higher, beyond noise.
    Higher,
    /// It is lower, beyond noise.
    Lower,
    /// Two runs of the same server may differ as much.
    WithinNoise,
    /// There is not enough data to tell.
    TooLittleData,
}

impl Difference {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Difference::Higher => "higher",
            Difference::Lower => "lower",
            Difference::WithinNoise => "within noise",
            Difference::TooLittleData => "too little data",
        }
    }
}
