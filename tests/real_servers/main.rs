//! The built binary against servers that others wrote: nginx, apache, haproxy, lighttpd, varnish, squid, httpbin,
//! Python's `http.server`, `openssl s_server`; curl judges, promtool and Prometheus the metrics, and chromium the pages.
//!
//! It needs these programs, so it is left out unless `HAUL_REAL_SERVERS=1` asks for it. Every test starts servers of
//! its own, on loopback, and ends them.

mod certs;
mod fleet;
mod haul;
mod httpbin;
mod nginx;
mod peers;
mod squid;

mod answers;
mod bodies;
mod connections;
mod cookies;
mod failures;
mod leaks;
mod monitored;
mod pages;
mod requests;
mod tls;
mod transport;
mod unrest;

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};

/// Where the servers listen. Not on 127.0.0.1, where outgoing connections come from: one of those could hold a port
/// that a server is to have or, since loopback lets a socket connect to itself, pose as a server that is gone.
const HOST: &str = "127.0.0.2";

/// The longest that anything here may take. Nothing should come near it.
const PATIENCE: Duration = Duration::from_secs(300);

macro_rules! trials {
    ($($test:path),* $(,)?) => {
        vec![$(Trial::test(stringify!($test), || { $test(); Ok(()) }).with_ignored_flag(is_left_out(stringify!($test)))),*]
    };
}

/// Whether a test needs what cannot be had here, as `.ci/run` has found out.
fn is_left_out(test: &str) -> bool {
    test.starts_with("requests::") && std::env::var_os("HAUL_WITHOUT").is_some_and(|what| what == "httpbin")
}

fn main() -> ExitCode {
    if std::env::var_os("HAUL_REAL_SERVERS").is_none_or(|asked| asked != "1") {
        println!(
            "left out: haul against web servers, squid, httpbin, Python and OpenSSL, and its pages in chromium; HAUL_REAL_SERVERS=1 asks for it (.ci/run runs it)"
        );
        return ExitCode::SUCCESS;
    }
    let mut trials = trials![
        answers::ten_kib_of_json,
        answers::compressed,
        answers::chunked,
        answers::without_a_body,
        answers::with_a_request_body,
        answers::by_http_1_0,
        bodies::equal_those_of_curl,
        bodies::end_at_max_filesize,
        connections::are_kept_alive,
        connections::serve_all_of_a_cold_http_2_host,
        connections::carry_no_more_streams_than_the_server_takes,
        connections::may_end_after_ten_requests,
        connections::may_end_after_ten_http_2_requests,
        cookies::curl_reads_our_file_and_we_read_its,
        cookies::curl_answers_the_challenges_that_we_answer,
        failures::retry_after_is_waited_for,
        failures::a_gateway_without_its_backend_is_asked_again,
        failures::a_hang_up_is_told_as_such,
        failures::redirects_lead_to_https,
        failures::redirects_in_a_circle_end,
        failures::redirects_lead_back_to_http_on_request_only,
        failures::a_host_rate_below_the_servers_limit_is_never_refused,
        leaks::leave_neither_memory_nor_descriptors,
        leaks::need_no_more_descriptors_than_there_are,
        monitored::promtool_has_no_complaint,
        monitored::prometheus_reads_them,
        pages::run_no_script_of_their_records,
        pages::sort_their_tables,
        pages::fit_every_screen,
        pages::compare_two_runs_on_every_screen,
        pages::show_a_search,
        requests::methods,
        requests::bodies_of_options,
        requests::parameters_and_headers,
        requests::lines_with_requests_of_their_own,
        requests::credentials,
        requests::cookies,
        requests::sessions,
        requests::redirects,
        requests::codings,
        requests::statuses,
        requests::deadlines,
        tls::an_unknown_authority_is_not_trusted,
        tls::insecure_trusts_anyone,
        tls::ssl_cert_file_is_trusted,
        tls::another_hosts_certificate_is_not_trusted,
        tls::an_expired_certificate_is_not_trusted,
        tls::old_versions_are_not_spoken,
        tls::ports_mixed_up,
        tls::openssl_1_2_and_1_3,
        transport::a_proxy_leads_to_http_and_https,
        transport::a_proxy_may_speak_tls_itself,
        transport::a_proxy_lets_nobody_pass_without_credentials,
        transport::a_proxy_tells_of_an_origin_that_is_gone,
        transport::the_version_of_http_can_be_chosen,
        transport::a_certificate_is_shown_to_a_server_that_asks,
        transport::a_pinned_name_leads_to_its_address,
        unrest::stopped_with_answers_under_way,
        unrest::stopped_under_load,
        unrest::reloaded_under_load,
        unrest::reloaded_under_load_over_http_2,
    ];
    trials.extend(fleet::trials());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Waits until `done`, which `what` describes.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < PATIENCE, "waited in vain until {what}");
        sleep(Duration::from_millis(2));
    }
}
