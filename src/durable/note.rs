//! What resuming tells the user.

/// What the user should know about an output that was opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// One sentence.
    pub text: String,
    /// Whether bytes of the output were removed.
    pub is_removal: bool,
}

impl Note {
    pub(super) fn new(text: String) -> Self {
        Note { text, is_removal: false }
    }

    pub(super) fn removal(text: String) -> Self {
        Note { text, is_removal: true }
    }
}
