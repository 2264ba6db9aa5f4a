//! The command line, typed into a shell against an origin of our own.
#![cfg(all(unix, feature = "cli"))]

mod bodies;
mod connections;
mod demo;
mod extract;
mod files;
mod inputs;
mod limits;
mod output;
mod pages;
mod proxies;
mod record;
mod redirects;
mod relays;
mod report;
mod requests;
mod resume;
mod retries;
mod shape;
mod signals;
mod support;
mod terminal;
mod usage;
