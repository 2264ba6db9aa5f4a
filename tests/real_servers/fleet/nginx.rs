//! nginx, by itself and behind others.

use std::fs;
use std::process::Command;

use super::server::{PAGE, PAGE_LINES, Product, Reload, Site, Way};
use crate::HOST;
use crate::nginx::Nginx;

pub(super) static NGINX: Product = Product {
    name: "nginx",
    package: "nginx",
    ways: &[Way::Plain, Way::Tls, Way::Http2],
    configuration,
    command,
    reload: Reload::Signal("HUP"),
    has_backend: false,
};

/// What is the same in front and behind. The page with an include is of a length not known before.
const DIRECTIVES: &str = "
    access_log log;
    location = /cgi/chunked { ssi on; ssi_types *; default_type text/plain; try_files /chunked.html =404; }
    location = /cgi/nothing { return 204; }
    location = /cgi/told { return 200 '$request_method $content_length'; }
";

/// One for a server in front of it.
pub(super) fn backend() -> Nginx {
    let nginx = Nginx::start(DIRECTIVES);
    nginx.publish("page.html", PAGE.repeat(PAGE_LINES).as_bytes());
    nginx.publish("chunked.html", chunked().as_bytes());
    nginx
}

fn chunked() -> String {
    format!("{}<!--#echo var=\"args\" -->\n", "long\n".repeat(20_000))
}

fn command(site: &Site<'_>) -> Command {
    fs::write(site.dir.join("www/chunked.html"), chunked()).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-p").arg(site.dir).args(["-c", "configuration", "-e", "stderr"]);
    command
}

fn configuration(site: &Site<'_>) -> String {
    let Site { plain, tls, .. } = site;
    let (certificate, key) = (site.identity.certificate.display(), site.identity.key.display());
    format!(
        "daemon off;
        user root;
        worker_processes 2;
        pid pid;
        error_log stderr;
        events {{}}
        http {{
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            types {{ text/html html; }}
            default_type application/json;
            keepalive_timeout 1s;
            keepalive_requests 1000000;
            gzip on;
            server {{
                listen {HOST}:{plain};
                listen {HOST}:{tls} ssl http2;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                root www;
                location = /forbidden {{ client_max_body_size 0; return 403; }}
                location = /limited {{ client_max_body_size 64k; return 200; }}
                {DIRECTIVES}
            }}
        }}"
    )
}
