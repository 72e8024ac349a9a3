//! A CSV text as it lies in a file, read naively for the reference: any dialect of section 1.

use crate::reference::File;

/// A CSV text as it lies in the file: bytes to a header and rows (section 1).
pub fn parse(source: &str, name: &str, bytes: &[u8]) -> File {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_string(),
        Err(_) => bytes.iter().map(|&byte| byte as char).collect(),
    };
    let header = text.lines().next().unwrap_or_default();
    let often = |c: &char| header.matches(*c).count();
    let delimiter = [';', ',', '\t'].into_iter().max_by_key(often).expect("three to choose from");
    let mut records = records(&text, delimiter).into_iter();
    let header = records.next().unwrap_or_default().into_iter().map(|name| name.trim_matches([' ', '\t']).to_string());
    File { source: source.into(), name: name.into(), header: header.collect(), rows: records.collect() }
}

/// Fields may be quoted by `"`, doubled inside (details 11). Empty lines are no rows.
fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut letters) = (false, text.chars().peekable());
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            _ if quoted => field.push(c),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            _ if c == delimiter => record.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push(record);
    }
    records.retain(|record| record.len() > 1 || record.iter().any(|field| !field.is_empty()));
    records
}
