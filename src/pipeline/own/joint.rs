//! The table counted and protected together with what it is held beside.
//!
//! In: contacts and residents by the finest ages and places. Out: [`Joint`]: what may be published
//! of all tables, of which only the table's own leave. Writes nothing.

use std::borrow::Cow;

use super::company::{Company, Part};
use crate::aggregate::{self, Axes, CellCount, Cells, Pools, Sparse, TableCells};
use crate::contacts::{Contacts, Regrouping, Residents};
use crate::definition::{Dimension, Pipeline, SmallPlaces};
use crate::domain::Result;
use crate::protect::{self, Beside, Ledger, Protected, Seen};
use crate::relations::{AgeCode, Ground, Relations, Subject, age_codes, describe_together};

/// What is counted, and as of which day.
pub struct Counting<'a> {
    pub company: &'a Company<'a>,
    pub own: &'a Pipeline,
    pub contacts: &'a Contacts,
    pub residents: &'a Residents,
    /// Days since 1970-01-01.
    pub as_of: i32,
}

/// All tables together, and the table's own alone.
pub struct Joint {
    /// The definitions of all tables.
    pub pipeline: Pipeline,
    pub together: Protected,
    pub own: Protected,
}

/// What was published of a table.
struct Known {
    seen: Option<Vec<Seen>>,
    periods: Vec<bool>,
}

impl Counting<'_> {
    /// Counts everything and protects the table beside the rest.
    pub fn protect(&self) -> Result<Joint> {
        let company = self.company;
        let mut counted: Vec<Cells> = company.parts.iter().map(|part| self.count(part)).collect::<Result<_>>()?;
        let own_pools = match company.pools() {
            Some(pools) => pools,
            None => {
                let own = &company.parts[company.own];
                protect::choose_pools(&counted[company.own], &own.pipeline, &own.geography, &Ledger::default())?
            }
        };
        let pools: Vec<Pools> = (0..counted.len()).map(|at| company.pools_of(at, &own_pools)).collect();
        let mut all = Vec::new();
        for (at, cells) in counted.drain(..).enumerate() {
            let cells = self.with_pools(&company.parts[at], cells, &pools[at])?;
            let first = company.first(at);
            all.extend(cells.tables.into_iter().map(|cells| TableCells { table: first + cells.table, ..cells }));
        }
        let cells = Cells { tables: all.into_iter().map(|cells| self.with_all_ages(cells)).collect() };
        let known: Vec<Known> = cells.tables.iter().map(|cells| self.known(cells)).collect::<Result<_>>()?;
        let pipeline = company.merged(self.own);
        let relations = self.describe(&cells, &known, &pools, 0..pipeline.tables.len())?;
        let published: Vec<Option<Vec<Seen>>> = known.iter().map(|known| known.seen.clone()).collect();
        let beside = Beside { cells: &cells, pipeline: &pipeline, relations, published: &published, as_of: self.as_of };
        let together = protect::protect_beside(beside)?;
        let range = self.own_tables();
        let own = together.apart(range.clone(), self.describe(&cells, &known, &pools, range)?);
        Ok(Joint { pipeline, together, own })
    }

    /// Positions of the table's own tables among all.
    pub fn own_tables(&self) -> std::ops::Range<usize> {
        let first = self.company.first(self.company.own);
        first..first + self.company.parts[self.company.own].pipeline.tables.len()
    }

    /// Contacts and residents by the ages and places of a part.
    pub fn regrouped(&self, part: &Part<'_>) -> (Cow<'_, Contacts>, Cow<'_, Residents>) {
        let same = part.places.iter().enumerate().all(|(at, &place)| at == usize::from(place))
            && part.ages.iter().enumerate().all(|(at, &group)| at == usize::from(group));
        if same {
            return (Cow::Borrowed(self.contacts), Cow::Borrowed(self.residents));
        }
        let to = Regrouping { places: &part.places, ages: &part.ages };
        (Cow::Owned(self.contacts.regrouped(&to)), Cow::Owned(self.residents.regrouped(&to)))
    }

    fn count(&self, part: &Part<'_>) -> Result<Cells> {
        let (contacts, residents) = self.regrouped(part);
        aggregate::count(&self.run(part, &contacts, &residents))
    }

    fn with_pools(&self, part: &Part<'_>, cells: Cells, pools: &Pools) -> Result<Cells> {
        if !part.pipeline.tables.iter().any(|table| table.small_places == SmallPlaces::Pool) {
            return Ok(cells);
        }
        let (contacts, residents) = self.regrouped(part);
        aggregate::with_pools(cells, pools, &self.run(part, &contacts, &residents))
    }

    fn run<'r>(&'r self, part: &'r Part<'_>, contacts: &'r Contacts, residents: &'r Residents) -> aggregate::Run<'r> {
        let (pipeline, geography) = (&part.pipeline, &part.geography);
        aggregate::Run::of_all(contacts, residents, pipeline, (geography, self.as_of))
    }

    /// The part that a table is of, and its position there.
    fn part_of(&self, table: usize) -> (&Part<'_>, usize) {
        let of = |at: &usize| self.company.first(*at) <= table;
        let part = (0..self.company.parts.len()).rev().find(of).unwrap_or(0);
        (&self.company.parts[part], table - self.company.first(part))
    }

    /// What was published of a table: by the newest release that has the period.
    fn known(&self, cells: &TableCells) -> Result<Known> {
        let (part, at) = self.part_of(cells.table);
        let axes = &cells.axes;
        if part.published.is_empty() {
            return Ok(Known { seen: None, periods: vec![true; axes.periods.len()] });
        }
        let mut seen = vec![Seen::New; axes.len()];
        let mut periods = vec![false; axes.periods.len()];
        for release in &part.published {
            let table = release.pipeline.tables.iter().find(|table| table.id == part.names[at]);
            let Some(table) = table else { continue };
            let pattern = release.pattern(table, axes)?;
            let new: Vec<bool> = periods.iter().zip(&pattern.periods).map(|(had, has)| !had && *has).collect();
            take(&mut seen, &pattern.seen, axes, &new);
            periods.iter_mut().zip(new).for_each(|(period, new)| *period |= new);
        }
        Ok(Known { seen: Some(seen), periods })
    }

    /// The groups of ages along the axis of a table; of one that nobody publishes those of all parts.
    fn ages(&self, table: usize) -> Vec<AgeCode> {
        let (part, at) = self.part_of(table);
        let mut codes = age_codes(&part.pipeline.age_groups, &self.company.ages);
        if part.pipeline.tables[at].indicators.is_empty() {
            for other in &self.company.parts {
                for code in age_codes(&other.pipeline.age_groups, &self.company.ages) {
                    if !codes.iter().any(|known| known.1 == code.1) {
                        codes.push(code);
                    }
                }
            }
        }
        codes
    }

    /// Adds to a table of the finest ages the groups that others have.
    fn with_all_ages(&self, cells: TableCells) -> TableCells {
        let (part, at) = self.part_of(cells.table);
        let table = &part.pipeline.tables[at];
        let codes = self.ages(cells.table);
        match table.dimensions.iter().position(|dimension| *dimension == Dimension::AgeGroup) {
            Some(axis) if codes.len() + 1 > cells.axes.dimensions[axis].len() => merge_ages(cells, axis, &codes),
            _ => cells,
        }
    }

    fn describe(
        &self,
        cells: &Cells,
        known: &[Known],
        pools: &[Pools],
        tables: std::ops::Range<usize>,
    ) -> Result<Relations> {
        let ground = Ground {
            contact_types: &self.own.contact_types,
            features: &self.own.features,
            geography: &self.company.meeting.geography,
            ages: &self.company.ages,
        };
        let ages: Vec<Vec<AgeCode>> = cells.tables.iter().map(|cells| self.ages(cells.table)).collect();
        let mut subjects = Vec::new();
        for ((cells, known), ages) in cells.tables.iter().zip(known).zip(&ages) {
            if !tables.contains(&cells.table) {
                continue;
            }
            let (part, at) = self.part_of(cells.table);
            let position = self.company.parts.iter().position(|other| std::ptr::eq(other, part)).unwrap_or(0);
            subjects.push(Subject {
                table: &part.pipeline.tables[at],
                axes: &cells.axes,
                ages,
                geography: &part.geography,
                leaves: &part.leaves,
                pools: &pools[position],
                published: Some(&known.periods),
            });
        }
        describe_together(&subjects, &ground)
    }
}

