//! What everybody knows of counts of patients besides their sums.
//!
//! In: a system. Out: [`PatientRules`]: patients of a part are no more than those of the whole, and
//! these no more than those of all parts together. So it is over contact types in every cell (a
//! person has one place, sex and age in a period, whatever the type), and over time in the whole
//! country, where nobody moves away. Never limits contacts.

use rustc_hash::FxHashMap;

use super::grid::CellId;
use super::moves::Room;
use super::system::{Cell, Rank, System};
use crate::relations::{Dim, DimKind, Sum, sums};

/// Rules of the form `sum of coefficient x patients <= 0`, over cells.
#[derive(Debug, Default)]
pub(super) struct PatientRules {
    members: Vec<(CellId, i8)>,
    /// Where the members of a rule start; one more at the end.
    starts: Vec<u32>,
    /// How far a rule is from its limit.
    slack: Vec<u32>,
    /// Whether a rule is over time; and those being added.
    over_time: Vec<bool>,
    adding_over_time: bool,
    /// Views that have all members of a rule, as bits.
    views: Vec<u64>,
    /// Rules of every cell, with its coefficient.
    of_cell: FxHashMap<CellId, Vec<(u32, i8)>>,
}

/// Which changes of a move are known.
#[derive(Debug, Clone, Copy)]
pub(super) enum Within {
    All,
    /// All of them in this period: rules over time are for others to keep.
    Period,
    /// Those in one view.
    View(usize),
    /// Those in one view and this period.
    PeriodOfView(usize),
}

/// Codes that hold each other, and sums, among the codes of a line.
type Known = (Vec<(u16, u16)>, Vec<Sum>);

/// A cell of a line along a dimension: the line, the code along it, the cell.
pub(super) type Entry = (u128, u16, CellId);

impl PatientRules {
    /// Finds the rules of a system.
    pub fn of(system: &System<'_>) -> PatientRules {
        let mut rules = PatientRules { starts: vec![0], ..PatientRules::default() };
        let views_of = views_of_cells(system);
        for (dim, of) in system.universe.dims.iter().enumerate() {
            match of.kind {
                DimKind::Type => rules.add_lines(system, dim, patients(system, dim, |_| true)),
                DimKind::Time => {
                    rules.adding_over_time = true;
                    rules.add_lines(system, dim, patients(system, dim, |rank| rank == Rank::Country));
                    rules.adding_over_time = false;
                }
                _ => {}
            }
        }
        for rule in rules.starts.windows(2) {
            let members = &rules.members[rule[0] as usize..rule[1] as usize];
            rules.views.push(members.iter().fold(u64::MAX, |views, &(cell, _)| views & views_of[cell as usize]));
        }
        rules
    }

    fn add_lines(&mut self, system: &System<'_>, dim: usize, entries: Vec<Entry>) {
        let dim = &system.universe.dims[dim];
        let mut known: FxHashMap<Vec<u16>, Known> = FxHashMap::default();
        for line in entries.chunk_by(|a, b| a.0 == b.0).filter(|line| line.len() > 1) {
            let present: Vec<u16> = line.iter().map(|entry| entry.1).collect();
            let found = known.entry(present).or_insert_with_key(|codes| (nested(dim, codes), sums(dim, codes)));
            for (part, whole) in &found.0 {
                if let (Some(part), Some(whole)) = (cell(line, part), cell(line, whole)) {
                    self.add(system, &[(part, 1), (whole, -1)]);
                }
            }
            for sum in &found.1 {
                self.add_sum(system, line, sum);
            }
        }
    }

    /// The whole is no more than all of its parts together.
    fn add_sum(&mut self, system: &System<'_>, line: &[Entry], sum: &Sum) {
        let parts: Option<Vec<CellId>> = sum.children.iter().map(|code| cell(line, code)).collect();
        if let (Some(whole), Some(parts)) = (cell(line, &sum.parent), parts) {
            let all: Vec<(CellId, i8)> = parts.into_iter().map(|part| (part, -1)).chain([(whole, 1)]).collect();
            self.add(system, &all);
        }
    }

