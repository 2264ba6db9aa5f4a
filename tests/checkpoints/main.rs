//! Checkpoints written by earlier builds, each resumed by this one.
//!
//! The folders in `data/` are frozen; `README.md` says what they are and how to add one. Except for `library.rs`, the
//! tests use only the binary and its files.

mod fixture;
mod library;
mod origin;

use std::collections::BTreeSet;
use std::fs;

use fixture::{Fixture, Resumed, folder};
use serde_json::Value;

/// A test for each folder, as `folder: named, old => new`.
///
/// With the arguments `old` replaced by `new`, the run must be refused, and the message must contain `named`. With its
/// own arguments, it must resume and append what is expected.
macro_rules! checkpoints {
    ($($name:ident: $named:literal, $old:literal => $new:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let fixture = Fixture::copy(stringify!($name));
                fixture.refuses(&fixture.with($old, $new), $named);
                assert_resumes(&fixture);
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

#[track_caller]
fn assert_resumes(fixture: &Fixture) {
    assert_expected(fixture, &fixture.resumes(&fixture.args));
}

/// The run appended and requested what the build that made the folder does.
#[track_caller]
fn assert_expected(fixture: &Fixture, resumed: &Resumed) {
    let mut appended = resumed.appended();
    for record in appended.iter_mut().filter_map(Value::as_object_mut) {
        let ended = record.remove("pages_ended"); // a key that has come since
        let has_failed = record.contains_key("page") && record.get("ok") == Some(&Value::Bool(false));
        assert!(!has_failed || ended.is_some_and(|cause| cause.is_string()), "{record:?}");
    }
    for line in fixture.expected("expected-records") {
        let mut record: Value = serde_json::from_str(&line).unwrap_or_else(|_| line.as_str().into());
        if record.get("retries").is_some_and(Value::is_null) {
            for key in ["reconnects", "group", "warm_up"] {
                record[key] = Value::Null; // `--verbose-records`: a key that has come since
            }
        }
        let at = appended.iter().position(|found| *found == record);
        appended.remove(at.unwrap_or_else(|| panic!("not appended: {line}\nin: {appended:#?}")));
    }
    assert!(appended.is_empty(), "unexpected records: {appended:#?}");
    assert_eq!(resumed.asked(), fixture.expected("expected-requests"));
}

// The request.
checkpoints! {
    plain: "--request", "" => "--request GET"; // an explicit method also applies to lines with a body
    request: "--request", "PUT" => "DELETE";
    header: "--header", "X-Fixture:one" => "X-Fixture:two";
    header_file: "--header", "@headers" => "@other";
    header_twice: "--header", "X-Fixture:two" => "X-Fixture:three";
    header_left_out: "--header", "--header User-Agent:" => "";
    user_agent: "--header", "fixture/1" => "fixture/2";
    bearer: "--header", "--bearer token1" => "";
    param: "--param", "q=1" => "q=2";
    params: "--param", "q=1 --param r=a&b" => "r=a&b --param q=1";
    json: "--data", r#"{"a":1}"# => r#"{"a":2}"#;
    data: "--data", "a=1" => "a=2";
    data_file: "--data", "@body" => "@other";
    data_idempotent: "--header", "Idempotency-Key:k" => "Idempotency-Key:l";
    data_retry_unsafe: "--data", "a=1" => "a=2";
    form: "--data", "a=1" => "b=1";
    data_binary: "--data", "text" => "other";
    data_binary_file: "--data-binary", "@body" => "@other";
    multipart: "--multipart", "a=1" => "a=2";
    data_template: "--data-template", "a={{n}}&b=1" => "a={{n}}&b=2";
    data_template_json: "--data-template", "@template" => "@other";
    data_template_plain: "--data-template", "n={{n}}" => "n={{n}}.";

    // The response and its record.
    max_filesize: "--max-filesize", "10B" => "11B";
    max_redirs: "--max-redirs", "--max-redirs 1" => "--max-redirs 2";
    no_location: "--no-location", "--no-location" => "";
    allow_downgrade: "--allow-downgrade", "--allow-downgrade" => "";
    body_none: "--body", "none" => "auto";
    body_text: "--body", "text" => "none";
    body_base64: "--body", "base64" => "text";
    body_dir: "--body", "dir:bodies" => "base64";
    include: "--include", "--include" => "";
    verbose_records: "--verbose-records", "--verbose-records" => "";
    redact: "--no-redact", "" => "--no-redact";
    no_redact: "--no-redact", "--no-redact" => "";
    dedup: "--dedup", "--dedup" => "";
    jq: "--jq", ".asked" => ".other";

    // Permitted hosts, and credentials.
    robots: "--robots", "--robots" => "";
    robots_agent: "--robots", "fixture" => "other";
    robots_any: "--header", "User-Agent:" => "User-Agent:haul";
    allow_host: "--allow-host", "f.test" => "*.test";
    allow_hosts: "--allow-host", "*.TEST" => "*.test:80";
    deny_host: "--deny-host", "other.test" => "more.test";
    deny_private: "--deny-private", "--deny-private" => "";
    digest: "--digest", "--digest" => "";
    netrc: "--netrc", "--netrc-file netrc" => "";
    cookie: "--cookie", "--cookie a=1" => "";
    cookie_file: "--cookie", "--cookie jar" => "";
    session: "--session", "--session session.txt" => "";
    login: "--login", "--login login" => "";
    login_token: "--login-token", "--login-token .token" => "";

    // Pages and items.
    paginate_link: "--paginate", "link" => "next=.next";
    paginate_next: "--paginate", "next=.next" => "next=.url";
    paginate_cursor: "--paginate", "cursor=at:.at" => "cursor=from:.at";
    paginate_page: "--paginate", "page=page" => "page=page:0";
    paginate_offset: "--paginate", "offset=offset:2" => "offset=offset:3";
    max_pages: "--max-pages", "--max-pages 2" => "--max-pages 3";
    pages_of_secrets: "--paginate", "cursor=at:.at" => "link";
    pages_elsewhere: "--paginate", "link" => "next=.next";
    pages_post: "--data", "a=1" => "a=2";
    items: "--items", ".items[]" => ".items[0]";
    items_of_pages: "--items", "--items .items[]" => "";
    items_raw: "--raw", "--raw" => "";
    items_zst: "--items", ".[]" => ".[0]";
    items_rotate: "--items", ".items[]" => ".items[0]";

    // Inputs.
    base_url: "--base-url", "http://f.test/echo/" => "http://f.test/text/";
    url: "--url", "http://f.test/echo/{n}?x={x}" => "http://f.test/echo/{n}?y={x}";
    input_format_text: "--input-format", "--input-format text" => "";
    input_format_ndjson: "--input-format", "ndjson" => "vegeta";
    input_format_csv: "--input-format", "--input-format csv" => "";
    input_format_tsv: "--input-format", "--input-format tsv" => "";
    input_format_vegeta: "--input-format", "vegeta" => "ndjson";
    input_ndjson: "args", "list.ndjson" => "args";
    input_csv: "args", "list.csv" => "args";
    input_gz: "args", "urls.txt.gz" => "args";
    input_stdin: "--input-format", "" => "--input-format text";
    input_pipe: "--input-format", "" => "--input-format text";
    input_urls: "arguments", "http://f.test/echo/4" => "http://f.test/echo/5";
    input_several: "list.csv", "urls.txt list.csv" => "list.csv urls.txt";
    input_long: "args", "urls.txt" => "args";
    input_invalid: "args", "urls.txt" => "args";

    // Outputs, and how a run ended.
    output_gz: "--include", "" => "--include";
    output_zst: "--include", "" => "--include";
    output_rotate: "--include", "" => "--include";
    output_rotate_zst: "--include", "" => "--include";
    output_ordered: "--include", "" => "--include";
    output_begun: "--include", "" => "--include";
    output_ended: "--include", "" => "--include";
    output_behind: "--include", "" => "--include";
    output_torn: "--include", "" => "--include";
    output_stopped: "--include", "" => "--include";
}

const LIBRARY: [&str; 3] = ["library", "library_list", "library_urls"];

/// Without a checkpoint, haul reads the whole output, and cannot tell whether an option has changed.
const WITHOUT_CHECKPOINT: [&str; 2] = ["output_alone", "output_cancelled"];

#[test]
fn outputs_without_a_checkpoint() {
    for name in WITHOUT_CHECKPOINT {
        assert_resumes(&Fixture::copy(name));
    }
}

#[test]
fn renewed_credentials_and_another_pace_are_accepted() {
    for (name, old, new) in [
        ("bearer", "token1", "token2"),
        ("cookie", "a=1", "a=2"),
        ("digest", "ann:one", "ann:two"),
        ("body_dir", "dir:bodies", "dir:moved"),
        ("plain", "--resume", "--resume --timeout 5s --rate 1000/s --ordered"),
        ("max_filesize", "10B", "10"),
    ] {
        let fixture = Fixture::copy(name);
        fixture.resumes(&fixture.with(old, new));
    }
}

#[test]
fn every_folder_has_a_test() {
    let folders = fs::read_dir(folder()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    let tested: BTreeSet<_> =
        NAMES.iter().chain(&LIBRARY).chain(&WITHOUT_CHECKPOINT).map(|name| (*name).to_owned()).collect();
    assert_eq!(folders, tested);
}

#[test]
fn every_fingerprint_key_has_a_checkpoint() {
    let checkpoints = NAMES.iter().chain(&LIBRARY).filter_map(|name| Fixture::copy(name).checkpoint());
    let fingerprints = checkpoints.map(|checkpoint| checkpoint["asked"].as_object().unwrap().clone());
    let keys: BTreeSet<_> = fingerprints.flatten().map(|(key, _)| key).collect();
    assert!(keys.iter().eq(KEYS), "{keys:#?}");
}

/// The keys in the fingerprint of a checkpoint. More may be added; none may be removed or renamed.
const KEYS: [&str; 36] = [
    "--allow-downgrade",
    "--allow-host",
    "--base-url",
    "--body",
    "--cookie",
    "--data",
    "--data-binary",
    "--data-template",
    "--dedup",
    "--deny-host",
    "--deny-private",
    "--digest",
    "--header",
    "--include",
    "--input-format",
    "--items",
    "--jq",
    "--login",
    "--login-token",
    "--max-filesize",
    "--max-pages",
    "--max-redirs",
    "--multipart",
    "--netrc",
    "--no-location",
    "--no-redact",
    "--paginate",
    "--param",
    "--raw",
    "--request",
    "--robots",
    "--session",
    "--url",
    "--verbose-records",
    "base_url",
    "format",
];
