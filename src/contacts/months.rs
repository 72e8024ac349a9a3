//! Contacts by month of treatment, kept from night to night under their own contents.
//!
//! In: contacts in order of their bills. Out: the same, a month at a time, or gathered by person.
//! Two nights with the same contacts in a month have the same file for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, UInt64Type};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::build::PERSON_PARTS;
use super::contact::{Contact, from_rows, pick_rows, to_rows};
use super::gather::Gatherer;
use super::table::Contacts;
use super::volumes::{MonthVolumes, Volumes};
use crate::domain::{Error, Month, Result};
use crate::load::IdSpace;
use crate::stage::{Key, Stage, Stored, checksum, narrow, pack, unpack, values};

/// Contacts given on at a time.
const AT_ONCE: usize = 1 << 16;

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
    /// Checksum of its contacts: what it is found under, and what its cells rest on.
    pub contents: String,
    pub contacts: u64,
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
    /// What a month is kept under.
    pub fn key(&self, month: &MonthFile) -> Key {
        let facts = self.facts.iter().map(String::as_str).chain([month.contents.as_str()]);
        self.stage.key("contacts", &facts.collect::<Vec<_>>())
    }

    fn open(&self, month: &MonthFile) -> Result<Stored> {
        let key = self.key(month);
        self.stage.read(&key).ok_or_else(|| self.stage.is_lost(&key))
    }

    /// Whether some months are kept; what is in them is held against its checksums when it is read.
    pub fn are_there(&self, months: &[MonthFile]) -> bool {
        months.iter().all(|month| self.stage.read(&self.key(month)).is_some())
    }

    /// The contacts of a month in order of their bills; none where it has none.
    pub fn read(&self, month: Month) -> Result<Vec<Contact>> {
        let Some(file) = self.list.get(&month) else { return Ok(Vec::new()) };
        let stored = self.open(file)?;
        from_rows(&stored.rows("rows")?).ok_or_else(|| stored.is_damaged())
    }

    /// Those of them that are wanted, by person, doctor and start.
    pub fn pick(&self, month: Month, is_wanted: impl Fn((i64, i64, i64)) -> bool) -> Result<Vec<Contact>> {
        let Some(file) = self.list.get(&month) else { return Ok(Vec::new()) };
        let stored = self.open(file)?;
        pick_rows(&stored.rows("rows")?, is_wanted).ok_or_else(|| stored.is_damaged())
    }

    /// Puts the contacts of a month, in order of their bills, in place of those it had.
    pub fn replace(&mut self, month: Month, contacts: &[Contact]) -> Result<()> {
        if contacts.is_empty() {
            self.list.remove(&month);
            return Ok(());
        }
        let file = self.keep(month, contacts)?;
        self.list.insert(month, file);
        Ok(())
    }

    /// Keeps the contacts of a month.
    pub fn keep(&self, month: Month, contacts: &[Contact]) -> Result<MonthFile> {
        let rows = pack(&narrow(&to_rows(contacts)?)?)?;
        let file = MonthFile { month: month.0, contents: checksum(&rows), contacts: contacts.len() as u64 };
        let key = self.key(&file);
        if self.stage.read(&key).is_none() {
            let mut writer = self.stage.create(&key)?;
            writer.part("rows", &rows)?;
            let volumes = UInt64Array::from(MonthVolumes::of(contacts, self.shape).0);
            let schema = Schema::new(vec![Field::new("contacts", DataType::UInt64, false)]);
            let volumes = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(volumes) as ArrayRef])
                .map_err(|_| Error::bug("volumes of a month"))?;
            writer.rows("volumes", &volumes)?;
            writer.finish(&file)?;
        }
        Ok(file)
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
        let of = |file: &MonthFile| {
            let stored = self.open(file)?;
            let rows = unpack(stored.part("volumes")?).ok_or_else(|| stored.is_damaged())?;
            let counts = values::<UInt64Type>(&rows, "contacts").ok_or_else(|| stored.is_damaged())?;
            Ok((Month(file.month), MonthVolumes(counts.to_vec())))
        };
        let months = self.list.values().map(of).collect::<Result<Vec<_>>>()?;
        Ok(Volumes::of_months(self.span(), &months, self.shape))
    }
}
