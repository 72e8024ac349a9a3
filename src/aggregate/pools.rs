//! Pools: the small municipalities of a county, summed as "Øvrige kommuner" (PROTECTION 3).
//!
//! In: cells and the pools that `protect` chose. Out: cells with the pools' places added. Never
//! chooses a pool: contributors of a pool are counted from contacts, since those of its
//! municipalities may be the same.

use std::collections::BTreeMap;

use super::axes::Selection;
use super::cells::{Cells, Place, TableCells};
use super::count::{Run, count_tables};
use crate::definition::{Pipeline, SmallPlaces};
use crate::domain::{CountyNumber, PlaceIndex, Result};

/// The pooled municipalities of each county that has any.
pub type Pools = BTreeMap<CountyNumber, Vec<PlaceIndex>>;

/// Adds the pools to the tables that pool; the municipalities stay, for the restricted area.
pub fn with_pools(mut cells: Cells, pools: &Pools, run: &Run<'_>) -> Result<Cells> {
    let pooled = pooled_tables(&cells, run.pipeline);
    if !pools.is_empty() && !pooled.is_empty() {
        let added = count_tables(run, &pooled, Selection::Pools(pools))?;
        splice(&mut cells, &pooled, added.tables);
    }
    Ok(cells)
}

/// Positions in the pipeline of the tables that pool.
pub fn pooled_tables(cells: &Cells, pipeline: &Pipeline) -> Vec<usize> {
    let pools_small = |table: &&TableCells| pipeline.tables[table.table].small_places == SmallPlaces::Pool;
    cells.tables.iter().filter(pools_small).map(|table| table.table).collect()
}

/// Inserts the pools of the pooled tables between the counties and the municipalities.
pub fn splice(cells: &mut Cells, pooled: &[usize], added: Vec<TableCells>) {
    for (table, pools) in cells.tables.iter_mut().filter(|table| pooled.contains(&table.table)).zip(added) {
        splice_table(table, pools);
    }
}

fn splice_table(table: &mut TableCells, pools: TableCells) {
    let at = table.axes.places.iter().position(|place| matches!(place, Place::Municipality(_)));
    let at = at.unwrap_or(table.axes.places.len());
    let places = table.axes.places.len();
    let before = |cells: usize| cells.checked_div(places).unwrap_or(0) * at;
    table.contacts.insert(before(table.contacts.len()), pools.contacts);
    table.patients.insert(before(table.patients.len()), pools.patients);
    table.means.insert(before(table.means.len()), pools.means);
    let residents = before(table.residents.len());
    table.residents.splice(residents..residents, pools.residents);
    table.axes.places.splice(at..at, pools.axes.places);
}
