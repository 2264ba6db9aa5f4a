//! Options from a file and from the environment.

use serde_json::json;

use crate::support::Site;

/// What a server sees as the client's name.
fn agent(site: &Site, line: &str) -> String {
    let record = site.run(line).record();
    record["json"]["headers"]["User-Agent"].as_str().unwrap().to_owned()
}

#[test]
fn a_value_is_typed_or_a_variable_s_or_the_file_s() {
    let site = Site::new();
    site.file("haul.toml", "user-agent = 'file/1'\n");
    let (file, variable) = ("haul --config haul.toml $O/headers", "HAUL_USER_AGENT=variable/1");
    assert_eq!(agent(&site, file), "file/1");
    assert_eq!(agent(&site, &format!("{variable} {file}")), "variable/1");
    assert_eq!(agent(&site, &format!("{variable} {file} -A typed/1")), "typed/1");
    assert_eq!(agent(&site, &format!("HAUL_USER_AGENT= {file}")), "file/1");
}

#[test]
fn aliases_work_everywhere() {
    let site = Site::new();
    site.file("haul.toml", "retries = 0\nmax-time = '100ms'\nsilent = true\nmax-redirect = 1\n");
    let record = site.run("haul --config haul.toml $O/delay/5").record();
    assert_eq!((record.kind(), &record["attempts"]), ("timeout", &json!(1)));
    assert_eq!(site.run("haul --config haul.toml $O/redirect/2").record().kind(), "too_many_redirects");
    let run = site.run("HAUL_RETRIES=0 HAUL_MAX_TIME=100ms HAUL_SILENT=true haul $O/delay/5").exits(0);
    assert_eq!((run.records[0].kind(), run.stderr.as_str()), ("timeout", ""));
    let twice = "the variable HAUL_RETRIES sets --retry, as the variable HAUL_RETRY does: remove one";
    site.run("HAUL_RETRY=1 HAUL_RETRIES=0 haul $O/get").fails(2, &[twice]);
    site.file("haul.toml", "retry = 0\n\nretries = 1\n");
    site.run("haul --config haul.toml $O/get")
        .fails(2, &["haul.toml line 3 sets --retry, as haul.toml line 1 does: remove one"]);
}

#[test]
fn a_switch_may_be_off() {
    let site = Site::new();
    site.file("on.toml", "quiet = true\ninclude = true\n");
    site.file("off.toml", "quiet = false\n");
    let quiet = |line: &str| site.run(line).exits(0).stderr.is_empty();
    assert!(quiet("haul --config on.toml $O/get"));
    assert!(!quiet("haul --config off.toml $O/get"));
    assert!(!quiet("HAUL_QUIET=false haul --config on.toml $O/get"));
    assert!(quiet("HAUL_QUIET=1 haul --config off.toml $O/get"));
    assert!(quiet("HAUL_QUIET=false haul --config on.toml -q $O/get"));
    assert!(site.run("haul --config on.toml $O/get").record()["headers"].is_object());
    site.run("HAUL_QUIET=yes haul $O/get").fails(2, &["the variable HAUL_QUIET: expected true or false"]);
}

#[test]
fn a_list_replaces_the_one_below_it() {
    let site = Site::new();
    site.file("haul.toml", "header = ['X-A: file', 'X-B: file']\n");
    let sent = |line: &str| {
        let record = site.run(line).record();
        let headers = &record["json"]["headers"];
        json!([headers["X-A"], headers["X-B"], headers["X-C"]])
    };
    assert_eq!(sent("haul --config haul.toml $O/headers"), json!(["file", "file", null]));
    assert_eq!(sent("haul --config haul.toml -H 'X-C: typed' $O/headers"), json!([null, null, "typed"]));
    let variable = "HAUL_HEADER=\"$(printf 'X-A: 1\\nX-C: 2\\n')\"";
    assert_eq!(sent(&format!("{variable} haul --config haul.toml $O/headers")), json!(["1", null, "2"]));
}

#[test]
fn a_variable_may_name_the_file() {
    let site = Site::new();
    site.file("a.toml", "user-agent = 'a/1'\n");
    site.file("b.toml", "user-agent = 'b/1'\n");
    assert_eq!(agent(&site, "HAUL_CONFIG=a.toml haul $O/headers"), "a/1");
    assert_eq!(agent(&site, "HAUL_CONFIG=a.toml haul --config b.toml $O/headers"), "b/1");
    assert!(agent(&site, "HAUL_CONFIG= haul $O/headers").starts_with("haul/"));
    site.run("HAUL_CONFIG=c.toml haul $O/get").fails(2, &["cannot read the configuration file c.toml: No such file"]);
}

