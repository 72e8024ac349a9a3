//! This release beside an older one: what one hides and the other shows.
//!
//! In: the public files of both. Out: findings: a cell hidden here and shown there from the same
//! inputs gives itself away; from other inputs it has already been told once, which is noted. It
//! compares keys and statuses; what the difference of two values says is not worked out here.

use rustc_hash::FxHashMap;

use super::binding::{Release, Rows, Told};
use super::report::{Finding, Findings, Kind};

/// Compares every table that both releases have.
pub fn compare(release: &Release, older: &Release, findings: &mut Findings) {
    let kind = if release.same_inputs(older) { Kind::ShownElsewhere } else { Kind::ShownEarlier };
    for (rows, before) in release.tables.iter().filter_map(|rows| Some((rows, older.table(&rows.table)?))) {
        let shown = shown_rows(before);
        for row in (0..rows.told.len()).filter(|&row| rows.told[row] == Told::Suppressed) {
            if shown.contains_key(&key(rows, row)) {
                let finding = Finding::of(kind, &rows.table).cell(rows.name(row));
                findings.add(finding.relation(format!("shown in {}", older.name())));
            }
        }
    }
}

/// The keys of rows that are shown and not zero.
fn shown_rows(rows: &Rows) -> FxHashMap<String, usize> {
    let is_shown = |row: &usize| matches!(rows.told[*row], Told::Value(value) if value != 0.0);
    (0..rows.told.len()).filter(is_shown).map(|row| (key(rows, row), row)).collect()
}

/// The keys of a row in the order of their names, without names of places.
fn key(rows: &Rows, row: usize) -> String {
    let mut parts: Vec<(&str, &str)> = rows.keys.iter().map(|c| (c.name.as_str(), c.label(row))).collect();
    parts.retain(|(name, label)| !["geo_name", "geo_level", "period_type"].contains(name) && *label != "total");
    parts.sort_unstable();
    parts.iter().map(|(name, label)| format!("{name}={label};")).collect()
}
