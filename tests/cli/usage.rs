//! Help as it is read, and what an unknown command gets.

use crate::support::Site;

fn printed(line: &str) -> String {
    let run = Site::new().run(line).exits(0);
    assert_eq!(run.stderr, "");
    run.stdout
}

#[test]
fn help_is_short_or_long() {
    insta::assert_snapshot!("short", printed("haul -h"));
    insta::assert_snapshot!("long", printed("haul --help"));
    insta::assert_snapshot!("demo", printed("haul demo -h"));
    insta::assert_snapshot!("origin", printed("haul origin --help"));
    insta::assert_snapshot!("probe_short", printed("haul probe -h"));
    insta::assert_snapshot!("probe_long", printed("haul probe --help"));
    insta::assert_snapshot!("report", printed("haul report --help"));
    insta::assert_snapshot!("completions", printed("haul completions --help"));
    insta::assert_snapshot!("man", printed("haul man --help"));
}

#[test]
fn shells_are_told_of_options() {
    let site = Site::new();
    assert_eq!(site.run("haul completions bash | bash -n").exits(0).stderr, "");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&format!("haul completions {shell}"));
        assert!(["host-rate", "http1.1", "demo", "think-time"].iter().all(|word| script.contains(word)), "{shell}");
    }
    site.run("haul completions tcsh").fails(2, &["[possible values: bash, elvish, fish, powershell, zsh]"]);
    assert_eq!(site.run("haul completions zsh | head -n 1").exits(0).stderr, "");
}

#[test]
fn there_is_a_manual() {
    let (page, version) = (printed("haul man"), env!("CARGO_PKG_VERSION"));
    assert!(page.contains(&format!("\n.TH haul 1  \"haul {version}\"")), "{page}");
    assert!(page.contains("\\-\\-host\\-rate") && page.contains("Exit codes"), "{page}");
    assert!(page.contains("Use only IPv4 addresses"), "what the short help hides: {page}");
    let probe = printed("haul man probe");
    assert!(
        probe.contains("\n.TH haul-probe 1 ") && probe.contains("\\-\\-think\\-time") && probe.contains("Exit codes")
    );
    assert!(printed("haul man report").contains(&format!("\n.TH haul-report 1  \"haul {version}\"")));
    Site::new().run("haul man x").fails(2, &["unknown command \"x\"", "demo, probe, origin, report, completions, man"]);
}

