//! This release beside one of another pipeline: counts of the whole country that both show.
//!
//! In: the public files of both. Out: findings where one hides what the other shows. A count is
//! known by service, period, contact types and features, whatever its table and indicator are
//! called. Below the country no two pipelines count the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::binding::{Release, Rows, Told};
use super::report::{Finding, Findings, Kind};
use crate::domain::Result;
use crate::relations::{Relations, Shown, Universe, View};

/// What a count of the country is of: service, period, codes.
type Name = (String, String, String);

/// Whether a folder has the release of another pipeline, with no table in common.
pub fn is_of_another(release: &Release, folder: &Path) -> Result<bool> {
    let other = Release::manifest_of(folder)?;
    let mut tables = other["tables"].as_array().into_iter().flatten().filter_map(|table| table["id"].as_str());
    Ok(release.manifest["pipeline"]["id"] != other["pipeline"]["id"] && tables.all(|id| release.table(id).is_none()))
}

/// Compares this release with that of another pipeline in a folder. Of the latter only tables that
/// count the same are read.
pub fn compare_with(release: &Release, folder: &Path, findings: &mut Findings) -> Result<()> {
    if Release::manifest_of(folder)?["as_of"] != release.manifest["as_of"] {
        return Ok(());
    }
    let ours: BTreeSet<(String, String)> = kinds(&release.relations, None);
    let has_ours = |relations: &Relations, table: &str| !kinds(relations, Some(table)).is_disjoint(&ours);
    let other = Release::open_some(folder, None, has_ours, &mut Findings::default())?;
    compare(release, &other, findings);
    Ok(())
}

/// Services and codes that are counted, in one table or in all.
fn kinds(relations: &Relations, table: Option<&str>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for universe in &relations.universes {
        let views = universe.views.iter().filter(|view| table.is_none_or(|table| view.table == table));
        for codes in views.flat_map(|view| codes(universe, view).into_values()) {
            found.extend(service(universe).map(|service| (service.to_string(), codes)));
        }
    }
    found
}

/// Compares the counts of the country of two pipelines as of the same day.
fn compare(release: &Release, other: &Release, findings: &mut Findings) {
    let same = |key: &str, within: &str| release.manifest[key][within] == other.manifest[key][within];
    if same("pipeline", "id") || release.manifest["as_of"] != other.manifest["as_of"] {
        return;
    }
    let theirs = counts(other);
    for (name, (table, told)) in counts(release) {
        let Some((_, known)) = theirs.get(&name) else { continue };
        let differs = matches!((told, *known), (Told::Suppressed, Told::Value(shown)) | (Told::Value(shown), Told::Suppressed) if shown != 0.0);
        let contradicts = matches!((told, *known), (Told::Value(one), Told::Value(two)) if one != two);
        let kind = match (differs, contradicts) {
            (true, _) => Kind::ShownElsewhere,
            (_, true) => Kind::Contradiction,
            _ => continue,
        };
        let (service, period, codes) = name;
        let cell = format!("the country, {service} {period} {codes}");
        findings.add(Finding::of(kind, &table).cell(cell).relation(format!("the same count in {}", other.name())));
    }
}

/// The counts of contacts of the country, with their tables.
fn counts(release: &Release) -> BTreeMap<Name, (String, Told)> {
    let mut found = BTreeMap::new();
    for universe in &release.relations.universes {
        let Some(service) = service(universe) else { continue };
        for view in &universe.views {
            let Some(rows) = release.table(&view.table) else { continue };
            let codes = codes(universe, view);
            for row in 0..rows.told.len() {
                if let Some((period, codes)) = of_country(rows, row, &codes) {
                    found.insert((service.to_string(), period, codes), (view.table.clone(), rows.told[row]));
                }
            }
        }
    }
    found
}

/// The service of all contacts of a universe; none where it has some of them only.
fn service(universe: &Universe) -> Option<&str> {
    let last = universe.id.rsplit(' ').next()?;
    let is_all = universe.id == last || universe.views.iter().all(|view| view.partial);
    is_all.then_some(last)
}

