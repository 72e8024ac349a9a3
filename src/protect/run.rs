//! The way through the room: pools, relations, one system a universe, rows.
//!
//! In: cells, definition, geography and ledger. Out: [`Protected`].

use std::collections::BTreeMap;

use super::certificate::Certificate;
use super::grid::NO_CELL;
use super::hide::hide;
use super::kept::{KeptMoves, take_over};
use super::ledger::{Ledger, Names, Noted, Seen, Told};
use super::loss::Loss;
use super::pairs::part_pairs;
use super::pools::{choose_pools, write_pools};
use super::primary::Reason;
use super::proofs::Proofs;
use super::protected::Protected;
use super::rows::{Decided, Decisions};
use super::shared;
use super::system::{Source, State, System};
use super::trim::{secondary, trim, trim_parted};
use super::unions::hide_unions;
use super::verify::verify;
use super::workload;
use crate::aggregate::{Axes, Cells, Place, Pools, TableCells};
use crate::codes::Geography;
use crate::definition::{Pipeline, SmallPlaces};
use crate::domain::{Error, Result};
use crate::relations::{Relations, Universe, View, describe};

/// Decides what of the cells may be published, and proves it.
///
/// # Guarantee
/// Every count that is unsafe in itself (PROTECTION 2) is hidden wherever it would be shown, in
/// every measure. For each there are other complete tables that agree with everything shown, in
/// whole numbers, at least 1 in every hidden cell, between which it varies by the policy's width,
/// and which no single contributor can rule out. Each of them has been checked by addition.
/// The same input gives the same output.
///
/// # Not guaranteed
/// Nothing about what other publications say of the same contacts, nor about contributors who
/// tell each other what they know. Means over doctors are protected by a pattern, without proof.
pub fn protect(
    cells: &Cells,
    pipeline: &Pipeline,
    geography: &Geography,
    as_of: i32,
    ledger: &Ledger,
) -> Result<Protected> {
    let pools = choose_pools(cells, pipeline, geography, ledger)?;
    let counts = cells.tables.iter().filter(|table| is_of_counts(table));
    let axes: Vec<(usize, &Axes)> = counts.map(|table| (table.table, &table.axes)).collect();
    let relations = describe(&axes, pipeline, geography, &pools)?;
    let run = Run { cells, pipeline, geography, as_of, ledger, pools: &pools };
    let mut decisions: Vec<Option<Decisions>> = cells.tables.iter().map(|table| run.decide_means(table)).collect();
    let mut kept = BTreeMap::new();
    let mut certificate = Certificate::default();
    for (at, universe) in relations.universes.iter().enumerate() {
        kept.insert(universe.id.clone(), run.decide(at, universe, &mut certificate, &mut decisions)?);
    }
    run.finish(relations, decisions, certificate, kept)
}

/// Hides what must be hidden in a universe, proves it, and gives the decisions of each of its views.
pub(super) fn prove(
    (at, universe): (usize, &Universe),
    sources: &[Source<'_>],
    certificate: &mut Certificate,
    kept: Option<&KeptMoves>,
) -> Result<(Vec<Decisions>, KeptMoves)> {
    let mut system = System::build(universe, sources)?;
    let mut proofs = Proofs::new(&system);
    if let Some(kept) = kept {
        take_over(&system, &mut proofs, kept);
    }
    hide(&mut system, &mut proofs)?;
    for round in 0.. {
        trim(&mut system, &mut proofs, round);
        let before = secondary(&system);
        part_pairs(&mut system, &mut proofs)?;
        if system.ground.is_some() && round == 0 {
            trim_parted(&mut system, &mut proofs, &before);
            part_pairs(&mut system, &mut proofs)?;
        }
        hide_unions(&mut system, sources);
        if !system.look_back_again(&mut proofs) {
            break;
        }
        hide(&mut system, &mut proofs)?;
    }
    verify(&system, &proofs)?;
    certificate.add(at, &system, &proofs)?;
    let least = system.least_changes();
    let decisions = (0..sources.len()).map(|view| decisions_of(&system, view, &least)).collect();
    Ok((decisions, KeptMoves::of(universe, &proofs)))
}

fn is_of_counts(table: &TableCells) -> bool {
    table.means.is_empty() && !table.contacts.is_empty()
}

struct Run<'a> {
    cells: &'a Cells,
    pipeline: &'a Pipeline,
    geography: &'a Geography,
    as_of: i32,
    ledger: &'a Ledger,
    pools: &'a Pools,
}

