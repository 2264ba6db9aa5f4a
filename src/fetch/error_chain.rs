//! An error with all its causes in one line.

use std::error::Error;
use std::io;

/// What `error` wraps; an [`io::Error`] hides that from [`Error::source`].
pub(super) fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// Joins the messages of an error and its causes. A message that repeats the end of the one before it is left out.
pub(super) fn join(messages: impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    for message in messages {
        if line.ends_with(&message) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&message);
    }
    line
}

/// The chain of an error that no library of the network has wrapped.
pub(super) fn describe(error: &(dyn Error + 'static)) -> String {
    join(std::iter::successors(Some(error), |&error| cause(error)).map(ToString::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_joined_and_not_repeated() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] io::Error);

        let inner = io::Error::other("inner");
        assert_eq!(describe(&inner), "inner", "an io::Error shows what it wraps as its own");
        assert_eq!(describe(&Outer(inner)), "outer: inner");
        assert_eq!(join(["a b", "b", "c"].map(str::to_owned).into_iter()), "a b: c");
    }
}
