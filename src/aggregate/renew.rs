//! Cells of the periods whose contacts have changed.
//!
//! In: the periods, what has changed. Out: their cells. Where the period was kept with who is in
//! its cells and it is known whose contacts have changed, what these persons have before and after
//! is taken out and put in (`late`); else all contacts of the period are counted.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::axes::{Span, is_per_doctor};
use super::blocks::Block;
use super::contributors::{Contributors, Doctors, Layer, Persons};
use super::count::{Counted, Noting, count_noting, prepare};
use super::days::{DaysDifference, DoctorDays, differ};
use super::difference::{Difference, Differences, Walker};
use super::doubts::InDoubt;
use super::facts::Signatures;
use super::late::{Turned, turn};
use super::lone::Keys;
use super::means::turn_means;
use super::pairs::{Pair, WantedContributors};
use super::staged::{Blocks, Night, Tables, read_whole};
use super::touched::{Touched, touched};
use super::workload::means;
use crate::contacts::Contacts;
use crate::domain::{Month, Period, Result};

/// Most doctors in cells that are kept of the periods counted at a time: so many, some 150 MB, or
/// so many a contact, less than contacts take themselves. Where there are more, none are
/// kept, and late rows count their periods anew.
const MOST_PAIRS: usize = 12_000_000;
const PAIRS_A_CONTACT: usize = 5;

/// Months after the last one of a period in which its contacts may change by more than a few: rows
/// come for six, and are credited some ten weeks later.
const MONTHS_OPEN: i32 = 9;

/// Touched persons walked at a time.
const PERSONS_AT_ONCE: usize = 512;

type Made = BTreeMap<Period, Blocks>;

