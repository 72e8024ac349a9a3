//! Rows of regning, with codes looked up, set aside by bill number.
//!
//! In: typed batches. Out: a spool of numbers. Never decides which version of a bill counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef, Int32Array, Int64Array, UInt8Array, UInt16Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::columns::{at, date, moment, number, text, whole};
use super::spool::Spool;
use crate::codes::{Geography, practice_types};
use crate::domain::{Error, MunicipalityNumber, PlaceIndex, Result, Sex};
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

/// Look-ups of codes that no list knows, by column.
#[derive(Debug, Default)]
pub struct UnknownCodes {
    pub practice_type: AtomicU64,
    pub residence: AtomicU64,
    pub practice_place: AtomicU64,
}

/// Turns codes to positions.
pub struct BillReader<'a> {
    places: Vec<Option<PlaceIndex>>,
    unknown_place: PlaceIndex,
    pub unknown: UnknownCodes,
    spool: &'a Spool<'a>,
}

impl<'a> BillReader<'a> {
    pub fn new(geography: &Geography, spool: &'a Spool<'a>) -> Self {
        let places = (0..10_000).map(|code| geography.resolve(MunicipalityNumber(code))).collect();
        BillReader { places, unknown_place: geography.unknown(), unknown: UnknownCodes::default(), spool }
    }

    fn place(&self, code: Option<&str>) -> Option<PlaceIndex> {
        code.and_then(MunicipalityNumber::parse).and_then(|code| self.places[usize::from(code.0)])
    }

    /// Residence where it is a known code, else the second register's, else unknown.
    fn residence(&self, first: Option<&str>, second: Option<&str>) -> PlaceIndex {
        self.place(first).or_else(|| self.place(second)).unwrap_or_else(|| {
            self.unknown.residence.fetch_add(1, Ordering::Relaxed);
            self.unknown_place
        })
    }

    fn practice(&self, code: Option<&str>) -> PlaceIndex {
        self.place(code).unwrap_or_else(|| {
            self.unknown.practice_place.fetch_add(1, Ordering::Relaxed);
            self.unknown_place
        })
    }

    fn practice_type(&self, code: Option<&str>) -> u8 {
        let position = practice_types().iter().position(|known| Some(known.code.as_str()) == code);
        position.map_or_else(
            || {
                self.unknown.practice_type.fetch_add(1, Ordering::Relaxed);
                NO_PRACTICE_TYPE
            },
            |position| position as u8,
        )
    }

    /// Sets the rows of one batch aside.
    pub fn take(&self, batch: TypedBatch) -> Result<()> {
        let columns = &batch.columns;
        let bills = whole(columns, "enkeltregning_lnr")?;
        let rows = self.rows(&batch)?;
        self.spool.push(bills.values(), &rows)
    }

    fn rows(&self, batch: &TypedBatch) -> Result<RecordBatch> {
        let columns = &batch.columns;
        let keys = |name| whole(columns, name).map(|array| Arc::new(array.clone()) as ArrayRef);
        let days = date(columns, "registrert")?;
        let starts = moment(columns, "tidspunkt")?;
        let seqs: Vec<u64> = batch.rows.iter().map(|&row| seq(batch.file, row)).collect();
        let arrays: Vec<ArrayRef> = vec![
            keys("enkeltregning_lnr")?,
            Arc::new(UInt64Array::from(seqs)),
            Arc::new(Int32Array::new(days.values().clone(), None)),
            self.codes(columns, "status", status)?,
            keys("krediterer_lnr")?,
            self.codes(columns, "praksistype", |code| self.practice_type(code))?,
            keys("kpr_lnr")?,
            keys("behandler_lnr")?,
            self.residences(columns)?,
            self.practices(columns)?,
            Arc::new(Int64Array::new(starts.values().clone(), None)),
            sexes(columns)?,
            born(columns)?,
            keys("praksis_lnr")?,
        ];
        RecordBatch::try_new(schema(), arrays)
            .map_err(|_| Error::bug("a batch of regning has a column of its own type"))
    }

    fn codes(&self, columns: &RecordBatch, name: &str, code: impl Fn(Option<&str>) -> u8) -> Result<ArrayRef> {
        let array = text(columns, name)?;
        let codes: Vec<u8> = (0..array.len()).map(|row| code(at(array, row))).collect();
        Ok(Arc::new(UInt8Array::from(codes)))
    }

    fn residences(&self, columns: &RecordBatch) -> Result<ArrayRef> {
        let (first, second) = (text(columns, "kommunenr")?, text(columns, "kommunenr_pb")?);
        let places: Vec<u16> = (0..first.len()).map(|row| self.residence(at(first, row), at(second, row))).collect();
        Ok(Arc::new(UInt16Array::from(places)))
    }

    fn practices(&self, columns: &RecordBatch) -> Result<ArrayRef> {
        let codes = text(columns, "praksiskommune")?;
        let places: Vec<u16> = (0..codes.len()).map(|row| self.practice(at(codes, row))).collect();
        Ok(Arc::new(UInt16Array::from(places)))
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
