//! Makes output safe: masks secrets, and keeps control characters from terminals.

mod os_error;
pub mod redact;
pub mod terminal;
pub mod text;

pub use os_error::without_os_code;
