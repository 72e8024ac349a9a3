//! Means over places: a single hidden one among its siblings follows from the mean of them all.
//!
//! In: the rows of tables of means, which are in no additive system. Out: findings where the mean
//! of a whole is shown and exactly one of its parts is hidden: the number of doctors of each place
//! is known well enough to compute it. It knows places by their codes alone.

use std::collections::BTreeMap;

use super::binding::{Rows, Told};
use super::report::{Finding, Findings, Kind};

/// The hidden parts of a whole, and whether the whole is shown.
#[derive(Debug, Default)]
struct Family {
    hidden: Vec<usize>,
    whole_shown: bool,
}

/// Checks every table that has means.
pub fn check(tables: &[Rows], findings: &mut Findings) {
    for rows in tables {
        let families = families(rows);
        for family in families.values().filter(|family| family.whole_shown && family.hidden.len() == 1) {
            let finding = Finding::of(Kind::ExactlyKnown, &rows.table).cell(rows.name(family.hidden[0]));
            findings
                .add(finding.relation("the only hidden mean of its county, or of the country").how("weighted means"));
        }
    }
}

/// By keys other than place, and the place of the whole: what is hidden below it.
fn families(rows: &Rows) -> BTreeMap<(String, String), Family> {
    let mut families: BTreeMap<(String, String), Family> = BTreeMap::new();
    let (Some(geo), Some(measure)) = (rows.column("geo"), rows.column("measure")) else { return families };
    for row in (0..rows.told.len()).filter(|&row| measure.label(row) == "mean") {
        let (place, keys) = (geo.label(row), others(rows, row));
        if let Some(whole) = whole(place) {
            let family = families.entry((keys.clone(), whole.to_string())).or_default();
            if rows.told[row] == Told::Suppressed {
                family.hidden.push(row);
            }
        }
        if matches!(rows.told[row], Told::Value(_)) {
            families.entry((keys, place.to_string())).or_default().whole_shown = true;
        }
    }
    families
}

/// The place that a place is a part of: a county of the country, all else of its county.
fn whole(place: &str) -> Option<&str> {
    match place.len() {
        2 => Some("0"),
        4 => place.get(..2),
        _ => None,
    }
}

fn others(rows: &Rows, row: usize) -> String {
    let keys = rows.keys.iter().filter(|column| !column.name.starts_with("geo"));
    keys.map(|column| column.label(row)).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::binding::Column;

    fn table(cells: &[(&str, Told)]) -> Rows {
        let mut rows = Rows { table: "gp-workload".into(), ..Rows::default() };
        rows.keys = ["period", "geo", "indicator", "measure"].map(Column::named).to_vec();
        for (place, told) in cells {
            let labels = ["2024", place, "days-with-contact", "mean"];
            rows.keys.iter_mut().zip(labels).for_each(|(column, label)| column.push(label));
            rows.told.push(*told);
        }
        rows
    }

    fn found(cells: &[(&str, Told)]) -> u64 {
        let mut findings = Findings::default();
        check(&[table(cells)], &mut findings);
        findings.count(Kind::ExactlyKnown)
    }

    #[test]
    fn one_hidden_municipality_of_a_shown_county_is_found() {
        let shown = Told::Value(7.0);
        let county = [("0", shown), ("11", shown), ("1101", shown), ("1103", Told::Suppressed), ("11xx", shown)];
        assert_eq!(found(&county), 1);
        let two = [("0", shown), ("11", shown), ("1101", Told::Suppressed), ("1103", Told::Suppressed)];
        assert_eq!(found(&two), 0);
        let with_its_county =
            [("0", shown), ("11", Told::Suppressed), ("1103", Told::Suppressed), ("03", Told::Suppressed)];
        assert_eq!(found(&with_its_county), 0);
    }
}
