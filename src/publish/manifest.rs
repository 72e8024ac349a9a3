//! The two manifests of a release: the public one, and the restricted one.
//!
//! In: the context, the files written and the audit's verdict. Out: JSON with sorted keys, the
//! same bytes for the same release: no clock, no path outside the delivery, no host, and in
//! public no count small enough to say something of a person (see `accounting`).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::accounting::{PublicAccount, public_account};
use super::context::{AuditVerdict, MonthShare, PROGRAM, ReleaseContext, SourceRecord};
use super::files::{WrittenFile, sha256};
use super::tables::TableSummary;
use crate::domain::{FileTally, Month};

/// The public manifest. `verdict` is none while the audit is still to come.
pub fn public(
    context: &ReleaseContext,
    tables: &[TableSummary],
    outputs: &[WrittenFile],
    verdict: Option<&AuditVerdict>,
) -> Vec<u8> {
    let pipeline = context.pipeline;
    let rows: BTreeMap<_, _> = context.sources.iter().map(|s| (&s.source, account(s, tables))).collect();
    let mut manifest = json!({
        "release": context.release,
        "previous_release": context.previous,
        "program": PROGRAM,
        "pipeline": { "id": pipeline.id, "version": pipeline.version, "title": pipeline.title },
        "as_of": date(context.as_of),
        "contact_types": pipeline.contact_types.id,
        "age_groups": pipeline.age_groups.id,
        "geography": pipeline.geography,
        "policy": pipeline.policy,
        "definition": pipeline.files.iter().map(|(name, text)| json!({"file": name, "sha256": sha256(text)})).collect::<Vec<_>>(),
        "inputs": context.sources.iter().flat_map(inputs).collect::<Vec<_>>(),
        "rows": rows,
        "gates": context.gates.iter().map(|of| json!({"gate": of.gate, "result": of.result})).collect::<Vec<_>>(),
        "accepted": context.accepted,
        "completeness": context.completeness.iter().map(completeness).collect::<Vec<_>>(),
        "tables": tables.iter().map(table).collect::<Vec<_>>(),
        "audit": verdict,
        "outputs": files(outputs),
    });
    if let Some(against) = &context.against {
        manifest["against"] = against.clone();
    }
    bytes(&manifest)
}

/// The restricted manifest: the exact accounting by file, the ledger, the restricted files.
pub fn restricted(context: &ReleaseContext, files_written: &[WrittenFile]) -> Vec<u8> {
    let accounts: BTreeMap<_, _> = context.sources.iter().map(|s| (&s.source, exact(s))).collect();
    bytes(&json!({
        "release": context.release,
        "program": PROGRAM,
        "run": context.run,
        "ledger_before": context.ledger_before,
        "rows": accounts,
        "gates": context.gates.iter().map(|of| json!({"gate": of.gate, "result": of.result, "found": of.found})).collect::<Vec<_>>(),
        "unknown_codes": context.unknown_codes,
        "files": files(files_written),
    }))
}

/// JSON with sorted keys, indented, with a last newline.
pub fn bytes(value: &Value) -> Vec<u8> {
    let mut text = format!("{:#}", sorted(value)).into_bytes();
    text.push(b'\n');
    text
}

/// The value with the keys of every object in byte order, whatever map serde_json was built with.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let by_key: BTreeMap<&String, Value> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(by_key.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// A day since 1970-01-01 as `YYYY-MM-DD`.
pub fn date(day: i32) -> String {
    let month = Month::of_day(day);
    format!("{month}-{:02}", day - month.first_day() + 1)
}

fn inputs(source: &SourceRecord) -> Vec<Value> {
    let input = |file: &super::FileRecord| json!({"source": source.source, "file": file.name, "bytes": file.bytes, "sha256": file.sha256});
    source.files.iter().map(input).collect()
}

/// Counted bills stand beside the tables that show nearly all of them; no other source does. Where a
/// table hides the country's contacts, they would follow from the bills less the other services.
fn account(source: &SourceRecord, tables: &[TableSummary]) -> Value {
    let is_bills = source.source == "regning";
    let account = if is_bills && tables.iter().any(|table| table.hides_country) {
        PublicAccount::withheld()
    } else {
        public_account(&source.total(), is_bills.then(|| published_contacts(tables)).flatten())
    };
    json!({ "rows": account.rows, "classes": account.classes })
}

/// Contacts of the country over all published months, of one table of each service.
fn published_contacts(tables: &[TableSummary]) -> Option<u64> {
    let mut by_service: BTreeMap<&str, u64> = BTreeMap::new();
    for table in tables {
        if let Some(contacts) = table.country_contacts {
            let most = by_service.entry(table.service).or_default();
            *most = contacts.max(*most);
        }
    }
    (!by_service.is_empty()).then(|| by_service.values().sum())
}

fn exact(source: &SourceRecord) -> Value {
    let classes = |tally: &FileTally| -> BTreeMap<String, u64> {
        tally.classes.iter().map(|(class, rows)| (class.name(), *rows)).collect()
    };
    let total = source.total();
    let file =
        |file: &super::FileRecord| json!({"file": file.name, "rows": file.tally.rows, "classes": classes(&file.tally)});
    json!({
        "rows": total.rows,
        "classes": classes(&total),
        "files": source.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn completeness(share: &MonthShare) -> Value {
    json!({ "month": share.month.to_string(), "percent": share.percent() })
}

fn table(table: &TableSummary) -> Value {
    json!({
        "id": table.id,
        "version": table.version,
        "cells": table.cells,
        "hidden_cells": table.hidden,
        "levels": table.levels,
    })
}

fn files(files: &[WrittenFile]) -> Vec<impl Serialize> {
    let mut files: Vec<&WrittenFile> = files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.into_iter().map(|file| json!({"path": file.path, "bytes": file.bytes, "sha256": file.sha256})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_the_text_ends_in_a_newline() {
        let text = String::from_utf8(bytes(&json!({"b": 1, "a": {"d": 2, "c": [1]}}))).unwrap();
        assert_eq!(text, "{\n  \"a\": {\n    \"c\": [\n      1\n    ],\n    \"d\": 2\n  },\n  \"b\": 1\n}\n");
    }

    fn service(service: &'static str, months: Option<u64>) -> TableSummary {
        TableSummary {
            id: service.into(),
            version: "1".into(),
            service,
            cells: 1,
            hidden: u64::from(months.is_none()),
            levels: BTreeMap::new(),
            country_contacts: months,
            hides_country: months.is_none(),
        }
    }

    /// 1 395 bills less 1 383 contacts of one service are the 12 that the other hides.
    #[test]
    fn bills_are_not_accounted_for_where_a_total_of_the_country_is_hidden() {
        use crate::domain::RowClass;
        let mut tally = FileTally { rows: 1_395, ..FileTally::default() };
        tally.add(RowClass::Counted, 1_395);
        let file =
            super::super::context::FileRecord { name: "regning.csv".into(), bytes: 1, sha256: "0".into(), tally };
        let of = |source: &str| SourceRecord { source: source.into(), files: vec![file.clone()] };
        let hidden = [service("gp", Some(1_383)), service("legevakt", None)];
        assert_eq!(account(&of("regning"), &hidden)["rows"], Value::Null);
        assert_eq!(account(&of("takst"), &hidden)["rows"], 1_395);
        let shown = [service("gp", Some(1_383)), service("legevakt", Some(12))];
        assert_eq!(account(&of("regning"), &shown)["classes"]["counted"], 1_395);
    }

    #[test]
    fn a_day_is_written_as_a_date() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(19_782), "2024-02-29");
    }
}
