//! What makes no sense in a probe, and what people type from habit.

use crate::support::Site;

#[test]
fn options_that_exclude_each_other_say_why() {
    let site = Site::new();
    for (options, why) in [
        ("--rate 5/s -c 2", "--concurrency: requests start when they are due"),
        ("--stages 5/s@1s -c 2", "to bound those in flight, use --max-in-flight"),
        ("--rate 5/s --stages 5/s@1s", "both set the rate"),
        (
            "--replay --rate 5/s",
            "--replay cannot be used with --rate: the list says when requests start; --speed changes its pace",
        ),
        ("--replay -c 2", "the list says when requests start"),
        ("--replay --shuffle 1", "a replay keeps the order of the list"),
        ("--replay --arrivals poisson", "the list says when requests start"),
        ("--rate 5/s --think-time 1s", "requests start when they are due, whenever answers come"),
        ("--speed 2", "--replay"),
        ("--arrivals poisson", "--arrivals needs --rate or --stages"),
        ("-c 5 --max-in-flight 5", "each loop has one request in flight"),
        ("--max-in-flight 5", "--max-in-flight needs --rate, --stages or --replay"),
        ("--no-records -o out.ndjson", "cannot be used with"),
        ("--no-records --body auto", "cannot be used with"),
        ("--max-redirs 3", "--location"),
        ("--speed 0 --replay", "expected a number from 0.000001 to 1000000"),
        ("--shuffle x", "'--shuffle <SEED>': expected a whole number"),
        ("--seed x", "'--seed <SEED>': expected a whole number"),
        ("-m GET", "to set the method, use -X GET"),
        ("--no-records --hdr - --report -", "cannot both be written to standard output"),
        ("-n 0", "'--requests <N>': expected a whole number of at least 1"),
        ("-z 0", "'--duration <TIME>': must be more than 0"),
    ] {
        site.refuses(&format!("haul probe {options} $O/get"), 2, &[why]);
    }
    site.refuses("haul probe -o missing/out.ndjson $O/get", 1, &["cannot create missing/out.ndjson"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn the_place_in_stages_is_marked() {
    let said = Site::new().run("haul probe --stages '10/s..50/s@2m, 50/x@1m' http://localhost/").exits(2).stderr;
    let lines: Vec<&str> = said.lines().collect();
    let (text, marks) = (lines[1], lines[2]);
    let marked = &text[marks.find('^').unwrap()..=marks.rfind('^').unwrap()];
    assert!(text == "    10/s..50/s@2m, 50/x@1m" && marked == "50/x", "{said}");
}

#[test]
fn habits_of_other_tools_are_explained() {
    let site = Site::new();
    let said: String = [
        "-d 30s",
        "-duration=30s",
        "-t 4",
        "-R 200",
        "--qps 5",
        "--vus 5",
        "--latency",
        "--latency-correction",
        "--retry 3",
        "--no-location",
        "--jq .a",
        "--resume",
        "--fail",
        "--ordered",
        "--strict",
        "--xyzzy",
    ]
    .map(|option| site.run(&format!("haul probe {option} $O/get")).exits(2).stderr)
    .concat();
    insta::assert_snapshot!(said, @r#"
    haul: -d 30s would send "30s" as data, as in curl
    (for a duration, use -z 30s; to send the text, use --data-binary 30s)
    haul: unknown option -duration
    (use -z/--duration TIME)
    haul: unknown option -t
    (for threads, use --threads N; for a duration, use -z TIME; for a timeout, use -m TIME)
    haul: unknown option -R
    (use --rate N/s, such as --rate 200/s)
    haul: unknown option --qps
    (use --rate N/s, such as --rate 200/s)
    haul: unknown option --vus
    (use -c N for N loops, or --rate N/s for a rate that does not depend on answers)
    haul: unknown option --latency
    (the summary and the report always have percentiles: leave it out)
    haul: unknown option --latency-correction
    (with --rate, latency always counts from when a request was due: leave it out)
    haul: unknown option --retry
    (a probe does not retry: a retry would hide a failure and add load)
    haul: unknown option --no-location
    (a probe does not follow redirects by default: leave it out)
    haul: unknown option --jq
    (a probe does not extract from bodies; for conditions on them, use --expect-jq FILTER)
    haul: unknown option --resume
    (a probe cannot be continued: start it again)
    haul: unknown option --fail
    (use --fail-if 'failed>0')
    haul: unknown option --ordered
    (records of a probe come as requests end; seq has their order)
    haul: unknown option --strict
    (a probe always checks its lists first: leave it out)
    haul: unknown option --xyzzy
    (haul probe --help lists all options)
    "#);
    for (option, hint) in [
        ("-disable-keepalive", "(use --no-keepalive)"),
        ("-disable-redirects", "a probe does not follow redirects by default"),
        ("-disable-compression", "use -H 'Accept-Encoding: identity'"),
        ("-dns-ttl=0", "unknown option -dns-ttl\n"),
        ("-body=x", "use --data-binary @FILE"),
        ("-h2", "use --http2"),
        ("-header=A:b", "use -H/--header"),
        ("-rate=50/s", "--rate 200/s"),
        ("-max-workers=3", "--max-in-flight"),
        ("--max-workers 3", "--max-in-flight"),
        ("--db-url x", "-o/--output FILE"),
        ("-keepalive=false", "--no-keepalive"),
        ("-workers=3", "use -c N"),
        ("-redirects=0", "use -L/--location"),
        ("-timeout=5s", "--timeout TIME"),
        ("-targets=x", "give the list as an argument"),
        ("-format=json", "--input-format"),
        ("--redirect 3", "use -L/--location"),
        ("-C a=1", "use -b COOKIES"),
        ("-a u:p", "use -u USER:PASSWORD"),
    ] {
        site.refuses(&format!("haul probe {option} $O/get"), 2, &["haul: unknown option -", hint]);
    }
    for option in ["--warm-up 1s", "--abort-after 1s", "--stages 1@1s", "--hdr x", "--yes-load a", "--shuffle 1"] {
        site.run(&format!("haul {option} $O/get")).fails(2, &["only haul probe takes it"]);
    }
    site.run("haul report --xyzzy out.ndjson").fails(2, &["haul report --help lists all options"]);
    site.run("haul prob $O/get").fails(3, &["did you mean haul probe?"]);
    site.file("at.csv", "at,url\n0,$O/get\n");
    site.run("haul probe --replay at.csv").fails(3, &["at.csv line 2: a replay needs the time", "(--at-column)"]);
    site.run("haul -n 100 $O/get").fails(2, &["use: haul probe -n 100 URL"]);
    site.run("haul -z 30s $O/get").fails(2, &["use: haul probe -z 30s URL"]);
    site.run("haul -q probe $O/get").fails(3, &["put it before the options: haul probe ..."]);
    site.run("haul probe --tmeout 1s $O/get").fails(2, &["a similar argument exists: '--timeout'"]);
    site.run("haul probe -q 5 $O/get").fails(3, &["use --rate 5/s"]);
    assert_eq!(site.origin.stats().requests, 0);
}

#[test]
fn files_are_not_overwritten() {
    let site = Site::new();
    site.file("list.txt", "$O/get\n");
    for (options, clash) in [
        ("-o list.txt", "--output list.txt"),
        ("-o list.txt --force", "--output list.txt"),
        ("--report list.txt --force", "--report list.txt"),
        ("--hdr list.txt --force", "--hdr list.txt"),
        ("-o a.ndjson --hdr a.ndjson", "--hdr a.ndjson"),
        ("-o a.ndjson --report a.ndjson.run.json", "--output a.ndjson.run.json"),
        ("--report a.json --hdr a.json", "--hdr a.json"),
    ] {
        let refused = format!("{clash} would overwrite a file that this command also uses");
        site.refuses(&format!("haul probe -n 1 {options} list.txt"), 2, &[&refused]);
    }
    assert_eq!(site.read("list.txt"), format!("{}/get\n", site.origin.url("")));
}
