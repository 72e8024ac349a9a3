//! What a release says of itself besides its tables: plain facts that the pipeline has gathered.
//!
//! In: names, hashes and row counts. Out: the same, for the manifests. No type here can hold a
//! person's row.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::codes::Geography;
use crate::definition::Pipeline;
use crate::domain::{FileTally, Month};

/// The program's name and version, as manifests and release names give it.
pub const PROGRAM: &str = concat!("kprstat ", env!("CARGO_PKG_VERSION"));

/// Everything a release says of itself besides its tables.
pub struct ReleaseContext<'a> {
    /// `PIPELINE-ASOF-HASH`
    pub release: String,
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    /// Days since 1970-01-01.
    pub as_of: i32,
    /// In the order of the definition.
    pub sources: Vec<SourceRecord>,
    pub completeness: Vec<MonthShare>,
    /// The release of this pipeline that was the newest before.
    pub previous: Option<String>,
    /// Hash of everything but the ledger that the run starts from.
    pub run: String,
    /// State of the ledger that the run starts from (see the restricted manifest).
    pub ledger_before: String,
    /// Of a table of one's own: the releases that it was protected beside; none: a release of a
    /// pipeline.
    pub against: Option<serde_json::Value>,
    /// What every gate found.
    pub gates: Vec<GateRecord>,
    /// Gates that an operator let the delivery through, and why.
    pub accepted: serde_json::Value,
    /// Codes that no list knows, by source and column: how many rows have one.
    pub unknown_codes: BTreeMap<String, u64>,
}

/// What a gate found. Only its result is published.
#[derive(Debug, Clone)]
pub struct GateRecord {
    pub gate: &'static str,
    /// `passed`, `noted`, `accepted`, `stopped` or `not-judged`.
    pub result: serde_json::Value,
    /// Value, limits and places.
    pub found: serde_json::Value,
}

/// A source of the delivery: its files in order, with the class of every row.
#[derive(Debug, Clone)]
pub struct SourceRecord {
    pub source: String,
    pub files: Vec<FileRecord>,
}

/// A file as delivered.
#[derive(Debug, Clone)]
pub struct FileRecord {
    /// Without its folder.
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
    pub tally: FileTally,
}

impl SourceRecord {
    /// The rows of all its files.
    pub fn total(&self) -> FileTally {
        let mut total = FileTally::default();
        self.files.iter().for_each(|file| total.merge(&file.tally));
        total
    }
}

/// The expected completeness of a provisional month.
#[derive(Debug, Clone, PartialEq)]
pub struct MonthShare {
    pub month: Month,
    /// Contacts registered by the as-of day; not published.
    pub contacts: u64,
    /// Share of the month's contacts that are expected to be registered by now, 0 to 1.
    pub share: Option<f64>,
}

impl MonthShare {
    /// The share in percent, so coarse that one step of it is at least ten contacts; none where
    /// the month has fewer than a thousand, or no earlier month has been followed long enough.
    pub fn percent(&self) -> Option<f64> {
        let steps = match self.contacts {
            100_000.. => 100.0,
            10_000.. => 10.0,
            1_000.. => 1.0,
            _ => return None,
        };
        self.share.map(|share| (share * 100.0 * steps).round() / steps)
    }
}

/// What the audit found, in totals of the whole release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// `clean`: nothing that must stay hidden can be found out.
    pub verdict: &'static str,
    /// Hidden cells that were attacked.
    pub hidden_cells: u64,
    /// Of these, determined exactly by what is published although nothing is unsafe in them.
    pub wasted_cells: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completeness_is_no_finer_than_ten_contacts() {
        let of = |contacts, share| MonthShare { month: Month::new(2024, 1), contacts, share }.percent();
        assert_eq!(of(2_900_000, Some(0.987_654)), Some(98.77));
        assert_eq!(of(10_000, Some(0.987_654)), Some(98.8));
        assert_eq!(of(9_999, Some(0.987_654)), Some(99.0));
        assert_eq!(of(999, Some(0.5)), None);
        assert_eq!(of(2_900_000, None), None);
    }
}
