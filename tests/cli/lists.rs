//! Lists that say more than a URL in each line.

use std::fs;

use serde_json::json;

use crate::support::Site;

#[test]
fn a_line_of_ndjson_is_a_request_of_its_own() {
    let site = Site::new();
    fs::write(site.path("part.txt"), "from a file").unwrap();
    site.file(
        "targets.ndjson",
        r#"{"url": "$O/anything?z=1", "params": {"a": [1, "2"], "b": null}, "id": 17, "meta": {"n": 1.00}}

{"url": "$O/anything", "json": {"n": 1.00}, "headers": {"X-A": "line"}, "id": "a"}
{"url": "$O/anything", "form": {"a": "1 2"}}
{"url": "$O/anything", "method": "put", "body": "text", "cookies": {"c": "3", "s": null}}
{"url": "$O/anything", "method": "DELETE", "body_base64": "aGk=", "auth": ["ann", "pw"]}
{"url": "$O/anything", "body_file": "part.txt"}
{"url": "$O/anything", "multipart": {"a": 1, "f": {"file": "part.txt", "type": "x/y"}}}
{"url": "$O/delay/5", "timeout": 0.1}
"#,
    );
    let run = site.run("haul -i --retry 0 -H 'X-A: run' -H 'X-B: run' -b 's=1' targets.ndjson").exits(0);
    let echo = |n: usize| &run.records[n]["json"];
    assert_eq!(run.all("method"), ["GET", "POST", "POST", "PUT", "DELETE", "POST", "POST", "GET"]);
    assert_eq!(echo(0)["args"], json!({"z": "1", "a": ["1", "2"]}));
    assert!(run.stdout.contains(r#""seq":0,"id":17,"meta":{"n": 1.00},"method":"GET""#), "{}", run.stdout);
    assert_eq!((&echo(1)["data"], &run.records[1]["id"]), (&json!("{\"n\": 1.00}"), &json!("a")));
    assert_eq!([&echo(1)["headers"]["X-A"], &echo(1)["headers"]["X-B"]], ["line", "run"]);
    assert_eq!([&echo(0)["headers"]["X-A"], &echo(0)["headers"]["Cookie"]], ["run", "s=1"]);
    assert_eq!(echo(1)["headers"]["Content-Type"], "application/json");
    assert_eq!(echo(2)["form"], json!({"a": "1 2"}));
    assert_eq!((&echo(3)["data"], &echo(3)["headers"]["Cookie"]), (&json!("text"), &json!("c=3")));
    assert_eq!((&echo(4)["data"], &echo(4)["headers"]["Authorization"]), (&json!("hi"), &json!("Basic YW5uOnB3")));
    assert_eq!(echo(5)["data"], "from a file");
    let form = echo(6)["data"].as_str().unwrap();
    assert!(form.contains("filename=\"part.txt\"\r\nContent-Type: x/y\r\n\r\nfrom a file\r\n"), "{form}");
    assert_eq!(run.records[7].kind(), "timeout");
    assert_eq!(run.records[7]["error"]["message"], "no answer within 100ms (its own timeout)");
}

#[test]
fn a_line_overrides_the_bodies_and_methods_of_the_run() {
    let site = Site::new();
    let lines =
        [r#"{"url":"$O/anything"}"#, r#"{"url":"$O/anything","json":[1]}"#, r#"{"url":"$O/anything","method":"GET"}"#];
    site.file("t.jsonl", &lines.join("\n"));
    let run = site.run("haul -d a=1 t.jsonl").exits(0);
    assert_eq!(run.all("method"), ["POST", "POST", "GET"]);
    assert_eq!((&run.records[0]["json"]["form"], &run.records[1]["json"]["json"]), (&json!({"a": "1"}), &json!([1])));
    assert_eq!(run.records[1]["json"]["headers"]["Content-Type"], "application/json");
    assert_eq!(site.run("haul -X PATCH t.jsonl").exits(0).all("method"), ["PATCH", "PATCH", "GET"]);
}

#[test]
fn a_bad_line_is_a_record_that_names_the_key() {
    let site = Site::new();
    site.file(
        "t.ndjson",
        r#"{"url":"$O/get","id":1}
{"url":"$O/get","header":{},"id":2,"meta":[1]}
{"url":"$O/get","headers":{"X":"hunter2\r\nY: 1"}}
{"url":"$O/get","json":1,"body":"hunter2"}
{"url":"ftp://u:hunter2@a/"}
{"url":
{"url":"$O/get","id":3}"#,
    );
    let run = site.run("haul t.ndjson").exits(0);
    assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{}{}", run.stdout, run.stderr);
    let messages: Vec<_> = run.records.iter().filter_map(|record| record["error"]["message"].as_str()).collect();
    assert_eq!(
        messages,
        [
            r#"t.ndjson line 2: "header": unknown key; did you mean "headers"?"#,
            r#"t.ndjson line 3: "headers": x: its value has a character that is not allowed in a header"#,
            r#"t.ndjson line 4: "body": conflicts with "json": a request has only one body"#,
            r#"t.ndjson line 5: "url": scheme "ftp" is not http or https"#,
            "t.ndjson line 6: not JSON: EOF while parsing a value at byte 7",
        ]
    );
    assert!(run.records[1..6].iter().all(|record| record.kind() == "invalid_input"));
    assert_eq!((&run.records[1]["id"], &run.records[1]["meta"]), (&json!(2), &json!([1])));
    assert_eq!((&run.records[6]["id"], &run.records[6]["ok"]), (&json!(3), &json!(true)));
    let before = site.origin.stats().requests;
    site.run("haul --strict t.ndjson").fails(3, &["5 lines are not valid requests", "t.ndjson line 3: \"headers\": x"]);
    assert_eq!(site.origin.stats().requests, before);
}

#[test]
fn a_file_that_a_line_names_must_be_there_at_its_turn() {
    let site = Site::new();
    site.file(
        "t.ndjson",
        "{\"url\":\"$O/anything\",\"body_file\":\"missing\"}\n{\"url\":\"$O/anything\",\"body_file\":\".\"}\n",
    );
    let run = site.run("haul t.ndjson").exits(0);
    assert!(run.records.iter().all(|record| record.kind() == "invalid_input" && record["attempts"] == 1));
    assert_eq!(run.records[0]["error"]["message"], "cannot read missing: No such file or directory");
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn standard_input_is_text_unless_told() {
    let site = Site::new();
    site.file("list", "{\"url\":\"$O/get\",\"id\":1}\n");
    site.run("haul < list")
        .fails(3, &["cannot read stdin: it looks like NDJSON, not text", "use --input-format ndjson"]);
    assert_eq!(site.run("haul --input-format ndjson < list").record()["id"], 1);
    assert_eq!(site.run("haul --input-format ndjson list $O/anything").exits(0).all("status_code"), [200, 200]);
    site.file("list.ndjson", "$O/get\n");
    assert_eq!(site.run("haul --input-format text list.ndjson").record()["status_code"], 200);
}

#[test]
fn a_table_has_its_columns_in_meta() {
    let site = Site::new();
    site.file(
        "t.csv",
        "id,url,method,note\r\n7,$O/anything,,\"two\r\nlines, \"\"so\"\"\"\r\n8,$O/anything,delete,\r\n9,x,,\r\n",
    );
    let run = site.run("haul t.csv").exits(0);
    assert_eq!(run.all("id"), ["7", "8", "9"]);
    assert_eq!(run.all("method"), ["GET", "DELETE", "GET"]);
    assert_eq!(run.all("meta"), [&json!({"note": "two\r\nlines, \"so\""}), &json!({"note": ""}), &json!({"note": ""})]);
    let message = run.records[2]["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("t.csv line 5: \"url\": no scheme"), "{message}");
    site.file("t.tsv", "url\tname\n$O/anything\ta,b\n");
    assert_eq!(site.run("haul t.tsv").record()["meta"], json!({"name": "a,b"}));
    assert_eq!(site.run("haul --input-format tsv < t.tsv").record()["meta"], json!({"name": "a,b"}));
}

#[test]
fn a_url_is_made_of_columns() {
    let site = Site::new();
    fs::write(site.path("t.csv"), "user,q\nann/b,x&y z\n..,q\n,q\n").unwrap();
    let run = site.run("haul --url \"$O/anything/{user}?q={q}&r=1\" t.csv").exits(0);
    assert_eq!(run.records[0]["json"]["args"], json!({"q": "x&y z", "r": "1"}));
    assert_eq!(run.records[0]["url"], site.origin.url("/anything/ann%2Fb?q=x%26y%20z&r=1"));
    assert_eq!(run.records[0]["meta"], json!({"user": "ann/b", "q": "x&y z"}));
    assert_eq!(run.records[1].kind(), "invalid_input");
    assert_eq!(run.records[2]["error"]["message"], "t.csv line 4: \"user\" is empty, but is used in the host or path");
    fs::write(site.path("t.ndjson"), "{\"meta\":{\"user\":1,\"q\":\"ä\"},\"method\":\"PUT\"}\n{}\n").unwrap();
    let run = site.run("haul --url \"$O/anything/{user}?q={q}\" t.ndjson").exits(0);
    assert_eq!(run.records[0]["url"], site.origin.url("/anything/1?q=%C3%A4"));
    assert_eq!(run.records[1]["error"]["message"], "t.ndjson line 2: no \"user\" for the template");
}

#[test]
fn a_column_has_whole_urls() {
    let site = Site::new();
    site.file("t.csv", "url,link,id,team\nx, $O/anything?q=a%20b ,7,red\ny,,8,\nz,nowhere,9,\n");
    for option in ["--url {link}", "--url '{ link }'", "--url-column link"] {
        let run = site.run(&format!("haul {option} t.csv")).exits(0);
        assert_eq!(run.records[0]["url"], site.origin.url("/anything?q=a%20b"), "{option}");
        assert_eq!(
            (&run.records[0]["meta"], &run.records[0]["id"]),
            (&json!({"url": "x", "team": "red"}), &json!("7"))
        );
        assert_eq!(run.records[1]["error"]["message"], "t.csv line 3: \"link\": is empty");
        let message = run.records[2]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("t.csv line 4: \"link\": no scheme"), "{message}");
    }
    site.file(
        "t.ndjson",
        "{\"link\":\"$O/anything/1\",\"id\":1}\n{\"meta\":{\"link\":\"$O/anything/2\"}}\n{\"url\":\"$O/anything/3\"}\n\
         {\"link\":4}\n{\"href\":\"$O/anything/5\"}\n{}\n",
    );
    let run = site.run("haul --url-column link t.ndjson").exits(0);
    let urls = [1, 2, 3].map(|n| site.origin.url(&format!("/anything/{n}")));
    assert_eq!(run.all("url")[..3], urls.each_ref());
    assert_eq!(run.all("ok"), [true, true, true, false, false, false]);
    assert_eq!(run.records[5]["error"]["message"], "t.ndjson line 6: no \"url\" and no \"link\"");
    let run = site.run("printf 'p\n1/2\n' | haul --base-url $O/anything/ --url {p} --input-format csv").exits(0);
    assert_eq!(run.records[0]["final_url"], site.origin.url("/anything/1/2"));
}

#[test]
fn nameless_columns_are_called_by_their_numbers_if_they_have_values() {
    let site = Site::new();
    site.file("sheet.csv", "url,,name,\n$O/get,,Ann,\n$O/get,x,,\n");
    let run = site.run("haul sheet.csv").exits(0);
    assert_eq!(run.all("meta"), [&json!({"name": "Ann"}), &json!({"column 2": "x", "name": ""})]);
    site.file("pandas.csv", ",url\n0,$O/get\n");
    assert_eq!(site.run("haul pandas.csv").record()["meta"], json!({"column 1": "0"}));
    site.file("twice.csv", "url,x,x\n$O/get,1,2\n");
    site.run("haul twice.csv").fails(2, &["cannot read twice.csv: duplicate column \"x\""]);
    fs::write(site.path("latin1.csv"), b"url,caf\xe9\n").unwrap();
    site.run("haul latin1.csv").fails(2, &["cannot read latin1.csv: the header row is not UTF-8"]);
}

#[test]
fn a_row_of_empty_fields_is_a_row_in_any_table() {
    let site = Site::new();
    site.file("t.csv", "q,r\na,b\n,\nc,d\n");
    site.file("t.tsv", "q\tr\na\tb\n\t\nc\td\n");
    let urls = |name| {
        let run = site.run(&format!("haul --ordered --url \"$O/get?q={{q}}&r={{r}}\" {name}")).exits(0);
        run.records.iter().map(|record| record["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((urls("t.csv"), urls("t.csv").len()), (urls("t.tsv"), 3));
}

#[test]
fn a_template_or_table_that_makes_no_sense_costs_no_request() {
    let site = Site::new();
    site.file("t.csv", "URL,x\n$O/get,1\n");
    site.file("good.csv", "url\n$O/get\n");
    for (line, words) in [
        ("haul good.csv t.csv", &["cannot read t.csv: no column \"url\"", "the header row has \"URL\", \"x\""][..]),
        ("haul t.csv", &["name the column of URLs (--url-column), or use a template with {columns} (--url)"]),
        ("haul --url-column x --url {x} t.csv", &["'--url-column <NAME>' cannot be used with '--url <TEMPLATE>'"]),
        ("haul --url-column ' ' t.csv", &["--url-column: the name is empty"]),
        ("haul --url-column y t.csv", &["no column \"y\""]),
        ("haul --url-column x $O/get", &["--url-column needs columns"]),
        ("haul --url {URL}/x t.csv", &["--url: no scheme: begin with https://, or name one column of whole URLs"]),
        ("haul --url $O/{y} t.csv", &["t.csv: no column \"y\" for the template: the header row has \"URL\", \"x\""]),
        ("haul --data-template '{{y}}' good.csv", &["good.csv: no column \"y\""]),
        ("haul --url 'http://{x' t.csv", &["--url: a { without a } after it"]),
        ("haul --url '{x}://a/' t.csv", &["--url: {x} is not allowed before the host"]),
        ("haul --url http://a/{x}", &["--url needs columns, which text lists and URLs do not have"]),
        ("haul --data-template '{{x}}' $O/get", &["--data-template needs columns"]),
        ("haul --data-template '{{x' t.csv", &["--data-template: a placeholder {{...}} is not closed"]),
        ("haul --json-is-not-a-flag", &["unknown option"]),
        ("haul --input-format xml t.csv", &["[possible values: text, ndjson, csv, tsv, vegeta]"]),
    ] {
        site.run(line).fails(2, words);
    }
    assert_eq!(site.origin.stats().requests, 0);
    site.run("cat t.csv | haul --input-format csv").exits(3).says(&["stdin: no column \"url\""]);
}

#[test]
fn a_body_is_made_of_columns() {
    let site = Site::new();
    site.file("t.csv", "url,name,age\n$O/anything,\"a \"\"b\"\"\n\",5\n$O/anything,c&d,five\n");
    let run = site.run(r#"haul --data-template '{"name":"{{name}}","age":{{age}}}' t.csv"#).exits(0);
    let sent = |n: usize| &run.records[n]["json"];
    assert_eq!((&sent(0)["json"], &sent(0)["method"]), (&json!({"name": "a \"b\"\n", "age": 5}), &json!("POST")));
    assert_eq!(sent(1)["json"], json!({"name": "c&d", "age": "five"}));
    assert_eq!(sent(1)["headers"]["Content-Type"], "application/json");
    fs::write(site.path("body"), "n={{name}}").unwrap();
    let run = site.run("haul --data-template @body t.csv").exits(0);
    assert_eq!(run.records[1]["json"]["form"], json!({"n": "c&d"}));
    let run = site.run("haul --data-template @body -H 'Content-Type: text/plain' -X PUT t.csv").exits(0);
    assert_eq!((&run.records[1]["json"]["data"], &run.records[1]["method"]), (&json!("n=c&d"), &json!("PUT")));
}

#[test]
fn targets_of_vegeta_are_read() {
    let site = Site::new();
    site.file(
        "t.json",
        "{\"method\":\"POST\",\"url\":\"$O/anything\",\"body\":\"aGk=\",\"header\":{\"X-A\":[\"1\",\"2\"]}}\n",
    );
    let record = site.run("haul --input-format vegeta t.json").record();
    assert_eq!((&record["json"]["data"], &record["json"]["headers"]["X-A"]), (&json!("hi"), &json!("1,2")));
}

/// The examples of the guide that are marked as `kind`.
fn examples(kind: &str) -> String {
    let guide = include_str!("../../docs/lists.md");
    let blocks = guide.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(&format!("{kind}\n"))).collect()
}

#[test]
fn the_examples_of_the_guide_are_requests() {
    let site = Site::new();
    fs::write(site.path("whale.png"), "PNG").unwrap();
    for (kind, requests) in [("ndjson", 7), ("csv", 2), ("vegeta", 3)] {
        let list = examples(kind).replace("https://api.example.com", &site.origin.url("/anything"));
        fs::write(site.path("list"), list).unwrap();
        let run = site.run(&format!("haul --strict --input-format {kind} list")).exits(0);
        assert_eq!(run.all("ok"), vec![true; requests], "{kind}");
    }
    fs::write(site.path("users.csv"), "id,query,name,age\n7,a b,Ann,5\n").unwrap();
    site.file("links.csv", "link\n$O/get\n");
    for line in examples("sh").replace("https://api.example.com", &site.origin.url("/anything")).lines() {
        assert_eq!(site.run(line).record()["ok"], true, "{line}");
    }
}

#[test]
fn the_guide_names_every_key() {
    let guide = include_str!("../../docs/lists.md");
    let keys = "url method params headers json form multipart body body_base64 body_file auth cookies timeout id meta";
    for key in keys.split(' ') {
        assert!(guide.contains(&format!("\n| `{key}` | ")), "{key}");
    }
}
