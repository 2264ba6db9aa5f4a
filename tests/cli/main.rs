//! The command line, typed into a shell against an origin of our own.
#![cfg(all(unix, feature = "cli"))]

mod bodies;
mod config;
mod connections;
mod credentials;
mod dedup;
mod demo;
mod digest;
mod extract;
mod files;
mod guide;
mod inputs;
mod limits;
mod lists;
mod login;
mod ordered;
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
mod sent;
mod sessions;
mod shape;
mod signals;
mod strangers;
mod support;
mod terminal;
mod usage;
