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
use super::rows::{Cell, Kind, Row};
use crate::domain::{Error, Result};

const ROW_GROUP: usize = 500_000;
const AMOUNT: (u8, i8) = (12, 2);

/// The form of a Parquet file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParquetForm {
    pub zstd: bool,
    /// Columns that are kept as text, by position.
    pub text: Vec<usize>,
}

fn schema<R: Row>(form: &ParquetForm) -> SchemaRef {
    let field = |(at, (name, kind)): (usize, &(&str, Kind))| {
        let kind = if form.text.contains(&at) { Kind::Text } else { *kind };
        Field::new(*name, data_type(kind), true)
    };
    Arc::new(Schema::new(R::COLUMNS.iter().enumerate().map(field).collect::<Vec<_>>()))
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Id | Kind::Whole => DataType::Int64,
        Kind::Amount => DataType::Decimal128(AMOUNT.0, AMOUNT.1),
        Kind::Day => DataType::Date32,
        Kind::Moment => DataType::Timestamp(TimeUnit::Millisecond, None),
        Kind::Text => DataType::Utf8,
    }
}

/// A writer for rows of a source.
pub fn writer<R: Row, W: Write + Send>(to: W, form: &ParquetForm) -> parquet::errors::Result<ArrowWriter<W>> {
    let compression = if form.zstd { Compression::ZSTD(ZstdLevel::default()) } else { Compression::SNAPPY };
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_created_by("kprstat synth".to_owned())
        .build();
    ArrowWriter::try_new(to, schema::<R>(form), Some(properties))
}

enum Column {
    Whole(Int64Builder),
    Amount(Decimal128Builder),
    Day(Date32Builder),
    Moment(TimestampMillisecondBuilder),
    Text(StringBuilder),
}

impl Column {
    fn new(kind: Kind, rows: usize) -> Column {
        match kind {
            Kind::Id | Kind::Whole => Column::Whole(Int64Builder::with_capacity(rows)),
            Kind::Amount => Column::Amount(Decimal128Builder::with_capacity(rows)),
            Kind::Day => Column::Day(Date32Builder::with_capacity(rows)),
            Kind::Moment => Column::Moment(TimestampMillisecondBuilder::with_capacity(rows)),
            Kind::Text => Column::Text(StringBuilder::with_capacity(rows, rows * 6)),
        }
    }

    /// Appends a cell; what does not fit the column's type is left empty.
    fn push(&mut self, cell: Cell<'_>, dialect: &Dialect, text: &mut Vec<u8>) {
        match (self, cell) {
            (Column::Whole(column), Cell::Whole(number)) => column.append_value(number),
            (Column::Whole(column), _) => column.append_null(),
            (Column::Amount(column), Cell::Amount(amount)) => column.append_value(amount.into()),
            (Column::Amount(column), _) => column.append_null(),
            (Column::Day(column), Cell::Day(day)) => column.append_value(day),
            (Column::Day(column), _) => column.append_null(),
            (Column::Moment(column), Cell::Moment(seconds)) => column.append_value(seconds * 1_000),
            (Column::Moment(column), _) => column.append_null(),
            (Column::Text(column), Cell::Empty) => column.append_null(),
            (Column::Text(column), Cell::Text(value)) => column.append_value(value),
            (Column::Text(column), cell) => {
                text.clear();
                dialect.field(cell, text);
                column.append_value(String::from_utf8_lossy(text));
            }
        }
    }

    fn finish(self) -> Result<ArrayRef> {
        Ok(match self {
            Column::Whole(mut column) => Arc::new(column.finish()),
            Column::Amount(mut column) => {
                Arc::new(column.finish().with_precision_and_scale(AMOUNT.0, AMOUNT.1).map_err(|_| unfit("an amount"))?)
            }
            Column::Day(mut column) => Arc::new(column.finish()),
            Column::Moment(mut column) => Arc::new(column.finish()),
            Column::Text(mut column) => Arc::new(column.finish()),
        })
    }
}

fn unfit(what: &str) -> Error {
    Error::bug(format!("synth: {what} does not fit its Parquet column"))
}

/// Rows as a batch.
pub fn batch<R: Row>(sheet: &Sheet<R>, form: &ParquetForm) -> Result<RecordBatch> {
    let schema = schema::<R>(form);
    let kind = |at: usize| if form.text.contains(&at) { Kind::Text } else { R::COLUMNS[at].1 };
    let mut columns: Vec<Column> = (0..R::COLUMNS.len()).map(|at| Column::new(kind(at), sheet.rows.len())).collect();
    let (plain, mut text) = (Dialect { quote_all: false, ..Dialect::default() }, Vec::new());
    let mut faults = sheet.faults.iter().peekable();
    for (position, row) in sheet.rows.iter().enumerate() {
        let fault = faults.next_if(|(at, _)| *at == position).map(|(_, fault)| fault);
        let mut at = 0;
        row.cells(&mut |cell| {
            let cell = match fault {
                Some(Fault::Field { column, text }) if *column == at => Cell::Text(text),
                _ => cell,
            };
            columns[at].push(cell, &plain, &mut text);
            at += 1;
        });
    }
    let arrays = columns.into_iter().map(Column::finish).collect::<Result<_>>()?;
    RecordBatch::try_new(schema, arrays).map_err(|_| unfit("a row"))
}
