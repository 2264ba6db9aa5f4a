//! A byte of a URL as it reads once percent-encodings are undone.

/// A byte, and how deep in encodings it stands: `@` at depth 0, `%40` at depth 1, `%2540` at depth 2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) byte: u8,
    pub(super) depth: usize,
    /// Where it ends.
    pub(super) end: usize,
}

/// The unit that begins at `at`, which is within `text`.
pub(super) fn unit(text: &[u8], at: usize) -> Unit {
    let itself = Unit { byte: text[at], depth: 0, end: at + 1 };
    if itself.byte != b'%' {
        return itself;
    }
    let (mut digits, mut depth) = (at + 1, 1);
    while let Some(byte) = text.get(digits..digits + 2).and_then(hex) {
        if byte != b'%' {
            return Unit { byte, depth, end: digits + 2 };
        }
        (digits, depth) = (digits + 2, depth + 1);
    }
    itself
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()
}
