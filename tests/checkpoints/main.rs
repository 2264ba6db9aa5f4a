//! Checkpoints that earlier builds left beside their outputs, each gone on with by this one.
//!
//! The folders in `data/` are frozen; `README.md` says what they are and how to add one. All this knows of haul is its
//! binary and its files.

mod fixture;
mod origin;

use std::collections::BTreeSet;
use std::fs;

use fixture::{Fixture, folder};
use serde_json::Value;

/// What is done with each folder.
///
/// First a run is tried in which `old` arguments are replaced by `new`: it is refused, and `named` as the reason. Then
/// the run goes on as it was, and adds what is expected.
macro_rules! checkpoints {
    ($($name:ident: $named:literal, $old:literal => $new:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let fixture = Fixture::copy(stringify!($name));
                fixture.refuses(&fixture.with($old, $new), $named);
                goes_on(&fixture);
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

/// The output comes to have all that it should, and nothing else.
#[track_caller]
fn goes_on(fixture: &Fixture) {
    let resumed = fixture.resumes(&fixture.args);
    let mut added = resumed.added();
    for line in fixture.expected("expected-records") {
        let record: Value = serde_json::from_str(&line).unwrap_or_else(|_| line.as_str().into());
        let at = added.iter().position(|found| *found == record);
        added.remove(at.unwrap_or_else(|| panic!("what was added lacks {line}\nand has {added:#?}")));
    }
    assert!(added.is_empty(), "what was added has besides {added:#?}");
    assert_eq!(resumed.asked(), fixture.expected("expected-requests"));
}

// The request.
checkpoints! {
    plain: "--request", "" => "--request GET"; // it would be that of lines that have another by themselves
    request: "--request", "PUT" => "DELETE";
    header: "--header", "X-Fixture:one" => "X-Fixture:two";
    header_file: "--header", "@headers" => "@other";
    header_left_out: "--header", "--header User-Agent:" => "";
    user_agent: "--header", "fixture/1" => "fixture/2";
    bearer: "--header", "--bearer token1" => "";
    param: "--param", "q=1" => "q=2";
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

    // What becomes of it.
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

    // Who may be asked, and who asks.
    robots: "--robots", "--robots" => "";
    robots_agent: "--robots", "fixture" => "other";
    robots_any: "--header", "User-Agent:" => "User-Agent:haul";
    allow_host: "--allow-host", "f.test" => "*.test";
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
    input_stdin: "--input-format", "" => "--input-format text"; // what is piped is taken at its word
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

/// Without a checkpoint nothing tells what was asked: only the output is read.
const WITHOUT_CHECKPOINT: [&str; 2] = ["output_alone", "output_cancelled"];

#[test]
fn outputs_without_a_checkpoint() {
    for name in WITHOUT_CHECKPOINT {
        goes_on(&Fixture::copy(name));
    }
}

#[test]
fn what_is_renewed_or_only_moved_is_no_change() {
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
fn every_folder_is_tried() {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let folders: BTreeSet<_> =
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect();
    let tried: BTreeSet<_> = NAMES.iter().chain(&WITHOUT_CHECKPOINT).map(|name| (*name).to_owned()).collect();
    assert_eq!(folders, tried);
}
