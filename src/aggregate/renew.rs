//! Cells of the periods whose contacts have changed.
//!
//! In: the periods, what has changed. Out: their cells. Where the period was kept with who is in
//! its cells and it is known whose contacts have changed, what these persons have before and after
//! is taken out and put in (`late`); else all contacts of the period are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rayon::prelude::*;

use super::axes::{Span, is_per_doctor};
use super::blocks::Block;
use super::contributors::{Contributors, Doctors, Layer, PARTS, Persons};
use super::count::{Counted, Noting, count_noting, prepare, share_out};
use super::days::{DaysDifference, DoctorDays, differ};
use super::difference::{Difference, Walker};
use super::doubts::InDoubt;
use super::facts::Signatures;
use super::late::{Turned, turn};
use super::lone::Keys;
use super::means::turn_means;
use super::pairs::{Pair, WantedContributors};
use super::staged::{Blocks, Kept, Night, NightCells, Tables, read_whole};
use super::touched::{Touched, touched};
use super::workload::means;
use crate::contacts::{Change, Contacts};
use crate::domain::{Error, Month, Period, Result};
use crate::stage::Stored;

/// Most doctors in cells that are kept of the periods counted at a time: so many, some 150 MB, or
/// so many a contact, less than contacts take themselves. Where there are more, none are
/// kept, and late rows count their periods anew.
const MOST_PAIRS: usize = 12_000_000;
const PAIRS_A_CONTACT: usize = 5;

/// Months after the last one of a period in which its contacts may change by more than a few: rows
/// come for six, and are credited some ten weeks later.
const MONTHS_OPEN: i32 = 9;

/// Where more than one in so many contacts of a period came or went, all are counted: with those of
/// the same persons it would be about as much work to turn it.
const MOST_CHANGED: u64 = 8;

/// Periods that are turned side by side.
const TURNED_AT_ONCE: usize = 2;

/// Touched persons walked at a time.
const PERSONS_AT_ONCE: usize = 512;

