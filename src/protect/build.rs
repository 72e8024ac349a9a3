//! From tables to a [`System`]: cells of equal leaves become one, with one decision.
//!
//! In: the relations, the counts, the policies, and what earlier releases showed. Out: a system
//! in which every cell unsafe in itself, and every cell hidden before, is hidden. Proves nothing.

use rustc_hash::{FxHashMap, FxHashSet};

use super::earlier::Earlier;
use super::grid::{CellId, Grid, NO_CELL, NONE, canonical_codes};
use super::ground::Ground;
use super::ledger::{Before, Seen, Told, TwoTold};
use super::lookup::FreeConditions;
use super::patients::PatientRules;
use super::primary::{Reason, Setting, width_of_contacts};
use super::roles::{QuantityRole, Roles, Row};
use super::system::{Cell, Leeway, NO_LAYER, NO_TARGET, Rank, Source, State, System, Target};
use super::weights::{breadth, large_places, large_types, weight};
use crate::aggregate::CellCount;
use crate::definition::{Effort, Policy};
use crate::domain::{Error, Result};
use crate::relations::{Shown, Universe, View};

impl<'a> System<'a> {
    /// Joins the tables of a universe. Unsafe cells and those hidden before are hidden already.
    pub fn build(universe: &'a Universe, sources: &[Source<'a>]) -> Result<System<'a>> {
        let canonical: Vec<Vec<u16>> = universe.dims.iter().map(canonical_codes).collect();
        let mut builder = Builder::new(universe, canonical);
        for source in sources {
            builder.add(source)?;
        }
        let (told, margin) = (std::mem::take(&mut builder.told), builder.margin);
        let mut system = builder.finish();
        system.find_numerators();
        system.patient_rules = PatientRules::of(&system);
        (system.large_places, system.large_types) = (large_places(&system), large_types(&system));
        system.hide_primary();
        system.earlier = Earlier::of(&system, told, margin);
        system.look_back();
        system.prefer_patterns();
        system.is_careful = system.deserves_care();
        if sources.iter().all(|source| source.table.policy.effort == Effort::Thorough) {
            system.ground = Ground::new(&system);
        }
        Ok(system)
    }

    fn hide_primary(&mut self) {
        for cell in 0..self.cells.len() as CellId {
            let reason = self.cells[cell as usize].reason;
            if reason != Reason::Shown {
                self.hide(cell, reason);
            }
        }
    }

    fn find_numerators(&mut self) {
        let mut bases: FxHashMap<CellId, Vec<CellId>> = FxHashMap::default();
        for (view, grid) in self.views.iter().zip(&self.grids) {
            for shown in &view.indicators {
                let Shown::Share { numerator, denominator, .. } = *shown else { continue };
                for row in grid.ids.chunks_exact(grid.quantities) {
                    let (numerator, denominator) = (row[numerator], row[denominator]);
                    if numerator != NO_CELL && !self.cells[numerator as usize].counted {
                        bases.entry(numerator).or_default().push(denominator);
                    }
                }
            }
        }
        for (numerator, mut denominators) in bases {
            denominators.sort_unstable();
            denominators.dedup();
            if let [denominator] = denominators[..] {
                self.numerators.entry(denominator).or_default().push(numerator);
            }
        }
        for (&denominator, numerators) in &mut self.numerators {
            numerators.sort_unstable();
            let more: f32 = numerators.iter().map(|&n| self.cells[n as usize].weight * 0.25).sum();
            self.cells[denominator as usize].weight += more;
        }
    }
}

struct Builder<'a> {
    universe: &'a Universe,
    canonical: Vec<Vec<u16>>,
    radix: Vec<u128>,
    numbers: FxHashMap<u128, CellId>,
    views: Vec<&'a View>,
    grids: Vec<Grid>,
    cells: Vec<Cell>,
    home: Vec<(u8, u32)>,
    owners: Vec<[u32; 2]>,
    patient_owners: FxHashMap<CellId, [u32; 2]>,
    /// Cells of publications beside this one.
    beside: FxHashSet<CellId>,
    /// Unsafe cells.
    found: FxHashMap<CellId, Target>,
    /// By cell, what earlier releases told; empty where there were none.
    told: Vec<TwoTold>,
    margin: u32,
}

