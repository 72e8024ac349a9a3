//! Lines of takst and diagnose, folded to runs: neighbouring lines of one bill in one file.
//!
//! In: typed batches. Out: runs. A run remembers its rows, so that the books stay exact to the row. Never decides whether a bill has a line.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, UInt16Array, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::columns::{at, number, text, whole};
use super::meaning::{Meanings, NOTHING, Seen};
use crate::codes::{CHAPTERS, NO_CHAPTER};
use crate::domain::{Error, Result};
use crate::load::TypedBatch;

pub const TAKST_COLUMNS: [&str; 2] = ["enkeltregning_lnr", "takstkode"];
pub const DIAGNOSE_COLUMNS: [&str; 4] = ["enkeltregning_lnr", "kode", "kodeverk", "er_hoveddiagnose"];

/// The spooled run: rows `first` to `first + rows - 1` of a file, folded to `content`.
pub fn schema() -> SchemaRef {
    let field = |name: &str, kind: DataType| Field::new(name, kind, false);
    Arc::new(Schema::new(vec![
        field("bill", DataType::Int64),
        field("file", DataType::UInt16),
        field("first", DataType::UInt32),
        field("rows", DataType::UInt32),
        field("content", DataType::UInt32),
    ]))
}

/// Runs of one batch, in columns.
#[derive(Default)]
struct Runs {
    bill: Vec<i64>,
    first: Vec<u32>,
    rows: Vec<u32>,
    content: Vec<u32>,
}

impl Runs {
    /// Folds `content` of every row into runs of neighbouring rows with one bill number.
    fn fold(
        bills: &Int64Array,
        rows: &[u32],
        mut content: impl FnMut(usize) -> u32,
        mut both: impl FnMut(u32, u32) -> u32,
    ) -> Self {
        let mut runs = Runs::default();
        for (at, (&bill, &row)) in bills.values().iter().zip(rows).enumerate() {
            let value = content(at);
            match runs.open(bill, row) {
                Some(last) => {
                    runs.rows[last] += 1;
                    runs.content[last] = both(runs.content[last], value);
                }
                None => runs.start(bill, row, value),
            }
        }
        runs
    }

    /// The last run, if the row continues it.
    fn open(&self, bill: i64, row: u32) -> Option<usize> {
        let last = self.bill.len().checked_sub(1)?;
        (self.bill[last] == bill && self.first[last] + self.rows[last] == row).then_some(last)
    }

    fn start(&mut self, bill: i64, row: u32, value: u32) {
        self.bill.push(bill);
        self.first.push(row);
        self.rows.push(1);
        self.content.push(value);
    }

    fn into_batch(self, file: u16) -> Result<RecordBatch> {
        let files = vec![file; self.bill.len()];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(self.bill)),
            Arc::new(UInt16Array::from(files)),
            Arc::new(UInt32Array::from(self.first)),
            Arc::new(UInt32Array::from(self.rows)),
            Arc::new(UInt32Array::from(self.content)),
        ];
        RecordBatch::try_new(schema(), arrays).map_err(|_| Error::bug("a run has a column of its own type"))
    }
}

/// The runs of the takst lines of a batch, `content` a `MeaningId`; and the lines whose code no
/// list has.
pub fn takst_runs(batch: &TypedBatch, meanings: &Meanings) -> Result<(RecordBatch, u64)> {
    let bills = whole(&batch.columns, "enkeltregning_lnr")?;
    let codes = text(&batch.columns, "takstkode")?;
    let (mut seen, mut pairs, mut unknown) = (Seen::default(), Seen::default(), 0);
    let content = |row| {
        let found = if codes.is_valid(row) { meanings.of_code(&mut seen, codes.value(row)) } else { Some(NOTHING) };
        unknown += u64::from(found.is_none());
        found.unwrap_or(NOTHING)
    };
    let runs = Runs::fold(bills, &batch.rows, content, |a, b| meanings.both(&mut pairs, a, b));
    Ok((runs.into_batch(batch.file)?, unknown))
}

/// Bit that marks the content of a line with `er_hoveddiagnose` 1.
const MAIN: u32 = 1 << 8;

/// The runs of the diagnosis lines of a batch; `content` is a chapter, perhaps marked as main.
pub fn diagnose_runs(batch: &TypedBatch) -> Result<RecordBatch> {
    let bills = whole(&batch.columns, "enkeltregning_lnr")?;
    let (codes, systems) = (text(&batch.columns, "kode")?, text(&batch.columns, "kodeverk")?);
    let mains = whole(&batch.columns, "er_hoveddiagnose")?;
    let content = |row| {
        let main = if number(mains, row) == Some(1) { MAIN } else { 0 };
        u32::from(chapter(at(codes, row), at(systems, row))) | main
    };
    Runs::fold(bills, &batch.rows, content, main_diagnosis).into_batch(batch.file)
}

/// Of an earlier and a later line, the one that can still be the main diagnosis: the first line
/// marked as main, else the first line.
pub fn main_diagnosis(earlier: u32, later: u32) -> u32 {
    if earlier & MAIN == 0 && later & MAIN != 0 { later } else { earlier }
}

/// The chapter of a folded diagnosis.
pub fn chapter_of(content: u32) -> u8 {
    (content & 0xFF) as u8
}

/// The ICPC-2 chapter of a code, by its first letter, or `NO_CHAPTER`.
fn chapter(code: Option<&str>, system: Option<&str>) -> u8 {
    let icpc = system.is_some_and(|name| name.eq_ignore_ascii_case("ICPC-2") || name.eq_ignore_ascii_case("ICPC-2B"));
    let letter = code.and_then(|code| code.get(..1)).filter(|_| icpc);
    let position = letter.and_then(|letter| CHAPTERS.iter().position(|known| known.eq_ignore_ascii_case(letter)));
    position.map_or(NO_CHAPTER, |position| position as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_diagnosis_is_the_first_marked_line_else_the_first_line() {
        let fold = |lines: &[u32]| chapter_of(lines.iter().copied().reduce(main_diagnosis).unwrap());
        assert_eq!(fold(&[3, 4, 5]), 3);
        assert_eq!(fold(&[3, 4 | MAIN, 5 | MAIN]), 4);
        assert_eq!(fold(&[3 | MAIN, 4 | MAIN]), 3);
    }

    #[test]
    fn a_chapter_is_the_letter_of_an_icpc_2_code() {
        assert_eq!(chapter(Some("A01"), Some("ICPC-2")), 0);
        assert_eq!(chapter(Some("z12.0004"), Some("icpc-2b")), 16);
        assert_eq!(chapter(Some("A01"), Some("ICD-10")), NO_CHAPTER);
        assert_eq!(chapter(Some("C01"), Some("ICPC-2")), NO_CHAPTER);
        assert_eq!(chapter(Some("ÆA"), Some("ICPC-2")), NO_CHAPTER);
        assert_eq!(chapter(None, Some("ICPC-2")), NO_CHAPTER);
        assert_eq!(chapter(Some("A01"), None), NO_CHAPTER);
    }

    #[test]
    fn runs_break_at_another_bill_and_at_a_row_left_out() {
        let bills = Int64Array::from(vec![7, 7, 8, 7, 7]);
        let runs = Runs::fold(&bills, &[0, 1, 2, 3, 5], |row| 1 << row, |a, b| a | b);
        assert_eq!(runs.bill, [7, 8, 7, 7]);
        assert_eq!(runs.first, [0, 2, 3, 5]);
        assert_eq!(runs.rows, [2, 1, 1, 1]);
        assert_eq!(runs.content, [0b11, 0b100, 0b1000, 0b10000]);
    }
}
