//! Challenges that are not answered.

use std::fmt;

use super::MAX_FIELD;

/// How much of a value that the server sent is shown, in characters.
const MAX_SHOWN: usize = 40;

/// How many schemes are named.
const MAX_SCHEMES: usize = 5;

/// Why no challenge of a response can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unanswerable {
    /// The response has no challenge.
    NoChallenge,
    /// It has challenges of other schemes only.
    Schemes(Vec<String>),
    /// The quality of protection is not supported.
    Qop(String),
    /// The algorithm is not supported.
    Algorithm(String),
    /// The challenge lacks a parameter.
    Missing(&'static str),
    /// The field with the challenge is too long.
    TooLong,
}

impl Unanswerable {
    /// The reason for two challenges: that of the first digest challenge, or the schemes of both.
    pub(super) fn or(self, other: &Unanswerable) -> Unanswerable {
        match (self, other) {
            (Unanswerable::Schemes(mut schemes), Unanswerable::Schemes(others)) => {
                let new = others.iter().filter(|new| !schemes.iter().any(|known| known.eq_ignore_ascii_case(new)));
                let new: Vec<_> = new.cloned().collect();
                schemes.extend(new);
                schemes.truncate(MAX_SCHEMES);
                Unanswerable::Schemes(schemes)
            }
            (Unanswerable::Schemes(_), other) => other.clone(),
            (first, _) => first,
        }
    }
}

impl fmt::Display for Unanswerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unanswerable::NoChallenge => f.write_str("the response has no challenge in WWW-Authenticate"),
            Unanswerable::Schemes(schemes) => {
                let names: Vec<_> = schemes.iter().map(|scheme| shown(scheme)).collect();
                match names.split_last() {
                    Some((last, [])) => write!(f, "the server offers only {last}"),
                    Some((last, names)) => write!(f, "the server offers only {} and {last}", names.join(", ")),
                    None => Ok(()),
                }
            }
            Unanswerable::Qop(qop) => write!(f, "qop {:?} is not supported", shown(qop)),
            Unanswerable::Algorithm(name) => write!(f, "algorithm {:?} is not supported", shown(name)),
            Unanswerable::Missing(name) => write!(f, "the challenge has no {name}"),
            Unanswerable::TooLong => write!(f, "the challenge is longer than {} KiB", MAX_FIELD >> 10),
        }
    }
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