    /// Adds a rule. One that the truth breaks is no rule; one among zeros says nothing.
    fn add(&mut self, system: &System<'_>, members: &[(CellId, i8)]) {
        let patients = |cell: CellId| i64::from(system.cells[cell as usize].patients);
        let sum: i64 = members.iter().map(|&(cell, by)| i64::from(by) * patients(cell)).sum();
        let Ok(slack) = u32::try_from(-sum) else { return };
        if members.iter().all(|&(cell, _)| patients(cell) == 0) {
            return;
        }
        let rule = self.slack.len() as u32;
        for &(cell, by) in members {
            self.of_cell.entry(cell).or_default().push((rule, by));
        }
        self.members.extend(members);
        self.starts.push(self.members.len() as u32);
        self.slack.push(slack);
        self.over_time.push(self.adding_over_time);
    }

    /// Limits how far a move may go, given the cells in which it changes patients; all of them
    /// for rules that lie within one view, or of rules in any.
    pub fn limit(&self, changes: &[(CellId, i8)], within: Within, touched: &mut Vec<(u32, i32)>, room: &mut Room) {
        touched.clear();
        for (cell, change) in changes {
            for &(rule, by) in self.of_cell.get(cell).into_iter().flatten() {
                touched.push((rule, i32::from(by) * i32::from(*change)));
            }
        }
        touched.sort_unstable();
        let applies = |rule: u32| match within {
            Within::All => true,
            Within::Period => !self.over_time[rule as usize],
            Within::View(view) => self.views[rule as usize] >> view & 1 == 1,
            Within::PeriodOfView(view) => !self.over_time[rule as usize] && self.views[rule as usize] >> view & 1 == 1,
        };
        for rule in touched.chunk_by(|a, b| a.0 == b.0).filter(|rule| applies(rule[0].0)) {
            let change: i32 = rule.iter().map(|(_, by)| by).sum();
            if change != 0 {
                let room_left = self.slack[rule[0].0 as usize] / change.unsigned_abs();
                room.limit_patients(room_left, -change.signum() as i8);
            }
        }
    }

    /// The rules that a change of some cells may break: their members.
    pub fn touched(&self, cells: impl Iterator<Item = CellId>) -> Vec<&[(CellId, i8)]> {
        let mut rules: Vec<u32> =
            cells.filter_map(|cell| self.of_cell.get(&cell)).flatten().map(|&(rule, _)| rule).collect();
        rules.sort_unstable();
        rules.dedup();
        let members =
            |rule: u32| &self.members[self.starts[rule as usize] as usize..self.starts[rule as usize + 1] as usize];
        rules.into_iter().map(members).collect()
    }
}

/// By cell, the views that have it, as bits.
fn views_of_cells(system: &System<'_>) -> Vec<u64> {
    let mut views = vec![0u64; system.cells.len()];
    for (view, grid) in system.grids.iter().enumerate() {
        for &id in &grid.ids {
            if let Some(bits) = views.get_mut(id as usize) {
                *bits |= 1 << view;
            }
        }
    }
    views
}

fn cell(line: &[Entry], code: &u16) -> Option<CellId> {
    line.iter().find(|entry| entry.1 == *code).map(|entry| entry.2)
}

/// Every code with the next larger ones that hold it.
pub(super) fn nested(dim: &Dim, present: &[u16]) -> Vec<(u16, u16)> {
    let leaves = |code: u16| &dim.codes[code as usize].leaves;
    let holds = |large: u16, small: u16| {
        leaves(large).len() > leaves(small).len() && leaves(small).iter().all(|leaf| leaves(large).contains(leaf))
    };
    let mut pairs = Vec::new();
    for &part in present {
        for &whole in present.iter().filter(|&&whole| holds(whole, part)) {
            let between = |&&other: &&u16| holds(other, part) && holds(whole, other);
            if !present.iter().any(|other| between(&other)) {
                pairs.push((part, whole));
            }
        }
    }
    pairs
}

