//! Lists that are not what their names say, and lists in any encoding.

use std::fs;

use haul::storage::compression::Coding;

use crate::support::Site;

/// Lists in a format that is not the one they are read in, and what is said. None of them costs a request.
#[test]
fn a_list_of_another_format_is_refused_with_what_to_type() {
    let site = Site::new();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let url = site.origin.url("/get");
    let object = format!("{{\"url\":\"{url}\"}}");
    for (name, bytes, words) in [
        (
            "a.txt",
            object.clone().into(),
            "looks like NDJSON, not text with a URL on each line; use --input-format ndjson, or name it .ndjson",
        ),
        (
            "a",
            format!("url,name\n{url},x\n").into(),
            "looks like CSV, not text with a URL on each line; use --input-format csv, or name it .csv",
        ),
        ("b", format!("id\turl\n1\t{url}\n").into(), "use --input-format tsv"),
        (
            "a.json",
            format!("[{object}]").into(),
            "looks like a JSON array, not NDJSON; convert it: jq -c '.[]' a.json | haul --input-format ndjson",
        ),
        ("b.txt", format!("[\n  \"{url}\"\n]").into(), "convert it: jq -r '.[]' b.txt | haul"),
        (
            "b.json",
            format!("{{\n\"url\": \"{url}\"\n}}").into(),
            "a JSON document of several lines, not NDJSON; convert it: jq -c . b.json",
        ),
        ("c.ndjson", format!("{url}\n{url}\n").into(), "use --input-format text, or name it .txt"),
        (
            "c.csv",
            format!("{url},red\n").into(),
            "a table without a header row, not CSV; add a row with the names of the columns",
        ),
        ("d.csv", format!("url;name\n{url};x\n").into(), "CSV with semicolons"),
        (
            "v.txt",
            format!("POST {url}\nX-A: 1\n@body\n").into(),
            "looks like vegeta targets, not text with a URL on each line; use --input-format vegeta",
        ),
        (
            "t.ndjson",
            format!("{{\"method\":\"GET\",\"url\":\"{url}\",\"header\":{{\"X\":[\"1\"]}}}}\n").into(),
            "looks like vegeta targets, not NDJSON; use --input-format vegeta",
        ),
        ("l.txt", format!("id,link\n1,{url}\n").into(), "looks like CSV, not text with a URL on each line"),
        (
            "sep.csv",
            format!("sep=;\r\nid;url\r\n1;{url}\r\n").into(),
            "CSV with a first line for Excel (sep=), not CSV; remove that line, and separate the fields by commas",
        ),
        (
            "a.har",
            format!("{{\n \"log\": {{\"entries\": [{{\"request\": {{\"method\": \"GET\", \"url\": \"{url}\"}}}}]}}}}")
                .into(),
            "an HTTP archive (HAR), not text with a URL on each line; convert it: \
             jq -c '.log.entries[].request | {method, url}' a.har | haul --input-format ndjson",
        ),
        ("h.txt", "<!DOCTYPE html>\n".into(), "looks like HTML"),
        (
            "x.csv",
            b"PK\x03\x04\x14\0".to_vec(),
            "looks like a zip archive or a spreadsheet, not CSV; save the sheet as CSV",
        ),
        ("u.txt", utf16(&url), "looks like UTF-16 without a byte order mark"),
        ("n.txt", format!("{url}\0{url}\0").into(), "a list with NULs instead of line ends"),
    ] {
        fs::write(site.path(name), bytes).unwrap();
        site.run(&format!("haul $O/get {name}")).fails(3, &[&format!("cannot read {name}: it "), words]);
        site.run(&format!("haul --strict {name}")).fails(3, &[&format!("cannot read {name}: it "), words]);
    }
    assert_eq!(site.origin.stats().requests, 0);
    fs::write(site.path("u.csv"), utf16(&format!("url\n{url}\n"))).unwrap();
    site.run("haul u.csv").fails(3, &["convert it: iconv -f UTF-16LE -t UTF-8 u.csv | haul --input-format csv"]);
    site.file("s.ndjson", "\"$O/get\"\n\"$O/json\"\n");
    site.run("haul s.ndjson").fails(3, &["a list of JSON strings, not NDJSON; convert it: jq -r . s.ndjson | haul\n"]);
    site.run("cat a | haul").fails(3, &["cannot read stdin: it looks like CSV", "; use --input-format csv\n"]);
    site.file("v", "GET $O/get\nX-A: b\n\nPOST $O/post\n");
    site.run("cat v | haul")
        .fails(3, &["cannot read stdin: it looks like vegeta targets", "; use --input-format vegeta\n"]);
    site.run("haul v").fails(3, &["cannot read v: it looks like vegeta targets", "; use --input-format vegeta\n"]);
    assert_eq!(site.origin.stats().requests, 0);
    site.run("cat b.json | haul").fails(3, &["jq -c . FILE | haul --input-format ndjson"]);
    site.run("gzip -c b.json | haul").fails(3, &["gzip -dc FILE | jq -c . | haul --input-format ndjson"]);
}