impl Night<'_> {
    /// Makes and keeps the cells of some periods; `made` is told how, and has what was found touched
    /// for other tables.
    ///
    /// Few periods are turned at a time, so that few are held with who is in them.
    pub fn renew(&self, periods: &[Period], tables: Tables, made: &mut NightCells) -> Result<Kept> {
        let (mut anew, mut late) = (Vec::new(), Vec::new());
        for &period in periods {
            match self.before(period, tables).filter(|_| self.has_changed_little(period)) {
                Some(stored) => late.push((period, stored)),
                None => anew.push(period),
            }
        }
        let months = late.iter().flat_map(|(period, _)| (period.first.0..=period.last().0).map(Month)).collect();
        let touched = if late.is_empty() { None } else { Some(self.touched(&months, &mut made.touched)?) };
        let (counted, turned) = rayon::join(
            || self.count_and_keep(&anew, tables),
            || touched.map_or(Ok(Kept::new()), |touched| self.turn_and_keep(&late, (tables, touched))),
        );
        let (mut counted, turned) = (counted?, turned?);
        let failed = late.iter().map(|(period, _)| *period).filter(|period| !turned.contains_key(period));
        counted.append(&mut self.count_and_keep(&failed.collect::<Vec<_>>(), tables)?);
        made.ways.turned.extend(turned.keys());
        made.ways.counted.extend(counted.keys());
        counted.extend(turned);
        Ok(counted)
    }

    /// Counts and keeps some periods.
    fn count_and_keep(&self, periods: &[Period], tables: Tables) -> Result<Kept> {
        let counted = self.count(periods, tables)?.into_iter();
        counted.map(|(period, blocks)| Ok((period, self.keep((period, tables), blocks)?))).collect()
    }

    /// Turns and keeps those of some periods that add up: while one is written, another is turned.
    fn turn_and_keep(&self, late: &[(Period, Stored)], (tables, touched): (Tables, &Touched)) -> Result<Kept> {
        // The longest come first, so that none is left when the others are done.
        let next = AtomicUsize::new(0);
        let turned = (0..TURNED_AT_ONCE).into_par_iter().map(|_| {
            let mut kept = Kept::new();
            while let Some((period, stored)) = late.iter().rev().nth(next.fetch_add(1, Relaxed)) {
                let whole = |table| Some((table, read_whole(stored, table)?));
                let before: Option<Blocks> = tables.with(*period).into_par_iter().map(whole).collect();
                let blocks = before.map(|before| self.late(before, *period, (tables, touched))).transpose()?;
                if let Some(blocks) = blocks.flatten() {
                    kept.insert(*period, self.keep((*period, tables), blocks)?);
                }
            }
            Result::Ok(kept)
        });
        Ok(turned.collect::<Result<Vec<Kept>>>()?.into_iter().flatten().collect())
    }

    /// Whether no more contacts of a period came and went than it is worth turning for.
    fn has_changed_little(&self, period: Period) -> bool {
        let Some(change) = self.change else { return false };
        let changed = change.lost.iter().chain(&change.won).filter(|contact| period.contains(contact.month())).count();
        let months = change.months.range(period.first..=period.last());
        changed as u64 * MOST_CHANGED <= months.map(|(_, file)| file.contacts).sum()
    }

    /// What has been touched in some months.
    fn touched<'k>(&self, months: &BTreeSet<Month>, known: &'k mut Option<Touched>) -> Result<&'k Touched> {
        if known.as_ref().is_none_or(|known| !months.is_subset(&known.months)) {
            let nothing = Change::default();
            *known = Some(touched(self.change.unwrap_or(&nothing), self.months, months.clone())?);
        }
        known.as_ref().ok_or_else(|| Error::bug("what was touched is not known"))
    }

    /// What was kept of a period before, where all of it can be turned.
    fn before(&self, period: Period, tables: Tables) -> Option<Stored> {
        let stored = self.months.stage.read(&self.key(period, tables.selection, &self.change?.months))?;
        let has = |table: &usize| stored.has(&format!("{table}-{}", PARTS[0]));
        tables.with(period).iter().all(has).then_some(stored)
    }

    /// Counts all contacts of some periods.
    fn count(&self, periods: &[Period], tables: Tables) -> Result<BTreeMap<Period, Blocks>> {
        if periods.is_empty() {
            return Ok(BTreeMap::new());
        }
        let contacts = self.months.gather(|month| periods.iter().any(|period| period.contains(month)))?;
        let is_open = |period: &Period| self.as_of <= period.last().plus(MONTHS_OPEN).last_day();
        let open: Vec<Period> = periods.iter().copied().filter(is_open).collect();
        Ok(self.blocks(&contacts, (periods, &open), tables))
    }

    /// The cells that some contacts make in some periods, with who is in those of the open ones.
    fn blocks(
        &self,
        contacts: &Contacts,
        (periods, open): (&[Period], &[Period]),
        tables: Tables,
    ) -> BTreeMap<Period, Blocks> {
        let with = |table: &usize| periods.iter().any(|period| tables.with(*period).contains(table));
        let here: Vec<usize> = tables.counted.iter().map(|counted| counted.table).filter(with).collect();
        let keys = Keys::of_contacts(contacts);
        let length: usize = contacts.parts.iter().map(|part| part.len()).sum();
        let limit = MOST_PAIRS.max(PAIRS_A_CONTACT * length);
        let wanted = WantedContributors { periods: open, limit, keys: &keys.patients };
        let run = super::count::Run { wanted, ..self.run(contacts, Some(periods)) };
        let noting = count_noting(&run, &here, tables.selection);
        let mut made: BTreeMap<Period, Blocks> = BTreeMap::new();
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

    /// Turns the cells of a period; none where they do not add up.
    fn late(
        &self,
        mut before: Blocks,
        period: Period,
        (tables, touched): (Tables, &Touched),
    ) -> Result<Option<Blocks>> {
        let (none, span) = (Contacts::default(), Span::of(self.pipeline, self.months.span(), self.as_of));
        let only = [period];
        let run = self.run(&none, Some(&only));
        let with = tables.with(period).into_iter();
        let counted: Vec<Counted> = with.map(|table| prepare(&run, table, span, tables.selection)).collect();
        let first = span.map_or(Month(0), |span| span.first);
        let (doctors, differences) = self.differences(&counted, first, touched);
        let jobs: Option<Vec<_>> = counted.iter().map(|of| before.remove(&of.table)).collect();
        let Some(jobs) = jobs else { return Ok(None) };
        let jobs: Vec<(Block, Difference)> = jobs.into_iter().zip(differences).collect();
        let turn_one = |(kept, difference): (Block, Difference)| match difference.is_empty() {
            true => Some((None, Turned { block: kept, doubts: Vec::new() })),
            false => turn(&kept, difference, &doctors).map(|turned| (Some(kept.means), turned)),
        };
        let turned: Option<Vec<_>> = jobs.into_par_iter().map(turn_one).collect();
        let Some(turned) = turned else { return Ok(None) };
        let doubts: InDoubt = turned.iter().map(|(_, turned)| turned.doubts.clone()).enumerate().collect();
        let settled = self.count_doubts((&counted, period), first, &doubts)?;
        let days = self.days(&counted, first, touched);
        let mut made = Blocks::new();
        for (at, (means, turned)) in turned.into_iter().enumerate() {
            let of = &counted[at];
            let block = turned.settle(|cell| settled.get(&(at, cell)).copied());
            let block = block.and_then(|mut block| {
                if let Some((means, days)) = means.zip(days.get(&at)) {
                    turn_means(&mut block, &means, days, (&self.pipeline.tables[of.table], of.axes.places.len()))?;
                }
                Some(block)
            });
            let Some(block) = block else { return Ok(None) };
            made.insert(of.table, block);
        }
        Ok(Some(made))
    }

    /// What the touched persons have in other numbers than before, by table, and the doctors' keys by
    /// number.
    fn differences(&self, counted: &[Counted], first: Month, touched: &Touched) -> (Vec<i64>, Vec<Difference>) {
        let tables: Vec<usize> = counted.iter().map(|table| table.table).collect();
        let start = || Walker::new(Signatures::new(self.pipeline, &tables, first), counted, &touched.doctors);
        let walk = |walker: &mut Walker<'_>, job: usize| {
            let from = job * PERSONS_AT_ONCE;
            let to = touched.persons.len().min(from + PERSONS_AT_ONCE);
            touched.persons[from..to].iter().for_each(|person| walker.person(&touched.of_persons[person.clone()]));
        };
        let jobs = touched.persons.len().div_ceil(PERSONS_AT_ONCE);
        let walked = share_out(jobs, start, walk, |mut all, more| {
            all.found.iter_mut().zip(more.found).for_each(|(all, more)| all.merge(more));
            all
        });
        (touched.keys.clone(), walked.found)
    }

    /// How the days of doctors have changed, for the tables of means by position.
    fn days(&self, counted: &[Counted], first: Month, touched: &Touched) -> BTreeMap<usize, DaysDifference> {
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
fn add_contributors(made: &mut BTreeMap<Period, Blocks>, mut noting: Noting, keys: &Keys) {
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