/// Takes over the cells of some periods.
fn take(into: &mut [Seen], from: &[Seen], axes: &Axes, periods: &[bool]) {
    let inner = axes.dimensions.iter().map(Vec::len).product::<usize>() * axes.quantities;
    for (at, (to, from)) in into.iter_mut().zip(from).enumerate() {
        if periods[at / inner.max(1) % periods.len().max(1)] {
            *to = *from;
        }
    }
}

/// Lengthens the axis of ages to the groups of `codes`, each the sum of the finest ones.
fn merge_ages(cells: TableCells, axis: usize, codes: &[AgeCode]) -> TableCells {
    let mut axes = cells.axes.clone();
    let had = axes.dimensions[axis].len();
    axes.dimensions[axis] = ["total".to_string()].into_iter().chain(codes.iter().map(|code| code.0.clone())).collect();
    let after = axes.shape()[axis + 3..].iter().product::<usize>();
    let widened = |layer: &Sparse<CellCount>| -> Sparse<CellCount> {
        let layer: Vec<CellCount> = layer.iter().copied().collect();
        let row = |row: &[CellCount]| -> Vec<CellCount> {
            let at = |position: usize| &row[position * after..(position + 1) * after];
            let mut made = at(0).to_vec();
            for (_, leaves) in codes {
                let sum = |inner: usize| sum(leaves.iter().map(|&leaf| at(usize::from(leaf) + 1)[inner]));
                made.extend((0..after).map(sum));
            }
            made
        };
        layer.chunks_exact(had * after).flat_map(row).collect::<Vec<_>>().into()
    };
    let (contacts, patients) = (widened(&cells.contacts), widened(&cells.patients));
    TableCells { axes, contacts, patients, ..cells }
}

/// Counts of several ages as one. Nobody is of two ages in a period, but a doctor is a doctor of all:
/// contributors are judged where the group is counted by itself.
fn sum(counts: impl Iterator<Item = CellCount>) -> CellCount {
    counts
        .reduce(|one, other| CellCount {
            value: one.value + other.value,
            patients: one.patients + other.patients,
            doctors: one.doctors + other.doctors,
            top_patient: one.top_patient.max(other.top_patient),
            top_doctor: one.top_doctor.max(other.top_doctor),
            second_doctor: one.second_doctor.max(other.second_doctor),
            lone_patient: 0,
            lone_doctor: 0,
        })
        .unwrap_or_default()
}
