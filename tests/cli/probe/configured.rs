//! Options of a probe in files and variables.

use crate::support::Site;

const CONFIG: &str = "rate = '5/s'\nconcurrency = 256\nretry = 5\nyes-load = ['a.invalid']\n\n\
                      [probe]\nrate = '150/s'\nrequests = 3\n";

#[test]
fn a_file_serves_lists_and_probes() {
    let site = Site::new();
    site.file("haul.toml", CONFIG);
    site.run("haul --config haul.toml --rate 50/s $O/get").record();
    let run = site.run("haul probe --config haul.toml $O/get").exits(0);
    assert_eq!(run.records.len(), 3);
    assert_eq!(site.run("haul probe --config haul.toml -n 150 -z 30ms http://a.invalid/").exits(0).code, Some(0));
    let refused = "per second to b.invalid";
    site.run("haul probe --config haul.toml -n 150 http://b.invalid/").fails(2, &[refused]);
    assert_eq!(site.run("haul probe --config haul.toml -c 1 -n 2 $O/get").exits(0).records.len(), 2);
}

#[test]
fn a_pace_for_lists_is_not_one_for_a_probe() {
    let site = Site::new();
    site.file("haul.toml", "rate = '5/s'\nrequests = 2\n");
    let note = "haul: haul.toml line 1: rate applies to list runs only; for a probe, put it into [probe]\n";
    let run = site.run("haul probe --config haul.toml $O/get").exits(0);
    assert!(run.stderr.contains(note), "{}", run.stderr);
    for typed in
        ["haul probe --config haul.toml --rate 50/s", "haul probe -q --config haul.toml", "haul --config haul.toml"]
    {
        let run = site.run(&format!("{typed} $O/get")).exits(0);
        assert!(!run.stderr.contains("applies to list runs"), "{typed}: {}", run.stderr);
    }
}

#[test]
fn mistakes_in_a_file_are_found_by_both() {
    let site = Site::new();
    for (text, why) in [
        ("yes-load = ['*']", "x.toml line 1: yes-load: "),
        ("yes-lod = 'a'", "x.toml line 1: unknown key yes-lod"),
        ("[probe]\nretry = 1", "x.toml line 2: retry is not an option of haul probe"),
    ] {
        site.file("x.toml", text);
        for command in ["haul", "haul probe -n 1"] {
            site.run(&format!("{command} --config x.toml $O/get")).fails(2, &[why]);
        }
    }
}

#[test]
fn variables_set_options_of_a_probe() {
    let site = Site::new();
    let run = site.run("HAUL_REQUESTS=2 HAUL_RETRY=3 HAUL_YES_LOAD=a.test haul probe $O/get").exits(0);
    assert_eq!(run.records.len(), 2);
    assert!(!run.stderr.contains("sets no option"), "{}", run.stderr);
    site.run("HAUL_RATE=5/s HAUL_CONCURRENCY=5 haul probe -n 1 $O/get").fails(
        2,
        &["cannot be used with", "comes from the variable HAUL_RATE", "comes from the variable HAUL_CONCURRENCY"],
    );
    assert!(!site.run("HAUL_YES_LOAD=a.test haul $O/get").exits(0).stderr.contains("HAUL_"));
}
