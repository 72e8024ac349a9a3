//! Markdown to blocks: a scenario is a `##` heading and what follows it.

use std::collections::BTreeMap;

/// A table as text: its header, its rows.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub header: Vec<String>,
    pub body: Vec<Vec<String>>,
}

impl Table {
    /// Rows by column name.
    pub fn rows(&self) -> impl Iterator<Item = BTreeMap<String, String>> + '_ {
        self.body.iter().map(|row| self.header.iter().cloned().zip(row.iter().cloned()).collect())
    }
}

/// What a scenario may hold; prose is left out.
#[derive(Debug, Clone)]
pub enum Block {
    AsOf(String),
    Stop(u8),
    Given(String, Table),
    File { source: String, name: String, traits: Vec<String>, text: String },
    Cells(Table),
    Rows(Table),
}

/// Headings with their blocks.
pub fn sections(text: &str) -> Vec<(String, Vec<Block>)> {
    let mut sections = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap_or((section, ""));
        sections.push((title.trim().to_string(), blocks(title, body)));
    }
    sections
}

fn blocks(title: &str, body: &str) -> Vec<Block> {
    let lines: Vec<&str> = body.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim();
        at += 1;
        if let Some(day) = line.strip_prefix("As of ") {
            blocks.push(Block::AsOf(day.trim_end_matches('.').to_string()));
        } else if let Some(code) = line.strip_prefix("Expect the run to stop with exit code ") {
            blocks.push(Block::Stop(code.trim_end_matches('.').parse().expect("an exit code")));
        } else if let Some(what) = line.strip_prefix("Given file ") {
            let (block, after) = file(title, what, &lines, at);
            blocks.push(block);
            at = after;
        } else if line.starts_with("Given ") || line.starts_with("Expect ") {
            let (table, after) = table(title, &lines, at);
            blocks.push(named(title, line, table));
            at = after;
        } else {
            assert!(!line.starts_with('|'), "{title}: a table without a `Given` or `Expect` line above it");
        }
    }
    blocks
}

fn named(title: &str, line: &str, table: Table) -> Block {
    match line.trim_end_matches(':') {
        "Expect cells" => Block::Cells(table),
        "Expect rows" => Block::Rows(table),
        given if given.starts_with("Given ") => Block::Given(given["Given ".len()..].to_string(), table),
        other => panic!("{title}: `{other}` is not understood"),
    }
}

/// ``Given file `NAME` (SOURCE, trait, …):`` and the fenced text below it.
fn file(title: &str, what: &str, lines: &[&str], at: usize) -> (Block, usize) {
    let name = what.split('`').nth(1).unwrap_or_else(|| panic!("{title}: a file's name in backticks"));
    let inside = what.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let mut words = inside.unwrap_or_else(|| panic!("{title}: a file's source in brackets")).0.split(", ");
    let source = words.next().expect("a source").to_string();
    let fenced: Vec<usize> = (at..lines.len()).filter(|&line| lines[line].starts_with("```")).take(2).collect();
    let [from, to] = fenced[..] else { panic!("{title}: a fenced text below `Given file`") };
    let text = lines[from + 1..to].iter().map(|line| format!("{line}\n")).collect();
    (Block::File { source, name: name.into(), traits: words.map(str::to_string).collect(), text }, to + 1)
}

fn table(title: &str, lines: &[&str], from: usize) -> (Table, usize) {
    let mut at = from;
    while at < lines.len() && lines[at].trim().is_empty() {
        at += 1;
    }
    let cells = |line: &str| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    while at < lines.len() && lines[at].trim().starts_with('|') {
        rows.push(cells(lines[at]));
        at += 1;
    }
    assert!(rows.len() > 2, "{title}: a table with rows is expected");
    let header = rows.remove(0);
    rows.remove(0);
    let even = rows.iter().all(|row| row.len() == header.len());
    assert!(even, "{title}: a row of a table has another number of cells than its header");
    (Table { header, body: rows }, at)
}
