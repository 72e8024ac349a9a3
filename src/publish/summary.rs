//! A short account of a release, from its public files alone.
//!
//! In: the folder of a release. Out: the country's figures of the last month, cells and hidden
//! cells, the audit's verdict.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Error, Result};

/// What a release holds, in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub tables: u64,
    pub cells: u64,
    pub hidden_cells: u64,
    pub verdict: String,
    /// The country's contacts and consultations of the last month, by table.
    pub national: Vec<National>,
}

/// A figure of the whole country, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct National {
    pub table: String,
    pub period: String,
    pub indicator: String,
    /// As the CSV has it; empty where hidden.
    pub value: String,
    pub is_provisional: bool,
}

/// The indicators shown.
const SHOWN: [&str; 2] = ["consultation", "contact"];

impl Summary {
    /// Reads it from the public folder of a release.
    pub fn read(release: &Path) -> Result<Self> {
        let manifest = std::fs::read(release.join("manifest.json")).ok();
        let manifest: Value =
            manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| unreadable(release))?;
        let tables = manifest["tables"].as_array().cloned().unwrap_or_default();
        let total = |key: &str| tables.iter().filter_map(|table| table[key].as_u64()).sum();
        let national = national(release, tables.iter().filter_map(|table| table["id"].as_str()))?;
        Ok(Summary {
            tables: tables.len() as u64,
            cells: total("cells"),
            hidden_cells: total("hidden_cells"),
            verdict: manifest["audit"]["verdict"].as_str().unwrap_or("none").into(),
            national,
        })
    }
}

/// The country's contacts and consultations of the last month of some tables.
pub fn national<'a>(release: &Path, tables: impl Iterator<Item = &'a str>) -> Result<Vec<National>> {
    let mut figures = Vec::new();
    for table in tables {
        figures.extend(last_month(release, table).map_err(|_| unreadable(release))?);
    }
    Ok(figures)
}

fn unreadable(release: &Path) -> Error {
    Error::output(format!("{}: the release cannot be read; check the folder", release.display()))
}

/// The country's rows of a table's last month; months come first in the file, in order.
fn last_month(release: &Path, table: &str) -> csv::Result<Vec<National>> {
    let mut reader = csv::Reader::from_path(release.join(format!("data/{table}.csv")))?;
    let headers = reader.headers()?.clone();
    let at = |name: &str| headers.iter().position(|header| header == name);
    let [Some(indicator), Some(measure), Some(value), Some(status)] =
        ["indicator", "measure", "value", "obs_status"].map(at)
    else {
        return Ok(Vec::new());
    };
    let mut last: Vec<National> = Vec::new();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? && &row[0] == "month" {
        let is_total = &row[2] == "country" && row.iter().take(indicator).skip(5).all(|label| label == "total");
        if !is_total || &row[measure] != "contacts" || !SHOWN.contains(&&row[indicator]) {
            continue;
        }
        last.retain(|figure| figure.period == row[1]);
        last.push(National {
            table: table.into(),
            period: row[1].into(),
            indicator: row[indicator].into(),
            value: row[value].into(),
            is_provisional: &row[status] == "P",
        });
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_month_of_the_country_is_told_from_public_rows() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        write("manifest.json", r#"{"tables":[{"id":"t","cells":5,"hidden_cells":1}],"audit":{"verdict":"clean"}}"#);
        write(
            "data/t.csv",
            "period_type,period,geo_level,geo,geo_name,sex,age_group,indicator,measure,value,obs_status,conf_status\n\
             month,2024-01,country,0,Hele landet,total,total,contact,contacts,10,A,F\n\
             month,2024-02,country,0,Hele landet,male,total,contact,contacts,5,P,F\n\
             month,2024-02,country,0,Hele landet,total,total,contact,contacts,12,P,F\n\
             month,2024-02,county,03,Oslo,total,total,contact,contacts,,Q,C\n\
             year,2024,country,0,Hele landet,total,total,contact,contacts,99,P,F\n",
        );
        let summary = Summary::read(folder.path()).unwrap();
        let figure = National {
            table: "t".into(),
            period: "2024-02".into(),
            indicator: "contact".into(),
            value: "12".into(),
            is_provisional: true,
        };
        assert_eq!(summary.national, [figure]);
        assert_eq!((summary.tables, summary.cells, summary.hidden_cells), (1, 5, 1));
        assert_eq!(summary.verdict, "clean");
    }
}
