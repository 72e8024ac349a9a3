//! Rows of regning, with codes looked up.
//!
//! In: typed batches. Out: rows of numbers. Never decides which version of a bill counts.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array, UInt8Array, UInt16Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::columns::{at, date, moment, number, text, whole};
use crate::codes::{Geography, practice_types};
use crate::definition::Pipeline;
use crate::domain::{Error, MunicipalityNumber, PlaceIndex, Result, SECONDS_A_DAY, Sex};
use crate::load::TypedBatch;

/// Practice type of no service: the bill is out of scope.
pub const NO_PRACTICE_TYPE: u8 = u8::MAX;
/// Year of birth where it is missing.
pub const NO_YEAR: i32 = i32::MIN;

pub const GODKJENT: u8 = 0;
pub const AVVIST: u8 = 1;
pub const BEHANDLES: u8 = 2;

/// The columns of regning that are counted with.
pub const COLUMNS: [&str; 14] = [
    "enkeltregning_lnr",
    "kpr_lnr",
    "behandler_lnr",
    "praksistype",
    "praksiskommune",
    "tidspunkt",
    "registrert",
    "status",
    "krediterer_lnr",
    "kjonn",
    "fodselsaar",
    "kommunenr",
    "kommunenr_pb",
    "praksis_lnr",
];

/// The spooled row: `seq` orders the rows of the delivery (file rank, then row).
pub fn schema() -> SchemaRef {
    let field = |name: &str, kind: DataType| Field::new(name, kind, name == "credits");
    Arc::new(Schema::new(vec![
        field("bill", DataType::Int64),
        field("seq", DataType::UInt64),
        field("registered", DataType::Int32),
        field("status", DataType::UInt8),
        field("credits", DataType::Int64),
        field("practice_type", DataType::UInt8),
        field("person", DataType::Int64),
        field("doctor", DataType::Int64),
        field("residence", DataType::UInt16),
        field("practice", DataType::UInt16),
        field("start", DataType::Int64),
        field("sex", DataType::UInt8),
        field("born", DataType::Int32),
        field("clinic", DataType::Int64),
    ]))
}

/// Position of a row in the delivery's regning files: file rank, then row.
pub fn seq(file: u16, row: u32) -> u64 {
    u64::from(file) << 32 | u64::from(row)
}

/// The file rank of a position.
pub fn file_of(seq: u64) -> u16 {
    (seq >> 32) as u16
}

/// Contacts that start before this second are in no table; none: all may be in one.
pub fn first_second(pipeline: &Pipeline) -> Option<i64> {
    let firsts: Option<Vec<_>> = pipeline.tables.iter().map(|table| table.since).collect();
    firsts?.into_iter().min().map(|month| i64::from(month.first_day()) * SECONDS_A_DAY)
}

/// Columns with codes of lists, in the order in which unknown codes are counted.
pub const CODED: [&str; 3] = ["praksistype", "kommunenr", "praksiskommune"];

/// Rows with a code that no list knows, by column of [`CODED`].
pub type Unknown = [u64; CODED.len()];

/// Turns codes to positions.
pub struct BillReader {
    places: Vec<Option<PlaceIndex>>,
    unknown_place: PlaceIndex,
}

/// Rows with their codes looked up.
pub struct CodedBills {
    pub rows: RecordBatch,
    /// By row: bit `i` is set where no list knows the code of column `i` of [`CODED`].
    pub unknown: Vec<u8>,
}

/// The codes of some rows, looked up.
pub struct Codes {
    pub status: Vec<u8>,
    pub practice_type: Vec<u8>,
    pub residence: Vec<PlaceIndex>,
    pub practice: Vec<PlaceIndex>,
    /// As in [`CodedBills`].
    pub unknown: Vec<u8>,
}

impl BillReader {
    pub fn new(geography: &Geography) -> Self {
        let places = (0..10_000).map(|code| geography.resolve(MunicipalityNumber(code))).collect();
        BillReader { places, unknown_place: geography.unknown() }
    }

    fn place(&self, code: Option<&str>) -> Option<PlaceIndex> {
        code.and_then(MunicipalityNumber::parse).and_then(|code| self.places[usize::from(code.0)])
    }

