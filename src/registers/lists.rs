//! Fastlege lists through time: where they are, what they take, which doctors they have.
//!
//! In: kontrakt and kontrakt_lege. Out: [`Lists`], which answers for any day. Substitutes are no
//! doctors of a list; a doctor's row without a kontrakt row is of no list.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::columns::{Days, Texts, Whole, count_the_rest, seq};
use super::intervals::{Span, on, resolve};
use crate::codes::Geography;
use crate::domain::{PlaceIndex, Result};
use crate::load::{Inputs, Scanned, TypedBatch};

const LIST_COLUMNS: [&str; 9] =
    ["kontrakt_id", "kommunenr", "praksis_lnr", "listetak", "status", "fastlonn", "pht", "gyldig_fra", "gyldig_til"];
const DOCTOR_COLUMNS: [&str; 5] = ["kontrakt_id", "behandler_lnr", "vikar", "gyldig_fra", "gyldig_til"];

/// What a row of kontrakt says of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub place: PlaceIndex,
    /// Key of the practice (`IdKind::Practice`).
    pub clinic: i64,
    /// 0 where missing.
    pub ceiling: i64,
    pub open: bool,
    pub fixed_salary: bool,
    pub team: bool,
}

/// A doctor's time on a list, both days inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure {
    pub from: i32,
    pub to: i32,
    /// Key of the doctor (`IdKind::Doctor`).
    pub doctor: i64,
}

/// A list: disjoint spans of its terms, and its doctors who are no substitutes.
#[derive(Debug, Clone, Default)]
struct List {
    spans: Vec<Span>,
    doctors: Vec<Tenure>,
}

/// All lists of a delivery.
#[derive(Debug, Default)]
pub struct Lists {
    index: FxHashMap<i64, u32>,
    /// Keys (`IdKind::Contract`) by position.
    pub keys: Vec<i64>,
    lists: Vec<List>,
    terms: Vec<Terms>,
    /// Rows of kontrakt that began while another of their list had not ended.
    pub overlapping: u64,
}

impl Lists {
    /// Reads the two sources; every row in its class.
    pub fn read(inputs: &Inputs, geography: &Geography) -> Result<(Lists, BTreeMap<String, Scanned>)> {
        let rows: Mutex<Vec<(i64, Span, Terms)>> = Mutex::default();
        let mut contracts = inputs.scan("kontrakt", &LIST_COLUMNS, &|batch| {
            let taken = take_lists(&batch, geography)?;
            rows.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
            Ok(())
        })?;
        let mut lists = Lists::of(rows.into_inner().unwrap_or_else(PoisonError::into_inner));
        let tenures: Mutex<Vec<(i64, Tenure)>> = Mutex::default();
        let mut doctors = inputs.scan("kontrakt_lege", &DOCTOR_COLUMNS, &|batch| {
            let taken = take_doctors(&batch)?;
            tenures.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
            Ok(())
        })?;
        lists.add_doctors(tenures.into_inner().unwrap_or_else(PoisonError::into_inner));
        count_the_rest(&mut contracts);
        count_the_rest(&mut doctors);
        let books = [("kontrakt".to_string(), contracts), ("kontrakt_lege".to_string(), doctors)];
        Ok((lists, books.into_iter().collect()))
    }

