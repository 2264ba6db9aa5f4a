//! The source files, as text: code without comments, without tests, and without what strings say where that misleads.

use std::fs;
use std::path::Path;

/// A file of `src/`, without its tests.
pub struct Source {
    /// Below the package, as in `src/fetch/mod.rs`.
    pub path: String,
    /// Its lines without comments and test modules; what is left out is empty.
    pub lines: Vec<String>,
}

/// All files of `src/` but those that hold tests alone.
pub fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("tests run in the package's folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && name != "tests" {
            collect(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).expect("a source file");
            let path = path.to_str().expect("ASCII names").to_owned();
            found.push(Source { path, lines: without_tests(&text).iter().map(|line| code(line)).collect() });
        }
    }
}

/// Test modules and items stand behind `#[cfg(test)]`: from there to the end of the item nothing counts.
fn without_tests(text: &str) -> Vec<String> {
    let (mut lines, mut test, mut depth) = (Vec::new(), false, 0i32);
    for line in text.lines() {
        if line.trim() == "#[cfg(test)]" {
            (test, depth) = (true, 0);
            lines.push(String::new());
            continue;
        }
        if !test {
            lines.push(line.to_owned());
            continue;
        }
        let code = code(line);
        depth += code.matches('{').count() as i32 - code.matches('}').count() as i32;
        let ends = depth <= 0 && (code.trim_end().ends_with('}') || code.trim_end().ends_with(';'));
        test = !ends;
        lines.push(String::new());
    }
    lines
}

/// The line without its comment.
fn code(line: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' if !escaped && !line[..at].ends_with('\'') => quoted = !quoted,
            '/' if !quoted && line[at..].starts_with("//") => return line[..at].to_owned(),
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    line.to_owned()
}

impl Source {
    /// The first folder below `src/`, or the file's own name there.
    pub fn room(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// Places of this text, `file:line: text`.
    pub fn lines_with(&self, text: &str) -> Vec<String> {
        self.numbered()
            .filter(|(_, line)| line.contains(text))
            .map(|(at, line)| format!("{at}: {}", line.trim()))
            .collect()
    }

    /// The rooms that it names, and where.
    pub fn rooms_used(&self) -> Vec<(String, String)> {
        let named = |line: &str| {
            let behind = line.split("crate::").skip(1);
            let names = behind.flat_map(|rest| match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default().split(',').map(first_name).collect(),
                None => vec![first_name(rest)],
            });
            names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect::<Vec<_>>()
        };
        self.numbered().flat_map(|(at, line)| named(line).into_iter().map(move |name| (at.clone(), name))).collect()
    }

    /// The options that its strings name.
    pub fn flags(&self) -> Vec<String> {
        let is_flag = |text: &str| {
            text.match_indices("--").any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + 2..].chars().next();
                !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-')
                    && after.is_some_and(|c| c.is_ascii_lowercase())
            })
        };
        let quoted = |line: &str| line.split('"').skip(1).step_by(2).any(is_flag);
        // A string that goes on over several lines has neither a quote nor code before it.
        let goes_on = |line: &str| is_flag(line) && !line.contains('"') && !line.contains("//");
        let found = self.numbered().filter(|(_, line)| quoted(line) || goes_on(line));
        found.map(|(at, line)| format!("{at}: {}", line.trim())).collect()
    }

    /// Functions with more than six parameters, besides `self`.
    pub fn long_signatures(&self) -> Vec<String> {
        let text = self.lines.join("\n");
        let starts = text
            .match_indices("fn ")
            .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
        let long = starts.filter_map(|(at, _)| {
            let open = at + text[at..].find('(')?;
            let params = parameters(&text[open..]);
            let line = text[..at].matches('\n').count() + 1;
            (params > 6).then(|| format!("{}:{line}: {params}", self.path))
        });
        long.collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (String, &str)> {
        self.lines.iter().enumerate().map(|(at, line)| (format!("{}:{}", self.path, at + 1), line.as_str()))
    }
}

fn first_name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// How many parameters stand within the parentheses that `text` begins with.
fn parameters(text: &str) -> usize {
    let (mut depth, mut count, mut filled) = (0i32, 0, false);
    let mut before = ' ';
    let mut current = String::new();
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            '<' => depth += 1,
            '>' if before != '-' && before != '=' => depth -= 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 1 => {
                count += usize::from(filled && !is_self(&current));
                (filled, current) = (false, String::new());
                before = c;
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if !(c.is_whitespace() || depth == 1 && c == '(') {
            filled = true;
        }
        current.push(c);
        before = c;
    }
    count + usize::from(filled && !is_self(&current))
}

fn is_self(parameter: &str) -> bool {
    let name = parameter.trim_start_matches('(').split(':').next().unwrap_or_default();
    name.split_whitespace().next_back().is_some_and(|name| name.trim_start_matches('&') == "self")
}
