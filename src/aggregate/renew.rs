//! Cells of the periods whose contacts have changed.
//!
//! In: the periods, what has changed. Out: their cells. Where the period was kept with its doctors
//! and it is known whose contacts have changed, these persons are counted twice, before and after
//! (`late`); else all contacts of the period are counted.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::axes::is_per_doctor;
use super::blocks::{Block, Doctors};
use super::cells::{Cells, Place};
use super::count::count_pairs;
use super::late::{Late, Turned, turn};
use super::lone::Keys;
use super::near::Near;
use super::pairs::{Pair, WantedPairs};
use super::staged::{Blocks, Night, Tables, read_whole};
use crate::contacts::{Contact, Contacts};
use crate::domain::{Month, Period, PlaceIndex, Result};

/// Most doctors in cells that are kept of the periods counted at a time: some 200 MB. Where there
/// are more, none are kept, and late rows count their periods anew.
const MOST_PAIRS: usize = 12_000_000;

/// Periods to count, and those of them whose doctors are wanted cell by cell.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    periods: &'a [Period],
    doctors: &'a [Period],
    /// Nothing of doctors is wanted.
    persons_alone: bool,
}

type Made = BTreeMap<Period, Blocks>;

/// What was kept of a period before it changed, by table.
type Before = BTreeMap<Period, Blocks>;

/// Cells in doubt by period and table.
type InDoubt = BTreeMap<(Period, usize), Turned>;

