//! Pages that `Link` headers name.

use serde_json::json;

use crate::support::{Scripted, Site, answer};

#[test]
fn a_link_that_cannot_be_read_does_not_end_the_pages_unnoticed() {
    for (link, is_read) in [("garbage, </n>; rel='next'", true), ("</n> rel=\"next\"", false)] {
        let answers = [answer(200, format!("Link: {link}\r\n"), "[1]"), answer(200, "", "[2]")];
        let server = Scripted::new(move |_, before| answers[before.min(1)].clone());
        let site = Site::new().with("S", format!("http://{}", server.addr));
        let run = site.run("haul --paginate link --fail --report r.json $S/x").exits(if is_read { 0 } else { 4 });
        assert_eq!(server.paths().len(), if is_read { 2 } else { 1 }, "{link}");
        let last = run.records.last().unwrap();
        let ended = if is_read { json!(null) } else { json!("no_next") };
        assert_eq!((&last["pages_ended"], &last["ok"]), (&ended, &json!(true)), "{link}");
        assert_eq!(site.json("r.json")["totals"]["pages_ended"]["no_next"], u64::from(!is_read), "{link}");
        let note = "the response names a next page, but its Link header is malformed";
        assert_eq!(last["note"].to_string().contains(note), !is_read, "{link}");
    }
}