#[test]
fn what_was_typed_goes_before_what_it_excludes() {
    let site = Site::new();
    site.file("haul.toml", "http2 = true\noutput = 'out.ndjson'\nresume = true\n");
    let version = || site.json("out.ndjson")["http_version"].clone();
    site.run("haul --config haul.toml $O/get").exits(0);
    assert_eq!(version(), "2");
    site.run("haul --config haul.toml --http1.1 --force $O/get").exits(0); // not to go on with the first
    assert_eq!(version(), "1.1");

    site.file("both.toml", "\n\"http1.1\" = true\nhttp2 = true\n");
    let both =
        ["'--http1.1' cannot be used with '--http2'", "--http1.1 comes from both.toml line 2, --http2 comes from both"];
    site.run("haul --config both.toml $O/get").fails(2, &both);
}

#[test]
fn a_bad_file_is_refused_before_the_first_request() {
    let site = Site::new();
    for (text, said) in [
        ("\nrate = 'x'", "haul.toml line 2: rate: invalid value 'x' for '--rate <RATE>': expected a rate such as 5/s"),
        ("retry = -1", "haul.toml line 1: retry: invalid value '-1' for '--retry <N>'"),
        ("body = 'html'", "haul.toml line 1: body: invalid value 'html' for '--body <MODE>': expected auto, none"),
        ("# pace\nhost_rate = 5", "haul.toml line 2: unknown key host_rate; did you mean host-rate?"),
        ("[pace]\nrate = 5", "haul.toml line 1: unknown key pace"),
        ("concurrency = true", "haul.toml line 1: concurrency: expected a string or a number, but the value has"),
        ("fail = 'true'", "haul.toml line 1: fail: expected true or false, but the value has type string"),
        ("force = true", "haul.toml line 1: force: --force works only on the command line"),
        (
            "header = ['x']",
            "--header: a header needs a colon: write 'Name: value'\n(--header comes from haul.toml line 1)",
        ),
        ("rotate = '1GiB'", "--output <FILE>"),
        ("rate = ", "haul.toml line 1: "),
    ] {
        site.file("haul.toml", text);
        site.run("haul --config haul.toml $O/get").fails(2, &[said]);
    }
    site.run("haul --config none.toml $O/get")
        .fails(2, &["cannot read the configuration file none.toml: No such file"]);
    site.run("haul --config . $O/get").fails(2, &["cannot read the configuration file .: Is a directory"]);
    site.run("haul --config /dev/zero $O/get").fails(2, &["it is larger than 1 MiB"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn a_configuration_is_not_written_over() {
    let site = Site::new();
    site.file("haul.toml", "output = 'haul.toml'\n");
    site.run("haul --config haul.toml --force $O/get")
        .fails(2, &["would overwrite a file that this command also uses"]);
    assert_eq!(site.read("haul.toml"), "output = 'haul.toml'\n");
}

#[test]
fn what_a_variable_holds_is_not_shown() {
    let site = Site::new();
    for name in ["HEADER", "BASE_URL", "EXPECT", "EXPECT_JQ", "WHERE", "URL", "USER", "PROXY", "QUIET", "FORCE"] {
        let run = site.run(&format!("HAUL_{name}='s 3cret' haul $O/get")).exits(2);
        assert!(!run.stderr.contains("3cret"), "{}", run.stderr);
        run.fails(2, &[&format!("HAUL_{name}")]);
    }
    site.run("HAUL_RATE=abc haul $O/get")
        .fails(2, &["the variable HAUL_RATE: invalid value 'abc' for '--rate <RATE>'"]);
    let helped = site.run("HAUL_HEADER='A: s3cret' HAUL_PROXY=s3cret haul --help").exits(0);
    assert!(!helped.stdout.contains("s3cret"));
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn the_demo_has_the_same_options_and_other_commands_have_none() {
    let site = Site::new();
    site.file("haul.toml", "quiet = true\nfail = true\n");
    assert_eq!(site.run("haul demo --config haul.toml").exits(4).stderr, "");
    assert_eq!(site.run("HAUL_CONFIG=haul.toml haul demo").exits(4).stderr, "");
    let set = "HAUL_CONFIG=none.toml HAUL_STRICT=nonsense HAUL_RATE=nonsense";
    site.run("haul -q -o out.ndjson $O/get").exits(0);
    for line in ["haul report out.ndjson", "haul man", "haul --version", "haul demo --help"] {
        site.run(&format!("{set} {line}")).exits(0);
    }
}

#[test]
fn commands_without_options_of_a_run_do_not_mind_variables() {
    let site = Site::new();
    for command in ["man", "completions bash", "report /dev/null"] {
        site.run(&format!("HAUL_QUIET=true HAUL_RATE=5/s HAUL_BEARER=x haul {command} > out")).exits(0);
    }
}
