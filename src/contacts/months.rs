//! Contacts by month of treatment, kept from night to night under their own contents.
//!
//! In: contacts in order of their bills. Out: the same, a month at a time, or gathered by person.
//! Two nights that keep the same contacts of a month whole have the same file for it; what changes
//! a little is kept as a change (`patch`).

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, UInt64Type};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::build::PERSON_PARTS;
use super::contact::{Contact, to_rows};
use super::gather::Gatherer;
use super::patch::Patch;
use super::table::Contacts;
use super::volumes::{MonthVolumes, Volumes};
use crate::domain::{Error, Month, Result};
use crate::load::IdSpace;
use crate::stage::{Key, Stage, Stored, checksum, narrow, pack, unpack, values};

/// Contacts given on at a time.
const AT_ONCE: usize = 1 << 16;
/// A month of which more than one in so many contacts came or went is kept whole again.
const LEAST_WHOLE: u64 = 8;

/// What has changed since the last run.
#[derive(Debug, Default)]
pub struct Change {
    /// The months as they were.
    pub months: BTreeMap<Month, MonthFile>,
    /// Contacts that are no longer as they were, and those that are new or other, by bill.
    pub lost: Vec<Contact>,
    pub won: Vec<Contact>,
}

/// A month as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthFile {
    pub month: i32,
    /// Checksum of what is kept: what it is found under, and what its cells rest on.
    pub contents: String,
    pub contacts: u64,
    /// Contents of the whole month that the file is a change of; none: it is the whole month.
    pub whole: Option<String>,
}

impl MonthFile {
    /// The contents of the files that hold the month.
    fn all_contents(&self) -> impl Iterator<Item = &str> {
        [self.contents.as_str()].into_iter().chain(self.whole.as_deref())
    }
}

/// The months of a run.
pub struct Months<'a> {
    pub stage: &'a Stage,
    /// What contacts rest on beside the rows: the definition.
    pub facts: Vec<String>,
    pub list: BTreeMap<Month, MonthFile>,
    /// Practice types and places that volumes are counted by.
    pub shape: (usize, usize),
    /// To order bills.
    pub bills: &'a IdSpace,
}

