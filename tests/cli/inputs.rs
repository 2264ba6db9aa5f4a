//! Lists in files and pipes, URLs as arguments, and lines that are neither.

use std::fs;

use haul::storage::compression::Coding;

use crate::support::Site;

/// How many requests came to the origin.
fn requests(site: &Site) -> u64 {
    site.origin.stats().requests
}

#[test]
fn inputs_are_read_in_the_order_given() {
    let site = Site::new();
    site.file("a.txt", "$O/anything/0\nPUT $O/anything/1\n");
    site.file("b.txt", "$O/anything/5");
    let run = site.run("echo $O/anything/2 | haul a.txt - $O/anything/3 $O/anything/4 b.txt").exits(0);
    let urls: Vec<_> = (0..6).map(|n| site.origin.url(&format!("/anything/{n}"))).collect();
    assert_eq!(run.all("url"), urls.iter().collect::<Vec<_>>());
    assert_eq!(run.all("method"), ["GET", "PUT", "GET", "GET", "GET", "GET"]);
    assert_eq!(run.records[1]["json"]["method"], "PUT");
}

#[test]
fn a_pipe_needs_no_argument() {
    let site = Site::new();
    let run = site.run("printf '%s\n' $O/get $O/json | haul").exits(0);
    assert_eq!(run.all("status_code"), [200, 200]);
}

#[test]
fn lists_may_have_comments_blanks_and_any_line_end() {
    let site = Site::new();
    let list = "\u{feff}# comment\r\n\r\n  $O/anything/0  \r\n\t\n#$O/get\nDELETE\t $O/anything/1\r\n$O/anything/2";
    site.file("list.txt", list);
    let run = site.run("haul list.txt").exits(0);
    assert_eq!(run.all("method"), ["GET", "DELETE", "GET"]);
    assert_eq!(run.all("ok"), [true, true, true]);
    assert_eq!(requests(&site), 3);
}

#[test]
fn an_input_that_cannot_be_read_stops_the_run_before_it_begins() {
    let site = Site::new();
    fs::create_dir(site.path("directory")).unwrap();
    for (name, reason) in [("missing.txt", "No such file"), ("directory", "is a directory")] {
        site.run(&format!("haul $O/get {name}")).fails(3, &[&format!("cannot read {name}: "), reason]);
    }
    assert_eq!(requests(&site), 0);
}

#[test]
fn byte_order_marks_are_skipped_however_many_there_are() {
    let site = Site::new();
    for (name, text) in [
        ("two.txt", "$O/get\n"),
        ("two.ndjson", "{\"url\":\"$O/get\"}\n"),
        ("two.csv", "url\n$O/get\n"),
        ("two.tsv", "url\tid\n$O/get\t1\n"),
    ] {
        site.file(name, &format!("\u{feff}\u{feff}{text}"));
        assert_eq!(site.run(&format!("haul {name}")).record()["status_code"], 200, "{name}");
    }
}

#[test]
fn a_bad_line_is_a_record_and_the_run_goes_on() {
    let site = Site::new();
    site.file("list.txt", "$O/get\nftp://example.com/\nhttp://a b/\n# comment\nPOST /relative\n$O/get\n");
    let run = site.run("printf 'example.com\n' | haul list.txt - http:// $O/get").exits(0);
    let kinds: Vec<_> = run.records.iter().map(|record| record.kind()).collect();
    let bad = "invalid_input";
    assert_eq!(kinds, ["none", bad, bad, bad, "none", bad, bad, "none"]);
    for (seq, place) in [(1, "list.txt line 2: "), (2, "list.txt line 3: "), (3, "list.txt line 5: ")] {
        let message = run.records[seq]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(place), "{message}");
    }
    assert_eq!(run.records[3]["method"], "POST");
    let message = "stdin line 1: no scheme: did you mean https://example.com/ ? Relative URLs need a base (--base-url)";
    assert_eq!(run.records[5]["error"]["message"], message);
    assert_eq!(run.records[6]["error"]["message"], "argument 1: no host");
}

#[test]
fn strict_wants_every_line_to_be_good_before_it_asks_for_one() {
    let site = Site::new();
    site.file("good.txt", "$O/get\nHEAD $O/json\n");
    site.file("bad.txt", "$O/get\nftp://example.com/\nnonsense\n");
    let words = ["2 lines are not valid requests", "bad.txt line 2: scheme \"ftp\"", "bad.txt line 3: no scheme"];
    site.run("haul --strict good.txt bad.txt").fails(3, &words);
    site.run("cat good.txt bad.txt | haul --strict").fails(3, &["stdin line 4", "stdin line 5"]);
    site.run("haul --strict good.txt missing.txt").fails(3, &["missing.txt"]);
    site.run("haul --strict example.com").fails(3, &["(did you mean https://example.com?)"]);
    assert_eq!(requests(&site), 0);

    let run = site.run("cat good.txt | haul --strict - good.txt $O/json").exits(0);
    assert_eq!(run.all("method"), ["GET", "HEAD", "GET", "HEAD", "GET"]);
    assert_eq!(run.all("status_code"), [200; 5]);
}

