//! The shape of the output: fields, tables, bodies as files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Site, canned};

/// The lines of a file, each parsed, in the order of `seq`.
fn objects(site: &Site, name: &str) -> Vec<Value> {
    let mut lines: Vec<Value> = site.read(name).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["seq"].as_u64());
    lines
}

#[test]
fn fields_come_in_the_order_asked_for_and_null_where_absent() {
    let site = Site::new();
    site.file("list.txt", "$O/json\nnonsense\n");
    let fields = "status_code,seq,error.kind,json.numbers.1,headers.content-type.0,timings_ms.total";
    site.run(&format!("haul --fields {fields} list.txt > out")).exits(0);
    let lines = site.read("out");
    let invalid = lines.lines().find(|line| line.contains("invalid")).unwrap();
    let nulls = r#""json.numbers.1":null,"headers.content-type.0":null,"timings_ms.total":null"#;
    assert_eq!(invalid, format!("{{\"status_code\":null,\"seq\":1,\"error.kind\":\"invalid_input\",{nulls}}}"));
    let first = &objects(&site, "out")[0];
    assert_eq!((&first["status_code"], &first["json.numbers.1"]), (&json!(200), &json!(2.5)));
    assert_eq!(first["headers.content-type.0"], "application/json");
    assert!(first["timings_ms.total"].as_f64().unwrap() > 0.0);

    site.run("haul --fields headers.Date,json --body none $O/json > out").exits(0);
    let record = &objects(&site, "out")[0];
    assert!(record["headers.Date"].is_array(), "a header that is asked for is there without -i: {record}");
    assert_eq!(record["json"], Value::Null);
}

#[test]
fn wrong_fields_are_refused_with_the_nearest_name() {
    let site = Site::new();
    for (fields, words) in [
        ("seq,statuscode", "unknown record key \"statuscode\"; did you mean status_code?"),
        ("error.cause", "error has no field \"cause\"; it has kind, message, phase"),
        ("seq,,url", "is not a field of a record"),
        ("seq,seq", "seq is given twice"),
    ] {
        site.run(&format!("haul --fields {fields} $O/get")).fails(2, &["--fields <LIST>", words]);
    }
    assert_eq!(site.origin.stats().requests, 0);
}

/// The rows of a CSV file, by the names of its header.
fn rows(text: &str) -> Vec<std::collections::HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn csv_has_a_header_row_and_what_the_records_say() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/status/404\nhttp://127.0.0.1:1/\nno, \"url\"\n$O/redirect/1\n");
    site.run("haul --retry 0 --format csv list.txt > out.csv").exits(0);
    let text = site.read("out.csv");
    let header = "seq,id,method,url,final_url,ok,status_code,error.kind,error.message,attempts,timings_ms.total,\
                  headers.content-type,encoded_body_size,decoded_body_size,truncated,deferred,note\n";
    assert!(text.starts_with(header), "{text}");
    assert_eq!(text.matches("seq,id,").count(), 1);
    let mut rows = rows(&text);
    rows.sort_by_key(|row| row["seq"].parse::<u64>().unwrap());
    let column = |name: &str| rows.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
    assert_eq!(column("seq"), ["0", "1", "2", "3", "4"]);
    assert_eq!(column("ok"), ["true", "false", "false", "false", "true"]);
    assert_eq!(column("status_code"), ["200", "404", "", "", "200"]);
    assert_eq!(column("error.kind"), ["", "", "connect_refused", "invalid_input", ""]);
    assert_eq!(column("headers.content-type")[0], "application/json");
    assert_eq!(column("final_url")[4], site.origin.url("/get"));
    assert_eq!(column("url")[3], "no, \"url\"");
    assert!(column("error.message")[3].contains("list.txt"));

    site.file("empty.txt", "");
    assert_eq!(site.run("haul --format csv --fields seq,url empty.txt").exits(0).stdout, "seq,url\n");
}