impl<'a> Builder<'a> {
    fn new(universe: &'a Universe, canonical: Vec<Vec<u16>>) -> Self {
        let mut radix = Vec::new();
        let mut next: u128 = 1;
        for dim in &universe.dims {
            radix.push(next);
            next = next.saturating_mul(dim.codes.len() as u128);
        }
        Builder {
            universe,
            canonical,
            radix,
            numbers: FxHashMap::default(),
            views: Vec::new(),
            grids: Vec::new(),
            cells: Vec::new(),
            home: Vec::new(),
            owners: Vec::new(),
            patient_owners: FxHashMap::default(),
            beside: FxHashSet::default(),
            found: FxHashMap::default(),
            told: Vec::new(),
            margin: 0,
        }
    }

    fn add(&mut self, source: &Source<'a>) -> Result<()> {
        let mut grid = Grid::new(self.universe, source.view, &self.canonical);
        let roles = Roles::new(source, &grid, self.universe);
        let count = source.view.len();
        let mut ids = vec![NO_CELL; count];
        let keys = self.quantity_keys(source.view);
        for row in 0..count / grid.quantities.max(1) {
            let base = row * grid.quantities;
            let positions = source.view.positions(base);
            let Some(key) = self.row_key(&grid, &positions).filter(|_| source.view.is_published(&positions)) else {
                continue;
            };
            let row = Row { base, at: roles.place_of(&positions, &grid, source.view) };
            for (quantity, part) in keys.iter().enumerate() {
                ids[base + quantity] = self.number(key + part, base + quantity, source);
                self.fill(ids[base + quantity], quantity, &row, source, &roles)?;
            }
        }
        grid.ids = ids;
        self.views.push(source.view);
        self.grids.push(grid);
        Ok(())
    }

    fn quantity_keys(&self, view: &View) -> Vec<u128> {
        let part = |&(dim, code): &(usize, u16)| self.radix[dim] * u128::from(self.canonical[dim][code as usize]);
        view.quantities.iter().map(|quantity| quantity.codes.iter().map(part).sum()).collect()
    }

    fn row_key(&self, grid: &Grid, positions: &[usize]) -> Option<u128> {
        let mut key = 0;
        for (lane, &at) in grid.lanes.iter().zip(positions) {
            if lane.codes[at] == NONE {
                return None;
            }
            key += self.radix[lane.dim] * u128::from(lane.codes[at]);
        }
        Some(key)
    }

    fn number(&mut self, key: u128, index: usize, source: &Source<'_>) -> CellId {
        let next = self.cells.len() as CellId;
        let id = *self.numbers.entry(key).or_insert(next);
        if id == next {
            self.cells.push(Cell {
                contacts: source.cells.contacts[index].value,
                patients: NO_LAYER,
                weight: 0.0,
                state: State::Unpublished,
                reason: Reason::Shown,
                known: false,
                counted: false,
                lone: false,
                rank: Rank::Detail,
                leeway: [Leeway::ANY; 2],
            });
            self.home.push((self.views.len() as u8, index as u32));
            let count = &source.cells.contacts[index];
            self.owners.push(owners_of(count));
        }
        id
    }

    fn fill(&mut self, id: CellId, quantity: usize, row: &Row, source: &Source<'_>, roles: &Roles) -> Result<()> {
        let index = row.base + quantity;
        let count = &source.cells.contacts[index];
        if self.cells[id as usize].contacts != count.value {
            let table = &source.view.table;
            return Err(Error::bug(format!("table {table}: a cell differs from the same cell of another table")));
        }
        let role = roles.quantities[quantity];
        let patients = match (role, source.cells.patients.get(index)) {
            (QuantityRole::Counted | QuantityRole::Implied, Some(patients)) if roles.shows_patients => Some(patients),
            _ => None,
        };
        let reason = row.reason(count, patients, source, roles);
        self.note_unsafe(id, (reason, row.at.setting), count, patients, &source.table.policy);
        if let Some(patients) = patients.filter(|_| !self.cells[id as usize].has_patients()) {
            self.note_patients(id, patients);
        }
        if source.before.as_ref().is_some_and(Before::is_published) {
            self.beside.insert(id);
        }
        let cell = &mut self.cells[id as usize];
        if !matches!(role, QuantityRole::Residual | QuantityRole::Implied) {
            cell.state = State::Shown;
            cell.counted |= role == QuantityRole::Counted;
        }
        cell.rank = cell.rank.min(row.at.rank);
        let before = source.before.as_ref().map_or(Seen::New, |before| before.seen(index));
        let told = source.before.as_ref().map_or([Told::NOTHING; 2], |before| before.told(index));
        let breadth = breadth(self.universe, &source.view.quantities[quantity], cell.rank);
        cell.weight = cell.weight.max(weight(count, cell.rank, before, &source.table.policy) * breadth);
        cell.known |= before == Seen::Known;
        if before == Seen::Hidden && cell.reason == Reason::Shown && count.value > 0 {
            cell.reason = Reason::Ledger;
        }
        self.margin = source.before.as_ref().map_or(self.margin, |before| before.margin);
        self.note_told(id, told);
        Ok(())
    }