impl Night<'_> {
    /// The cells of some periods.
    pub fn renew(&self, periods: &[Period], tables: Tables) -> Result<Made> {
        let before = self.before(periods, tables)?;
        let (late, anew): (Vec<Period>, Vec<Period>) =
            periods.iter().copied().partition(|period| before.contains_key(period));
        let mut made = self.count(&anew, (&|_| true, tables))?;
        if late.is_empty() {
            return Ok(made);
        }
        // Means over doctors are no sums over persons.
        let means = |table: usize| is_per_doctor(&self.pipeline.tables[table]);
        merge(&mut made, self.count(&late, (&means, tables))?);
        match self.late(&before, &late, tables)? {
            Some(found) => merge(&mut made, found),
            None => merge(&mut made, self.count(&late, (&|table| !means(table), tables))?),
        }
        Ok(made)
    }

    /// What was kept of the periods that can be turned.
    fn before(&self, periods: &[Period], tables: Tables) -> Result<Before> {
        let mut before = Before::new();
        let Some(change) = self.change else { return Ok(before) };
        for &period in periods {
            let key = self.key(period, tables.selection, &change.months);
            let Some(stored) = self.months.stage.read(&key) else { continue };
            let of_counts = |table: &usize| !is_per_doctor(&self.pipeline.tables[*table]);
            let blocks: Option<Blocks> = tables
                .with(period)
                .into_iter()
                .filter(of_counts)
                .map(|table| Ok(read_whole(&stored, table)?.map(|block| (table, block))))
                .collect::<Result<_>>()?;
            before.extend(blocks.map(|blocks| (period, blocks)));
        }
        Ok(before)
    }

    /// Counts all contacts of some periods, in the tables that are asked for.
    fn count(&self, periods: &[Period], (asked, tables): (&dyn Fn(usize) -> bool, Tables)) -> Result<Made> {
        let is_asked = |period: &Period| tables.with(*period).into_iter().any(asked);
        let periods: Vec<Period> = periods.iter().copied().filter(is_asked).collect();
        if periods.is_empty() {
            return Ok(Made::new());
        }
        let contacts = self.months.gather(|month| periods.iter().any(|period| period.contains(month)))?;
        // Where more rows may come.
        let open: Vec<Period> = periods.iter().copied().filter(|period| !period.is_final(self.as_of)).collect();
        Ok(self.blocks(&contacts, Wanted { periods: &periods, doctors: &open, persons_alone: false }, (asked, tables)))
    }

    /// The cells that some contacts make.
    fn blocks(&self, contacts: &Contacts, wanted: Wanted, (asked, tables): (&dyn Fn(usize) -> bool, Tables)) -> Made {
        let is_asked = |table: &usize| asked(*table) && wanted.periods.iter().any(|p| tables.with(*p).contains(table));
        let here: Vec<usize> = tables.counted.iter().map(|counted| counted.table).filter(is_asked).collect();
        let pairs = WantedPairs { periods: wanted.doctors, limit: MOST_PAIRS };
        let run = self.run(contacts, Some(wanted.periods));
        let run = super::count::Run { pairs, without_doctors: wanted.persons_alone, ..run };
        let (cells, pairs) = count_pairs(&run, &here, tables.selection);
        let keys = Keys::of_contacts(contacts);
        let mut made = Made::new();
        for table in &cells.tables {
            for (at, &period) in table.axes.periods.iter().enumerate() {
                made.entry(period).or_default().insert(table.table, Block::take(table, at, &keys));
            }
        }
        if !pairs.is_over {
            add_doctors(&mut made, (&cells, pairs.list, &keys), wanted.doctors);
        }
        made
    }

    /// Turns the cells of some periods; none where they do not add up.
    fn late(&self, before: &Before, periods: &[Period], tables: Tables) -> Result<Option<Made>> {
        let Some(change) = self.change else { return Ok(None) };
        let within = |month: Month| periods.iter().any(|period| period.contains(month));
        let here = |contact: &&Contact| within(contact.month());
        let persons: FxHashSet<i64> =
            change.lost.iter().chain(&change.won).filter(here).map(|contact| contact.person).collect();
        let mut after = self.contacts_of(&within, &persons)?;
        let won: FxHashSet<i64> = change.won.iter().filter(here).map(|contact| contact.bill).collect();
        let now = self.months.by_person(&after);
        after.retain(|contact| !won.contains(&contact.bill));
        after.extend(change.lost.iter().filter(here));
        let then = self.months.by_person(&after);
        let of_counts = |table: usize| !is_per_doctor(&self.pipeline.tables[table]);
        let wanted = Wanted { periods, doctors: periods, persons_alone: false };
        let (then, now) =
            (self.blocks(&then, wanted, (&of_counts, tables)), self.blocks(&now, wanted, (&of_counts, tables)));
        let mut turned = InDoubt::new();
        for (&period, kept) in before {
            for (&table, kept) in kept {
                let three = then.get(&period).and_then(|blocks| blocks.get(&table));
                let Some((before, after)) = three.zip(now.get(&period).and_then(|blocks| blocks.get(&table))) else {
                    return Ok(None);
                };
                let sound = before.has_doctors && after.has_doctors;
                let Some(found) = turn(&Late { kept, before, after }).filter(|_| sound) else { return Ok(None) };
                turned.insert((period, table), found);
            }
        }
        self.settle(turned, tables)
    }

    /// The contacts of some persons in some months.
    fn contacts_of(&self, within: &(dyn Fn(Month) -> bool + Sync), persons: &FxHashSet<i64>) -> Result<Vec<Contact>> {
        let months: Vec<Month> = self.months.list.keys().copied().filter(|&month| within(month)).collect();
        let found = months.into_par_iter().map(|month| {
            let mut contacts = self.months.read(month)?;
            contacts.retain(|contact| persons.contains(&contact.person));
            Result::Ok(contacts)
        });
        Ok(found.collect::<Result<Vec<_>>>()?.concat())
    }

    /// Counts what is in doubt: all contacts of everybody who has one that may be in such a cell.
    fn settle(&self, turned: InDoubt, tables: Tables) -> Result<Option<Made>> {
        let doubts: Vec<(Period, usize)> =
            turned.iter().filter(|(_, turned)| !turned.doubts.is_empty()).map(|(&at, _)| at).collect();
        let mut counted = Made::new();
        if !doubts.is_empty() {
            let periods: Vec<Period> = doubts.iter().map(|(period, _)| *period).collect();
            let within = |month: Month| periods.iter().any(|period| period.contains(month));
            let persons = self.persons_near(&turned, tables, &within)?;
            let contacts = self.months.by_person(&self.contacts_of(&within, &persons)?);
            let asked = |table: usize| doubts.iter().any(|(_, of)| *of == table);
            counted = self.blocks(
                &contacts,
                Wanted { periods: &periods, doctors: &[], persons_alone: true },
                (&asked, tables),
            );
            tracing::debug!("counting persons near cells in doubt");
        }
        let mut made = Made::new();
        for ((period, table), turned) in turned {
            let settled = if turned.doubts.is_empty() {
                Some(turned.block)
            } else {
                counted.get(&period).and_then(|blocks| blocks.get(&table)).and_then(|block| turned.settle(block))
            };
            let Some(block) = settled else { return Ok(None) };
            let block = Block { has_doctors: !period.is_final(self.as_of), ..block };
            made.entry(period).or_default().insert(table, block);
        }
        Ok(Some(made))
    }

    /// Persons with a contact that may be in a cell in doubt.
    fn persons_near(
        &self,
        turned: &InDoubt,
        tables: Tables,
        within: &(dyn Fn(Month) -> bool + Sync),
    ) -> Result<FxHashSet<i64>> {
        let mut near: BTreeMap<Period, Near> = BTreeMap::new();
        for (&(period, table), turned) in turned {
            let Some(counted) = tables.counted.iter().find(|counted| counted.table == table) else { continue };
            let of = &self.pipeline.tables[table];
            let near = near.entry(period).or_insert_with(|| Near::new(self.geography.municipalities.len()));
            for &at in &turned.doubts {
                let place = counted.axes.places[Block::place_of(&counted.axes, at)];
                let is_in = |municipality: usize| self.is_in(place, municipality);
                near.note(of, is_in, |dimension| Block::code_of(&counted.axes, at, dimension));
            }
        }
        let months: Vec<Month> = self.months.list.keys().copied().filter(|&month| within(month)).collect();
        let found = months.into_par_iter().map(|month| {
            let near: Vec<&Near> = near.iter().filter(|(period, _)| period.contains(month)).map(|of| of.1).collect();
            let contacts = self.months.read(month)?;
            let is_near = |contact: &&Contact| near.iter().any(|near| near.has(contact));
            Result::Ok(contacts.iter().filter(is_near).map(|contact| contact.person).collect::<Vec<i64>>())
        });
        Ok(found.collect::<Result<Vec<_>>>()?.concat().into_iter().collect())
    }

    /// Whether a municipality may be in a place; every one of its county may be in a pool.
    fn is_in(&self, place: Place, municipality: usize) -> bool {
        match place {
            Place::Country => true,
            Place::County(county) | Place::Pool(county) => {
                self.geography.county_of(municipality as PlaceIndex) == county
            }
            Place::Municipality(at) => usize::from(at) == municipality,
        }
    }
}

