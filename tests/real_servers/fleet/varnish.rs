//! varnish, before an nginx. It speaks no TLS.

use std::fs;
use std::process::Command;

use super::server::{Product, Reload, Site, Way};
use crate::HOST;

pub(super) static VARNISH: Product = Product {
    name: "varnish",
    package: "varnish",
    ways: &[Way::Plain, Way::Http2Plain],
    configuration,
    command,
    reload: Reload::Never,
    has_backend: true,
};

fn command(site: &Site<'_>) -> Command {
    let own = site.dir.join("varnish");
    fs::create_dir_all(&own).unwrap();
    let mut command = Command::new("varnishd");
    command.args(["-F", "-j", "none", "-s", "malloc,16m", "-p", "timeout_idle=1", "-p", "feature=+http2"]);
    command.args(["-a", &format!("{HOST}:{}", site.plain)]);
    command.arg("-n").arg(own).arg("-f").arg(site.dir.join("configuration"));
    command
}

fn configuration(site: &Site<'_>) -> String {
    let (host, port) = site.backend.expect("it has one").split_once(':').expect("an address");
    format!(
        r#"vcl 4.1;
        backend nginx {{ .host = "{host}"; .port = "{port}"; }}
        sub vcl_recv {{
            if (req.url == "/forbidden") {{ return (synth(403)); }}
            if (req.url == "/limited" && req.http.content-length ~ "^[0-9]{{6,}}$") {{ return (synth(413)); }}
            return (pass);
        }}
        sub vcl_synth {{
            return (deliver); // without the Retry-After of the default
        }}
        sub vcl_backend_response {{
            if (bereq.url == "/page.html") {{ set beresp.do_gzip = true; }}
        }}
        "#
    )
}
