//! Plain state that the engine asks about hosts and servers: cookies, challenges, robots.txt, access, duplicates.

pub mod access;
pub mod cookies;
pub mod dedup;
pub mod digest;
pub mod robots;