impl Months<'_> {
    fn key(&self, contents: &str) -> Key {
        let facts = self.facts.iter().map(String::as_str).chain([contents]);
        self.stage.key("contacts", &facts.collect::<Vec<_>>())
    }

    /// Names of the files that hold a month.
    pub fn names(&self, month: &MonthFile) -> Vec<String> {
        month.all_contents().map(|contents| self.key(contents).name).collect()
    }

    fn open(&self, contents: &str) -> Result<Stored> {
        let key = self.key(contents);
        self.stage.read(&key).ok_or_else(|| self.stage.is_lost(&key))
    }

    /// Whether some months are kept; what is in them is held against its checksums when it is read.
    pub fn are_there(&self, months: &[MonthFile]) -> bool {
        let is_there = |contents: &str| self.stage.read(&self.key(contents)).is_some();
        months.iter().all(|month| month.all_contents().all(is_there))
    }

    /// The contacts of a month in order of their bills; none where it has none.
    pub fn read(&self, month: Month) -> Result<Vec<Contact>> {
        self.pick(month, |_| true)
    }

    /// Those of them that are wanted, by person, doctor and start.
    pub fn pick(&self, month: Month, is_wanted: impl Fn((i64, i64, i64)) -> bool) -> Result<Vec<Contact>> {
        let Some(file) = self.list.get(&month) else { return Ok(Vec::new()) };
        let stored = self.open(&file.contents)?;
        let patch = if file.whole.is_some() { Patch::read(&stored)? } else { Patch::default() };
        let whole = match &file.whole {
            Some(whole) => self.open(whole)?.rows("rows")?,
            None => stored.rows("rows")?,
        };
        patch.pick(&whole, is_wanted).ok_or_else(|| stored.is_damaged())
    }

    /// Puts the contacts of a month, in order of their bills, in place of those it had.
    pub fn replace(&mut self, month: Month, contacts: &[Contact]) -> Result<()> {
        let file = self.keep(month, contacts)?;
        self.put(file);
        Ok(())
    }

    /// Puts a file in place of the one that the month had.
    pub fn put(&mut self, file: MonthFile) {
        match file.contacts {
            0 => self.list.remove(&Month(file.month)),
            _ => self.list.insert(Month(file.month), file),
        };
    }

    /// Keeps a month without some contacts and with others: as a change of what was kept whole while
    /// that is little beside it. None where contacts are to go that are not there, as far as that
    /// shows; the rest shows when the month is read.
    pub fn turn(&self, month: Month, lost: &[Contact], won: &[Contact]) -> Result<Option<MonthFile>> {
        let Some(before) = self.list.get(&month) else {
            return if lost.is_empty() { self.keep(month, won).map(Some) } else { Ok(None) };
        };
        let stored = self.open(&before.contents)?;
        let (whole, patch) = match &before.whole {
            Some(whole) => (whole, Patch::read(&stored)?),
            None => (&before.contents, Patch::default()),
        };
        let Some(patch) = patch.then(lost, won) else { return Ok(None) };
        let mut volumes = self.volumes_of(&stored)?;
        volumes.plus(&MonthVolumes::of(won, self.shape));
        let volumes = volumes.less(&MonthVolumes::of(lost, self.shape));
        let contacts = (before.contacts + won.len() as u64).checked_sub(lost.len() as u64);
        let Some((volumes, contacts)) = volumes.zip(contacts) else { return Ok(None) };
        if patch.contacts() as u64 * LEAST_WHOLE > contacts {
            let contacts = patch.pick(&self.open(whole)?.rows("rows")?, |_| true);
            return contacts.map(|contacts| self.keep(month, &contacts)).transpose();
        }
        let parts = patch.parts()?;
        let sums: Vec<String> = parts.iter().map(|(_, bytes)| checksum(bytes)).collect();
        let contents = checksum([whole.as_str(), &sums.concat()].concat().as_bytes());
        let file = MonthFile { month: month.0, contents, contacts, whole: Some(whole.clone()) };
        self.write(&file, &parts, &volumes)?;
        Ok(Some(file))
    }

    /// Keeps the contacts of a month.
    pub fn keep(&self, month: Month, contacts: &[Contact]) -> Result<MonthFile> {
        let rows = pack(&narrow(&to_rows(contacts)?)?)?;
        let file =
            MonthFile { month: month.0, contents: checksum(&rows), contacts: contacts.len() as u64, whole: None };
        self.write(&file, &[("rows", rows)], &MonthVolumes::of(contacts, self.shape))?;
        Ok(file)
    }

    /// Writes a month's file, where it has contacts and is not there yet.
    fn write(&self, file: &MonthFile, parts: &[(&str, Vec<u8>)], volumes: &MonthVolumes) -> Result<()> {
        let key = self.key(&file.contents);
        if file.contacts == 0 || self.stage.read(&key).is_some() {
            return Ok(());
        }
        let mut writer = self.stage.create(&key)?;
        parts.iter().try_for_each(|(label, bytes)| writer.part(label, bytes))?;
        let volumes = UInt64Array::from(volumes.0.clone());
        let schema = Schema::new(vec![Field::new("contacts", DataType::UInt64, false)]);
        let volumes = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(volumes) as ArrayRef])
            .map_err(|_| Error::bug("volumes of a month"))?;
        writer.rows("volumes", &volumes)?;
        writer.finish(file)
    }

    /// First and last month with a contact.
    pub fn span(&self) -> Option<(Month, Month)> {
        Some((*self.list.keys().next()?, *self.list.keys().next_back()?))
    }

    /// The contacts of some months by person; `months` is that of all the same.
    pub fn gather(&self, wanted: impl Fn(Month) -> bool) -> Result<Contacts> {
        let gatherer = Gatherer::new(PERSON_PARTS);
        let months: Vec<Month> = self.list.keys().copied().filter(|&month| wanted(month)).collect();
        months.into_par_iter().try_for_each(|month| {
            gatherer.take(&self.read(month)?);
            Result::Ok(())
        })?;
        Ok(Contacts { months: self.span(), ..gatherer.finish(self.bills) })
    }

    /// Some contacts by person; `months` is that of all the same.
    pub fn by_person(&self, contacts: &[Contact]) -> Contacts {
        let gatherer = Gatherer::new(PERSON_PARTS);
        contacts.par_chunks(AT_ONCE).for_each(|contacts| gatherer.take(contacts));
        Contacts { months: self.span(), ..gatherer.finish(self.bills) }
    }

    /// How many contacts each month has.
    pub fn volumes(&self) -> Result<Volumes> {
        let of = |file: &MonthFile| Ok((Month(file.month), self.volumes_of(&self.open(&file.contents)?)?));
        let months = self.list.values().map(of).collect::<Result<Vec<_>>>()?;
        Ok(Volumes::of_months(self.span(), &months, self.shape))
    }

    fn volumes_of(&self, stored: &Stored) -> Result<MonthVolumes> {
        let rows = unpack(stored.part("volumes")?).ok_or_else(|| stored.is_damaged())?;
        let counts = values::<UInt64Type>(&rows, "contacts").ok_or_else(|| stored.is_damaged())?;
        Ok(MonthVolumes(counts.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::contact::tests::contact;
    use super::*;

    const MONTH: Month = Month(0);
    const SHAPE: (usize, usize) = (1, 8);

    /// No month yet.
    fn none<'a>(stage: &'a Stage, bills: &'a IdSpace) -> Months<'a> {
        Months { stage, facts: Vec::new(), list: BTreeMap::new(), shape: SHAPE, bills }
    }

    #[test]
    fn a_month_turned_little_by_little_is_what_it_would_be_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (stage, bills) = (Stage::open(folder.path()).unwrap().unwrap(), IdSpace::default());
        let mut months = none(&stage, &bills);
        let mut contacts: Vec<Contact> = (0..100).map(|bill| contact(bill, 0)).collect();
        months.replace(MONTH, &contacts).unwrap();
        // Contacts that come and go, and whether what is kept of the month is a change.
        let steps = [(3, 0, true), (2, 4, true), (0, 3, true), (20, 0, false), (1, 1, true), (0, 0, true)];
        for (number, (gone, come, is_change)) in steps.into_iter().enumerate() {
            let lost: Vec<Contact> = contacts.drain(number..number + gone).collect();
            let won: Vec<Contact> = (0..come).map(|at| contact(1000 * number as i64 + at, 7)).collect();
            contacts.extend(&won);
            contacts.sort();
            let file = months.turn(MONTH, &lost, &won).unwrap().unwrap();
            assert_eq!((file.contacts, file.whole.is_some()), (contacts.len() as u64, is_change), "step {number}");
            assert!(months.are_there(std::slice::from_ref(&file)));
            assert_eq!(months.names(&file).len(), 1 + usize::from(is_change));
            months.put(file);
            assert_eq!(months.read(MONTH).unwrap(), contacts, "step {number}");
            let expected = Volumes::of_months(months.span(), &[(MONTH, MonthVolumes::of(&contacts, SHAPE))], SHAPE);
            assert_eq!(months.volumes().unwrap(), expected, "step {number}");
        }
        assert_eq!(months.turn(MONTH, &[contact(5_000, 0); 200], &[]).unwrap(), None, "more than there are");
        let all_gone = months.turn(MONTH, &contacts, &[]).unwrap().unwrap();
        months.put(all_gone);
        assert_eq!((months.list.len(), months.read(MONTH).unwrap()), (0, Vec::new()));
        assert_eq!(months.turn(MONTH, &[contact(1, 0)], &[]).unwrap(), None, "there is no such month");
    }

    #[test]
    fn a_change_of_what_is_not_there_is_met_as_damage_when_the_month_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (stage, bills) = (Stage::open(folder.path()).unwrap().unwrap(), IdSpace::default());
        let mut months = none(&stage, &bills);
        months.replace(MONTH, &(0..100).map(|bill| contact(bill, 0)).collect::<Vec<_>>()).unwrap();
        let file = months.turn(MONTH, &[contact(700, 0)], &[]).unwrap().unwrap();
        months.put(file);
        assert!(months.read(MONTH).is_err() && stage.met_damage());
    }
}