impl Night<'_> {
    /// The cells of some periods; `known` is what was found touched for other tables.
    pub fn renew(&self, periods: &[Period], tables: Tables, known: &mut Option<Touched>) -> Result<Made> {
        let mut before = self.before(periods, tables)?;
        let (late, anew): (Vec<Period>, Vec<Period>) =
            periods.iter().copied().partition(|period| before.contains_key(period));
        let mut made = self.count(&anew, tables)?;
        if let Some(change) = self.change.filter(|_| !late.is_empty()) {
            let months: BTreeSet<Month> =
                late.iter().flat_map(|period| (period.first.0..=period.last().0).map(Month)).collect();
            let touched = match known {
                Some(known) if months.is_subset(&known.months) => known,
                _ => known.insert(touched(change, self.months, months)?),
            };
            made.extend(match self.late(&mut before, &late, tables, touched)? {
                Some(found) => found,
                None => self.count(&late, tables)?,
            });
        }
        Ok(made)
    }

    /// What was kept of the periods that can be turned.
    fn before(&self, periods: &[Period], tables: Tables) -> Result<Made> {
        let mut before = Made::new();
        let Some(change) = self.change else { return Ok(before) };
        for &period in periods {
            let key = self.key(period, tables.selection, &change.months);
            let Some(stored) = self.months.stage.read(&key) else { continue };
            let blocks: Option<Blocks> = tables
                .with(period)
                .into_iter()
                .map(|table| Ok(read_whole(&stored, table)?.map(|block| (table, block))))
                .collect::<Result<_>>()?;
            before.extend(blocks.map(|blocks| (period, blocks)));
        }
        Ok(before)
    }

    /// Counts all contacts of some periods.
    fn count(&self, periods: &[Period], tables: Tables) -> Result<Made> {
        if periods.is_empty() {
            return Ok(Made::new());
        }
        let contacts = self.months.gather(|month| periods.iter().any(|period| period.contains(month)))?;
        let is_open = |period: &Period| self.as_of <= period.last().plus(MONTHS_OPEN).last_day();
        let open: Vec<Period> = periods.iter().copied().filter(is_open).collect();
        Ok(self.blocks(&contacts, (periods, &open), tables))
    }

    /// The cells that some contacts make in some periods, with who is in those of the open ones.
    fn blocks(&self, contacts: &Contacts, (periods, open): (&[Period], &[Period]), tables: Tables) -> Made {
        let with = |table: &usize| periods.iter().any(|period| tables.with(*period).contains(table));
        let here: Vec<usize> = tables.counted.iter().map(|counted| counted.table).filter(with).collect();
        let keys = Keys::of_contacts(contacts);
        let length: usize = contacts.parts.iter().map(|part| part.len()).sum();
        let limit = MOST_PAIRS.max(PAIRS_A_CONTACT * length);
        let wanted = WantedContributors { periods: open, limit, keys: &keys.patients };
        let run = super::count::Run { wanted, ..self.run(contacts, Some(periods)) };
        let noting = count_noting(&run, &here, tables.selection);
        let mut made = Made::new();
        for table in &noting.cells.tables {
            for (at, &period) in table.axes.periods.iter().enumerate() {
                made.entry(period).or_default().insert(table.table, Block::take(table, at, &keys));
            }
        }
        if !noting.pairs.is_over {
            add_contributors(&mut made, noting, &keys);
        }
        made
    }

    /// Turns the cells of some periods; none where they do not add up.
    fn late(&self, before: &mut Made, periods: &[Period], tables: Tables, touched: &Touched) -> Result<Option<Made>> {
        let (none, span) = (Contacts::default(), Span::of(self.pipeline, self.months.span(), self.as_of));
        let run = self.run(&none, Some(periods));
        let counted: Vec<Counted> =
            tables.counted.iter().map(|table| prepare(&run, table.table, span, tables.selection)).collect();
        let first = span.map_or(Month(0), |span| span.first);
        let (doctors, found) = self.differences(&counted, first, touched);
        let mut jobs = Vec::new();
        for (table, found) in found.into_iter().enumerate() {
            for (period, difference) in found.into_iter().enumerate() {
                let of = &counted[table];
                let kept = before.get_mut(&of.axes.periods[period]).and_then(|blocks| blocks.remove(&of.table));
                let Some(kept) = kept else { return Ok(None) };
                jobs.push(((table, period), kept, difference));
            }
        }
        let turned: Option<Vec<_>> = jobs
            .into_par_iter()
            .map(|(at, kept, difference)| {
                if difference.is_empty() {
                    return Some((at, Vec::new(), Turned { block: kept, doubts: Vec::new() }));
                }
                let turned = turn(&kept, difference, &doctors)?;
                Some((at, kept.means, turned))
            })
            .collect();
        let Some(turned) = turned else { return Ok(None) };
        let in_doubt = turned.iter().filter(|(_, _, turned)| !turned.doubts.is_empty());
        let doubts: InDoubt = in_doubt.map(|(at, _, turned)| (*at, turned.doubts.clone())).collect();
        let settled = self.count_doubts(&counted, first, &doubts)?;
        let days = self.days(&counted, first, touched);
        let mut made = Made::new();
        for ((table, period), kept_means, turned) in turned {
            let is_changed = turned.block.means.is_empty();
            let of = &counted[table];
            let Some(mut block) = turned.settle(|at| settled.get(&(table, period, at)).copied()) else {
                return Ok(None);
            };
            if let Some(days) = days.get(&table).filter(|_| is_changed) {
                let at = (&self.pipeline.tables[of.table], of.axes.places.len());
                if turn_means(&mut block, &kept_means, &days[period], at).is_none() {
                    return Ok(None);
                }
            }
            made.entry(of.axes.periods[period]).or_default().insert(of.table, block);
        }
        Ok(Some(made))
    }

    /// What the touched persons have in other numbers than before, and the doctors' keys by number.
    fn differences(&self, counted: &[Counted], first: Month, touched: &Touched) -> (Vec<i64>, Differences) {
        let mut doctors: Vec<i64> = touched.of_persons.iter().map(|sided| sided.contact.doctor).collect();
        doctors.sort_unstable();
        doctors.dedup();
        let numbers: FxHashMap<i64, u32> = doctors.iter().copied().zip(0..).collect();
        let tables: Vec<usize> = counted.iter().map(|table| table.table).collect();
        let persons: Vec<_> = touched.of_persons.chunk_by(|a, b| a.contact.person == b.contact.person).collect();
        let walked = persons.par_chunks(PERSONS_AT_ONCE).map(|persons| {
            let signatures = Signatures::new(self.pipeline, &tables, first);
            let mut walker = Walker::new(signatures, counted, &numbers);
            persons.iter().for_each(|person| walker.person(person));
            walker.found
        });
        let empty = || counted.iter().map(|table| vec![Difference::default(); table.axes.periods.len()]).collect();
        let found = walked.reduce(empty, |mut all: Differences, more| {
            let pairs = all.iter_mut().flatten().zip(more.into_iter().flatten());
            pairs.for_each(|(all, more)| all.merge(more));
            all
        });
        (doctors, found)
    }

    /// How the days of doctors have changed, for the tables of means by position.
    fn days(&self, counted: &[Counted], first: Month, touched: &Touched) -> BTreeMap<usize, Vec<DaysDifference>> {
        let tables: Vec<usize> = counted.iter().map(|table| table.table).collect();
        let mut signatures = Signatures::new(self.pipeline, &tables, first);
        let of_means = counted.iter().enumerate().filter(|(_, of)| is_per_doctor(&self.pipeline.tables[of.table]));
        let differ = |(at, of): (usize, &Counted)| {
            let means = means(&self.pipeline.tables[of.table]);
            (at, differ(of, &means, &touched.of_days, (&mut signatures, at)))
        };
        of_means.map(differ).collect()
    }
}

