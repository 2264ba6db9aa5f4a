//! Inputs that go on over several pages, and bodies that are split into items.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::{Site, canned, canned_in_turn, wait_for};

/// Every way to follow the listing that most tests follow: 25 pages of 4 items.
const WAYS: [&str; 5] = ["link", "page=page", "offset=offset:4", "cursor=cursor:.next_cursor", "next=.next"];

/// The lines of a file, as JSON.
fn lines(site: &Site, name: &str) -> Vec<Value> {
    site.read(name).lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// An answer to everything, with a further header.
fn answering(header: &str, body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json";
    format!("{head}\r\n{header}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn every_way_leads_over_all_pages_in_order() {
    for way in WAYS {
        let site = Site::new();
        let line = format!("haul -r --items '.items[].id' --paginate '{way}' --host-rate 500/s");
        let run = site.run(&format!("{line} \"$O/paginate?fail=13\" > out"));
        run.exits(0).says(&["100 items", "retries  1 · "]);
        let ids: Vec<u64> = site.read("out").lines().map(|line| line.parse().unwrap()).collect();
        assert!(ids.into_iter().eq(1..=100), "{way}");
        let after_the_last = u64::from(way.contains("page") || way.contains("offset"));
        assert_eq!(site.origin.stats().requests, 26 + after_the_last, "{way}");
    }
}

#[test]
fn several_inputs_are_followed_at_once() {
    for way in WAYS {
        let site = Site::new();
        let size = if way.starts_with("offset") { 4 } else { 3 };
        let list = |n| format!("$O/paginate?per_page={size}&total={}&fail={}\n", 10 * n, 2 * n);
        site.file("list.txt", &(1..=8).map(list).collect::<String>());
        let line = format!("haul --items '.items[].id' --paginate '{way}' --rate 1k/s -c 4 list.txt -o out");
        site.run(&line).exits(0);
        let mut items = BTreeMap::<u64, Vec<u64>>::new();
        let mut last = BTreeMap::<u64, u64>::new();
        for line in lines(&site, "out") {
            let [seq, page, item] = ["seq", "page", "item"].map(|key| line[key].as_u64().unwrap());
            assert_eq!(line.as_object().unwrap().len(), 3);
            assert_eq!(page, (item - 1) / size + 1);
            items.entry(seq).or_default().push(item);
            assert!(last.insert(seq, page).is_none_or(|before| before <= page));
        }
        assert_eq!(items.len(), 8);
        assert!(items.into_iter().all(|(seq, items)| items.into_iter().eq(1..=10 * (seq + 1))), "{way}");
    }
}

#[test]
fn each_page_is_a_record_of_its_input() {
    let site = Site::new();
    let line = "haul --paginate next=.next --report report.json";
    let run = site.run(&format!("{line} \"$O/paginate?total=9&token=abc\" $O/get")).exits(0);
    assert_eq!(run.all("page"), [&json!(1), &json!(2), &json!(3), &json!(1)]);
    assert_eq!(run.all("seq"), [0, 0, 0, 1].map(|seq| json!(seq)).iter().collect::<Vec<_>>());
    let base = site.origin.url("/paginate");
    assert!(run.records[..3].iter().all(|record| record["url"] == format!("{base}?total=9&token=REDACTED")));
    assert_eq!(run.records[0]["next_url"], format!("{base}?page=2&per_page=4&total=9"));
    assert_eq!(run.records[1]["final_url"], run.records[0]["next_url"]);
    assert_eq!((run.records[2].get("next_url"), run.records[3].get("next_url")), (None, None));
    assert_eq!(run.records[2]["json"]["items"], json!([{"id": 9, "name": "item 9"}]));
    let report = site.json("report.json");
    assert_eq!((&report["totals"]["records"], &report["totals"]["pages"]), (&4.into(), &4.into()));
    assert_eq!((&report["run"]["settled"], &report["run"]["records"]), (&2.into(), &4.into()));

    let run = site.run("haul --paginate page=page:2 --verbose-records --max-pages 1 \"$O/paginate?token=abc\"");
    let record = run.record();
    assert_eq!(record["final_url"], format!("{base}?token=REDACTED&page=2"), "a parameter that is missing is added");
    assert_eq!(record["next_url"], format!("{base}?token=REDACTED&page=3"));
    assert_eq!(record["note"], "there may be more pages than 1 (--max-pages)");
    assert_eq!(record.text("item"), "null");
    assert_eq!(site.run("haul $O/json").record().get("page"), None);
}

#[test]
fn an_empty_page_is_the_last() {
    let site = Site::new();
    let pages = |line: &str| site.run(line).exits(0).records.len();
    assert_eq!(pages("haul --paginate page=page --body none \"$O/paginate?total=8\""), 3);
    assert_eq!(pages("haul --paginate page=page:4 \"$O/paginate?total=8\""), 1);
    assert_eq!(pages("haul --paginate page=page \"$O/paginate?total=8&page=2\""), 2, "it begins where the input says");
    assert_eq!(pages("haul --paginate link $O/status/204 $O/html"), 2);
}

/// A listing of `pages` pages, each of which `page` makes out of its number, and links to the next one.
fn listing(pages: usize, page: impl Fn(usize) -> String) -> SocketAddr {
    let answers = (1..=pages).map(|n| {
        let link = if n < pages { format!("Link: , </?n={}>; rel=\"next\",", n + 1) } else { "X-Last: 1".to_owned() };
        answering(&link, &page(n))
    });
    canned_in_turn(answers.collect())
}

#[test]
fn what_the_filter_keeps_does_not_end_a_listing() {
    let site = Site::new();
    let open = |n| format!("[{{\"id\": {n}, \"open\": {}}}]", n % 2 == 1);
    for way in ["link", "page=n"] {
        let listing = listing(4, |n| if way == "link" || n < 4 { open(n) } else { "[]".to_owned() });
        let filter = "--items '.[] | select(.open) | .id'";
        site.run(&format!("haul -r --paginate {way} {filter} http://{listing}/ > out")).exits(0);
        assert_eq!(site.read("out"), "1\n3\n", "{way}");
    }
    // An empty page goes on if it names a next one.
    for way in ["link", "next=.next", "cursor=n:.cursor"] {
        let page = |n| match n {
            2 => json!({"items": [], "next": "/?n=3", "cursor": "3"}),
            3 => json!({"items": [3], "next": null, "cursor": null}),
            _ => json!({"items": [1], "next": "/?n=2", "cursor": "2"}),
        };
        let listing = listing(3, |n| page(n).to_string());
        site.run(&format!("haul -r --paginate '{way}' --items '.items[]' http://{listing}/ > out")).exits(0);
        assert_eq!(site.read("out"), "1\n3\n", "{way}");
    }
}

/// Whatever else is on it, and whatever is in its items.
#[test]
fn a_page_with_items_is_not_the_last() {
    let site = Site::new();
    for (filter, full, empty) in [
        (
            ".query.pages[].id",
            json!({"query": {"pages": {"1": {"id": 1, "tags": []}}}}),
            json!({"query": {"pages": {}}}),
        ),
        (".items[] | .tags | length", json!({"items": {"a": {"tags": []}}}), json!({"items": {}})),
        (".", json!({"id": 1, "tags": []}), json!(null)),
        (".data", json!({"data": {"id": 1, "tags": []}}), json!({"data": null})),
        ("(.orders | arrays)[]", json!({"results": [], "orders": [1]}), json!({"results": [], "orders": []})),
        (".data | .a[], .b[]", json!({"data": {"a": [], "b": [1]}}), json!({"data": {"a": [], "b": []}})),
    ] {
        let listing = listing(3, |n| if n < 3 { full.to_string() } else { empty.to_string() });
        let run = site
            .run(&format!("haul --paginate page=n --items '{filter}' --force --report report http://{listing}/ > out"));
        run.exits(0);
        assert_eq!(site.json("report")["totals"]["pages"], 3, "{filter}");
    }
}

#[test]
fn an_empty_page_fails_if_its_next_one_cannot_be_read() {
    let site = Site::new();
    for (way, body, code) in [
        ("next=.links.next", r#"{"data":[],"links":{"next":{"href":"/x"}}}"#, 4),
        ("next=.links.next.href", r#"{"data":[],"links":{"next":"/x"}}"#, 4),
        ("cursor=c:.more", r#"{"data":[],"more":true}"#, 4),
        ("cursor=c:.more", r#"{"data":[],"more":null}"#, 0),
        ("cursor=c:.more", "[]", 0),
        ("cursor=c:.more", "", 0),
    ] {
        let listing = canned(answering("X-Page: 1", body));
        site.run(&format!("haul --fail --paginate '{way}' --items 'objects | .data[]' http://{listing}/ > out"))
            .exits(code);
        assert_eq!(site.read("out").contains("\"no_next\""), code == 4, "{way} {body}");
    }
}

/// Whether or not a record says so: with `--items` a page that is ok has none.
#[test]
fn a_listing_that_ends_early_is_counted_by_cause() {
    let site = Site::new();
    let away = Site::new().origin.url("/json");
    let circle = canned(answering("Link: </b>; rel=next", "[1]"));
    let abroad = canned(answering(&format!("Link: <{away}>; rel=next"), "[1]"));
    let lost = canned(answering("X-Last: 1", "[{\"next\": true}]"));
    for (cause, way, target, said) in [
        ("max_pages", "link --max-pages 2", "$O/paginate".to_owned(), "1 list ended early: 1 by --max-pages"),
        ("loop", "link", format!("http://{circle}/"), "1 list ended early: 1 in a loop"),
        ("blocked", "link", format!("http://{abroad}/"), "1 list ended early: 1 blocked"),
        ("failed", "link --retry 0", "\"$O/paginate?fail=2\"".to_owned(), "1 list ended early: 1 failed"),
        (
            "no_next",
            "'next=.[0].next'",
            format!("http://{lost}/"),
            "1 list ended early: 1 without a readable next page",
        ),
    ] {
        for items in ["", "--items '.[]'"] {
            let line = format!("haul --fail --report r.json --force -o out.ndjson --paginate {way} {items} {target}");
            // The server fails each page once.
            let line = if items.is_empty() { line } else { line.replace("fail=2", "fail=3") };
            site.run(&line).exits(4).says(&[said]);
            let ended = |report: &Value| report["totals"]["pages_ended"].clone();
            let counted = ended(&site.json("r.json"));
            let expected = |name: &str| u64::from(name == cause);
            assert!(counted.as_object().unwrap().iter().all(|(name, count)| *count == expected(name)), "{counted}");
            if items.is_empty() {
                let records = lines(&site, "out.ndjson");
                let causes: Vec<_> = records.iter().filter_map(|record| record.get("pages_ended")).collect();
                assert_eq!(causes, [cause]);
                assert_eq!(records.last().unwrap()["pages_ended"], cause);
                let folded = site.run("haul report --json out.ndjson").exits(0).stdout;
                assert_eq!(ended(&serde_json::from_str(&folded).unwrap()), counted);
            }
        }
    }
}

#[test]
fn a_page_elsewhere_is_requested_if_its_host_is_allowed() {
    let (site, other) = (Site::new(), Site::new());
    let elsewhere = other.origin.url("/headers");
    let abroad = canned(answering(&format!("Link: <{elsewhere}>; rel=next\r\nSet-Cookie: sid=1"), "[1]"));
    let line = format!("haul -H 'X-Key: 1' -u ann:pw -b a=b --session jar --paginate link http://{abroad}/");
    let run = site.run(&format!("{line} --allow-page-host 127.0.0.1")).exits(0);
    assert_eq!(run.records.len(), 2);
    assert_eq!(run.records[1]["final_url"], elsewhere);
    let sent = run.records[1]["json"].to_string().to_lowercase();
    assert!(!sent.contains("x-key") && !sent.contains("authorization") && !sent.contains("a=b"), "{sent}");
    let refused = site.run(&format!("{line} --allow-page-host 127.0.0.1 --allow-host '127.0.0.1:{}'", abroad.port()));
    assert_eq!(refused.records[1].kind(), "blocked");
    assert!(refused.records[1]["error"]["message"].as_str().unwrap().ends_with("(--allow-host)"));
    assert_eq!(site.run(&format!("{line} --allow-host 127.0.0.1")).records[1]["final_url"], elsewhere);
    assert_eq!(site.run(&line).records[1].kind(), "blocked");
    site.run("haul --allow-page-host a.example $O/json").fails(2, &["--paginate <MODE>"]);
}

#[test]
fn a_page_elsewhere_may_lead_back() {
    let site = Site::new();
    let back = site.origin.url("/json");
    let there = canned(answering(&format!("Link: <{back}>; rel=next"), "[2]"));
    let run = site.run(&format!("haul --paginate link $O/redirect-to?url=http://{there}/")).exits(0);
    let urls: Vec<_> = run.records.iter().map(|record| record["final_url"].as_str().unwrap_or_default()).collect();
    assert_eq!(urls, [&format!("http://{there}/"), &back], "{:#?}", run.records);
}

#[test]
fn a_page_that_fails_ends_its_input_with_a_record_that_says_so() {
    let site = Site::new();
    let url = "\"$O/paginate?fail=3\"";
    let run = site.run(&format!("haul --retry 0 --paginate page=page --fail {url}")).exits(4);
    assert_eq!(run.all("ok"), [&json!(true), &json!(true), &json!(false)]);
    assert_eq!((&run.records[2]["page"], &run.records[2]["status_code"]), (&json!(3), &json!(503)));

    let site = Site::new();
    let line = "haul --retry 0 --paginate page=page --items '.items[].id' --fail -o out";
    site.run(&format!("{line} {url} nonsense://x")).exits(4).says(&["pages    3 · 8 items"]);
    let mut out = lines(&site, "out");
    out.sort_by_key(|line| line["seq"].as_u64());
    assert!((1..=8).eq(out[..8].iter().map(|line| line["item"].as_u64().unwrap())));
    assert_eq!((&out[8]["page"], &out[8]["status_code"], &out[8]["ok"]), (&json!(3), &json!(503), &json!(false)));
    assert_eq!((&out[9]["error"]["kind"], out.len()), (&json!("invalid_input"), 10));
}

#[test]
fn neither_another_origin_nor_a_circle_is_followed() {
    let (site, other) = (Site::new(), Site::new());
    let elsewhere = other.origin.url("/json?token=abc");
    let body = json!({"next": elsewhere, "items": [1]}).to_string();
    let away = canned(answering(&format!("Link: <{elsewhere}>; rel=next"), &body));
    for way in ["link", "next=.next"] {
        let run = site.run(&format!("haul -H 'X-Key: 1' --paginate {way} --fail http://{away}/")).exits(4);
        assert_eq!((run.records.len(), run.records[0]["ok"] == true), (2, true));
        let record = &run.records[1];
        assert_eq!((&record["page"], record.kind(), &record["status_code"]), (&json!(2), "blocked", &Value::Null));
        let message = format!("the next page is on another origin: {} was", elsewhere.replace("abc", "REDACTED"));
        assert!(record["error"]["message"].as_str().unwrap().starts_with(&message), "{record:?}");
    }
    assert_eq!(other.origin.stats().requests, 0);
    for next in ["ftp://a.example/x", "javascript:x"] {
        let away = canned(answering(&format!("Link: <{next}>; rel=next"), "[1]"));
        let run = site.run(&format!("haul --paginate link http://{away}/")).exits(0);
        let message = format!("the next page has neither an http nor an https URL: {next} was not requested");
        assert_eq!((run.records[1].kind(), &run.records[1]["error"]["message"]), ("blocked", &json!(message)));
    }

    let circle = canned(answering("Link: </b>; rel=next", "[1]"));
    let run = site.run(&format!("haul --paginate link --items '.[]' http://{circle}/ > out")).exits(0);
    run.says(&["too_many_redirects 1"]);
    let out = lines(&site, "out");
    assert_eq!((out.len(), &out[1]["page"], &out[2]["page"]), (3, &json!(2), &json!(3)));
    let message = format!("the pages form a loop: http://{circle}/b was not requested");
    assert_eq!(out[2]["error"], json!({"kind": "too_many_redirects", "message": message, "phase": null}));

    let lost = canned(answering("", "<html>"));
    let run = site.run(&format!("haul --paginate next=.next http://{lost}/")).exits(0);
    assert_eq!((run.records.len(), run.records[1].kind()), (2, "protocol"));
    let message =
        "the previous page does not say where this one is: jq: the body is not JSON: expected value at line 1";
    assert!(run.records[1]["error"]["message"].as_str().unwrap().starts_with(message));
}

#[test]
fn bodies_are_split_also_without_pages() {
    let site = Site::new();
    site.run("haul --items '.items[] | [.id, .name]' \"$O/paginate?per_page=2\" -o out").exits(0);
    let expected = "{\"seq\":0,\"page\":1,\"item\":[1,\"item 1\"]}\n{\"seq\":0,\"page\":1,\"item\":[2,\"item 2\"]}\n";
    assert_eq!(site.read("out"), expected);
    let totals = |line: &str| serde_json::from_str::<Value>(&site.run(line).exits(0).stdout).unwrap()["totals"].clone();
    assert_eq!(totals("haul report --json out")["items"], 2);
    let run = site.run("haul --items '.[]' $O/html $O/status/204 $O/status/404").exits(0);
    assert_eq!(run.records.len(), 2, "an answer without a body has no items");
    assert_eq!((run.records[0].kind(), &run.records[0]["status_code"]), ("protocol", &json!(200)));
    let message = run.records[0]["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("cannot extract items: jq: the body is not JSON"), "{message}");
    assert_eq!((run.records[1].kind(), &run.records[1]["status_code"]), ("none", &json!(404)));
}

#[test]
fn what_makes_no_sense_is_refused_before_the_first_request() {
    let site = Site::new();
    for (options, words) in [
        ("--paginate next=nope", &["--paginate", "undefined filter nope/0\n    nope\n    ^"][..]),
        ("--paginate 'cursor=c:.a |'", &["expected term, but the filter ends"]),
        ("--paginate offset=c", &["offset=PARAM:SIZE"]),
        ("--paginate pages", &["expected link, page=PARAM[:START]"]),
        ("--items '.['", &["--items", "expected"]),
        ("--max-pages 3", &["--paginate <MODE>"]),
        ("--items . --jq .", &["--jq", "cannot be used with"]),
        ("--items . --format csv", &["--items cannot be used with --format: items are not table rows"]),
        ("--items . --fields seq", &["--items cannot be used with --fields"]),
        ("--items . --verbose-records", &["--items cannot be used with --verbose-records"]),
    ] {
        site.run(&format!("haul {options} $O/json")).fails(2, words);
    }
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn a_page_that_waits_when_the_run_is_stopped_is_cancelled() {
    let site = Site::new();
    let mut haul = site.start("haul --paginate link --rate 1/h --report report.json $O/paginate");
    assert_eq!(haul.record()["page"], 1);
    haul.signal("INT");
    let run = haul.end().exits(130);
    assert_eq!((run.records.len(), run.records[1].kind(), &run.records[1]["page"]), (2, "cancelled", &json!(2)));
    assert_eq!(site.origin.stats().requests, 1, "a page pays the rate");
    let run = &site.json("report.json")["run"];
    assert_eq!((&run["admitted"], &run["settled"], &run["records"]), (&1.into(), &1.into(), &2.into()));
}

#[test]
fn a_resumed_run_goes_on_at_the_page() {
    let site = Site::new();
    site.file("list.txt", "$O/paginate?total=40\n$O/paginate?total=20\n$O/status/204\n");
    for way in ["link", "page=page", "cursor=cursor:.next_cursor"] {
        for (name, items) in [("records", ""), ("items", "--items '.items[]?.id'")] {
            let before = site.origin.stats().requests;
            let out = format!("{name}-{}.ndjson", &way[..4]);
            let line = format!("haul --paginate '{way}' {items} --resume -o {out} list.txt --report {name}.json");
            let haul = site.start(&format!("{line} --rate 1/h --burst 7"));
            wait_for("7 pages", || site.origin.stats().requests == before + 7);
            haul.signal("INT");
            haul.end().exits(130);
            let checkpoint = site.read(&format!("{out}.haul"));
            assert!(checkpoint.contains("\"chains\":{\"0\":{\"page\":"), "{checkpoint}");
            site.run(&line).exits(0);
            let asked = site.origin.stats().requests - before;
            site.run(&line).exits(0);
            assert_eq!(site.origin.stats().requests - before, asked, "all is done");
            assert_eq!(asked, if way == "page=page" { 18 } else { 16 }, "{way}: none is asked for twice");
            let key = |line: &Value| (line["seq"].as_u64().unwrap(), line["page"].as_u64().unwrap());
            let mut keys: Vec<_> = lines(&site, &out).iter().map(key).collect();
            keys.sort_unstable();
            let totals = &site.json(&format!("{name}.json"))["totals"];
            assert_eq!(totals["pages"].as_u64(), Some(asked));
            if name == "items" {
                assert_eq!((keys.len(), &totals["items"]), (60, &json!(60)));
            } else {
                keys.dedup();
                assert_eq!(keys.len() as u64, asked);
            }
        }
    }
}

#[test]
fn bare_items_are_resumed_as_well() {
    let site = Site::new();
    let line = "haul -r --items '.items[].id' --paginate link --resume -o ids $O/paginate";
    let haul = site.start(&format!("{line} --rate 1/h --burst 9"));
    wait_for("9 pages", || site.origin.stats().requests == 9);
    haul.signal("INT");
    haul.end().exits(130);
    assert_eq!(site.read("ids").lines().count(), 36);
    site.run(line).exits(0);
    assert!(site.read("ids").lines().map(|id| id.parse::<u64>().unwrap()).eq(1..=100));
    assert_eq!(site.origin.stats().requests, 25);
}

#[test]
fn without_its_checkpoint_an_output_of_pages_is_refused() {
    let site = Site::new();
    let line = "haul --paginate link --resume -o out.ndjson \"$O/paginate?total=20\"";
    site.run(line).exits(0);
    site.run(&format!("{line} --max-pages 9")).fails(2, &["cannot resume: --max-pages was 1000 and is now 9"]);
    for breaks in ["", "haul-checkpoint 1 "] {
        fs::remove_file(site.path("out.ndjson.haul")).unwrap();
        if !breaks.is_empty() {
            site.file("out.ndjson.haul", breaks);
        }
        site.run(line).fails(2, &["out.ndjson.haul", "only it knows which inputs", "--resume-anyway"]);
        let run = site.run(&format!("{line} --resume-anyway")).exits(0);
        run.says(&["starting the output from scratch"]);
        assert_eq!(lines(&site, "out.ndjson").len(), 5);
    }
}

/// Every command in the guide, against a listing of 100 items.
#[test]
fn the_guide_says_what_works() {
    let guide = include_str!("../../docs/pagination.md");
    let lines: Vec<_> = guide.lines().filter(|line| line.starts_with("haul ")).collect();
    assert_eq!(lines.len(), 9);
    for line in lines {
        let site = Site::new();
        site.file("listings.txt", "$O/paginate?per_page=20\n");
        let line = line.replace("https://api.example.com/items", &site.origin.url("/paginate"));
        site.run(&format!("{line} > printed")).exits(0).says(&["pages "]);
        let name = if line.contains("items.ndjson") { "items.ndjson" } else { "printed" };
        assert!(ids(&site, name).into_iter().eq(1..=100), "{line}");
    }
}

/// The ids of all items, be they in records, alone, or bare.
fn ids(site: &Site, name: &str) -> Vec<u64> {
    let of_line = |line: Value| match (&line["item"]["id"], &line["json"]["items"]) {
        (Value::Number(id), _) => vec![id.as_u64().unwrap()],
        (_, Value::Array(items)) => items.iter().map(|item| item["id"].as_u64().unwrap()).collect(),
        _ => vec![line.as_u64().unwrap()],
    };
    lines(site, name).into_iter().flat_map(of_line).collect()
}

#[test]
fn an_item_has_the_id_of_its_input() {
    let site = Site::new();
    site.file("list.ndjson", "{\"url\": \"$O/paginate?per_page=2&total=4\", \"id\": \"row-9\", \"meta\": 1}\n");
    site.run("haul -q --items '.items[].id' --paginate link list.ndjson > out").exits(0);
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let lines = lines(&site, "out");
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| keys(line) == ["id", "item", "page", "seq"] && line["id"] == "row-9"), "{lines:?}");
    assert!(site.read("out").starts_with("{\"seq\":0,\"id\":\"row-9\",\"page\":1,\"item\":"));
}
