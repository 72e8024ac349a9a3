//! Gates on the rows of a delivery: rejects, empty sources, unknown codes.
//!
//! In: the class of every row, by source and file. Out: measures with the names of files and
//! columns.

use super::{Facts, Measured};
use crate::domain::FileTally;
use crate::load::over_limit;

/// The files with too many rejects, and their shares in words; the value is the largest share of
/// them, and 0 where there is none: a few rows stop nothing (SPEC-DETAILS 4).
pub(super) fn rejected(facts: &Facts) -> Measured {
    let over = over_the_limit(facts);
    let largest = over.iter().map(|(_, tally)| share(tally)).fold(0.0, f64::max);
    let at = over.iter().map(|(name, tally)| format!("{name} ({:.1} %)", share(tally) * 100.0)).collect();
    Measured { value: Some(largest), at }
}

/// The files of which more is rejected than the definition allows.
fn over_the_limit<'f>(facts: &Facts<'f>) -> Vec<(&'f str, &'f FileTally)> {
    let files = facts.sources.values().flat_map(|scanned| scanned.files.iter().zip(&scanned.tally.files));
    let limit = facts.pipeline.reject_limit;
    files.filter(|(_, tally)| over_limit(tally, limit)).map(|(file, tally)| (file.name.as_str(), tally)).collect()
}

fn share(tally: &FileTally) -> f64 {
    tally.rejected() as f64 / tally.rows.max(1) as f64
}

/// Sources of the definition whose files hold no row at all.
pub(super) fn empty_sources(facts: &Facts) -> Measured {
    let is_empty = |source: &&str| facts.sources.get(*source).is_some_and(|scanned| scanned.tally.total().rows == 0);
    let used = facts.pipeline.sources.iter().map(|used| used.source.as_str());
    let empty: Vec<String> = used.filter(is_empty).map(str::to_string).collect();
    Measured { value: Some(empty.len() as f64), at: empty }
}

/// Most tariff codes stand for no kind of contact, and no list has them: they tell nothing.
const NOT_LISTED: &str = "takstkode";

/// The column with the largest share of codes that no list knows, of at least ten rows.
pub(super) fn unknown_codes(facts: &Facts) -> Measured {
    let share = |((source, column), rows): (&(String, String), &u64)| {
        let read = facts.sources.get(source).map_or(0, |scanned| scanned.tally.total().rows);
        let share = if *rows < 10 || read == 0 { 0.0 } else { *rows as f64 / read as f64 };
        (share, format!("{source}.{column}"))
    };
    let largest = facts
        .unknown
        .iter()
        .filter(|((_, column), _)| column != NOT_LISTED)
        .map(share)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((share, column)) = largest else { return Measured::default() };
    Measured { value: Some(share), at: if share > 0.0 { vec![column] } else { Vec::new() } }
}