/// Gives the blocks of some periods their doctors.
fn add_doctors(made: &mut Made, (cells, mut pairs, keys): (&Cells, Vec<Pair>, &Keys), periods: &[Period]) {
    let of_table = |pair: &Pair| (pair.table, pair.layer);
    pairs.sort_unstable_by_key(of_table);
    for (number, table) in cells.tables.iter().enumerate() {
        let mut found = vec![[Vec::new(), Vec::new()]; table.axes.periods.len()];
        for layer in 0..2 {
            let from = pairs.partition_point(|pair| of_table(pair) < (number as u16, layer));
            let here = pairs[from..].iter().take_while(|pair| of_table(pair) == (number as u16, layer));
            for pair in here {
                let (period, at) = Block::place(&table.axes, pair.cell as usize);
                found[period][usize::from(layer)].push((at, keys.doctor(pair.doctor), pair.number));
            }
        }
        for (period, doctors) in table.axes.periods.iter().zip(found).filter(|(period, _)| periods.contains(period)) {
            if let Some(block) = made.get_mut(period).and_then(|blocks| blocks.get_mut(&table.table)) {
                block.doctors = doctors.map(Doctors::of);
                block.has_doctors = true;
            }
        }
    }
}

fn merge(made: &mut Made, more: Made) {
    for (period, blocks) in more {
        made.entry(period).or_default().extend(blocks);
    }
}
