//! The rules of the house, held by a test: who imports whom, what a module says of itself, where
//! polars may stand, how long a file may be.
//!
//! In: the source text. Out: a list of every breach, with its place. It never
//! links the crate.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room and the rooms whose words it may use. A name absent here is a new room: give it a line.
const MAY_IMPORT: [(&str, &[&str]); 20] = [
    ("domain", &[]),
    ("stage", &["domain"]),
    ("schema", &["domain"]),
    ("codes", &["domain"]),
    ("definition", &["domain", "schema", "codes"]),
    ("load", &["domain", "schema", "definition", "codes"]),
    ("contacts", &["domain", "stage", "schema", "definition", "codes", "load"]),
    ("aggregate", &["domain", "stage", "schema", "definition", "codes", "contacts"]),
    ("registers", &["domain", "schema", "definition", "codes", "load", "contacts", "aggregate"]),
    ("gates", &["domain", "definition", "codes", "load", "contacts", "aggregate"]),
    ("relations", &["domain", "definition", "codes", "aggregate"]),
    ("protect", &["domain", "schema", "definition", "codes", "aggregate", "registers", "relations"]),
    ("publish", &["domain", "schema", "definition", "codes", "aggregate", "load", "protect"]),
    ("audit", &["domain", "schema", "definition", "codes", "relations"]),
    ("revision", &["domain"]),
    ("trade", &["domain"]),
    ("synth", &["domain", "schema", "codes"]),
    ("pipeline", &ALL_BUT_CLI),
    ("cli", &["domain", "schema", "pipeline", "definition", "codes", "synth", "audit", "revision", "trade"]),
    ("main", &["cli", "domain", "pipeline"]),
];

const ALL_BUT_CLI: [&str; 15] = [
    "domain",
    "stage",
    "schema",
    "codes",
    "definition",
    "load",
    "contacts",
    "aggregate",
    "registers",
    "gates",
    "relations",
    "protect",
    "publish",
    "audit",
    "synth",
];

/// Rooms in which polars may appear, so that its upgrades touch few files.
const POLARS_ROOMS: [&str; 2] = ["contacts", "aggregate"];

/// Files over four hundred lines, each with its reason. Empty is the aim.
const LONG_FILES: [(&str, &str); 0] = [];
const LONG: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below `folder` with one of the endings, sorted; generated folders left out.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let skipped = ["target", ".git", ".venv", "demo", "node_modules", "__pycache__", "runs"];
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !skipped.contains(&name.as_str()) {
                    open.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name_of(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The room of a file under src/: its first folder, or its own name at the top.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("a file under src/");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// The text without comments and without a closing `#[cfg(test)]` module.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    body.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn sources() -> Vec<(PathBuf, String)> {
    let all = files(&root().join("src"), &[".rs"]);
    assert!(!all.is_empty(), "no source found");
    all.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).expect("UTF-8 source"))).collect()
}

/// Rooms named in `crate::room…`, `crate::{a::…, b}` or `kprstat::room…`.
fn imported(code: &str) -> Vec<String> {
    let identifier = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut rooms = Vec::new();
    for prefix in ["crate::", "kprstat::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => rooms.extend(group_heads(group).iter().map(|head| identifier(head))),
                None => rooms.push(identifier(rest)),
            }
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

/// The first names of a use group, nested groups skipped.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut current) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(std::mem::take(&mut current)),
            _ if depth == 0 => current.push(c),
            _ => {}
        }
    }
    heads.push(current);
    heads.into_iter().map(|head| head.trim().to_string()).collect()
}

fn none(breaches: Vec<String>, rule: &str) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

#[test]
fn rooms_import_only_what_stands_before_them() {
    let mut breaches = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        let here = room(path);
        if here == "lib" {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == here) else {
            breaches.push(format!("{}: room `{here}` has no line in MAY_IMPORT", name_of(path)));
            continue;
        };
        let known = |name: &String| MAY_IMPORT.iter().any(|(room, _)| room == name);
        for other in imported(&code(text)).into_iter().filter(known) {
            if other != here && !allowed.contains(&other.as_str()) {
                breaches.push(format!("{}: `{here}` imports `{other}`", name_of(path)));
            }
        }
    }
    none(breaches, "a room imports the domain, the reference rooms and the room before it");
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = |(_, text): &&(PathBuf, String)| !text.starts_with("//!");
    let breaches = sources().iter().filter(silent).map(|(path, _)| name_of(path)).collect();
    none(breaches, "a module opens with `//!`");
}

#[test]
fn no_module_is_left_to_be_written() {
    let open = |(_, text): &&(PathBuf, String)| text.contains("To be written");
    let breaches = sources().iter().filter(open).map(|(path, _)| name_of(path)).collect();
    none(breaches, "a module is written");
}

#[test]
fn polars_stays_in_the_middle_rooms() {
    let outside = |(path, text): &&(PathBuf, String)| {
        !POLARS_ROOMS.contains(&room(path).as_str()) && code(text).contains("polars")
    };
    let breaches = sources().iter().filter(outside).map(|(path, _)| name_of(path)).collect();
    none(breaches, "polars appears in contacts and aggregate alone");
}

#[test]
fn long_files_have_a_reason() {
    let mut breaches = Vec::new();
    for path in files(root(), &[".rs", ".py"]) {
        let lines = fs::read_to_string(&path).expect("UTF-8 source").lines().count();
        let excused = LONG_FILES.iter().any(|(name, _)| *name == name_of(&path));
        if lines > LONG && !excused {
            breaches.push(format!("{}: {lines} lines", name_of(&path)));
        }
    }
    none(breaches, "a file over four hundred lines is split, or listed here with its reason");
}

#[test]
fn no_path_of_one_machine() {
    let homes = ["tmp", "work", "farm", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let endings = [".rs", ".py", ".toml", ".md", ".sh", "Makefile", "run", ".csv"];
    let mut breaches = Vec::new();
    for path in files(root(), &endings) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let found = |home: &String| line.match_indices(home.as_str()).any(|(at, _)| starts_path(line, at));
            if homes.iter().any(found) {
                breaches.push(format!("{}:{}", name_of(&path), number + 1));
            }
        }
    }
    none(breaches, "no absolute path of a machine");
}

/// Whether the slash at `at` begins a path: not within a longer one.
fn starts_path(line: &str, at: usize) -> bool {
    let before = line[..at].chars().next_back();
    before.is_none_or(|c| !(c.is_alphanumeric() || "._-/}$~*".contains(c)))
}
