//! Errors of the system in messages.

use std::fmt::Display;

/// What the system says, without its number for it: ` (os error 2)`.
pub fn without_os_code(error: impl Display) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.find(" (os error") {
        text.truncate(at);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    #[test]
    fn the_number_of_an_error_is_left_out() {
        let error = io::Error::from_raw_os_error(2);
        let text = super::without_os_code(&error);
        assert!(error.to_string().starts_with(&format!("{text} (os error")));
        assert_eq!(super::without_os_code("it is too large"), "it is too large");
    }
}
