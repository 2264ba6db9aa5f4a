//! Writes what jq accepts in a filter, and jaq's lexer does not, in a form that it accepts.

/// The text of a filter for jaq's lexer.
pub(super) struct Source {
    pub(super) text: String,
    /// Where each replacement ends: in the text, and in the original.
    ends: Vec<(usize, usize)>,
}

impl Source {
    /// Replaces surrogates in escapes by the characters, and the numbers `.5` and `5.` by `0.5` and `5`.
    pub(super) fn read(code: &str) -> Source {
        let mut reader = Reader { code, at: 0, source: Source { text: String::new(), ends: Vec::new() } };
        reader.filter();
        reader.source
    }

    /// A position in the original, for one in the text.
    pub(super) fn original(&self, at: usize) -> usize {
        let end = self.ends.iter().rfind(|(end, _)| *end <= at);
        end.map_or(at, |(end, original)| original + at - end)
    }
}

struct Reader<'c> {
    code: &'c str,
    at: usize,
    source: Source,
}

impl<'c> Reader<'c> {
    fn rest(&self) -> &'c str {
        &self.code[self.at..]
    }

    fn copy(&mut self, length: usize) {
        self.source.text.push_str(&self.rest()[..length]);
        self.at += length;
    }

    fn copy_while(&mut self, which: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.copy(rest.find(|c| !which(c)).unwrap_or(rest.len()));
    }

    fn replace(&mut self, length: usize, by: &str) {
        self.source.text.push_str(by);
        self.at += length;
        self.source.ends.push((self.source.text.len(), self.at));
    }

    fn filter(&mut self) {
        // For each interpolation, the parentheses open in it.
        let mut open: Vec<usize> = Vec::new();
        while let Some(c) = self.rest().chars().next() {
            match c {
                '0'..='9' => self.number(),
                '.' => self.dot(),
                '#' => self.comment(),
                _ if is_word(c) => self.copy_while(is_word),
                '"' => {
                    self.copy(1);
                    if self.string() {
                        open.push(0);
                    }
                }
                ')' if open.last() == Some(&0) => {
                    self.copy(1);
                    if !self.string() {
                        open.pop();
                    }
                }
                _ => {
                    if let Some(depth) = open.last_mut() {
                        *depth = depth.saturating_add_signed(isize::from(c == '(') - isize::from(c == ')'));
                    }
                    self.copy(c.len_utf8());
                }
            }
        }
    }

    fn number(&mut self) {
        self.copy_while(|c| c.is_ascii_digit());
        let Some(behind) = self.rest().strip_prefix('.') else { return };
        let exponent = behind.strip_prefix(['e', 'E']).map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
        if exponent.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) {
            self.replace(1, "");
            self.copy(1);
        } else if !behind.starts_with(|c: char| is_word(c) || "[\".".contains(c)) {
            return self.replace(1, "");
        } else {
            self.copy(1);
        }
        self.copy_while(|c| c.is_ascii_digit());
    }

    fn dot(&mut self) {
        let before = self.source.text.chars().next_back();
        let begins = !before.is_some_and(|c| is_word(c) || ".)]}\"?".contains(c));
        if begins && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) {
            self.replace(0, "0");
        }
        self.copy(1);
        self.copy_while(|c| c.is_ascii_digit());
    }

    /// A comment. After an odd number of backslashes, it goes on in the next line.
    fn comment(&mut self) {
        loop {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            self.copy(line.len());
            let line = line.trim_end_matches('\n');
            let line = line.strip_suffix('\r').unwrap_or(line);
            if self.rest().is_empty() || (line.len() - line.trim_end_matches('\\').len()).is_multiple_of(2) {
                break;
            }
        }
    }

    /// The rest of a string; returns whether an interpolation begins.
    fn string(&mut self) -> bool {
        loop {
            self.copy_while(|c| c != '\\' && c != '"');
            let mut chars = self.rest().chars();
            match (chars.next(), chars.next()) {
                (Some('\\'), Some('(')) => {
                    self.copy(2);
                    return true;
                }
                (Some('\\'), Some('u')) => self.unicode(),
                (Some('\\'), Some(c)) => self.copy(1 + c.len_utf8()),
                (Some(_), _) => {
                    self.copy(1);
                    return false;
                }
                (None, _) => return false,
            }
        }
    }

    /// An escape such as `\u00e9`.
    fn unicode(&mut self) {
        match (escaped(self.rest()), self.rest().get(6..).and_then(escaped)) {
            (Some(high @ 0xD800..0xDC00), Some(low @ 0xDC00..0xE000)) => {
                let pair = char::decode_utf16([high, low]).next().and_then(Result::ok);
                self.replace(12, pair.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]));
            }
            (Some(0xD800..0xE000), _) => self.replace(6, "\u{FFFD}"),
            _ => self.copy(2),
        }
    }
}

/// The UTF-16 code unit of an escape at the start of a text.
fn escaped(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