    fn of(mut rows: Vec<(i64, Span, Terms)>) -> Self {
        rows.par_sort_unstable_by_key(|(contract, span, _)| (*contract, span.from, span.seq));
        let mut lists = Lists::default();
        for rows in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut list = List::default();
            for (_, span, terms) in rows {
                list.spans.push(Span { what: lists.terms.len() as u32, ..*span });
                lists.terms.push(*terms);
            }
            lists.overlapping += resolve(&mut list.spans);
            lists.index.insert(rows[0].0, lists.lists.len() as u32);
            lists.keys.push(rows[0].0);
            lists.lists.push(list);
        }
        lists
    }

    fn add_doctors(&mut self, tenures: Vec<(i64, Tenure)>) {
        for (contract, tenure) in tenures {
            if let Some(&list) = self.index.get(&contract) {
                self.lists[list as usize].doctors.push(tenure);
            }
        }
        let order = |tenure: &Tenure| (tenure.doctor, tenure.from, tenure.to);
        self.lists.par_iter_mut().for_each(|list| list.doctors.sort_unstable_by_key(order));
    }

    /// Position of a list by its key.
    pub fn position(&self, contract: i64) -> Option<u32> {
        self.index.get(&contract).copied()
    }

    pub fn len(&self) -> usize {
        self.lists.len()
    }

    /// What holds of a list on a day; none where it is not valid.
    pub fn on(&self, list: u32, day: i32) -> Option<&Terms> {
        let spans = &self.lists.get(list as usize)?.spans;
        on(spans, day).map(|span| &self.terms[span.what as usize])
    }

    /// Spans of terms of a list, with the terms.
    pub fn spans(&self, list: u32) -> impl Iterator<Item = (&Span, &Terms)> {
        let spans = self.lists.get(list as usize).into_iter().flat_map(|list| &list.spans);
        spans.map(|span| (span, &self.terms[span.what as usize]))
    }

    /// Doctors of a list with a row valid on a day, substitutes left out; a doctor may come twice.
    pub fn doctors(&self, list: u32, day: i32) -> impl Iterator<Item = i64> + '_ {
        let tenures = self.tenures(list).iter();
        tenures.filter(move |tenure| tenure.from <= day && day <= tenure.to).map(|tenure| tenure.doctor)
    }

    /// All rows of doctors of a list, substitutes left out, by doctor and time.
    pub fn tenures(&self, list: u32) -> &[Tenure] {
        self.lists.get(list as usize).map_or(&[], |list| &list.doctors)
    }

    pub fn has_doctor(&self, list: u32, day: i32) -> bool {
        self.doctors(list, day).next().is_some()
    }
}

fn take_lists(batch: &TypedBatch, geography: &Geography) -> Result<Vec<(i64, Span, Terms)>> {
    let (contracts, clinics) = (Whole::of(batch, "kontrakt_id")?, Whole::of(batch, "praksis_lnr")?);
    let (ceilings, salaries) = (Whole::of(batch, "listetak")?, Whole::of(batch, "fastlonn")?);
    let (places, status) = (Texts::of(batch, "kommunenr")?, Texts::of(batch, "status")?);
    let (teams, from) = (Whole::of(batch, "pht")?, Days::of(batch, "gyldig_fra")?);
    let to = Days::of(batch, "gyldig_til")?;
    let row = |row: usize| {
        let span = Span { from: from.first(row), to: to.last(row), seq: seq(batch, row), what: 0 };
        let terms = Terms {
            place: places.place(row, geography),
            clinic: clinics.or_zero(row),
            ceiling: ceilings.or_zero(row),
            open: status.get(row) == Some("apen"),
            fixed_salary: salaries.or_zero(row) == 1,
            team: teams.or_zero(row) == 1,
        };
        (contracts.or_zero(row), span, terms)
    };
    Ok((0..batch.rows.len()).map(row).collect())
}

fn take_doctors(batch: &TypedBatch) -> Result<Vec<(i64, Tenure)>> {
    let (contracts, doctors) = (Whole::of(batch, "kontrakt_id")?, Whole::of(batch, "behandler_lnr")?);
    let (substitutes, from, to) =
        (Whole::of(batch, "vikar")?, Days::of(batch, "gyldig_fra")?, Days::of(batch, "gyldig_til")?);
    let own = (0..batch.rows.len()).filter(|&row| substitutes.or_zero(row) != 1);
    let tenure = |row: usize| Tenure { from: from.first(row), to: to.last(row), doctor: doctors.or_zero(row) };
    Ok(own.map(|row| (contracts.or_zero(row), tenure(row))).collect())
}
