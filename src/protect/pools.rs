//! Which municipalities a table with pooling names, and which it sums (PROTECTION 3).
//!
//! In: the monthly totals by place of practice, and the ledger. Out: the pools, one set for all
//! periods. A set once in the ledger stays.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::primary::{Reason, Setting, judge};
use crate::aggregate::{CellCount, Cells, Place, Pools, TableCells};
use crate::codes::Geography;
use crate::definition::{Pipeline, PlaceBasis, Policy, SmallPlaces, Table};
use crate::domain::{CountyNumber, Error, PeriodKind, PlaceIndex, Result};

/// Chooses the pools, or takes those of the ledger.
///
/// # Guarantee
/// A municipality that is named passes the patient, doctor and dominance rules and the volume in
/// every month; a pool has at least two municipalities and, as far as their numbers can tell,
/// passes the rules; else the next smallest joins it. A county's only municipality is never
/// pooled.
pub fn choose_pools(cells: &Cells, pipeline: &Pipeline, geography: &Geography, ledger: &Ledger) -> Result<Pools> {
    if let Some(pools) = &ledger.pools {
        return read_pools(pools, geography);
    }
    let Some(series) = Series::find(cells, pipeline) else { return Ok(Pools::new()) };
    let pools = geography.counties.iter().filter_map(|county| {
        let pool = series.pool(&members(geography, county.number));
        (!pool.is_empty()).then_some((county.number, pool))
    });
    Ok(pools.collect())
}

fn members(geography: &Geography, county: CountyNumber) -> Vec<PlaceIndex> {
    let all = geography.municipalities.iter().enumerate();
    all.filter(|(_, m)| m.county == county).map(|(at, _)| at as PlaceIndex).collect()
}

fn read_pools(written: &BTreeMap<String, Vec<String>>, geography: &Geography) -> Result<Pools> {
    let place = |number: &String| {
        let known = geography.municipalities.iter().position(|m| m.number.to_string() == *number);
        known.map(|at| at as PlaceIndex).ok_or_else(|| {
            Error::geography(format!(
                "the ledger: pooled municipality {number} is not in geography {}; expected the geography of the earlier releases",
                geography.id
            ))
        })
    };
    let mut pools = Pools::new();
    for county in &geography.counties {
        if let Some(pool) = written.get(&county.number.to_string()) {
            pools.insert(county.number, pool.iter().map(place).collect::<Result<_>>()?);
        }
    }
    Ok(pools)
}

/// The pools by number, for the ledger.
pub(super) fn write_pools(pools: &Pools, geography: &Geography) -> BTreeMap<String, Vec<String>> {
    let number = |&at: &PlaceIndex| geography.municipalities[at as usize].number.to_string();
    pools.iter().map(|(county, pool)| (county.to_string(), pool.iter().map(number).collect())).collect()
}

/// The totals of every municipality in every month.
struct Series<'a> {
    cells: &'a TableCells,
    policy: &'a Policy,
    months: Vec<usize>,
    quantity: usize,
}

impl<'a> Series<'a> {
    /// The first table of counts that pools; the quantity is all contacts.
    fn find(cells: &'a Cells, pipeline: &'a Pipeline) -> Option<Series<'a>> {
        let pools = |table: &Table| table.small_places == SmallPlaces::Pool && table.place == PlaceBasis::Practice;
        let of_counts = |cells: &&TableCells| cells.means.is_empty() && !cells.contacts.is_empty();
        let cells = cells.tables.iter().filter(of_counts).find(|cells| pools(&pipeline.tables[cells.table]))?;
        let table = &pipeline.tables[cells.table];
        let width = |at: &usize| table.quantities[*at].types.count_ones();
        let quantity = (0..table.quantities.len()).rev().max_by_key(width)?;
        let finest = PeriodKind::ALL.into_iter().find(|kind| cells.axes.periods.iter().any(|p| p.kind == *kind))?;
        let of_kind = |at: &usize| cells.axes.periods[*at].kind == finest;
        let months = (0..cells.axes.periods.len()).filter(of_kind).collect();
        Some(Series { cells, policy: &table.policy, months, quantity })
    }

    fn monthly(&self, place: PlaceIndex) -> Vec<CellCount> {
        let at = self.cells.axes.places.iter().position(|known| *known == Place::Municipality(place));
        let inner = self.cells.axes.dimensions.iter().map(Vec::len).product::<usize>() * self.cells.axes.quantities;
        let cell = |at: usize, month: usize| {
            self.cells.contacts[(at * self.cells.axes.periods.len() + month) * inner + self.quantity]
        };
        at.map_or_else(Vec::new, |at| self.months.iter().map(|&month| cell(at, month)).collect())
    }

    fn pool(&self, members: &[PlaceIndex]) -> Vec<PlaceIndex> {
        if members.len() < 2 {
            return Vec::new();
        }
        let monthly: Vec<Vec<CellCount>> = members.iter().map(|&place| self.monthly(place)).collect();
        let mut pooled: Vec<bool> =
            monthly.iter().map(|months| !months.iter().all(|month| self.is_named(month))).collect();
        let mut by_size: Vec<usize> = (0..members.len()).collect();
        by_size.sort_by_key(|&at| (monthly[at].iter().map(|month| u64::from(month.value)).sum::<u64>(), at));
        while pooled.contains(&true) && !self.is_enough(&monthly, &pooled) {
            let Some(&next) = by_size.iter().find(|&&at| !pooled[at]) else { break };
            pooled[next] = true;
        }
        members.iter().zip(pooled).filter(|(_, pooled)| *pooled).map(|(&place, _)| place).collect()
    }

    fn is_named(&self, month: &CellCount) -> bool {
        month.value >= self.policy.pool_volume && judge(month, Setting::Practice, self.policy) == Reason::Shown
    }

    fn is_enough(&self, monthly: &[Vec<CellCount>], pooled: &[bool]) -> bool {
        let all = || monthly.iter().zip(pooled).filter(|(_, pooled)| **pooled).map(|(months, _)| months);
        let month = |at: usize| sum(all().map(|months| months[at]));
        all().count() >= 2
            && (0..self.months.len()).all(|at| judge(&month(at), Setting::Practice, self.policy) == Reason::Shown)
    }
}

/// Counts of several places as one, where nobody contributes to two of them.
pub(super) fn sum(counts: impl Iterator<Item = CellCount>) -> CellCount {
    let mut total = CellCount::default();
    for count in counts {
        total.value += count.value;
        total.patients += count.patients;
        total.doctors += count.doctors;
        let mut top = [total.top_doctor, total.second_doctor, count.top_doctor, count.second_doctor];
        top.sort_unstable();
        (total.top_doctor, total.second_doctor) = (top[3], top[2]);
        total.top_patient = total.top_patient.max(count.top_patient);
    }
    total
}