    /// The rows of one batch.
    pub fn read(&self, batch: &TypedBatch) -> Result<CodedBills> {
        let columns = &batch.columns;
        let keys = |name| whole(columns, name).map(|array| Arc::new(array.clone()) as ArrayRef);
        let days = date(columns, "registrert")?;
        let starts = moment(columns, "tidspunkt")?;
        let seqs: Vec<u64> = batch.rows.iter().map(|&row| seq(batch.file, row)).collect();
        let Codes { status, practice_type, residence, practice, unknown } = self.codes(batch)?;
        let arrays: Vec<ArrayRef> = vec![
            keys("enkeltregning_lnr")?,
            Arc::new(UInt64Array::from(seqs)),
            Arc::new(Int32Array::new(days.values().clone(), None)),
            Arc::new(UInt8Array::from(status)),
            keys("krediterer_lnr")?,
            Arc::new(UInt8Array::from(practice_type)),
            keys("kpr_lnr")?,
            keys("behandler_lnr")?,
            Arc::new(UInt16Array::from(residence)),
            Arc::new(UInt16Array::from(practice)),
            Arc::new(Int64Array::new(starts.values().clone(), None)),
            sexes(columns)?,
            born(columns)?,
            keys("praksis_lnr")?,
        ];
        let rows = RecordBatch::try_new(schema(), arrays)
            .map_err(|_| Error::bug("a batch of regning has a column of its own type"))?;
        Ok(CodedBills { rows, unknown })
    }

    /// The codes of the rows of one batch.
    pub fn codes(&self, batch: &TypedBatch) -> Result<Codes> {
        let columns = &batch.columns;
        let mut unknown = vec![0; batch.rows.len()];
        Ok(Codes {
            status: statuses(columns)?,
            practice_type: practice_types_of(columns, &mut unknown)?,
            residence: self.residences(columns, &mut unknown)?,
            practice: self.practices(columns, &mut unknown)?,
            unknown,
        })
    }

    /// Residence where it is a known code, else the second register's, else unknown.
    fn residences(&self, columns: &RecordBatch, unknown: &mut [u8]) -> Result<Vec<PlaceIndex>> {
        let (first, second) = (text(columns, "kommunenr")?, text(columns, "kommunenr_pb")?);
        let place = |row| self.place(at(first, row)).or_else(|| self.place(at(second, row)));
        Ok(known_or(self.unknown_place, (0..first.len()).map(place), (1, unknown)))
    }

    fn practices(&self, columns: &RecordBatch, unknown: &mut [u8]) -> Result<Vec<PlaceIndex>> {
        let codes = text(columns, "praksiskommune")?;
        let place = |row| self.place(at(codes, row));
        Ok(known_or(self.unknown_place, (0..codes.len()).map(place), (2, unknown)))
    }
}

/// What is known of each row, and `other` where nothing is, with the bit of the column set.
fn known_or<T: Copy>(
    other: T,
    found: impl Iterator<Item = Option<T>>,
    (column, unknown): (usize, &mut [u8]),
) -> Vec<T> {
    let or_other = |(found, unknown): (Option<T>, &mut u8)| {
        found.unwrap_or_else(|| {
            *unknown |= 1 << column;
            other
        })
    };
    found.zip(unknown).map(or_other).collect()
}

fn practice_types_of(columns: &RecordBatch, unknown: &mut [u8]) -> Result<Vec<u8>> {
    let codes = text(columns, "praksistype")?;
    let position = |row| {
        let code = at(codes, row);
        let position = practice_types().iter().position(|known| Some(known.code.as_str()) == code);
        position.map(|position| position as u8)
    };
    Ok(known_or(NO_PRACTICE_TYPE, (0..codes.len()).map(position), (0, unknown)))
}

fn statuses(columns: &RecordBatch) -> Result<Vec<u8>> {
    let codes = text(columns, "status")?;
    Ok((0..codes.len()).map(|row| status(at(codes, row))).collect())
}

/// Adds the rows with unknown codes, by column.
pub fn add_unknown(counts: &mut Unknown, unknown: &[u8]) {
    for (column, count) in counts.iter_mut().enumerate() {
        *count += unknown.iter().filter(|&&bits| bits >> column & 1 == 1).count() as u64;
    }
}

fn status(code: Option<&str>) -> u8 {
    match code {
        Some("godkjent") => GODKJENT,
        Some("avvist") => AVVIST,
        _ => BEHANDLES,
    }
}

fn sexes(columns: &RecordBatch) -> Result<ArrayRef> {
    let codes = whole(columns, "kjonn")?;
    let sex = |row| Sex::from_code(number(codes, row)) as u8;
    Ok(Arc::new(UInt8Array::from((0..codes.len()).map(sex).collect::<Vec<u8>>())))
}

/// A year outside four digits can give no age, so it is as good as missing.
fn born(columns: &RecordBatch) -> Result<ArrayRef> {
    let years = whole(columns, "fodselsaar")?;
    let year = |row| number(years, row).and_then(|year| i32::try_from(year).ok()).unwrap_or(NO_YEAR);
    Ok(Arc::new(Int32Array::from((0..years.len()).map(year).collect::<Vec<i32>>())))
}
