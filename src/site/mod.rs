//! State about hosts and servers that the engine consults: access rules, cookies, digest challenges, robots.txt,
//! duplicates. None of it does network I/O or reads the clock.

pub mod access;
pub mod cookies;
pub mod dedup;
pub mod digest;
pub mod robots;
