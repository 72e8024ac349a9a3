//! A block of CSV to typed batches, rejects and counts.
//!
//! In: a block and the layout of its file. Out: batches to the sink, and what became of each row.

use super::batch::{BatchBuilder, Values};
use super::blocks::Block;
use super::header::CsvLayout;
use super::human;
use super::ids::IdSpace;
use super::left::{Left, Place};
use super::records::{self, Record};
use super::rowtest::{Fault, Faults, Numbers, Verdict, judge};
use super::scan::{Gathered, Job};
use super::value::{Encoding, Field, read, trim};
use crate::domain::{RejectReason, Result};
use crate::schema::{Column, ColumnKind, IdKind};

/// Reads a block of file `file`, and sends what passes its tests to the job's sink.
pub fn read_block(job: &Job, file: u16, layout: &CsvLayout, block: &Block, gathered: &mut Gathered) -> Result<()> {
    let mut row = Row::new(job, layout);
    let mut batch = BatchBuilder::new(file, job.schema, job.wanted);
    let mut rows = 0;
    records::for_each(block, layout.delimiter, |record| {
        rows += 1;
        let verdict = verdict(job, layout, &mut row, record);
        if verdict == Verdict::Keep {
            batch.push(record.row, &Filled { row: &row, fields: record.fields });
            return if batch.is_full() { job.send(batch.take()?) } else { Ok(()) };
        }
        let fields = match verdict {
            Verdict::Reject(_) => raw_fields(layout.encoding, record.fields),
            _ => Vec::new(),
        };
        let place = Place { file, row: record.row, line: record.line };
        gathered.leave(Left::of(job, place, verdict, &row).with_fields(fields));
        Ok(())
    })?;
    gathered.add_rows(file, rows);
    gathered.add_texts(file, row.texts);
    row.humans.iter().enumerate().for_each(|(column, &found)| gathered.add_humans(file, column, found));
    job.send(batch.take()?)
}

/// A row of another number of fields than the header is `bad-type`, of no column.
const WHOLE_ROW: usize = usize::MAX;

fn verdict(job: &Job, layout: &CsvLayout, row: &mut Row, record: Record) -> Verdict {
    if record.fields.len() != layout.places.names.len() {
        row.present = 0;
        return Verdict::Reject(Fault { reason: RejectReason::BadType, column: WHOLE_ROW });
    }
    match row.fill(record.fields) {
        Some(fault) => Verdict::Reject(fault),
        None => judge(job.schema, job.as_of, row),
    }
}

/// Most bytes that are kept of a rejected row: many times the row of any register.
pub const MOST_OF_ROW: usize = 64 << 10;

/// The fields of a record as delivered; of a row beyond all measure the beginning.
pub fn raw_fields(encoding: Encoding, fields: &[&[u8]]) -> Vec<String> {
    let mut left = MOST_OF_ROW;
    let kept = |field: &&[u8]| {
        let field = &field[..field.len().min(left)];
        left -= field.len();
        encoding.decode_lossy(field).into_owned()
    };
    fields.iter().map(kept).collect()
}

/// How one column of the schema is read from a file.
struct Slot<'a> {
    column: &'a Column,
    place: Option<usize>,
    ids: Option<&'a IdSpace>,
    is_human: bool,
}

impl Slot<'_> {
    /// The bit of the column's kind where a number is the key of a text; none where it is in `known`.
    #[inline]
    fn text_bit(&self, number: i64, known: u8) -> u8 {
        match (&self.column.kind, self.ids) {
            (ColumnKind::Id(kind), Some(ids)) if !IdSpace::is_own_key(number) => {
                kind_bit(*kind, known, || ids.is_text(number))
            }
            _ => 0,
        }
    }
}

/// The bit of a kind of identifier where `is_text`; it is not asked where the bit is in `known`.
pub fn kind_bit(kind: IdKind, known: u8, is_text: impl FnOnce() -> bool) -> u8 {
    let bit = 1 << kind as u8;
    if known & bit == 0 && is_text() { bit } else { 0 }
}

/// The row at hand: which columns have a value, and their numbers.
struct Row<'a> {
    slots: Vec<Slot<'a>>,
    encoding: Encoding,
    /// Bit per column of the schema.
    present: u64,
    numbers: Vec<i64>,
    /// National identity numbers met, by column.
    humans: Vec<u64>,
    /// Bit by kind of identifier: one that is no integer was met.
    texts: u8,
}

impl<'a> Row<'a> {
    fn new(job: &Job<'a>, layout: &CsvLayout) -> Self {
        let slot = |(column, &place): (&'a Column, &Option<usize>)| match column.kind {
            ColumnKind::Id(kind) => Slot { column, place, ids: Some(job.ids(kind)), is_human: kind.is_human() },
            _ => Slot { column, place, ids: None, is_human: false },
        };
        let slots: Vec<Slot> = job.schema.columns.iter().zip(&layout.places.of).map(slot).collect();
        let (numbers, humans) = (vec![0; slots.len()], vec![0; slots.len()]);
        Row { slots, encoding: layout.encoding, present: 0, numbers, humans, texts: 0 }
    }

    /// Takes the fields of a record with the right number of fields; the fault that counts, if any.
    fn fill(&mut self, fields: &[&[u8]]) -> Option<Fault> {
        let mut faults = Faults::default();
        self.present = 0;
        for (at, slot) in self.slots.iter().enumerate() {
            let text = slot.place.map_or(&[][..], |place| trim(fields[place]));
            let field = match slot.column.kind {
                ColumnKind::Flag if text.is_empty() => Field::Number(0),
                _ if text.is_empty() => Field::Missing,
                ref kind => read(kind, text, self.encoding, slot.ids),
            };
            match field {
                Field::Number(number) => {
                    self.present |= 1 << at;
                    self.numbers[at] = number;
                    self.texts |= slot.text_bit(number, self.texts);
                }
                Field::Text => self.present |= 1 << at,
                _ => faults.note(at, slot.column, field),
            }
            if slot.is_human && text.len() == 11 && human::is_national_id(text) {
                self.humans[at] += 1;
            }
        }
        faults.first()
    }

    #[inline]
    fn is_present(&self, column: usize) -> bool {
        self.present & (1 << column) != 0
    }
}

impl Numbers for Row<'_> {
    #[inline]
    fn number(&self, column: usize) -> Option<i64> {
        self.is_present(column).then(|| self.numbers[column])
    }
}

/// A row with the fields that its texts stand in.
struct Filled<'a> {
    row: &'a Row<'a>,
    fields: &'a [&'a [u8]],
}

impl Values for Filled<'_> {
    #[inline]
    fn number(&self, column: usize) -> Option<i64> {
        Numbers::number(self.row, column)
    }
    #[inline]
    fn append_text(&self, column: usize, to: &mut Vec<u8>) -> bool {
        let Some(place) = self.row.slots[column].place.filter(|_| self.row.is_present(column)) else { return false };
        let text = trim(self.fields[place]);
        if text.is_ascii() {
            to.extend_from_slice(text);
        } else {
            to.extend_from_slice(self.row.encoding.decode_lossy(text).as_bytes());
        }
        true
    }
}
