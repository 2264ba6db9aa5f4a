//! Makes output safe: masks secrets, keeps control characters from terminals, and out of lines what some readers of JSON
//! refuse. Bounds the time of regular expressions.

pub mod json;
mod os_error;
pub mod redact;
pub mod regex;
pub mod terminal;
pub mod text;

pub use os_error::without_os_code;
