//! Cookies over a run, and from one to the next.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{Scripted, Site, answer, canned};

/// One after the other, so that each sees what the last one set.
const ONE_BY_ONE: &str = "haul -c 1";

/// A site whose origin has names, `$A` and `$B`, that lead there with the options of `$N`.
fn named() -> Site {
    let site = Site::new();
    let port = site.origin.addr().port();
    let names = ["a.test", "www.a.test", "b.test"].map(|name| format!("--resolve {name}:{port}:127.0.0.1"));
    let site = site.with("N", names.join(" ")).with("A", format!("http://a.test:{port}"));
    site.with("B", format!("http://b.test:{port}"))
}

#[test]
fn cookies_last_over_a_run_and_into_the_next() {
    let site = Site::new();
    site.file("list.txt", "$O/cookies\n$O/cookies/set?a=1&b=2\n$O/cookies\n$O/cookies/delete?a\n$O/cookies\n");
    let run = site.run(&format!("{ONE_BY_ONE} --session jar list.txt")).exits(0);
    let seen: Vec<_> = run.records.iter().map(|record| &record["json"]["cookies"]).collect();
    let both = json!({"a": "1", "b": "2"});
    // A hop sees what the answer before it has set.
    assert_eq!(seen, [&json!({}), &both, &both, &json!({"b": "2"}), &json!({"b": "2"})]);

    assert_eq!(fs::metadata(site.path("jar")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(site.read("jar").ends_with("127.0.0.1\tFALSE\t/\tFALSE\t0\tb\t2\n"), "{}", site.read("jar"));
    assert_eq!(site.run("haul --session jar $O/cookies").record()["json"]["cookies"], json!({"b": "2"}));
    assert_eq!(site.run("haul $O/cookies").record()["json"]["cookies"], json!({}));
}

#[test]
fn without_a_session_nothing_is_kept() {
    let site = Site::new();
    site.file("list.txt", "$O/cookies/set?a=1\n$O/cookies\n");
    let run = site.run(&format!("{ONE_BY_ONE} list.txt")).exits(0);
    assert_eq!(run.records[0]["json"]["cookies"], json!({}));
    assert_eq!(run.records[1]["json"]["cookies"], json!({}));
}

#[test]
fn a_file_of_cookies_is_sent_and_left_alone() {
    let site = Site::new();
    let file = "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\tfile\n#HttpOnly_127.0.0.1\tFALSE\t/cookies\tFALSE\t0\tb\tx y\n\
                127.0.0.1\tFALSE\t/\tTRUE\t0\tsecure\t1\n127.0.0.1\tFALSE\t/\tFALSE\t1\told\t1\n\
                b.test\tFALSE\t/\tFALSE\t0\tother\t1\n";
    site.file("given", file);
    site.file("list.txt", "$O/cookies/set?a=server&c=3\n$O/cookies\n");
    let run = site.run(&format!("{ONE_BY_ONE} -b given list.txt")).exits(0);
    for record in &run.records {
        assert_eq!(record["json"]["cookies"], json!({"a": "file", "b": "x y"}));
    }
    // With a session, what a server has set is newer.
    let run = site.run(&format!("{ONE_BY_ONE} -b given --session jar list.txt")).exits(0);
    assert_eq!(run.records[1]["json"]["cookies"], json!({"a": "server", "b": "x y", "c": "3"}));
    assert_eq!(site.read("given"), file);
    assert!(!site.read("jar").contains("x y"), "{}", site.read("jar"));
}

#[test]
fn a_jobs_own_cookies_go_first() {
    let site = Site::new();
    site.file("given", "127.0.0.1\tFALSE\t/\tFALSE\t0\ta\tfile\n127.0.0.1\tFALSE\t/\tFALSE\t0\tc\tfile\n");
    for own in ["-b 'a=own; b=own'", "-b a=own -b b=own", "-H 'Cookie: a=own; b=own'"] {
        let record = site.run(&format!("haul {own} -b given $O/headers")).record();
        assert_eq!(record["json"]["headers"]["Cookie"], "a=own; b=own; c=file", "{own}");
    }
    site.run("haul -b a=1 -H 'Cookie: b=2' $O/get").fails(2, &["--cookie cannot be used with --header Cookie"]);
}

#[test]
fn each_host_gets_its_own() {
    let site = named();
    site.file("list.txt", "$A/cookies/set?at=a\n$B/cookies\n$B/cookies/set?at=b\n$A/redirect-to?url=$B/cookies\n");
    let run = site.run(&format!("{ONE_BY_ONE} $N --session jar list.txt")).exits(0);
    let seen: Vec<_> = run.records.iter().map(|record| &record["json"]["cookies"]).collect();
    assert_eq!(seen, [&json!({"at": "a"}), &json!({}), &json!({"at": "b"}), &json!({"at": "b"})]);
}

#[test]
fn a_domain_that_is_anybodys_has_no_cookies() {
    let fields = "Set-Cookie: all=1; Domain=test\r\nSet-Cookie: site=1; Domain=a.test\r\nSet-Cookie: host=1\r\n\
                  Set-Cookie: secure=1; Secure\r\nSet-Cookie: path=1; Path=/x\r\nSet-Cookie: gone=1; Max-Age=0\r\n";
    let server = canned(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\nConnection: close\r\n\r\n"));
    let site = named();
    let here = format!("--resolve www.a.test:{0}:127.0.0.1 http://www.a.test:{0}/", server.port());
    site.run(&format!("haul --session jar {here}")).exits(0);
    let file = site.read("jar");
    let names: Vec<_> = file.lines().filter_map(|line| line.split('\t').nth(5)).collect();
    assert_eq!(names, ["site", "host", "path"]);
    assert_eq!(site.run("haul $N --session jar $A/headers").record()["json"]["headers"]["Cookie"], "site=1");
    assert_eq!(site.run("haul $N --session jar $B/cookies").record()["json"]["cookies"], json!({}));
}

#[test]
fn records_show_cookies_only_when_asked_to() {
    let site = Site::new();
    let server = canned("HTTP/1.1 200 OK\r\nSet-Cookie: a=s3cret\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let run = site.run(&format!("haul --verbose-records --session jar http://{server}/")).exits(0);
    assert!(!run.stdout.contains("s3cret") && !run.stderr.contains("s3cret"), "{run:?}");
    let record = site.run(&format!("haul -i --session jar http://{server}/")).record();
    assert_eq!(record["headers"]["set-cookie"], json!(["REDACTED"]));
    let record = site.run(&format!("haul -i --no-redact --session jar http://{server}/")).record();
    assert_eq!(record["headers"]["set-cookie"], json!(["a=s3cret"]));
    for (fields, shown) in [("headers.set-cookie", true), ("headers.Set-Cookie.0", true), ("headers", false)] {
        let run = site.run(&format!("haul -i --format tsv --fields {fields} --session jar http://{server}/")).exits(0);
        assert_eq!(run.stdout.contains("a=s3cret"), shown, "{fields}: {run:?}");
    }
}

#[test]
fn a_session_that_is_stopped_keeps_what_it_has() {
    let site = Site::new();
    let mut running = site.start("haul -c 1 --rate 1/h --no-location --session jar"); // the second line waits for the signal
    running.write(&format!("{}\n{}\n", site.origin.url("/cookies/set?a=1"), site.origin.url("/get")));
    running.record();
    running.signal("INT");
    running.end().exits(130);
    assert!(site.read("jar").ends_with("a\t1\n"), "{}", site.read("jar"));
}

#[test]
fn what_is_no_cookie_file_is_not_overwritten() {
    let site = Site::new();
    site.file("list.txt", "$O/get\n");
    let list = site.read("list.txt");
    site.run("haul --session list.txt $O/get")
        .fails(2, &["--session list.txt: not a cookie file: line 1", "(name a cookie file in the Netscape format, or"]);
    site.run("haul -b list.txt $O/get").fails(2, &["--cookie list.txt: not a cookie file: line 1"]);
    site.run("haul --session none/jar $O/get").fails(2, &["--session none/jar: No such file or directory"]);
    site.run("haul --session . $O/get").fails(2, &["--session .: not a regular file"]);
    site.run("haul --session /dev/null $O/get").fails(2, &["--session /dev/null: not a regular file"]);
    site.file("comments", "# my notes\n# more\n");
    site.run("haul --session comments $O/get")
        .fails(2, &["--session comments: not a cookie file, so it is not replaced"]);
    site.run("haul -b a $O/get").fails(2, &["--cookie a: file not found (for a cookie, write name=value)"]);
    for both in ["-o jar", "-o jar --rotate 1h", "--report jar", "jar"] {
        site.file("jar", "");
        let jar = if both.contains("rotate") { "jar.000007" } else { "jar" };
        let run = site.run(&format!("haul --session {jar} {both} $O/get"));
        run.fails(2, &[&format!("haul: --session {jar} would overwrite a file that this command also uses")]);
    }
    site.run("haul -b jar --report jar $O/get")
        .fails(2, &["--report jar would overwrite a file that this command also uses"]);
    assert_eq!((site.read("list.txt"), site.origin.stats().requests), (list, 0));
}

#[test]
fn a_session_behind_a_link_stays_behind_it() {
    let site = Site::new();
    std::os::unix::fs::symlink("real", site.path("link")).unwrap();
    site.file("real", "");
    site.run("haul --session link $O/cookies/set?a=1").exits(0);
    assert!(site.path("link").is_symlink() && site.read("real").ends_with("a\t1\n"));
}

#[test]
fn a_session_behind_links_to_nothing_starts_at_their_end() {
    let site = Site::new();
    fs::create_dir(site.path("folder")).unwrap();
    for (link, target) in [("link", "folder/next"), ("folder/next", "real"), ("lost", "none/real")] {
        std::os::unix::fs::symlink(target, site.path(link)).unwrap();
    }
    for cookie in ["a=1", "b=2"] {
        site.run(&format!("haul --session link $O/cookies/set?{cookie}")).exits(0);
        assert!(site.path("link").is_symlink() && site.path("folder/next").is_symlink());
    }
    assert!(site.read("folder/real").contains("a\t1\n") && site.read("folder/real").contains("b\t2\n"));
    site.run("haul --session lost $O/get").fails(2, &["--session lost: No such file or directory"]);
}

/// A cookie of the origin, as a line without its end.
fn line(name: &str) -> String {
    format!("127.0.0.1\tFALSE\t/\tFALSE\t0\t{name}\t1")
}

#[test]
fn a_session_is_read_whatever_its_line_ends_and_encoding() {
    let utf16 = |text: &str| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let header = "# Netscape HTTP Cookie File";
    for start in [vec![header], vec![header, ""], vec![], vec!["", "# mine"]] {
        for end in ["\n", "\r\n", "\r"] {
            let lines = start.iter().map(|line| (*line).to_owned()).chain([line("a"), line("b")]);
            let text: String = lines.map(|line| line + end).collect();
            for content in [text.clone().into_bytes(), utf16(&text), [b"\xef\xbb\xbf", text.as_bytes()].concat()] {
                let site = Site::new();
                fs::write(site.path("jar"), &content).unwrap();
                for option in ["-b", "--session"] {
                    let run = site.run(&format!("haul {option} jar $O/cookies")).exits(0);
                    let sent = &run.record()["json"]["cookies"];
                    assert_eq!(*sent, json!({"a": "1", "b": "1"}), "{option} {content:?}");
                }
                assert_eq!(site.read("jar").matches("\t1\n").count(), 2, "{content:?}");
            }
        }
    }
}

#[test]
fn a_file_that_only_resembles_a_cookie_file_is_read_but_not_replaced() {
    let notes = "a note\n".repeat(200);
    let (a, header) = (line("a"), "# Netscape HTTP Cookie File\n");
    let as_cookies = |rest: &str| format!("not replaced, since it does not begin as a cookie file does, and {rest}");
    for (content, line) in [
        (format!("{notes}{a}\n"), 1),
        (format!("{a}\nnot a cookie\n"), 2),
        (format!("# mine\n\n{a}\n{a}\textra\n"), 4),
        (format!("notes\n{header}{a}\n"), 1),
        (format!("# about the HTTP Cookie File\n{a}\nnotes\n"), 3),
        (format!("{a}\rnotes\r"), 2),
        (format!("name,value\r\n{a}\r\n"), 1),
    ] {
        let site = Site::new();
        site.file("jar", &content);
        let why = format!("--session jar: {}", as_cookies(&format!("line {line}: ")));
        site.run("haul --session jar $O/get").fails(2, &[&why]);
        assert_eq!((site.read("jar"), site.origin.stats().requests), (content.clone(), 0));
        site.run("haul -q -b jar $O/get").exits(0);
    }
    for content in
        [format!("{header}notes\n"), format!("# HTTP cookie file.\nnotes\n{a}\n"), format!("{a}\n# mine\n\n")]
    {
        let site = Site::new();
        site.file("jar", &content);
        site.run("haul -q --session jar $O/cookies/set?b=2").exits(0);
        assert!(site.read("jar").ends_with("b\t2\n"), "{content:?}");
        for line in content.lines().filter(|line| ["notes", "# mine"].contains(line)) {
            assert!(site.read("jar").lines().any(|kept| kept == line), "{content:?}");
        }
        let before = site.read("jar");
        site.run("haul -q --session jar $O/cookies/set?b=2").exits(0);
        assert_eq!(site.read("jar"), before, "what stays is not there twice");
    }
}

#[test]
fn a_redirect_back_gets_the_cookie_that_came_with_it() {
    let site = Site::new();
    let set = "Location: /\r\nSet-Cookie: a=1\r\n";
    let wants_it = move |head: &str, _: usize| match head.to_lowercase().contains("\ncookie: a=1\r\n") {
        true => answer(200, "", "in"),
        false => answer(302, set, ""),
    };
    let server = Scripted::new(wants_it);
    assert_eq!(site.run(&format!("haul --session jar http://{}/", server.addr)).record()["body"], "in");
    assert_eq!(server.asked().len(), 2);
    let record = site.run(&format!("haul http://{}/", server.addr)).record();
    assert_eq!(record["redirects"].as_array().unwrap().len(), 10);
    assert_eq!(record["error"]["message"], "redirected more than 10 times (--max-redirs)");
}

/// Old servers set cookies in Latin-1 and want them back as they were.
#[test]
fn a_cookie_is_bytes_in_the_file_too() {
    let site = Site::new();
    let server = Scripted::new(|_, n| match n {
        0 => answer(200, b"Set-Cookie: a=caf\xe9\r\nSet-Cookie: \xe4=\xa0\r\nSet-Cookie: u=\xc3\xa9\r\n", ""),
        _ => answer(200, "", ""),
    });
    for _ in 0..3 {
        site.run(&format!("haul --session jar http://{}/", server.addr)).exits(0);
    }
    let cookies = |n: usize| {
        let head = server.asked()[n].clone();
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value.to_owned())
    };
    let all = Some("a=caf\u{e9}; \u{e4}=\u{a0}; u=\u{c3}\u{a9}".to_owned());
    assert_eq!([cookies(0), cookies(1), cookies(2)], [None, all.clone(), all]);
    let file = fs::read(site.path("jar")).unwrap();
    assert!(file.windows(8).any(|part| part == b"\ta\tcaf\xe9\n"), "{file:?}");
}
