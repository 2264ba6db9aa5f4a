//! lighttpd.

use std::process::Command;

use super::server::{Product, Reload, Site, Way};
use crate::HOST;

pub(super) static LIGHTTPD: Product = Product {
    name: "lighttpd",
    package: "lighttpd",
    ways: &[Way::Plain, Way::Tls, Way::Http2],
    configuration,
    command,
    reload: Reload::Signal("USR1"),
    has_backend: false,
};

fn command(site: &Site<'_>) -> Command {
    let mut command = Command::new("lighttpd");
    command.arg("-D").arg("-f").arg(site.dir.join("configuration"));
    command
}

fn configuration(site: &Site<'_>) -> String {
    let Site { dir, plain, tls, .. } = site;
    let dir = dir.display();
    let (certificate, key) = (site.identity.certificate.display(), site.identity.key.display());
    format!(
        r#"
        server.modules = ("mod_access", "mod_accesslog", "mod_cgi", "mod_deflate", "mod_openssl")
        server.document-root = "{dir}/www"
        server.upload-dirs = ("{dir}")
        server.bind = "{HOST}"
        server.port = {plain}
        server.max-keep-alive-idle = 1
        server.max-keep-alive-requests = 1000000
        server.stream-response-body = 1
        accesslog.filename = "{dir}/log"
        accesslog.format = "%r"
        mimetype.assign = (".html" => "text/html", "" => "application/json")
        deflate.mimetypes = ("text/html")
        deflate.allowed-encodings = ("gzip")
        $HTTP["url"] =~ "^/cgi/" {{ cgi.assign = ("" => "") }}
        $HTTP["url"] =~ "^/forbidden" {{ url.access-deny = ("") }}
        $HTTP["url"] =~ "^/limited" {{ server.max-request-size = 64 }}
        $SERVER["socket"] == "{HOST}:{tls}" {{
            ssl.engine = "enable"
            ssl.pemfile = "{certificate}"
            ssl.privkey = "{key}"
        }}
        "#
    )
}
