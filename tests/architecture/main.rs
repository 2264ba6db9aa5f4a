//! The invariants of the house, held against its source: who may import whom, and who may know what.
//!
//! `docs/architecture.md` gives the reasons. Tests are exempt: they may reach across rooms.

mod graph;
mod source;

use std::collections::BTreeSet;

use source::{Source, sources};

/// The rooms, from the top floor down, and what each may import besides `std` and crates. A room may import itself.
const ROOMS: [(&str, &[&str]); 18] = [
    ("lib", &["run", "engine", "source", "sink", "report", "plan", "schema", "site", "model", "guard", "jq"]),
    ("run", &["engine", "durable", "source", "sink", "report", "plan", "schema", "site", "model", "jq", "storage"]),
    (
        "engine",
        &["durable", "source", "schedule", "fetch", "policy", "sink", "report", "plan", "site", "model", "guard", "jq"],
    ),
    ("durable", &["sink", "report", "schema", "model", "guard", "storage"]),
    ("source", &["plan", "model", "guard", "storage"]),
    ("schedule", &["plan", "model"]),
    ("fetch", &["plan", "site", "model", "guard", "jq"]),
    ("policy", &["plan", "site", "model", "guard"]),
    ("sink", &["schema", "model", "jq", "storage"]),
    ("report", &["schema", "model", "guard", "statistics"]),
    ("plan", &["schema", "site", "model", "guard", "jq"]),
    ("schema", &["model", "guard", "jq"]),
    ("site", &["model", "guard", "storage"]),
    ("model", &["guard", "jq"]),
    ("jq", &["guard"]),
    ("guard", &[]),
    ("statistics", &[]),
    ("storage", &[]),
];

/// The stages of the pipeline, which know nothing of each other.
const STAGES: [&str; 5] = ["source", "schedule", "fetch", "policy", "sink"];

/// Complains about everything that `wrong` finds, with file and line.
fn none(what: &str, wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

/// The library's files: the command is a crate of its own, on top of it.
fn library() -> Vec<Source> {
    sources().into_iter().filter(|file| file.room() != "cli" && file.room() != "main").collect()
}

#[test]
fn every_room_has_its_place() {
    let known: BTreeSet<_> = ROOMS.iter().map(|(room, _)| *room).chain(["cli", "main"]).collect();
    let rooms: BTreeSet<_> = sources().iter().map(|file| file.room().to_owned()).collect();
    assert_eq!(rooms.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

#[test]
fn imports_run_downward() {
    let places: Vec<_> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (place, (room, below)) in ROOMS.iter().enumerate() {
        for other in *below {
            let under = places.iter().position(|room| room == other);
            assert!(under.is_some_and(|under| under > place), "{room} may not import {other}, which is above it");
        }
    }
    let wrong = library().into_iter().flat_map(|file| {
        let room = file.room().to_owned();
        let (_, may) = ROOMS.iter().find(|(known, _)| *known == room).expect("a room");
        let not_ours = move |other: &str| other != room && !may.contains(&other);
        file.rooms_used()
            .into_iter()
            .filter(move |(_, other)| not_ours(other))
            .map(|(at, other)| format!("{at}: {other}"))
    });
    none("imports of a room that is not below", wrong.collect::<Vec<_>>());
}

#[test]
fn only_the_engine_joins_stages() {
    let joins = |room: &str| ["engine", "run", "lib"].contains(&room); // the last two name them for users
    for (room, may) in ROOMS.iter().filter(|(room, _)| !joins(room)) {
        let stages = may.iter().filter(|other| STAGES.contains(other)).count() + usize::from(STAGES.contains(room));
        assert!(stages <= 1, "{room} may import two stages");
    }
}

#[test]
fn only_the_relay_knows_reqwest() {
    let wrong = sources().into_iter().filter(|file| !file.path.starts_with("src/fetch/relay"));
    none("reqwest outside of its room", wrong.flat_map(|file| file.lines_with("reqwest::")).collect::<Vec<_>>());
}

#[test]
fn the_library_knows_no_command_line() {
    let crates = ["clap::", "console::", "indicatif::", "prometheus::", "ratatui::", "rpassword::", "signal_hook::"];
    let wrong =
        library().into_iter().flat_map(|file| crates.iter().flat_map(|name| file.lines_with(name)).collect::<Vec<_>>());
    none("crates of the command line", wrong.collect::<Vec<_>>());
}

/// The fingerprint's keys have the shape of options since checkpoints were first written; they cannot change.
const FLAG_SHAPED_KEYS: &str = "src/durable/fingerprint.rs";

#[test]
fn only_the_command_names_its_options() {
    let wrong = library().into_iter().filter(|file| file.path != FLAG_SHAPED_KEYS).flat_map(|file| file.flags());
    none("options named below the command", wrong.collect::<Vec<_>>());
}

#[test]
fn only_the_schema_names_the_keys_of_a_record() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../docs/record.schema.json")).expect("JSON");
    let keys = schema["properties"].as_object().expect("keys").keys().map(|key| format!("\"{key}\""));
    // These are words of other texts as well: keys of lists and checkpoints, placeholders of templates, parameters of URLs
    // and media types, labels of the summary.
    let shared = [
        "id",
        "seq",
        "group",
        "url",
        "method",
        "json",
        "body",
        "body_base64",
        "charset",
        "headers",
        "meta",
        "ok",
        "error",
        "page",
        "item",
        "retries",
        "deferred",
    ];
    let shared = shared.map(|word| format!("\"{word}\""));
    let unmistakable: Vec<_> = keys.filter(|key| !shared.contains(key)).collect();
    let elsewhere = library().into_iter().filter(|file| file.room() != "schema");
    let wrong = elsewhere.flat_map(|file| unmistakable.iter().flat_map(|key| file.lines_with(key)).collect::<Vec<_>>());
    none("keys of the record outside of schema", wrong.collect::<Vec<_>>());
}

#[test]
fn modules_import_each_other_in_no_circle() {
    none("circles of imports", graph::circles(&sources()));
}

#[test]
fn functions_take_six_parameters_at_most() {
    none(
        "functions with more than six parameters",
        sources().iter().flat_map(Source::long_signatures).collect::<Vec<_>>(),
    );
}

#[test]
fn directories_have_a_mod_file() {
    let both = sources().into_iter().filter(|file| std::path::Path::new(&file.path).with_extension("").is_dir());
    none("x.rs beside x/: use x/mod.rs", both.map(|file| file.path).collect::<Vec<_>>());
}