/// The cells with patients by line of a dimension.
fn patients(system: &System<'_>, dim: usize, take: impl Fn(Rank) -> bool) -> Vec<Entry> {
    entries(system, dim, |view, cell| system.shows_patients(view) && cell.has_patients() && take(cell.rank))
}

/// Cells by line of a dimension, sorted, each once.
pub(super) fn entries(system: &System<'_>, dim: usize, take: impl Fn(usize, &Cell) -> bool) -> Vec<Entry> {
    let mut radix: Vec<u128> = Vec::new();
    let mut next: u128 = 1;
    for of in &system.universe.dims {
        radix.push(next);
        next = next.saturating_mul(of.codes.len() as u128);
    }
    let mut entries = Vec::new();
    for (view, grid) in system.grids.iter().enumerate() {
        for (index, &id) in grid.ids.iter().enumerate() {
            if !system.cells.get(id as usize).is_some_and(|cell| take(view, cell)) {
                continue;
            }
            let codes = system.coordinates(view, index);
            let others = codes.iter().zip(&radix).enumerate().filter(|(at, _)| *at != dim);
            let line = others.map(|(_, (&code, radix))| radix * u128::from(code)).sum();
            entries.push((line, codes[dim], id));
        }
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}

#[cfg(test)]
mod tests {
    use super::super::system::Source;
    use super::super::testing::*;
    use super::*;
    use crate::definition::Measure;
    use crate::relations::describe;

    /// One place in one month: person 1 with contacts of both types, person 2 with one of type 0.
    /// Gives the system's cells of (whole, type 0, type 1) there.
    fn with_system(see: impl FnOnce(&System<'_>, [CellId; 3])) {
        let contact = |person, kind| Contact { person, kind, ..Contact::default() };
        let geography = geography(&[2, 1]);
        let mut table = table("t", &[0b11, 0b01, 0b10]);
        table.measures = vec![Measure::Contacts, Measure::Patients];
        let pipeline = pipeline(2, 1, vec![table]);
        let cells = cells(&[contact(1, 0), contact(1, 1), contact(2, 0)], &pipeline, &geography, 1000);
        let relations = describe(&[(0, &cells.tables[0].axes)], &pipeline, &geography, &Default::default()).unwrap();
        let universe = &relations.universes[0];
        let source =
            Source { view: &universe.views[0], table: &pipeline.tables[0], cells: &cells.tables[0], before: None };
        let system = System::build(universe, &[source]).unwrap();
        // Places: country, two counties, three municipalities; one period; three quantities.
        let first = 3 * 3;
        let ids = [0, 1, 2].map(|quantity| system.grids[0].ids[first + quantity]);
        assert_eq!(ids.map(|id| system.cells[id as usize].patients), [2, 2, 1]);
        see(&system, ids);
    }

    /// How far patients may rise and fall.
    fn limits(system: &System<'_>, changes: &[(CellId, i8)]) -> (u32, u32) {
        let mut room = Room::BOUNDLESS;
        system.patient_rules.limit(changes, Within::All, &mut Vec::new(), &mut room);
        (room.patients_up, room.patients_down)
    }

    #[test]
    fn a_part_has_no_more_patients_than_the_whole() {
        with_system(|system, [_, first, second]| {
            // Type 0 has both patients of the whole: it cannot rise alone; it can fall by one, then
            // the parts together just make the whole.
            assert_eq!(limits(system, &[(first, 1)]), (0, 1));
            // Type 1 can rise by one to the whole's two; it can fall by one.
            assert_eq!(limits(system, &[(second, 1)]), (1, 1));
        });
    }

    #[test]
    fn a_part_and_the_whole_go_together() {
        with_system(|system, [whole, first, _]| {
            // Up without end; down by one, to the one patient of the other type.
            assert_eq!(limits(system, &[(whole, 1), (first, 1)]), (u32::MAX, 1));
            // The whole alone: three are the most that two and one can be; type 0 has two already.
            assert_eq!(limits(system, &[(whole, 1)]), (1, 0));
        });
    }
}