    /// Notes what was told of a cell: in several tables, what tells most.
    fn note_told(&mut self, id: CellId, told: TwoTold) {
        if told == [Told::NOTHING; 2] {
            return;
        }
        self.told.resize(self.told.len().max(self.cells.len()), [Told::NOTHING; 2]);
        for (known, told) in self.told[id as usize].iter_mut().zip(told) {
            if told.is_something() && (!known.is_something() || told.drift < known.drift) {
                *known = told;
            }
        }
    }

    fn note_unsafe(
        &mut self,
        id: CellId,
        (reason, setting): (Reason, Setting),
        count: &CellCount,
        patients: Option<&CellCount>,
        policy: &Policy,
    ) {
        if reason == Reason::Shown {
            return;
        }
        let cell = &mut self.cells[id as usize];
        let keep = cell.reason.is_primary() && cell.reason < reason;
        cell.reason = if keep { cell.reason } else { reason };
        let of_contacts = if count.value > 0 { width_of_contacts(count, setting, policy) } else { 0 };
        let of_patients = if patients.is_some_and(|p| p.value > 0) { policy.width } else { 0 };
        let target = self.found.entry(id).or_insert(Target {
            cell: id,
            contacts_width: 0,
            patients_width: 0,
            contributors: [count.patients, 0],
            asked: [0; 2],
            min_patients: 0,
            beside: false,
        });
        target.contacts_width = target.contacts_width.max(of_contacts);
        target.patients_width = target.patients_width.max(of_patients);
        target.contributors[1] = patients.map_or(target.contributors[1], |patients| patients.value);
        target.min_patients = target.min_patients.max(policy.min_patients);
    }

    fn note_patients(&mut self, id: CellId, patients: &CellCount) {
        self.cells[id as usize].patients = patients.value;
        let owners = owners_of(patients);
        if owners != self.owners[id as usize] {
            self.patient_owners.insert(id, owners);
        }
    }

    fn finish(mut self) -> System<'a> {
        for (at, cell) in self.cells.iter_mut().enumerate() {
            // What became unsafe since it was shown elsewhere is hidden here.
            cell.known &= !cell.reason.is_primary();
            cell.reason = if cell.known { Reason::Shown } else { cell.reason };
            cell.lone = self.owners[at] != [0, 0] || self.patient_owners.contains_key(&(at as CellId));
        }
        let mut targets: Vec<Target> = self.found.into_values().collect();
        for target in &mut targets {
            target.beside = self.beside.contains(&target.cell);
            if !self.cells[target.cell as usize].has_patients() {
                target.patients_width = 0;
            }
            target.asked = [target.contacts_width, target.patients_width];
        }
        targets.sort_by_key(|target| target.cell);
        let mut target_of = vec![NO_TARGET; self.cells.len()];
        for (at, target) in targets.iter().enumerate() {
            target_of[target.cell as usize] = at as u32;
        }
        // Counts of joined registers are few, and either leaf may be the empty one.
        let free = |view: &View| if view.partial { FreeConditions::Either } else { FreeConditions::No };
        let options = |(grid, view): (&Grid, &&View)| grid.quantity_options(free(view));
        System {
            universe: self.universe,
            quantity_options: self.grids.iter().zip(&self.views).map(options).collect(),
            views: self.views,
            all_options: self.grids.iter().map(|grid| grid.quantity_options(FreeConditions::Either)).collect(),
            type_options: self.grids.iter().map(Grid::type_options).collect(),
            grids: self.grids,
            cells: self.cells,
            home: self.home,
            owners: self.owners,
            patient_owners: self.patient_owners,
            patient_rules: PatientRules::default(),
            numerators: FxHashMap::default(),
            large_places: Default::default(),
            large_types: Vec::new(),
            targets,
            target_of,
            earlier: None,
            is_careful: false,
            ground: None,
        }
    }
}

fn owners_of(count: &CellCount) -> [u32; 2] {
    let number = |of: u32, odd: u32| if of == 0 { 0 } else { of * 2 + odd };
    [number(count.lone_patient, 0), number(count.lone_doctor, 1)]
}