#[test]
fn references_are_resolved_against_a_base() {
    let site = Site::new();
    site.file("list.txt", "/anything/0\nPOST 1\n?q=1\n$O/anything/3\n");
    let run = site.run("haul --base-url $O/anything/base list.txt").exits(0);
    let at = |path| site.origin.url(path);
    let urls = [at("/anything/0"), at("/anything/1"), at("/anything/base?q=1")];
    assert_eq!(run.all("url"), ["/anything/0", "1", "?q=1", &at("/anything/3")]);
    assert_eq!(run.all("final_url")[..3], urls.each_ref());
    assert!(run.records[3].get("final_url").is_none());
}

/// Appends `text`, its origin named, to a file as a member or frame of its own.
fn append(site: &Site, name: &str, text: &str) {
    let path = site.path(name);
    let mut bytes = fs::read(&path).unwrap_or_default();
    let text = text.replace("$O", &site.origin.url(""));
    Coding::of(&path).encode(text.as_bytes(), &mut bytes).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn compressed_lists_are_read_as_what_they_hold() {
    for name in ["urls.txt.gz", "urls.txt.zst"] {
        let site = Site::new();
        site.file("plain.txt", "$O/anything/3\n");
        append(&site, name, "$O/anything/0\n# comment\n\nno-url\n$O/any");
        append(&site, name, "thing/2\n");
        let run = site.run(&format!("haul {name} plain.txt")).exits(0);
        let urls = [0, 2, 3].map(|n| site.origin.url(&format!("/anything/{n}")));
        assert_eq!(run.all("url"), [&urls[0], "no-url", &urls[1], &urls[2]]);
        let message = run.records[1]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("{name} line 4: no scheme")), "{message}");
        site.run(&format!("haul --strict {name}"))
            .fails(3, &["1 line is not a valid request", &format!("{name} line 4")]);
    }
}

#[test]
fn compressed_lists_can_be_strict_even_in_a_pipe() {
    for name in ["urls.gz", "urls.zst"] {
        let site = Site::new();
        append(&site, name, "$O/get\n$O/json\n");
        assert_eq!(site.run(&format!("haul --strict {name}")).exits(0).all("status_code"), [200, 200]);
        let pipe = format!("mkfifo pipe.{name}; cat {name} > pipe.{name} & haul --strict pipe.{name}");
        assert_eq!(site.run(&pipe).exits(0).all("status_code"), [200, 200]);
    }
}

#[test]
fn a_torn_list_ends_the_run_after_what_it_held() {
    for name in ["urls.gz", "urls.zst"] {
        let site = Site::new();
        append(&site, name, "$O/anything/0\n");
        append(&site, name, "$O/anything/1\n$O/anything/2\n");
        let bytes = fs::read(site.path(name)).unwrap();
        fs::write(site.path(name), &bytes[..bytes.len() - 2]).unwrap();
        let run = site.run(&format!("haul {name}")).exits(3);
        run.says(&[&format!("cannot read {name}: it ends early")]);
        let urls: Vec<_> = (0..run.records.len()).map(|n| site.origin.url(&format!("/anything/{n}"))).collect();
        assert_eq!(urls.len(), 3);
        assert_eq!(run.all("url"), urls.iter().collect::<Vec<_>>());
        site.run(&format!("haul --strict {name}")).fails(3, &["it ends early"]);

        fs::write(site.path(name), [&bytes[..], b"$O/get\n"].concat()).unwrap();
        let run = site.run(&format!("haul {name}")).exits(3);
        assert_eq!(run.records.len(), 3);
        run.says(&[&format!("cannot read {name}: something else follows the compressed data")]);
    }
    for name in ["a.gz", "a.zst", "a.txt.gz", "a.csv.gz", "a.csv.zst", "a.tsv.gz", "a.ndjson.gz", "a.json.zst"] {
        let site = Site::new();
        site.file(name, "not compressed\n");
        site.run(&format!("haul {name}")).fails(3, &[&format!("cannot read {name}: it is damaged, or not compressed")]);
    }
}

