//! The command line, typed into a shell against an origin of our own.
#![cfg(all(unix, feature = "cli"))]

mod bodies;
mod demo;
mod extract;
mod inputs;
mod limits;
mod output;
mod record;
mod redirects;
mod requests;
mod retries;
mod shape;
mod signals;
mod support;
mod terminal;
mod usage;