/// A good line of a pipe does not wait for the next one, which may show that it was the first of a target in vegeta's format.
#[test]
fn a_slow_pipe_of_vegeta_targets_stops_at_its_second_line() {
    let site = Site::new();
    let mut haul = site.start("haul -q");
    haul.write(&format!("# c\nGET {}\n", site.origin.url("/get")));
    assert_eq!(haul.record()["ok"], true);
    haul.write("\n# c\nX-A: b\n");
    let run = haul.end().exits(3);
    run.says(&["cannot read stdin: it looks like vegeta targets", "; use --input-format vegeta\n"]);
    assert_eq!(site.origin.stats().requests, 1);
    let mut haul = site.start("haul -q");
    for _ in 0..2 {
        haul.write(&format!("GET {}\n", site.origin.url("/get")));
        assert_eq!(haul.record()["ok"], true);
    }
    haul.write("X-A: b\n");
    assert_eq!(haul.end().exits(0).all("ok"), [true, true, false], "a stray line");
}

/// `--strict` copies a pipe, and then looks at it as at a file.
#[test]
fn strict_recognises_the_format_of_a_pipe() {
    let site = Site::new();
    site.file("list.json", "[\n{\"url\":\"$O/get\"}\n]\n");
    site.file("targets", "GET $O/get\nX-A: 1\n");
    site.file("good", "$O/get\n");
    let json = "cannot read stdin: it looks like a JSON array, not text with a URL on each line; convert it: ";
    site.run("cat list.json | haul --strict").fails(3, &[json]);
    site.run("cat list.json | gzip | haul --strict").fails(3, &[json, "gzip -dc FILE | jq -c '.[]' | haul"]);
    site.run("cat targets | haul --strict").fails(3, &["it looks like vegeta targets", "use --input-format vegeta"]);
    site.run("cat targets | haul --strict good -").fails(3, &["it looks like vegeta targets"]);
    assert_eq!(site.origin.stats().requests, 0);
    site.run("cat good | haul --strict").exits(0);
    assert_eq!(site.origin.stats().requests, 1);
}

#[test]
fn a_stray_line_is_a_record_and_a_list_of_bad_lines_gets_a_note() {
    let site = Site::new();
    site.file("list.txt", "{\"url\":\"$O/get\"}\n$O/get\n{\"url\":\"$O/get\"}\n");
    for line in ["haul list.txt", "cat list.txt | haul"] {
        let run = site.run(line).exits(0);
        assert_eq!(run.all("ok"), [false, true, false], "{line}");
        assert!(!run.stderr.contains("list.txt"), "{}", run.stderr);
    }
    site.file("bad.txt", "foo\nbar\n");
    site.file("empty.txt", "# nothing\n\n");
    site.file("rows.csv", "url\n");
    let run = site.run("haul bad.txt empty.txt rows.csv $O/get http://").exits(0);
    assert_eq!(run.all("ok"), [false, false, true, false]);
    run.says(&[
        "none of the 2 lines of bad.txt is a valid request\n",
        "empty.txt has no URLs\n",
        "rows.csv has no URLs\n",
    ]);
    site.file("quote.csv", &format!("url,t\n$O/get,\"oops\n{}", "$O/get,1\n".repeat(500)));
    let run = site.run("haul quote.csv").exits(0);
    let message =
        "quote.csv line 2: unclosed quote: the 500 lines up to the end of the list were read as part of this row";
    assert_eq!(run.records[0]["error"]["message"], message);
    run.says(&["none of the 501 lines of quote.csv is a valid request\n"]);
    assert_eq!(site.run("haul -q bad.txt empty.txt").exits(0).stderr, "");
}

