//! Apache's httpd.

use std::process::Command;

use super::server::{Product, Reload, Site, Way};
use crate::HOST;

/// All that it loads, besides what is built in.
const MODULES: [&str; 9] = ["mpm_event", "authz_core", "alias", "mime", "filter", "deflate", "cgid", "ssl", "http2"];

pub(super) static APACHE: Product = Product {
    name: "apache",
    package: "apache2",
    ways: &[Way::Plain, Way::Tls, Way::Http2],
    configuration,
    command,
    reload: Reload::Signal("USR1"),
    has_backend: false,
};

fn command(site: &Site<'_>) -> Command {
    let mut command = Command::new("apache2");
    command.arg("-d").arg(site.dir).args(["-f", "configuration", "-D", "FOREGROUND"]);
    command
}

/// It does not serve as root, hence the user. Without effect if root does not start it.
fn configuration(site: &Site<'_>) -> String {
    let Site { dir, plain, tls, .. } = site;
    let dir = dir.display();
    let (certificate, key) = (site.identity.certificate.display(), site.identity.key.display());
    let modules =
        MODULES.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")).concat();
    format!(
        r#"
        {modules}
        ServerRoot {dir}
        ServerName localhost
        PidFile pid
        DefaultRuntimeDir {dir}
        ScriptSock socket
        User www-data
        Group www-data
        ErrorLog messages
        LogFormat "%r" requests
        CustomLog log requests
        Listen {HOST}:{plain}
        Listen {HOST}:{tls}
        Protocols h2 http/1.1
        ProtocolsHonorOrder On
        KeepAliveTimeout 1
        MaxKeepAliveRequests 0
        DocumentRoot {dir}/www
        ScriptAlias /cgi/ {dir}/www/cgi/
        ScriptAlias /limited {dir}/www/cgi/told
        TypesConfig /dev/null
        AddType text/html .html
        AddOutputFilterByType DEFLATE text/html
        <Location /number>
            ForceType application/json
        </Location>
        <Location /forbidden>
            Require all denied
        </Location>
        <Location /limited>
            LimitRequestBody 65536
        </Location>
        <VirtualHost {HOST}:{tls}>
            SSLEngine on
            SSLCertificateFile {certificate}
            SSLCertificateKeyFile {key}
        </VirtualHost>
        "#
    )
}
