//! A definition judged without data: what was read, what it will publish, and what looks wrong.
//!
//! In: a [`Pipeline`] (that it was read at all means that it is sound). Out: a report. Never sees
//! data; a warning never stops a run.

use crate::codes::Geography;
use crate::domain::{Month, Result, iso_day};

use super::types::{DatedTakst, Dimension, Measure, Pipeline, PlaceBasis, SourceUse, Table, TypeSet};

/// What was read, the tables and indicators, and the warnings.
///
/// # Errors
/// Exit code 12 where the release geography does not read.
pub fn check_report(pipeline: &Pipeline) -> Result<String> {
    let geography = pipeline.release_geography()?;
    let warnings = check_warnings(pipeline);
    let warnings = match warnings.as_slice() {
        [] => "no warnings\n".to_string(),
        some => format!("warnings\n{}", some.iter().map(|warning| format!("  {warning}\n")).collect::<String>()),
    };
    Ok([head(pipeline), lists(pipeline, &geography), sources(pipeline), tables(pipeline), warnings].join("\n"))
}

fn head(pipeline: &Pipeline) -> String {
    let files: String =
        pipeline.files.iter().map(|(name, bytes)| format!("  {name} ({} bytes)\n", bytes.len())).collect();
    format!("pipeline {}, version {}: {}\n\nfiles read\n{files}", pipeline.id, pipeline.version, pipeline.title.en)
}

fn lists(pipeline: &Pipeline, geography: &Geography) -> String {
    let (types, features, ages) = (&pipeline.contact_types, &pipeline.features, &pipeline.age_groups);
    let month = |month: Option<Month>| month.map_or("as delivered".into(), |month| month.to_string());
    format!(
        "lists\n  contact types {}: {} types, {} sums, {} rows of codes\n  features {}: {} features, {} rows of codes\n  age groups {}: {}\n  geography {}: {} municipalities, {} counties, {} known codes\n  policy {}, version {}: width {}\n  months from {} to {}; at most {} % of a file's rows rejected\n",
        types.id,
        types.types.len(),
        types.sums.len(),
        types.takster.len(),
        features.id,
        features.ids.len(),
        features.takster.len(),
        ages.id,
        ages.all_labels().join(", "),
        geography.id,
        geography.municipalities.len(),
        geography.counties.len(),
        geography.known.len(),
        pipeline.policy.id,
        pipeline.policy.version,
        pipeline.policy.width,
        month(pipeline.from),
        month(pipeline.to),
        pipeline.reject_limit * 100.0
    )
}

fn sources(pipeline: &Pipeline) -> String {
    let line = |of: &SourceUse| {
        let files = match of.files.as_slice() {
            [] => format!("{0}.* and {0}-*.* (csv, csv.gz, csv.zst, parquet)", of.source),
            globs => globs.join(", "),
        };
        format!("  {}: {files}\n", of.source)
    };
    format!("sources\n{}", pipeline.sources.iter().map(line).collect::<String>())
}

fn tables(pipeline: &Pipeline) -> String {
    let line = |table: &Table| {
        let ids: Vec<&str> = table.indicators.iter().map(|indicator| indicator.id.as_str()).collect();
        let measures: Vec<&str> = table.measures.iter().map(|measure| measure.name()).collect();
        let periods: Vec<&str> = table.periods.iter().map(|kind| kind.name()).collect();
        let by: String = table.dimensions.iter().map(|of| format!(" x {}", of.column())).collect();
        format!(
            "  {} {}: {} x {}{by}; {}\n    {} indicators, {} quantities counted: {}\n",
            table.id,
            table.version,
            match (table.family(), table.place) {
                (Some(family), _) => family.place(),
                (None, PlaceBasis::Residence) => "residence",
                (None, PlaceBasis::Practice) => "practice",
            },
            periods.join("/"),
            measures.join(", "),
            ids.len(),
            table.quantities.len(),
            ids.join(", ")
        )
    };
    format!("tables\n{}", pipeline.tables.iter().map(line).collect::<String>())
}