#[test]
fn it_knows_its_version() {
    let version = format!("haul {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!([printed("haul --version"), printed("haul -V")], [version.clone(), version]);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let site = Site::new();
    for (options, reason) in [
        ("--unknown", "unknown option --unknown"),
        ("--timeot 1s", "a similar argument exists: '--timeout'"),
        ("--timeout 0", "'--timeout <TIME>': must be more than 0"),
        ("--timeout soon", "expected a duration such as 500ms, 2s or 1m30s"),
        ("--rate 5/week", "'--rate <RATE>': expected a rate such as 5/s, 300/m or 10k/h"),
        ("--host-rate 0/s", "'--host-rate <RATE>': expected a rate such as"),
        ("--burst 0", "'--burst <N>': expected a whole number of at least 1"),
        ("--force", "--output <FILE>"),
        ("-c 0", "'--concurrency <N>': expected a whole number of at least 1"),
        ("--host-concurrency many", "expected a whole number of at least 1, such as 64 or 10k"),
        ("--max-filesize 0", "'--max-filesize <SIZE>': must be more than 0"),
        ("--max-filesize big", "expected a size such as 512KiB, 10MiB or 1GB"),
        ("--max-memory 1MiB", "--max-filesize must be less than --max-memory"),
        ("--retry -1", "invalid value '-1' for '--retry <N>': expected a whole number, such as 0 or 3"),
        ("--max-redirs -1", "'-1' for '--max-redirs <N>': there is always a limit: use a number such as 100"),
        ("--rotate 500 -o x", "'--rotate <SIZE|TIME>': needs a unit: write 500MiB or 500s, for example"),
        ("--url $O/get", "(to fetch one URL, give it as an argument: haul URL)"),
        ("--url '{a}'", "--url needs columns, which text lists and URLs do not have"),
        ("-5", "unexpected argument '-5' found"),
        ("--body html", "'--body <MODE>': expected auto, none, json, text, base64 or dir:PATH"),
        ("-X 'GE T'", "'--request <METHOD>'"),
        ("--base-url nonsense", "'--base-url <URL>': expected an http or https URL"),
        ("--base-url ftp://example.com/", "expected an http or https URL"),
        ("-o", "'--output <FILE>'"),
    ] {
        site.refuses(&format!("haul $O/get {options}"), 2, &[reason]);
    }
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn options_of_other_clients_mean_the_same_or_are_explained() {
    let site = Site::new();
    let record = site.run("haul -sL --max-time 5 --max-redirects 2 --retries 1 --connections 4 $O/redirect/2").record();
    assert_eq!(record["status_code"], 200);
    assert!(site.run("haul -s $O/get").exits(0).stderr.is_empty());
    let record = site.run("haul --silent --location --url-query a=b $O/anything").record();
    assert_eq!(record["json"]["args"]["a"], "b");
    let record = site.run("HAUL_NO_LOCATION=true haul -L $O/redirect/1").record();
    assert_eq!(record["status_code"], 200);
    let said: String = ["-v", "-I", "--tries 3", "--tries=3", "--compressed", "--duration 1s", "-f", "-sI", "-w x"]
        .map(|option| site.run(&format!("haul {option} $O/get")).stderr)
        .concat();
    insta::assert_snapshot!(said, @r"
    haul: unknown option -v
    (to record all response headers, use -i; to record every key, use --verbose-records)
    haul: unknown option -I
    (to send HEAD requests and record all response headers, use -X HEAD -i)
    haul: unknown option --tries
    (--retry N counts only repeats: in place of --tries 3, use --retry 2)
    haul: unknown option --tries
    (--retry N counts only repeats: in place of --tries 3, use --retry 2)
    haul: unknown option --compressed
    (haul asks for compressed responses and decompresses them by default: leave it out)
    haul: unknown option --duration
    (to send requests for a time, use: haul probe -z 30s URL)
    haul: unknown option -f
    (for an exit code of 4 if a request failed, use --fail)
    haul: unknown option -I
    (to send HEAD requests and record all response headers, use -X HEAD -i)
    haul: unknown option -w
    (to choose what is printed, use --fields status_code,url or --format csv)
    ");
}

#[test]
fn a_hint_is_better_than_an_option_that_is_spelled_alike() {
    let site = Site::new();
    for (options, hint) in [
        ("--max-retries 3", "use --retry N"),
        ("--threshold 'p99<1s'", "use --fail-if 'p99>300ms'"),
        ("--retry-max 3", "use --retry N"),
        ("--files a", "to send a file in a form, use -F NAME=@FILE"),
        ("--log a", "or --report FILE"),
        ("--jsonl", "haul writes NDJSON by default"),
        ("--limit 3", "to limit the rate, use --rate 5/s"),
        ("-0", "haul uses HTTP/1.1 and HTTP/2"),
        ("-1", "haul uses TLS 1.2 and 1.3"),
        ("-2", "haul uses TLS 1.2 and 1.3"),
        ("-T file", "to send a file, use -X PUT --data-binary @FILE"),
        ("-D -", "to record all response headers, use -i"),
        ("-K cfg", "to read options from a TOML file, use --config FILE"),
        ("--fail-with-body", "use --fail"),
        ("--retry-all-errors", "use --retry-on default,4xx,5xx,dns,tls,protocol"),
        ("--xyzzy", "haul --help lists all options"),
    ] {
        site.run(&format!("haul $O/get {options}")).fails(2, &["haul: unknown option -", hint]);
    }
    site.run("haul --retry-on default,4xx,5xx,dns,tls,protocol $O/get").exits(0);
}

#[test]
fn switches_may_be_repeated() {
    let site = Site::new();
    for options in ["-s -q", "-qs", "-s --silent", "-q -q", "-ii -qq", "-L -L --robots --robots -q"] {
        let run = site.run(&format!("haul {options} $O/get")).exits(0);
        assert_eq!((run.records.len(), run.stderr.as_str()), (1, ""), "{options}");
    }
    site.run("haul demo -qq --fail --fail").exits(4);
    site.run("HAUL_QUIET=true haul -q -q $O/get").exits(0);
    site.run("haul --http1.1 --http1.1 --http2 $O/get").fails(2, &["cannot be used with"]);
    site.run("haul --rate 1 --rate 2 $O/get").fails(2, &["cannot be used multiple times"]);
}

#[test]
fn a_variable_that_sets_nothing_is_named_once() {
    let site = Site::new();
    let run = site.run("HAUL_RATTE=5 HAUL_TIMEOUT=5s haul $O/get").exits(0);
    assert_eq!(run.stderr.matches("HAUL_").count(), 2, "{}", run.stderr);
    run.says(&["haul: the variable HAUL_RATTE sets no option; did you mean HAUL_RATE?\n"]);
    let run = site.run("HAUL_FOO=1 HAUL_L=1 HAUL_MAX_RETRIES=1 haul $O/get").exits(0);
    run.says(&[
        "HAUL_FOO sets no option\n",
        "HAUL_L sets no option\n",
        "HAUL_MAX_RETRIES sets no option (use --retry N)\n",
    ]);
    assert_eq!(site.run("HAUL_RATTE=5 haul -q $O/get").exits(0).stderr, "");
}

#[test]
fn bodies_that_are_only_counted_may_be_larger_than_the_memory() {
    let site = Site::new();
    let record = site.run("haul --body none --max-memory 1MiB --max-filesize 10MiB $O/bytes/2000000").record();
    assert_eq!((&record["ok"], &record["decoded_body_size"]), (&true.into(), &2_000_000.into()));
    let record = site.run("haul -X HEAD --max-memory 1MiB $O/get").record();
    assert_eq!((&record["ok"], &record["decoded_body_size"]), (&true.into(), &0.into()));
    let refused = "--max-filesize must be less than --max-memory";
    site.run("haul --body none --expect-body x --max-memory 1MiB $O/get").fails(2, &[refused]);
    site.run("haul --body none --jq . --max-memory 1MiB $O/get").fails(2, &[refused]);
    site.file("own.ndjson", "{\"url\": \"$O/bytes/2000000\", \"expect\": \"body~x\"}\n");
    let record = site.run("haul --body none --max-memory 1MiB own.ndjson").record();
    assert_eq!(record.kind(), "too_large");
    assert!(record["error"]["message"].as_str().unwrap().ends_with("1048576 bytes (--max-memory)"));
}
