//! The grammar of `WWW-Authenticate` ([RFC 9110], section 11.6.1): a list of challenges, whose parameters are a list, too.
//!
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1

/// One challenge of a field.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AuthChallenge {
    /// Its scheme, as written.
    pub(super) scheme: String,
    /// Its parameters, unquoted, in order. One of a `token68` has none.
    params: Vec<(String, String)>,
}

impl AuthChallenge {
    /// The first parameter with this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }
}

/// The challenges of one field. Empty elements are skipped, as is everything up to the next comma where one makes no
/// sense.
pub(super) fn parse(field: &str) -> Vec<AuthChallenge> {
    let mut rest = Scanner(field);
    let mut found: Vec<AuthChallenge> = Vec::new();
    while !rest.0.is_empty() {
        rest.skip(|c| is_blank(c) || c == ',');
        if let Some((name, value)) = rest.param(true) {
            if let Some(last) = found.last_mut() {
                last.params.push((name, value));
            }
        } else {
            let scheme = rest.take(is_token).to_owned();
            if !scheme.is_empty() && (rest.0.is_empty() || rest.0.starts_with(|c| is_blank(c) || c == ',')) {
                rest.skip(is_blank);
                let first = rest.param(scheme.eq_ignore_ascii_case("Digest"));
                found.push(AuthChallenge { params: first.into_iter().collect(), scheme });
            }
        }
        rest.take(|c| c != ','); // a token68, or nonsense
    }
    found
}

struct Scanner<'a>(&'a str);

impl<'a> Scanner<'a> {
    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !belongs(c)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn skip(&mut self, belongs: impl Fn(char) -> bool) {
        self.take(belongs);
    }

    /// Takes `name=value`, with blanks around the equals sign; or nothing if something else follows. If `is_param`, it cannot be a
    /// token68, which can end with an equals sign.
    fn param(&mut self, is_param: bool) -> Option<(String, String)> {
        let mut rest = Scanner(self.0);
        let name = rest.take(is_token).to_owned();
        rest.skip(is_blank);
        rest.0 = rest.0.strip_prefix('=').filter(|_| !name.is_empty())?;
        rest.skip(is_blank);
        let value = match rest.0.strip_prefix('"') {
            Some(quoted) => {
                rest.0 = quoted;
                rest.quoted()?
            }
            None => {
                // Servers send nonces in base64 without quotes. Equals signs alone are the padding of a token68.
                let value = rest.take(|c| !is_blank(c) && !matches!(c, ',' | '"'));
                (value.contains(|c| c != '=') || is_param && value.is_empty()).then(|| value.to_owned())?
            }
        };
        *self = rest;
        Some((name, value))
    }

    /// Takes a quoted string, whose first quote is taken already; nothing if it does not end.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.0.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return Some(text);
                }
                '\\' => text.push(chars.next()?.1),
                c => text.push(c),
            }
        }
        None
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{AuthChallenge, parse};

    fn shown(field: &str) -> Vec<String> {
        let one = |AuthChallenge { scheme, params }: AuthChallenge| {
            let params = params.into_iter().map(|(name, value)| format!(" {name}={value}"));
            scheme + &params.collect::<String>()
        };
        parse(field).into_iter().map(one).collect()
    }

    #[test]
    fn challenges_and_their_parameters_are_told_apart() {
        for (field, challenges) in [
            ("", &[][..]),
            ("Basic", &["Basic"]),
            ("Basic realm=\"x\"", &["Basic realm=x"]),
            ("Basic realm=x, Digest realm=\"y\", nonce=n", &["Basic realm=x", "Digest realm=y nonce=n"]),
            ("Digest realm = \"y\" , nonce\t=\tn", &["Digest realm=y nonce=n"]),
            ("Digest , realm=y,, nonce=n ,", &["Digest realm=y nonce=n"]),
            (", ,Negotiate, Basic realm=x", &["Negotiate", "Basic realm=x"]),
            ("Negotiate YWJj==, Digest realm=y", &["Negotiate", "Digest realm=y"]),
            ("Negotiate YWJj=, Digest realm=y", &["Negotiate", "Digest realm=y"]),
            ("Bearer abc/def+, Digest realm=y", &["Bearer", "Digest realm=y"]),
            ("Digest realm=\"a, b=\\\"c\\\"\", nonce=\"\\n\"", &["Digest realm=a, b=\"c\" nonce=n"]),
            ("Digest nonce=a+b/c==, realm=y", &["Digest nonce=a+b/c== realm=y"]),
            ("Digest realm=\"\", opaque=\"\"", &["Digest realm= opaque="]),
            ("Digest opaque=, realm=y, qop=", &["Digest opaque= realm=y qop="]),
            ("Digest realm=y, opaque= , nonce=n", &["Digest realm=y opaque= nonce=n"]),
            ("Digest realm=\"Bur\u{e9}au\", nonce=n", &["Digest realm=Bur\u{e9}au nonce=n"]),
            ("realm=x, Digest realm=y", &["Digest realm=y"]),
            ("Digest realm=\"open, nonce=n", &["Digest nonce=n"]),
            ("@@@, Digest realm=y", &["Digest realm=y"]),
            ("Digest realm=y; nonce=n, qop=auth", &["Digest realm=y; qop=auth"]),
        ] {
            assert_eq!(shown(field), challenges, "{field}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            written in vec(("[A-Za-z][a-z0-9-]{0,6}", vec(("[a-z]{1,6}", "[ -~é]{0,12}"), 1..4)), 0..4),
            blanks in "[ \t]{0,2}",
            comma in "[ \t]{0,2},[ ,\t]{0,3}",
        ) {
            let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            let param = |(name, value): &(String, String)| format!("{name}{blanks}={blanks}{}", quoted(value));
            let one = |(scheme, params): &(String, Vec<_>)| {
                format!("{scheme} {}", params.iter().map(param).collect::<Vec<_>>().join(&comma))
            };
            let field = written.iter().map(one).collect::<Vec<_>>().join(&comma);
            let expected: Vec<_> = written.into_iter().map(|(scheme, params)| AuthChallenge { scheme, params }).collect();
            prop_assert_eq!(parse(&field), expected);
        }

        #[test]
        fn any_field_ends(field in "([A-Za-z]{1,3}|[=,\"\\\\ \t]|\\PC){0,30}") {
            parse(&field);
        }
    }
}
