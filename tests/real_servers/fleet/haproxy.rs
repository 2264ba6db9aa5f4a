//! haproxy, before an nginx.

use std::process::Command;

use super::server::{Product, Reload, Site, Way};
use crate::HOST;

pub(super) static HAPROXY: Product = Product {
    name: "haproxy",
    package: "haproxy",
    ways: &[Way::Plain, Way::Tls, Way::Http2],
    configuration,
    command,
    reload: Reload::Successor,
    has_backend: true,
};

fn command(site: &Site<'_>) -> Command {
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(site.dir.join("configuration"));
    command
}

fn configuration(site: &Site<'_>) -> String {
    let Site { dir, plain, tls, .. } = site;
    let (dir, backend) = (dir.display(), site.backend.expect("it has one"));
    format!(
        r#"
global
    maxconn 2000
defaults
    mode http
    timeout connect 30s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 1s
frontend all
    bind {HOST}:{plain}
    bind {HOST}:{tls} ssl crt {dir}/both.pem alpn h2,http/1.1
    compression algo gzip
    compression type text/html
    http-request deny if {{ path /forbidden }}
    http-request deny deny_status 413 if {{ path /limited }} {{ req.hdr_val(content-length) gt 65536 }}
    default_backend nginx
backend nginx
    server nginx {backend}
"#
    )
}