/// Gives the blocks of some periods who is in their cells.
fn add_contributors(made: &mut Made, mut noting: Noting, keys: &Keys) {
    for (number, table) in noting.cells.tables.iter().enumerate() {
        let mut days: Vec<DoctorDays> = vec![DoctorDays::default(); table.axes.periods.len()];
        for noted in noting.days[number].drain(..) {
            days[noted.period].0.insert((noted.place, keys.doctor(noted.doctor)), noted.figures);
        }
        for (position, (period, days)) in table.axes.periods.iter().zip(days).enumerate() {
            let Some(pairs) = noting.pairs.take(number, position) else { continue };
            let Some(block) = made.get_mut(period).and_then(|blocks| blocks.get_mut(&table.table)) else { continue };
            let persons = |layer: usize, at: u32| noting.persons.get((number, layer), position, at).unwrap_or_default();
            let [contacts, patients] = pairs;
            let contacts = layer_of(block.contacts.iter().map(|cell| (cell.at, persons(0, cell.at))), contacts);
            let patients = layer_of(block.patients.iter().map(|cell| (cell.at, persons(1, cell.at))), patients);
            let doctors = keys.doctors.clone();
            block.contributors = Some(Contributors { doctors, layers: [contacts, patients], days });
        }
    }
}

/// A layer of some cells, in order, from pairs in any order.
fn layer_of(cells: impl Iterator<Item = (u32, Persons)>, mut pairs: Vec<Pair>) -> Layer {
    pairs.sort_unstable_by_key(|&(at, doctor, _)| u64::from(at) << 32 | u64::from(doctor));
    let mut layer = Layer { persons: Vec::new(), doctors: Doctors::with_capacity(0, pairs.len()) };
    let mut pairs = pairs.into_iter().peekable();
    for (at, persons) in cells {
        layer.persons.push(persons);
        while let Some((_, doctor, number)) = pairs.next_if(|pair| pair.0 == at) {
            // Numbered from 1 where they were counted.
            layer.doctors.push(doctor - 1, number);
        }
        layer.doctors.end_cell();
    }
    layer
}