/// What a reader should look at twice; in the order of the definition.
pub fn check_warnings(pipeline: &Pipeline) -> Vec<String> {
    let mut warnings = never_in_force(pipeline);
    warnings.extend(without_codes(pipeline));
    warnings.extend(unused(pipeline));
    warnings.extend(months(pipeline));
    warnings
}

// A code whose dates lie wholly outside the months of the pipeline never applies.
fn never_in_force(pipeline: &Pipeline) -> Vec<String> {
    let first = pipeline.from.map_or(i32::MIN, |month| month.first_day());
    let last = pipeline.to.map_or(i32::MAX, |month| month.last_day());
    let mut warnings = Vec::new();
    for (list, takster) in
        [("contact types", &pipeline.contact_types.takster), ("features", &pipeline.features.takster)]
    {
        for takst in takster {
            if takst.to < first {
                warnings.push(format!(
                    "{list}: code {} never applies: it ends {}, before the first month",
                    takst.code,
                    iso_day(takst.to)
                ));
            } else if takst.from > last {
                warnings.push(format!(
                    "{list}: code {} never applies: it begins {}, after the last month",
                    takst.code,
                    iso_day(takst.from)
                ));
            }
            if takst.code.contains(char::is_whitespace) {
                warnings.push(format!("{list}: code {} never applies: it holds a blank", takst.code));
            }
        }
    }
    warnings
}

fn without_codes(pipeline: &Pipeline) -> Vec<String> {
    let (types, features) = (&pipeline.contact_types, &pipeline.features);
    let coded = |takster: &[DatedTakst], at: usize| takster.iter().any(|takst| usize::from(takst.index) == at);
    let leaves = types.types.iter().enumerate().take(usize::from(types.unclassified()));
    let leaves = leaves.filter(|(at, _)| !coded(&types.takster, *at));
    let marks = features.ids.iter().enumerate().filter(|(at, _)| !coded(&features.takster, *at));
    let of_type = leaves.map(|(_, of)| format!("contact types: no code gives the type {}; it is always 0", of.id));
    of_type.chain(marks.map(|(_, id)| format!("features: no code gives the feature {id}; it is always 0"))).collect()
}

fn unused(pipeline: &Pipeline) -> Vec<String> {
    let counted: TypeSet = pipeline.tables.iter().flat_map(|table| &table.quantities).fold(0, |set, of| set | of.types);
    let types = pipeline.contact_types.types.iter().enumerate().filter(|(bit, _)| counted >> bit & 1 == 0);
    let types = types.filter(|_| !pipeline.is_joined());
    let mut warnings: Vec<String> =
        types.map(|(_, of)| format!("contact types: no table counts the type {}", of.id)).collect();
    let joined = |source: &str| {
        pipeline.tables.iter().filter_map(Table::family).any(|family| family.sources().contains(&source))
    };
    let needed = |source: &str| match source {
        _ if pipeline.is_joined() => joined(source),
        "regning" | "takst" => true,
        "diagnose" => pipeline.tables.iter().any(|table| table.dimensions.contains(&Dimension::Icpc2Chapter)),
        "innbyggere" => {
            let rate = |measure: &Measure| matches!(measure, Measure::Per1000 | Measure::PatientsPer100);
            pipeline.tables.iter().any(|table| table.measures.iter().any(rate))
        }
        _ => false,
    };
    let idle = pipeline.sources.iter().filter(|of| !needed(&of.source));
    warnings.extend(idle.map(|of| format!("source {}: no table needs it", of.source)));
    warnings
}

fn months(pipeline: &Pipeline) -> Vec<String> {
    let late = |table: &&Table| table.since.is_some_and(|since| pipeline.to.is_some_and(|to| since > to));
    let empty = pipeline.tables.iter().filter(late);
    empty.map(|table| format!("table {}: its since is after the last month; it is always empty", table.id)).collect()
}
