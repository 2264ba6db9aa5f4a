//! The product token by which a robots.txt addresses us.

use std::fmt;

/// A product token, compared with `User-agent` lines without regard to case (RFC 9309, section 2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductToken(Box<str>);

/// A text that is not a product token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a name without version, spaces or slashes, such as MyBot")]
pub struct ProductTokenError;

impl ProductToken {
    /// Parses a token. RFC 9309 allows letters, `-` and `_`; digits and dots are common too.
    ///
    /// # Errors
    /// The name is empty, or contains another character.
    pub fn new(name: &str) -> Result<Self, ProductTokenError> {
        if !name.is_empty() && name.bytes().all(is_of_name) {
            Ok(ProductToken(name.into()))
        } else {
            Err(ProductTokenError)
        }
    }

    /// The first product of a User-Agent, up to the first character that a name cannot have: `MyBot` for
    /// `MyBot/1.0 (+https://example.com/bot)`, as `User-agent` lines are read. `None` if it does not start with a product;
    /// then only the group for all robots applies.
    pub fn of(user_agent: &[u8]) -> Option<Self> {
        let end = user_agent.iter().position(|&byte| !is_of_name(byte));
        let name = std::str::from_utf8(&user_agent[..end.unwrap_or(user_agent.len())]).ok()?;
        ProductToken::new(name).ok()
    }

    /// The token as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a name can contain `byte`.
pub(super) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

impl fmt::Display for ProductToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_product_names_the_robot() {
        let cases = [
            ("MyBot/1.0 (+https://example.com/bot)", Some("MyBot")),
            ("haul/0.1.0", Some("haul")),
            ("MJ12bot", Some("MJ12bot")),
            ("news-bot more/2", Some("news-bot")),
            ("Mozilla/5.0 (compatible; MyBot/1.0)", Some("Mozilla")),
            ("", None),
            ("(nobody)", None),
            ("/1.0", None),
            ("Füchslein/1", Some("F")),
            ("MyBot(+https://example.com)", Some("MyBot")),
            ("MyBot; x", Some("MyBot")),
            ("MyBot:1.0", Some("MyBot")),
            ("MyBot,1", Some("MyBot")),
            ("MyBot+1", Some("MyBot")),
            ("MyBot@example.com", Some("MyBot")),
            ("my_bot-2.0\tx", Some("my_bot-2.0")),
            (";MyBot", None),
        ];
        for (user_agent, token) in cases {
            assert_eq!(
                ProductToken::of(user_agent.as_bytes()).as_ref().map(ProductToken::as_str),
                token,
                "{user_agent}"
            );
        }
    }

    #[test]
    fn a_token_has_no_version() {
        assert_eq!(ProductToken::new("MyBot/1.0"), Err(ProductTokenError));
        assert_eq!(ProductToken::new(""), Err(ProductTokenError));
        assert_eq!(ProductToken::new("*"), Err(ProductTokenError));
    }
}
