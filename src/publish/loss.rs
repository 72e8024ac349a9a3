//! What protection cost: totals in public, everything in the restricted area.
//!
//! In: [`Loss`]. Out: a share of contacts a level for the manifest, so coarse that it tells no
//! cell, and a restricted report that names each hidden total of the country.

use serde_json::{Value, json};

use super::tables::TableSummary;
use crate::protect::Loss;

/// Fewest hidden cells of a level for the share of their contacts to be told.
const FEWEST_HIDDEN: u64 = 100;

/// The exact score, for the restricted area.
pub fn restricted(loss: &Loss) -> Value {
    json!({ "tables": loss.tables, "hidden_country_totals": loss.country_totals })
}

/// Adds the share of hidden contacts to a table's levels: whole percent, rounded up.
pub fn add(table: &mut TableSummary, loss: &Loss) {
    let Some(levels) = loss.tables.get(&table.id) else { return };
    for (level, summary) in &mut table.levels {
        let told = levels.get(*level).filter(|_| summary.hidden_cells >= FEWEST_HIDDEN);
        summary.hidden_contacts_percent = told.map(|level| level.hidden_contacts_share.ceil() as u64);
    }
}
