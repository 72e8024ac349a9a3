//! Rows as Parquet with native types.
//!
//! In: rows. Out: Arrow batches and a writer with row groups of some half a million rows. A file
//! that is to hold faults or lettered identifiers has its columns as text.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Decimal128Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::csv_out::Dialect;
use super::files::{Fault, Sheet};
use super::rows::{Cell, Row};
use crate::domain::{Error, Result};
use crate::schema::{self, Column, ColumnKind};

const ROW_GROUP: usize = 500_000;
const AMOUNT: (u8, i8) = (12, 2);

/// The form of a Parquet file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParquetForm {
    pub zstd: bool,
    pub text: TextColumns,
    /// Municipality numbers are kept as numbers.
    pub number_places: bool,
}

/// Which columns are kept as text although they have a type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TextColumns {
    #[default]
    None,
    /// Identifiers of persons and doctors, some of which are text.
    Humans,
    All,
}

fn arrow_schema(columns: &[Column], form: &ParquetForm) -> SchemaRef {
    let field = |column: &Column| Field::new(&column.name, data_type(column, form), true);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

fn data_type(column: &Column, form: &ParquetForm) -> DataType {
    match &column.kind {
        _ if form.text == TextColumns::All => DataType::Utf8,
        ColumnKind::Id(of) if form.text == TextColumns::Humans && of.is_human() => DataType::Utf8,
        ColumnKind::Municipality if form.number_places => DataType::Int64,
        ColumnKind::Id(_) | ColumnKind::Integer(_) | ColumnKind::NumberCode | ColumnKind::Flag => DataType::Int64,
        ColumnKind::Amount => DataType::Decimal128(AMOUNT.0, AMOUNT.1),
        ColumnKind::Date => DataType::Date32,
        ColumnKind::DateTime => DataType::Timestamp(TimeUnit::Millisecond, None),
        ColumnKind::Code | ColumnKind::Municipality | ColumnKind::Choice(_) => DataType::Utf8,
    }
}

/// A writer for rows of a source with these columns.
pub fn writer<W: Write + Send>(
    to: W,
    columns: &[Column],
    form: &ParquetForm,
) -> parquet::errors::Result<ArrowWriter<W>> {
    let compression = if form.zstd { Compression::ZSTD(ZstdLevel::default()) } else { Compression::SNAPPY };
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by("kprstat synth".to_owned())
        .build();
    ArrowWriter::try_new(to, arrow_schema(columns, form), Some(properties))
}

enum Builder {
    Whole(Int64Builder),
    Amount(Decimal128Builder),
    Day(Date32Builder),
    Moment(TimestampMillisecondBuilder),
    Text(StringBuilder),
}

impl Builder {
    fn new(data_type: &DataType, rows: usize) -> Builder {
        match data_type {
            DataType::Int64 => Builder::Whole(Int64Builder::with_capacity(rows)),
            DataType::Decimal128(..) => Builder::Amount(Decimal128Builder::with_capacity(rows)),
            DataType::Date32 => Builder::Day(Date32Builder::with_capacity(rows)),
            DataType::Timestamp(..) => Builder::Moment(TimestampMillisecondBuilder::with_capacity(rows)),
            _ => Builder::Text(StringBuilder::with_capacity(rows, rows * 6)),
        }
    }

    /// Appends a cell; what does not fit the column's type is left empty.
    fn push(&mut self, cell: Cell<'_>, dialect: &Dialect, text: &mut Vec<u8>) {
        match (self, cell) {
            (Builder::Whole(column), Cell::Whole(number)) => column.append_value(number),
            (Builder::Whole(column), Cell::Municipality(code)) => column.append_value(code.into()),
            (Builder::Whole(column), Cell::Text(text)) => column.append_option(text.parse().ok()),
            (Builder::Whole(column), _) => column.append_null(),
            (Builder::Amount(column), Cell::Amount(amount)) => column.append_value(amount.into()),
            (Builder::Amount(column), _) => column.append_null(),
            (Builder::Day(column), Cell::Day(day)) => column.append_value(day),
            (Builder::Day(column), _) => column.append_null(),
            (Builder::Moment(column), Cell::Moment(seconds)) => column.append_value(seconds * 1_000),
            (Builder::Moment(column), _) => column.append_null(),
            (Builder::Text(column), Cell::Empty) => column.append_null(),
            (Builder::Text(column), Cell::Text(value)) => column.append_value(value),
            (Builder::Text(column), cell) => {
                text.clear();
                dialect.field(cell, text);
                column.append_value(String::from_utf8_lossy(text));
            }
        }
    }

    fn finish(self) -> Result<ArrayRef> {
        Ok(match self {
            Builder::Whole(mut column) => Arc::new(column.finish()),
            Builder::Amount(mut column) => {
                Arc::new(column.finish().with_precision_and_scale(AMOUNT.0, AMOUNT.1).map_err(|_| unfit("an amount"))?)
            }
            Builder::Day(mut column) => Arc::new(column.finish()),
            Builder::Moment(mut column) => Arc::new(column.finish()),
            Builder::Text(mut column) => Arc::new(column.finish()),
        })
    }
}

fn unfit(what: &str) -> Error {
    Error::bug(format!("synth: {what} does not fit its Parquet column"))
}

/// Rows as a batch.
pub fn batch<R: Row>(sheet: &Sheet<R>, form: &ParquetForm) -> Result<RecordBatch> {
    let columns = &schema::of(R::SOURCE)?.columns;
    let builder = |column| Builder::new(&data_type(column, form), sheet.rows.len());
    let mut builders: Vec<Builder> = columns.iter().map(builder).collect();
    let (plain, mut text) = (Dialect { quote_all: false, ..Dialect::default() }, Vec::new());
    let mut faults = sheet.faults.iter().peekable();
    for (position, row) in sheet.rows.iter().enumerate() {
        let fault = faults.next_if(|(at, _)| *at == position).map(|(_, fault)| fault);
        let mut at = 0;
        row.cells(&mut |cell| {
            let cell = match fault {
                Some(Fault::Field { column, text }) if columns[at].name == *column => Cell::Text(text),
                _ => cell,
            };
            builders[at].push(cell, &plain, &mut text);
            at += 1;
        });
    }
    let arrays = builders.into_iter().map(Builder::finish).collect::<Result<_>>()?;
    RecordBatch::try_new(arrow_schema(columns, form), arrays).map_err(|_| unfit("a row"))
}
