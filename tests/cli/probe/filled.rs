//! Values that a probe makes for each request, in templates.

use crate::support::Site;

#[test]
fn templates_take_columns_and_generated_values() {
    let site = Site::new();
    site.file("a.tsv", "id\n7\n");
    site.file("a.ndjson", "{\"meta\": {\"id\": 7}}\n");
    for list in ["a.tsv", "a.ndjson"] {
        let run = site.run(&format!("haul probe -c 1 -n 2 --url $O/anything/{{id}}/{{{{seq}}}} {list}")).exits(0);
        let urls = run.all("url");
        assert!(urls[0].as_str().unwrap().ends_with("/anything/7/0"), "{urls:?}");
        assert!(urls[1].as_str().unwrap().ends_with("/anything/7/1"), "{urls:?}");
    }
    site.run("haul probe -n 1 --url $O/{id}/{{sqe}} a.tsv").fails(2, &["no column \"sqe\""]);
}

#[test]
fn a_body_without_columns_needs_no_table() {
    let site = Site::new();
    site.file("a.txt", "$O/anything/a\n");
    for list in ["a.txt", "$O/anything/a"] {
        let line = format!("haul probe -c 1 -n 2 --body auto --data-template '{{\"id\":{{{{seq}}}}}}' {list}");
        let run = site.run(&line).exits(0);
        let sent: Vec<_> = run.records.iter().map(|record| record["json"]["data"].clone()).collect();
        assert_eq!(sent, ["{\"id\":0}", "{\"id\":1}"], "{list}");
    }
    site.run("haul probe -n 1 --data-template '{\"id\":{{id}}}' a.txt").fails(2, &["--data-template needs columns"]);
    for (slip, meant) in [("{{sqe}}", "{{seq}}"), ("{{randm 1 9}}", "{{random 1 9}}")] {
        let said = format!("--data-template: {slip} is unknown (did you mean {meant}?)");
        site.run(&format!("haul probe -n 1 --data-template '{slip}' $O/anything")).fails(2, &[&said]);
    }
    site.run("haul probe -n 1 --base-url $O/{{seq}}/ a.txt").fails(2, &["--base-url cannot contain placeholders"]);
}

#[test]
fn the_seed_of_random_values_is_told() {
    let site = Site::new();
    let run = site.run("haul probe -c 1 -n 3 \"$O/anything/{{random 1 1000000}}\"").exits(0);
    let seed = run.stderr.split("values were random: --seed ").nth(1).expect("a note on the seed");
    let seed = seed.split(' ').next().unwrap();
    let again =
        site.run(&format!("haul probe -c 1 -n 3 --seed {seed} \"$O/anything/{{{{random 1 1000000}}}}\"")).exits(0);
    assert_eq!(run.all("url"), again.all("url"));
    assert!(!again.stderr.contains("--seed"), "{}", again.stderr);
    let fixed = site.run("haul probe -c 1 -n 1 \"$O/anything/{{seq}}\"").exits(0);
    assert!(!fixed.stderr.contains("--seed"), "{}", fixed.stderr);
}
