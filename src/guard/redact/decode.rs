//! Reads single bytes of a URL through any number of percent-encodings.

/// A decoded byte and its depth of encoding: 0 for `@`, 1 for `%40`, 2 for `%2540`.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecodedByte {
    pub(super) byte: u8,
    pub(super) depth: usize,
    /// The end of its encoded form.
    pub(super) end: usize,
}

/// Decodes the byte that starts at `at`, which must be within `text`.
pub(super) fn decode(text: &[u8], at: usize) -> DecodedByte {
    let literal = DecodedByte { byte: text[at], depth: 0, end: at + 1 };
    if literal.byte != b'%' {
        return literal;
    }
    let (mut digits, mut depth) = (at + 1, 1);
    while let Some(byte) = text.get(digits..digits + 2).and_then(hex) {
        if byte != b'%' {
            return DecodedByte { byte, depth, end: digits + 2 };
        }
        (digits, depth) = (digits + 2, depth + 1);
    }
    literal
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()
}