/// By indicator, the codes of the count that it is.
fn codes(universe: &Universe, view: &View) -> BTreeMap<String, String> {
    let of = |shown: &Shown| {
        let Shown::Count { indicator, quantity } = shown else { return None };
        let code = |&(dim, code): &(usize, u16)| {
            let dim = &universe.dims[dim];
            format!("{}={}", dim.id, dim.codes[usize::from(code)].id)
        };
        let codes = view.quantities[*quantity].codes.iter().map(code).collect::<Vec<_>>().join(" ");
        Some((indicator.clone(), codes))
    };
    view.indicators.iter().filter_map(of).collect()
}

/// Period and codes of a row that is a count of contacts of the country, in total otherwise.
fn of_country(rows: &Rows, row: usize, codes: &BTreeMap<String, String>) -> Option<(String, String)> {
    let label = |name: &str| rows.column(name).map(|column| column.label(row));
    let further =
        |name: &str| !["period_type", "period", "geo_level", "geo", "geo_name", "indicator", "measure"].contains(&name);
    let in_total = rows.keys.iter().filter(|column| further(&column.name)).all(|column| column.label(row) == "total");
    let is_count = label("geo") == Some("0") && label("measure") == Some("contacts") && in_total;
    let codes = codes.get(label("indicator")?).filter(|_| is_count)?;
    Some((label("period")?.to_string(), codes.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::binding::Column;

    /// A release with the country's consultations of general practice in 2024.
    fn release(pipeline: &str, universe: &str, told: Told) -> Release {
        let code = |id: &str, leaves: &[u16]| json!({"id": id, "leaves": leaves});
        let dims = json!([
            {"id": "residence", "kind": "residence", "leaves": ["A"], "codes": [code("0", &[0])]},
            {"id": "time", "kind": "time", "leaves": ["2024"], "codes": [code("total", &[0])]},
            {"id": "type", "kind": "type", "leaves": ["a", "b"], "codes": [code("all", &[0, 1]), code("consultation", &[0])]},
        ]);
        let view = json!({
            "table": format!("table of {pipeline}"), "place": {"dim": 0, "codes": [0]}, "period": {"dim": 1, "codes": [0]},
            "dimensions": [], "quantities": [{"codes": [[2, 1]]}],
            "indicators": [{"count": {"indicator": "consultations", "quantity": 0}}], "measures": ["contacts"],
            "municipality": [false], "municipality_detail": [true], "partial": universe.contains(' '),
        });
        let relations: Relations =
            serde_json::from_value(json!({"universes": [{"id": universe, "dims": dims, "views": [view]}]})).unwrap();
        let mut rows = Rows { table: format!("table of {pipeline}"), ..Rows::default() };
        rows.keys = ["geo", "period", "team", "indicator", "measure"].map(Column::named).to_vec();
        let labels = ["0", "2024", "total", "consultations", "contacts"];
        rows.keys.iter_mut().zip(labels).for_each(|(column, label)| column.push(label));
        rows.told.push(told);
        Release {
            manifest: json!({"pipeline": {"id": pipeline}, "as_of": "2025-01-01", "release": pipeline}),
            relations,
            tables: vec![rows],
        }
    }

    fn found(here: Told, there: Told) -> Vec<Kind> {
        let mut findings = Findings::default();
        compare(&release("teams", "team-gp-contacts gp", here), &release("activity", "gp", there), &mut findings);
        findings.counts.keys().copied().collect()
    }

    #[test]
    fn a_count_of_the_country_is_hidden_in_both_pipelines_or_in_none() {
        let (hidden, shown) = (Told::Suppressed, Told::Value(12.0));
        assert!(found(shown, shown).is_empty() && found(hidden, hidden).is_empty());
        assert_eq!(found(hidden, shown), [Kind::ShownElsewhere]);
        assert_eq!(found(shown, hidden), [Kind::ShownElsewhere]);
        assert_eq!(found(shown, Told::Value(13.0)), [Kind::Contradiction]);
    }

    #[test]
    fn other_services_and_parts_of_a_service_are_other_counts() {
        let mut findings = Findings::default();
        let here = release("teams", "team-gp-contacts gp", Told::Suppressed);
        for universe in ["legevakt", "gp since 2024-01"] {
            let mut there = release("activity", universe, Told::Value(12.0));
            there.relations.universes[0].views[0].partial = false;
            compare(&here, &there, &mut findings);
        }
        assert_eq!(findings, Findings::default());
    }
}