#[test]
fn the_first_bytes_tell_the_compression() {
    for (name, coding) in [("a.csv.gz", Coding::Zstd), ("a.csv.zst", Coding::Gzip), ("a.csv", Coding::Gzip)] {
        let site = Site::new();
        let mut bytes = Vec::new();
        coding.encode(format!("url\n{}\n", site.origin.url("/get")).as_bytes(), &mut bytes).unwrap();
        fs::write(site.path(name), bytes).unwrap();
        assert_eq!(site.run(&format!("haul {name}")).exits(0).all("status_code"), [200], "{name}");
    }
}

/// They are URLs, so their lines are good; and no server is to blame.
#[test]
fn a_url_that_no_request_can_name_fails_alone() {
    let site = Site::new();
    let long = format!("{:x<65535}", site.origin.url("/get?"));
    site.file("list.txt", &format!("http://{{{{host}}}}/\nhttp://a\"b/\n{long}\nhttp://a`/\n$O/get\n"));
    for options in ["", "--strict", "--robots", "--deny-host x.test", "-x $O"] {
        let run = site.run(&format!("haul {options} list.txt")).exits(0);
        let kinds: Vec<_> = run.records[..4].iter().map(|record| record.kind()).collect();
        assert_eq!(kinds, ["invalid_input"; 4], "{options}");
        assert_eq!(run.all("attempts")[..4], [0; 4], "{options}");
        assert_eq!(run.records[0]["error"]["message"], "the host name has a '{', which no request can carry");
        assert_eq!(run.records[2]["error"]["message"], "the URL is longer than 65534 bytes");
    }
    site.run("haul --fail list.txt").exits(4);
    site.file("login.txt", "http://{host}/\n");
    site.run("haul --login login.txt $O/get")
        .fails(1, &["invalid_input: the host name has a '{', which no request can carry"]);
}

#[test]
fn a_slow_pipe_is_served_line_by_line() {
    let site = Site::new();
    let mut haul = site.start("haul -");
    for n in 0..3 {
        let url = site.origin.url(&format!("/anything/{n}"));
        haul.write(&format!("{url}\n"));
        let record = haul.record();
        assert_eq!(record["url"], url.as_str());
        assert_eq!(record["seq"], n);
    }
    haul.end().exits(0);
}

#[test]
fn nothing_to_do_is_fine() {
    let site = Site::new();
    site.file("empty.txt", "");
    site.file("comments.txt", "# nothing\n\n");
    for line in ["haul empty.txt", "haul < empty.txt", "haul comments.txt -", "haul --strict - empty.txt"] {
        site.run(line).fails(0, &["nothing to fetch: the list has no URLs"]);
    }
}

#[test]
fn a_name_that_is_no_file_gets_a_hint() {
    let site = Site::new();
    site.file("list", "$O/get\n");
    for (line, hint) in [
        ("haul -q 50 list", "(-q means --quiet; to limit the request rate, use --rate 50/s)"),
        ("haul example.com", "(did you mean https://example.com?)"),
        ("haul localhost:8080/x", "(did you mean http://localhost:8080/x?)"),
        ("haul 127.0.0.1:80/x", "(did you mean http://127.0.0.1:80/x?)"),
        ("haul http:/127.0.0.1/x", "(did you mean http://127.0.0.1/x?)"),
        ("haul https:/example.com/x", "(did you mean https://example.com/x?)"),
        ("haul ''", "(the file name is empty; is a variable unset?)"),
        ("haul -q demo", "(to run the command, put it before the options: haul demo ...)"),
        ("haul -q report", "(to run the command, put it before the options: haul report ...)"),
        ("haul POST $O/get", "(to set the method, use -X POST)"),
    ] {
        site.run(line).fails(3, &["cannot read ", hint]);
    }
    for name in ["urls.txt", "foo", "dir/x", "list.json.gz", "README.md", "./example.com"] {
        let run = site.run(&format!("haul {name}")).exits(3);
        assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
    }
    assert_eq!(requests(&site), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn the_name_of_a_list_may_be_any_bytes() {
    let site = Site::new();
    site.file("list", "$O/get\nnonsense\n");
    let run = site.run("mv list \"$(printf 'caf\\351.txt')\" && haul caf*.txt").exits(0);
    assert_eq!(run.all("ok"), [true, false]);
    let message = run.records[1]["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("caf\u{fffd}.txt line 2: "), "{message}");
}

/// All of them are open from the start, so that one that is missing is known of then.
#[test]
fn there_may_be_more_lists_than_open_files_are_allowed_at_first() {
    let site = Site::new();
    (0..300).for_each(|n| site.file(&format!("{n}.txt"), &format!("$O/get?n={n}\n")));
    let run = site.run("ulimit -S -n 256 && haul *.txt").exits(0);
    assert_eq!(run.all("status_code"), [200; 300]);
}
