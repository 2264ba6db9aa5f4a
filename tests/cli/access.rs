//! Which hosts are asked, and which never are.

use serde_json::{Value, json};

use crate::relays::Relay;
use crate::support::{Run, Site};

/// A site that also knows its port, `$PORT`.
fn site() -> Site {
    let site = Site::new();
    let port = site.origin.addr().port();
    site.with("PORT", port)
}

/// All were refused, for a reason that has these words.
#[track_caller]
fn refuses(run: Run, words: &str) {
    let run = run.exits(0);
    assert!(!run.records.is_empty());
    for record in &run.records {
        assert_eq!((record.kind(), &record["status_code"]), ("blocked", &Value::Null));
        let message = record["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn no_spelling_of_a_private_host_is_asked() {
    let site = site();
    let hosts = [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "0x7F000001",
        "127.1",
        "127.0.0.1.",
        "0",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::FFFF:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::127.0.0.1]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "l%6fcalhost",
        "user@127.0.0.1",
        "u:p@localhost",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "metadata.google.internal",
        "10.0.0.1",
        "[fe80::1]",
        "printer.local",
    ];
    site.file("list.txt", &hosts.map(|host| format!("http://{host}:$PORT/get\n")).concat());
    let run = site.run("haul --deny-private list.txt");
    assert_eq!(run.records.len(), hosts.len());
    assert!(run.records.iter().all(|record| record["error"]["phase"] == Value::Null), "none was sent");
    refuses(run, " is not public: ");
    assert_eq!(site.origin.stats().connections, 0);
}

#[test]
fn a_refused_input_says_which_host_and_which_option() {
    let site = site();
    let record = site.run("haul --deny-private http://0x7f.1:$PORT/get").record();
    assert_eq!(record["error"]["message"], "127.0.0.1 is not public: Loopback, 127.0.0.0/8 (--deny-private)");
    assert_eq!(record["url"], format!("http://0x7f.1:{}/get", site.origin.addr().port()));
    let run = site.run("haul --fail --deny-private $O/get").exits(4);
    run.says(&["blocked"]);
}

#[test]
fn a_name_is_refused_for_where_it_leads() {
    let site = site();
    // Whether it is pinned or the system is asked.
    let pinned = site.run("haul --deny-private --resolve a.test:$PORT:127.0.0.1,::1 http://a.test:$PORT/get").record();
    let why = "a.test resolves to 127.0.0.1, which is not public: Loopback, 127.0.0.0/8 (--deny-private)";
    assert_eq!((pinned.kind(), &pinned["error"]["message"]), ("blocked", &json!(why)));
    assert_eq!((&pinned["error"]["phase"], &pinned["attempts"]), (&json!("dns"), &json!(1)));
    let looked_up = "haul --deny-host 127.0.0.0/8 --deny-host ::1 http://localhost:$PORT/get";
    refuses(site.run(looked_up), "localhost resolves to ");
    refuses(site.run(&format!("{looked_up} --http2")), ", which is refused by the rule ");
    assert_eq!(site.origin.stats().connections, 0);

    let one_of_two = "haul --deny-host 127.0.0.2 --resolve a.test:$PORT:127.0.0.2,127.0.0.1 http://a.test:$PORT/get";
    assert_eq!(site.run(one_of_two).record()["remote_addr"], site.origin.addr().to_string());
}

#[test]
fn a_redirect_leads_nowhere_that_is_refused() {
    let site = site();
    for (options, host, why) in [
        ("--deny-host localhost", "LOCALHOST.", "localhost. is refused by the rule localhost (--deny-host)"),
        ("--deny-host 127.0.0.2/31", "0x7f.0.0.3", "127.0.0.3 is refused by the rule 127.0.0.2/31 (--deny-host)"),
        ("--allow-host 127.0.0.1", "localhost", "localhost is not an allowed host (--allow-host)"),
        ("--deny-host ::1", "[::1]", "::1 is refused by the rule [::1] (--deny-host)"),
    ] {
        let before = site.origin.stats().requests;
        let record = site.run(&format!("haul {options} \"$O/redirect-to?url=http://{host}:$PORT/get\"")).record();
        assert_eq!((record.kind(), &record["status_code"]), ("blocked", &json!(302)), "{host}");
        let message = record["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("redirected to http://") && message.ends_with(why), "{message}");
        assert_eq!(site.origin.stats().requests, before + 1);
    }
    // To a name that only turns out to lead there when it is looked up.
    let run = site.run(
        "haul --deny-host 127.0.0.2 --resolve a.test:$PORT:127.0.0.2 \"$O/redirect-to?url=http://a.test:$PORT/get\"",
    );
    let record = run.record();
    assert_eq!((record.kind(), &record["error"]["phase"]), ("blocked", &json!("dns")));
    assert_eq!(record["redirects"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_list_in_place_of_a_host_is_no_option_without_effect() {
    let site = site().with("HAUL_DENY_HOST", "a.test,localhost");
    let run = site.run("haul $O/get").exits(2);
    assert!(run.stderr.contains("HAUL_DENY_HOST") && run.stderr.contains("is a list"), "{}", run.stderr);
    for option in ["--deny-host a.test,localhost", "--allow-host 10.0.0.0/8,localhost"] {
        let run = site.run(&format!("HAUL_DENY_HOST= haul {option} $O/get")).exits(2);
        assert!(run.stderr.contains("give each host separately"), "{}", run.stderr);
    }
}

#[test]
fn only_allowed_hosts_are_asked_and_denied_ones_never() {
    let site = site();
    site.file("list.txt", "http://a.test:$PORT/get\nhttp://b.a.test:$PORT/get\nhttp://c.b.a.test:$PORT/get\n$O/get\n");
    let pins = ["a.test", "b.a.test", "c.b.a.test"].map(|name| format!("--resolve {name}:$PORT:127.0.0.1 ")).concat();
    let asked = |options: &str| {
        let run = site.run(&format!("haul {pins} {options} list.txt")).exits(0);
        let asked = |status: &&Value| if status.is_null() { '-' } else { '+' };
        run.all("status_code").iter().map(asked).collect::<String>()
    };
    assert_eq!(asked("--allow-host a.test"), "+---");
    assert_eq!(asked("--allow-host '*.A.test.' --allow-host 127.0.0.0/8"), "-+++");
    assert_eq!(asked("--allow-host '*.a.test' --deny-host 'c.*'"), "-+--");
    assert_eq!(asked("--allow-host '*:1'"), "----");
    assert_eq!(asked("--allow-host 'http://*' --deny-host 'https://*' --deny-host '*.a.test:1'"), "++++");
    assert_eq!(asked("--deny-host 127.0.0.1"), "----");
    assert_eq!(asked("--allow-host a.test --allow-host 127.0.0.1 --deny-private"), "----");
}

#[test]
fn neither_login_nor_page_goes_where_it_must_not() {
    let site = site();
    site.file("login", "$O/get");
    let run = site.run("haul --deny-private --login login http://a.test/");
    run.fails(1, &["login failed: ", "blocked: 127.0.0.1 is not public"]);
    assert_eq!(site.origin.stats().connections, 0);

    let record = site.run("haul --deny-host localhost --paginate page=p http://localhost:$PORT/get").record();
    assert_eq!((record.kind(), &record["page"]), ("blocked", &json!(1)));
}

#[test]
fn where_others_connect_no_address_can_be_looked_at() {
    let (site, proxy) = (site(), Relay::http_proxy(None));
    let site = site.with("P", proxy.addr());
    for (line, words) in [
        ("haul --deny-private -x $P $O/get", "--deny-private cannot be used with --proxy"),
        ("haul --deny-private -x socks5://$P $O/get", "--deny-private cannot be used with --proxy"),
        ("haul --deny-private -x socks5h://$P $O/get", "--deny-private cannot be used with --proxy"),
        ("haul --deny-host 10.0.0.0/8 -x $P $O/get", "--deny-host with an address cannot be used with --proxy"),
        ("all_proxy=$P haul --deny-private $O/get", "cannot be used with the proxy in the variable all_proxy"),
        ("https_proxy=$P haul --deny-private $O/get", "cannot be used with the proxy in the variable https_proxy"),
    ] {
        site.run(line).fails(2, &[words, "--proxy '' disables proxies"]);
    }
    crate::relays::unix_socket(&site.path("sock"), site.origin.addr());
    let socket = "haul --deny-private --unix-socket sock http://a.test/";
    site.run(socket).fails(2, &["--deny-private cannot be used with --unix-socket: the socket answers"]);
    assert_eq!((proxy.asked().len(), site.origin.stats().connections), (0, 0));

    for without in ["http_proxy=$P haul -x ''", "http_proxy=$P no_proxy=* haul", "http_proxy=$P haul --noproxy '*'"] {
        refuses(site.run(&format!("{without} --deny-private $O/get")), "is not public");
    }
    // By its name a host can be refused all the same.
    refuses(site.run("haul -x $P --deny-host localhost http://localhost:$PORT/get"), "localhost is refused");
    assert_eq!(site.run("haul -x $P --deny-host localhost $O/get").record()["status_code"], 200);
}

#[test]
fn variables_and_files_say_it_too() {
    let site = site();
    site.file("haul.toml", "deny-private = true\nallow-host = [\"a.test\", \"127.0.0.1\"]\n");
    refuses(site.run("haul --config haul.toml $O/get"), "--deny-private");
    refuses(site.run("HAUL_DENY_HOST='127.*' haul $O/get"), "127.0.0.1 is refused by the rule 127.* (--deny-host)");
    for (option, reason) in [
        ("--deny-host 'a b'", "\"a b\" is not a host: expected a name such as *.example.com"),
        ("--allow-host a:0", "\"0\" is not a port"),
        ("--allow-host ftp://a", "unsupported scheme \"ftp\""),
        ("--deny-host 'bü*.test'", "\"bü*\" mixes * and non-ASCII characters"),
    ] {
        site.run(&format!("haul {option} $O/get")).fails(2, &[reason]);
    }
    assert_eq!(site.origin.stats().connections, 0);
}

#[test]
fn a_run_that_is_resumed_refuses_what_it_refused() {
    let site = site();
    site.run("haul --resume -o out.ndjson --deny-private --deny-host a.test $O/get").exits(0);
    let changed = |options: &str, words: &str| {
        site.run(&format!("haul --resume -o out.ndjson {options} $O/get")).fails(2, &[words]);
    };
    changed("--deny-host a.test", "--deny-private was given before");
    changed("--deny-private", "--deny-host was given before");
    changed("--deny-private --deny-host b.test", "--deny-host has changed");
    changed("--deny-private --deny-host a.test --allow-host '*'", "--allow-host was not given before");
    site.run("haul --resume -o out.ndjson --deny-private --deny-host A.test $O/get").exits(0);
}