impl Run<'_> {
    fn position(&self, view: &View) -> Result<usize> {
        let is = |table: &TableCells| self.pipeline.tables[table.table].id == view.table;
        let found = self.cells.tables.iter().position(is);
        found.ok_or_else(|| Error::bug(format!("table {}: it has no cells", view.table)))
    }

    fn decide(
        &self,
        at: usize,
        universe: &Universe,
        certificate: &mut Certificate,
        decisions: &mut [Option<Decisions>],
    ) -> Result<KeptMoves> {
        let positions: Vec<usize> = universe.views.iter().map(|view| self.position(view)).collect::<Result<_>>()?;
        let sources: Vec<Source<'_>> =
            universe.views.iter().zip(&positions).map(|(view, &at)| self.source(view, at)).collect();
        let (made, kept) = prove((at, universe), &sources, certificate, self.ledger.moves.get(&universe.id))?;
        for (made, &at) in made.into_iter().zip(&positions) {
            decisions[at] = Some(made);
        }
        Ok(kept)
    }

    fn source<'s>(&'s self, view: &'s View, at: usize) -> Source<'s> {
        let cells = &self.cells.tables[at];
        let table = &self.pipeline.tables[cells.table];
        let width = self.pipeline.policy.width;
        let before = self.ledger.before(&self.names(cells), width);
        let before = self.ledger.with_country(before, &cells.axes, (&shared::names_of(self.pipeline, table), width));
        Source { view, table, cells, before }
    }

    fn names<'s>(&'s self, cells: &'s TableCells) -> Names<'s> {
        let table = &self.pipeline.tables[cells.table];
        let quantities = table.quantities.iter().map(|quantity| format!("{quantity:?}")).collect();
        Names { table: &table.id, axes: &cells.axes, geography: self.geography, quantities }
    }

    fn decide_means(&self, cells: &TableCells) -> Option<Decisions> {
        if cells.means.is_empty() {
            return None;
        }
        let table = &self.pipeline.tables[cells.table];
        let reasons = workload::decide(cells, &table.policy, self.geography, self.pools);
        let state = |reason: &Reason| if *reason == Reason::Shown { State::Shown } else { State::Hidden };
        let pooled = |place: &Place| match *place {
            Place::Municipality(at) if table.small_places == SmallPlaces::Pool => {
                let county = self.geography.municipalities[at as usize].county;
                self.pools.get(&county).is_some_and(|pool| pool.contains(&at))
            }
            _ => false,
        };
        let named = cells.axes.places.iter().map(|place| !pooled(place)).collect();
        let periods = vec![true; cells.axes.periods.len()];
        let states = reasons.iter().map(state).collect();
        Some(Decisions { states, reasons, reasons_of_patients: Vec::new(), named, periods, told: Vec::new() })
    }

    fn finish(
        &self,
        relations: Relations,
        decisions: Vec<Option<Decisions>>,
        certificate: Certificate,
        kept: BTreeMap<String, KeptMoves>,
    ) -> Result<Protected> {
        let mut ledger = self.ledger.clone();
        ledger.moves.extend(kept);
        ledger.pools = Some(write_pools(self.pools, self.geography));
        ledger.releases.push(self.as_of);
        let (mut public, mut restricted, mut loss) = (Vec::new(), Vec::new(), Loss::default());
        for (cells, decisions) in self.cells.tables.iter().zip(decisions) {
            let table = &self.pipeline.tables[cells.table];
            let Some(decisions) = decisions else {
                // A table without any period has no cells and no rows.
                continue;
            };
            let decided = Decided { table, cells, decisions: &decisions, as_of: self.as_of };
            let rows = decided.rows();
            loss.add(&decided);
            public.push(rows.0);
            restricted.push(rows.1);
            if cells.means.is_empty() {
                let seen: Vec<u8> = (0..cells.axes.len()).map(|at| seen(&decisions, cells, at) as u8).collect();
                ledger.note_country(&decisions, cells, &shared::names_of(self.pipeline, table));
                ledger.note(&self.names(cells), &Noted { seen, told: decisions.told, as_of: self.as_of });
            }
        }
        let certificate = certificate.finish(&relations, &self.pipeline.policy)?;
        Ok(Protected { public, restricted, relations, certificate, ledger, loss })
    }
}

/// What the ledger keeps of a cell.
pub(super) fn seen(decisions: &Decisions, cells: &TableCells, at: usize) -> Seen {
    match decisions.states[at] {
        State::Unpublished => Seen::New,
        State::Hidden => Seen::Hidden,
        // A zero may be hidden without harm when it is no longer zero.
        State::Shown if cells.contacts[at].value == 0 => Seen::New,
        State::Shown => Seen::Shown,
    }
}

fn decisions_of(system: &System<'_>, view: usize, least: &[Vec<u32>; 2]) -> Decisions {
    let ids = &system.grids[view].ids;
    let cell = |id: &u32| system.cells.get(*id as usize);
    Decisions {
        states: ids.iter().map(|id| cell(id).map_or(State::Unpublished, |cell| cell.state)).collect(),
        reasons: ids.iter().map(|id| cell(id).map_or(Reason::Shown, |cell| cell.reason)).collect(),
        reasons_of_patients: ids.iter().map(|&id| system.reason_of_patients(id)).collect(),
        named: system.views[view].place.codes.iter().map(Option::is_some).collect(),
        periods: system.views[view].period.codes.iter().map(Option::is_some).collect(),
        told: ids.iter().map(|&id| if id == NO_CELL { [Told::NOTHING; 2] } else { system.told(id, least) }).collect(),
    }
}
