//! The same requests to every web server at hand, by every way that it offers, over both clients.

mod answers;
mod apache;
mod haproxy;
mod idle;
mod lighttpd;
mod nginx;
mod reloads;
mod server;
mod uploads;
mod varnish;

use libtest_mimic::Trial;

use server::{Product, Reload};

const FLEET: [&Product; 5] =
    [&apache::APACHE, &haproxy::HAPROXY, &lighttpd::LIGHTTPD, &nginx::NGINX, &varnish::VARNISH];

type Test = fn(&'static Product);

/// A test for each kind of request and each server.
pub(crate) fn trials() -> Vec<Trial> {
    let kinds: [(&str, Test); 4] = [
        ("answers_are_told", answers::are_told),
        ("connections_that_end_when_idle_lose_nothing", idle::lose_nothing),
        ("uploads_answered_early_have_their_answer", uploads::answered_early),
        ("reloads_lose_nothing", reloads::lose_nothing),
    ];
    let mut trials = Vec::new();
    for product in FLEET {
        for (name, test) in kinds {
            if name.starts_with("reloads") && matches!(product.reload, Reload::Never) {
                continue;
            }
            let run = move || {
                test(product);
                Ok(())
            };
            trials.push(Trial::test(format!("fleet::{}::{name}", product.name), run));
        }
    }
    trials
}