#[test]
fn a_table_quotes_or_escapes_what_would_break_it() {
    let site = Site::new();
    let body = "=1+1,\"quoted\"\r\nand\ta tab, a \\ and é";
    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let addr = canned(answer);
    site.run(&format!("haul --format csv --fields body,redirects http://{addr}/ > out.csv")).exits(0);
    assert_eq!(rows(&site.read("out.csv"))[0]["body"], body, "left as it is, whatever a spreadsheet makes of it");
    let run = site.run(&format!("haul --format tsv --fields body,ok http://{addr}/")).exits(0);
    let expected = "body\tok\n=1+1,\"quoted\"\\r\\nand\\ta tab, a \\\\ and é\ttrue\n";
    assert_eq!(run.stdout, expected);

    let line = "haul --format csv --jq '.numbers' --fields extract,json.kept.empty,json.greeting $O/json";
    let expected =
        "extract,json.kept.empty,json.greeting\n\"[[1,2.5,6.02e23,9007199254740993]]\",[],Hello from the origin!\n";
    assert_eq!(site.run(line).exits(0).stdout, expected);
    let run =
        site.run("haul --format csv -i --fields headers.set-cookie --no-location \"$O/cookies/set?a=1&b=2\"").exits(0);
    assert_eq!(run.stdout, "headers.set-cookie\n\"[\"\"a=1; Path=/\"\",\"\"b=2; Path=/\"\"]\"\n");
}

/// All files below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.sort();
    found
}

#[test]
fn bodies_go_to_files_named_by_their_content() {
    let site = Site::new();
    site.file("list.txt", "$O/json\n$O/html\n$O/bytes/1000\n$O/json\n$O/gzip\n$O/status/204\nnonsense\n$O/cut/9\n");
    let run = site.run("haul --retry 0 --body dir:kept/bodies list.txt").exits(0);
    for record in &run.records {
        assert!(["json", "body", "body_base64"].iter().all(|key| record.get(*key).is_none()), "{record:?}");
        let size = record["decoded_body_size"].as_u64().unwrap_or(0);
        let (Some(path), Some(sha256)) = (record["body_path"].as_str(), record["body_sha256"].as_str()) else {
            assert_eq!((size, record.get("body_path"), record.get("body_sha256")), (0, None, None));
            continue;
        };
        assert_eq!(path, format!("kept/bodies/{}/{}", &sha256[..2], &sha256[2..]));
        let content = fs::read(site.path(path)).unwrap();
        assert_eq!(content.len() as u64, size);
        let digest: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, sha256);
    }
    assert_eq!(run.records[0]["body_path"], run.records[3]["body_path"]);
    assert_eq!((&run.records[7]["truncated"], run.records[7]["body_path"].is_string()), (&json!(true), true));
    let kept = files(&site.path("kept"));
    assert_eq!(kept.len(), 5, "the same content once, and nothing temporary: {kept:?}");

    let modified = |path: &PathBuf| fs::metadata(path).unwrap().modified().unwrap();
    let json = site.path(run.records[0]["body_path"].as_str().unwrap());
    let before = modified(&json);
    site.run("haul --body dir:kept/bodies --jq .greeting -r $O/json").exits(0);
    assert_eq!(modified(&json), before, "what is there is not written again");
}

#[test]
fn no_name_comes_from_an_url_or_a_header() {
    let site = Site::new();
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Disposition: attachment; filename=\"../../evil\"";
    let addr = canned(format!("{head}\r\nContent-Length: 4\r\n\r\nbody"));
    site.run(&format!("haul --body dir:out 'http://{addr}/..%2f..%2fevil' 'http://{addr}/a/../../evil'")).exits(0);
    let name = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";
    assert_eq!(files(&site.path("")), [site.path("out").join(&name[..2]).join(&name[2..])]);
}

#[test]
fn a_store_that_fails_ends_the_run() {
    let site = Site::new();
    site.file("file", "");
    site.run("haul --body dir:file $O/json").fails(1, &["cannot create file"]);
    site.run("haul --body dir:file/below $O/json").fails(1, &["cannot create file/below"]);
    site.run("haul --body dir: $O/json").fails(2, &["dir: needs a path, such as dir:bodies"]);
    assert_eq!(site.origin.stats().requests, 0);

    // In the place of the folder there is a file.
    let folder = &Sha256::digest(b"body")[..1];
    fs::create_dir(site.path("bodies")).unwrap();
    site.file(&format!("bodies/{:02x}", folder[0]), "");
    let addr = canned("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
    let message = "cannot write the output: bodies/23/0d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5: ";
    site.run(&format!("haul --body dir:bodies http://{addr}/")).fails(1, &[message]);
}