#[test]
fn any_line_ends_and_utf_16_are_read() {
    let site = Site::new();
    let url = site.origin.url("/anything");
    let lists = [
        ("a.txt", format!("{url}/1\r{url}/2\r")),
        ("b.txt", format!("# c\r{url}/1\n\r\n{url}/2")),
        ("a.csv", format!("url,team\r{url}/1,red\r{url}/2,\"blue\"\r")),
        ("b.csv", format!("url,team\r\r\n{url}/1,red\r\r\n{url}/2,blue\r\r\n")),
        ("a.ndjson", format!("{{\"url\":\"{url}/1\"}}\r{{\"url\":\"{url}/2\"}}\r")),
    ];
    for (name, text) in lists {
        let units = || std::iter::once(0xfeff).chain(text.encode_utf16());
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for bytes in [text.clone().into_bytes(), little, big] {
            fs::write(site.path(name), bytes).unwrap();
            let run = site.run(&format!("haul --strict {name}")).exits(0);
            assert_eq!(run.all("url"), [&format!("{url}/1"), &format!("{url}/2")], "{name}");
        }
    }
    fs::write(site.path("broken.txt"), b"\x1f\x8b\x08").unwrap();
    site.run("haul broken.txt").fails(3, &["cannot read broken.txt: it ends early"]);
    site.file("c.txt.gz", "");
    let mut bytes = Vec::new();
    Coding::Gzip.encode(format!("{url}/1\n").as_bytes(), &mut bytes).unwrap();
    fs::write(site.path("plain-name"), bytes).unwrap();
    assert_eq!(site.run("haul plain-name").record()["ok"], true);
    assert_eq!(site.run("haul < plain-name").record()["ok"], true);
}

#[test]
fn what_is_not_utf_16_is_called_that() {
    let site = Site::new();
    let url = site.origin.url("/anything");
    for (name, [before, behind]) in [
        ("a.txt", [format!("{url}/"), "\n".to_owned()]),
        ("a.csv", [format!("url\n{url}/"), "\n".to_owned()]),
        ("a.ndjson", [format!("{{\"url\":\"{url}/"), "\"}\n".to_owned()]),
    ] {
        let line = if name == "a.csv" { 2 } else { 1 };
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let half_pair = [vec![0xfeff], units(&before), vec![0xd83d], units(&behind)].concat();
        let text = format!("\u{feff}{before}{}", behind.trim_end());
        for big in [false, true] {
            let bytes = |units: &[u16]| -> Vec<u8> {
                units.iter().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
            };
            for list in [bytes(&half_pair), [bytes(&units(&text)), vec![b'x']].concat()] {
                fs::write(site.path(name), list).unwrap();
                let run = site.run(&format!("haul -q {name}")).exits(0);
                let message = format!("{name} line {line}: not UTF-16");
                assert_eq!(run.records[0]["error"]["message"], message, "{:#?}", run.records);
            }
        }
    }
    fs::write(site.path("latin"), [url.as_bytes(), b"/caf\xe9\n"].concat()).unwrap();
    assert_eq!(site.run("haul -q latin").record()["error"]["message"], "latin line 1: not UTF-8");
    assert_eq!(site.origin.stats().requests, 0);
}

/// Positions in UTF-16 are not used: the list is read from its start.
#[test]
fn a_list_in_utf_16_is_resumed() {
    let site = Site::new();
    let url = site.origin.url("/anything");
    let text: String = std::iter::once('\u{feff}')
        .chain((0..600).flat_map(|n| format!("{url}/{n}\n").chars().collect::<Vec<_>>()))
        .collect();
    fs::write(site.path("list.txt"), text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    site.run("haul --body none --ordered -o out.ndjson --resume list.txt").exits(0);
    let before = site.read("out.ndjson");
    site.run("haul --body none --ordered -o out.ndjson --resume list.txt").exits(0);
    assert_eq!((site.read("out.ndjson"), site.origin.stats().requests), (before, 600));
}
