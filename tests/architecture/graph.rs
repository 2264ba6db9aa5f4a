//! Which file takes a name from which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// The circles of files that import from each other, a line each. A name that is imported through a `pub use` leads to
/// the file that defines it.
pub fn circles(files: &[Source]) -> Vec<String> {
    let edges = edges(files);
    let mut found = BTreeSet::new();
    for start in edges.keys() {
        let reached = reach(&edges, start);
        if reached.contains(start.as_str()) {
            let back = |other: &&str| reach(&edges, other).contains(start.as_str());
            let circle: BTreeSet<&str> = reached.iter().copied().filter(back).collect();
            found.insert(circle.into_iter().collect::<Vec<_>>().join(" "));
        }
    }
    found.into_iter().collect()
}

fn reach<'e>(edges: &'e BTreeMap<String, BTreeSet<String>>, start: &str) -> BTreeSet<&'e str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![start]);
    while let Some(file) = next.pop() {
        for other in edges.get(file).into_iter().flatten() {
            if reached.insert(other.as_str()) {
                next.push(other);
            }
        }
    }
    reached
}

fn edges(files: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeMap<Vec<String>, &Source> = files.iter().map(|file| (module(file), file)).collect();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        for path in imports(file) {
            if let Some(target) = target(&modules, &path).filter(|target| target.path != file.path) {
                edges.entry(file.path.clone()).or_default().insert(target.path.clone());
            }
        }
    }
    edges
}

/// The file that defines what `path` names: the module itself, or the one below it that has the name.
fn target<'s>(modules: &BTreeMap<Vec<String>, &'s Source>, path: &[String]) -> Option<&'s Source> {
    if let Some(module) = modules.get(path) {
        return Some(module);
    }
    let (name, parent) = path.split_last()?;
    let module = modules.get(parent)?;
    if defines(module, name) {
        return Some(module);
    }
    let below = modules.iter().filter(|(at, _)| at.len() > parent.len() && at.starts_with(parent));
    let mut defining = below.filter(|(_, file)| defines(file, name)).map(|(_, file)| *file);
    defining.next()
}

fn defines(file: &Source, name: &str) -> bool {
    const KINDS: [&str; 8] = ["struct ", "enum ", "trait ", "fn ", "const ", "static ", "type ", "macro_rules! "];
    file.lines.iter().any(|line| {
        KINDS.iter().any(|kind| {
            line.find(kind).is_some_and(|at| {
                let rest = line[at + kind.len()..].strip_prefix(name);
                rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            })
        })
    })
}

/// `src/fetch/decode/mod.rs` is `fetch::decode`; the command is a crate of its own.
fn module(file: &Source) -> Vec<String> {
    let path = file.path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    if parts == ["lib"] || parts == ["main"] {
        parts.clear();
    }
    parts
}

/// What its `use` items name, as paths from the root of the crate.
fn imports(file: &Source) -> Vec<Vec<String>> {
    let here = module(file);
    let text = file.lines.join("\n");
    let mut found = Vec::new();
    for item in text.split(';') {
        let item = item.rsplit(['}', '{']).next().filter(|_| !item.contains("use ")).unwrap_or(item);
        let Some(at) = item.find("use ").filter(|at| is_item(&item[..*at])) else { continue };
        let is_export = item[..at].trim_end().ends_with("pub") || item[..at].trim_end().ends_with(')');
        if is_export {
            continue; // it hands a name on, and does not use it
        }
        expand(item[at + 4..].trim(), &here, &mut found);
    }
    found
}

fn is_item(before: &str) -> bool {
    before.trim().is_empty()
        || before.trim_end().ends_with(['}', ']', '{'])
        || before.trim_end().ends_with("pub")
        || before.trim_end().ends_with(')')
}

/// Adds the paths of a tree such as `super::{a, b::{self, C as D}}`.
fn expand(tree: &str, here: &[String], found: &mut Vec<Vec<String>>) {
    let mut stack = vec![(tree.to_owned(), Vec::<String>::new())];
    while let Some((tree, prefix)) = stack.pop() {
        let tree = tree.trim();
        match tree.split_once("::{") {
            Some((head, list)) if !head.contains('{') => {
                let mut prefix = prefix;
                prefix.extend(head.split("::").map(|part| part.trim().to_owned()));
                let list = list.strip_suffix('}').unwrap_or(list);
                stack.extend(branches(list).into_iter().map(|branch| (branch, prefix.clone())));
            }
            _ => {
                let mut path = prefix;
                let plain = tree.split(" as ").next().unwrap_or_default();
                path.extend(plain.split("::").map(|part| part.trim().to_owned()));
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                }
                found.extend(absolute(&path, here));
            }
        }
    }
}

fn branches(list: &str) -> Vec<String> {
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(String::new());
                continue;
            }
            _ => {}
        }
        branches.last_mut().expect("one at least").push(c);
    }
    branches.retain(|branch| !branch.trim().is_empty());
    branches
}

fn absolute(path: &[String], here: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let first = path.first()?.as_str();
    let in_command = here.first().is_some_and(|room| room == "cli");
    match first {
        "super" => Some([&here[..here.len().checked_sub(ups)?], &path[ups..]].concat()),
        "self" => Some([here, &path[1..]].concat()),
        "crate" => Some(path[1..].to_vec()),
        "haul" if in_command => Some(path[1..].to_vec()),
        _ => Some([here, path].concat()), // a module below, or a crate, which leads nowhere
    }
}
