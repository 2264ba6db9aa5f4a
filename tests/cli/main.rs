//! The command line, typed into a shell against an origin of our own.
#![cfg(all(unix, feature = "cli"))]

mod bodies;
mod credentials;
mod demo;
mod inputs;
mod limits;
mod lists;
mod output;
mod record;
mod redirects;
mod requests;
mod retries;
mod sent;
mod signals;
mod support;
mod terminal;
mod usage;
