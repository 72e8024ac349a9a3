//! Memberships of lists by person, in the parts that contacts are in.
//!
//! In: medlemskap. Out: each person's disjoint spans on lists. A membership of a list that
//! kontrakt does not have is kept: while it counts, the person is on no list.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::columns::{Days, Whole, count_the_rest, seq};
use super::intervals::{Span, resolve};
use super::lists::Lists;
use crate::contacts::part_of;
use crate::domain::Result;
use crate::load::{Inputs, Scanned, TypedBatch};

const COLUMNS: [&str; 4] = ["kpr_lnr", "kontrakt_id", "fra", "til"];
/// Parts where there are no contacts to follow.
const PARTS: usize = 64;

/// The list of a span on which the person is on none.
pub const NO_LIST: u32 = u32::MAX;

/// A person's row.
type Row = (i64, Span);

/// All memberships.
#[derive(Debug, Default)]
pub struct Members {
    pub parts: Vec<MemberPart>,
    /// Rows that began while another of their person had not ended.
    pub overlapping: u64,
}

/// The memberships of the persons of a part: disjoint spans end to end, in order of the keys.
#[derive(Debug, Default)]
pub struct MemberPart {
    keys: Vec<i64>,
    ends: Vec<u32>,
    spans: Vec<Span>,
}

impl MemberPart {
    /// The persons with their spans.
    pub fn persons(&self) -> impl Iterator<Item = (i64, &[Span])> {
        (0..self.keys.len()).map(|at| (self.keys[at], self.spans_at(at)))
    }

    /// The spans of a person; none for one without memberships.
    pub fn of(&self, person: i64) -> &[Span] {
        self.keys.binary_search(&person).map_or(&[], |at| self.spans_at(at))
    }

    fn spans_at(&self, at: usize) -> &[Span] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.spans[from..self.ends[at] as usize]
    }
}

impl Members {
    /// Reads medlemskap into `parts` parts; every row has its class.
    pub fn read(inputs: &Inputs, lists: &Lists, parts: usize) -> Result<(Members, Scanned)> {
        let rows: Vec<Mutex<Vec<Row>>> = (0..parts.max(1)).map(|_| Mutex::default()).collect();
        let mut scanned = inputs.scan("medlemskap", &COLUMNS, &|batch| {
            for (part, taken) in take(&batch, lists, rows.len())?.into_iter().enumerate() {
                if !taken.is_empty() {
                    rows[part].lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
                }
            }
            Ok(())
        })?;
        count_the_rest(&mut scanned);
        let settle = |rows: Mutex<Vec<Row>>| settle(rows.into_inner().unwrap_or_else(PoisonError::into_inner));
        let settled: Vec<(MemberPart, u64)> = rows.into_par_iter().map(settle).collect();
        let overlapping = settled.iter().map(|(_, overlapping)| overlapping).sum();
        let parts = settled.into_iter().map(|(part, _)| part).collect();
        Ok((Members { parts, overlapping }, scanned))
    }

    /// The number of parts that fits some parts of contacts.
    pub fn parts_for(contacts: usize) -> usize {
        if contacts == 0 { PARTS } else { contacts }
    }
}

fn take(batch: &TypedBatch, lists: &Lists, parts: usize) -> Result<Vec<Vec<Row>>> {
    let (persons, contracts) = (Whole::of(batch, "kpr_lnr")?, Whole::of(batch, "kontrakt_id")?);
    let (from, to) = (Days::of(batch, "fra")?, Days::of(batch, "til")?);
    let mut split: Vec<Vec<Row>> = vec![Vec::new(); parts];
    for row in 0..batch.rows.len() {
        let Some(person) = persons.get(row) else { continue };
        let what = contracts.get(row).and_then(|contract| lists.position(contract)).unwrap_or(NO_LIST);
        let span = Span { from: from.first(row), to: to.last(row), seq: seq(batch, row), what };
        split[part_of(person, parts)].push((person, span));
    }
    Ok(split)
}

fn settle(mut rows: Vec<Row>) -> (MemberPart, u64) {
    rows.sort_unstable_by_key(|(person, span)| (*person, span.from, span.seq));
    let mut part = MemberPart::default();
    let mut overlapping = 0;
    let mut spans = Vec::new();
    for rows in rows.chunk_by(|a, b| a.0 == b.0) {
        spans.clear();
        spans.extend(rows.iter().map(|(_, span)| *span));
        overlapping += resolve(&mut spans);
        part.keys.push(rows[0].0);
        part.spans.extend_from_slice(&spans);
        part.ends.push(part.spans.len() as u32);
    }
    (part, overlapping)
}
