//! Rows that passed their tests, gathered in columns.
//!
//! In: the values of a row. Out: a [`TypedBatch`]. It makes only the columns that are wanted.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Int64Builder, NullBufferBuilder, RecordBatch, StringArray, TimestampSecondBuilder,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef, TimeUnit};

use super::inputs::TypedBatch;
use crate::domain::{Error, Result};
use crate::schema::{ColumnKind, Schema};

/// Most rows of a batch.
pub const ROWS: usize = 1 << 16;

/// The Arrow type of a column in a batch.
pub fn arrow_type(kind: &ColumnKind) -> DataType {
    match kind {
        ColumnKind::Code | ColumnKind::Municipality | ColumnKind::Choice(_) => DataType::Utf8,
        ColumnKind::Date => DataType::Date32,
        ColumnKind::DateTime => DataType::Timestamp(TimeUnit::Second, None),
        ColumnKind::Id(_) | ColumnKind::NumberCode | ColumnKind::Integer(_) | ColumnKind::Amount | ColumnKind::Flag => {
            DataType::Int64
        }
    }
}

/// The Arrow schema of some columns of a source.
pub fn arrow_schema(schema: &Schema, columns: &[usize]) -> SchemaRef {
    let field = |&at: &usize| Field::new(&schema.columns[at].name, arrow_type(&schema.columns[at].kind), true);
    Arc::new(ArrowSchema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// The values of a row as they are appended: numbers of every type, and text.
pub trait Values {
    fn number(&self, column: usize) -> Option<i64>;
    /// Appends the text of a column, in UTF-8; false where it is missing.
    fn append_text(&self, column: usize, to: &mut Vec<u8>) -> bool;
}

enum Builder {
    Number(Int64Builder),
    Date(Date32Builder),
    Time(TimestampSecondBuilder),
    Text(TextBuilder),
}

impl Builder {
    fn new(data_type: &DataType) -> Builder {
        match data_type {
            DataType::Utf8 => Builder::Text(TextBuilder::default()),
            DataType::Date32 => Builder::Date(Date32Builder::new()),
            DataType::Timestamp(..) => Builder::Time(TimestampSecondBuilder::new()),
            _ => Builder::Number(Int64Builder::new()),
        }
    }
    fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match self {
            Builder::Number(builder) => Arc::new(builder.finish()),
            Builder::Date(builder) => Arc::new(builder.finish()),
            Builder::Time(builder) => Arc::new(builder.finish()),
            Builder::Text(builder) => Arc::new(builder.finish()?),
        })
    }
}

/// Texts end to end: that they are UTF-8 is checked once for all of them.
struct TextBuilder {
    bytes: Vec<u8>,
    ends: Vec<i32>,
    present: NullBufferBuilder,
}

impl Default for TextBuilder {
    fn default() -> Self {
        TextBuilder { bytes: Vec::new(), ends: vec![0], present: NullBufferBuilder::new(ROWS) }
    }
}

impl TextBuilder {
    #[inline]
    fn append(&mut self, text: impl FnOnce(&mut Vec<u8>) -> bool) {
        self.present.append(text(&mut self.bytes));
        // A batch is at most a block, far below 2 GiB.
        self.ends.push(self.bytes.len() as i32);
    }
    fn finish(&mut self) -> Result<StringArray> {
        let TextBuilder { bytes, ends, mut present } = std::mem::take(self);
        let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
        StringArray::try_new(ends, Buffer::from_vec(bytes), present.finish())
            .map_err(|_| Error::bug("the loader let text through that is not UTF-8"))
    }
}

/// Gathers rows of one file.
pub struct BatchBuilder {
    file: u16,
    schema: SchemaRef,
    columns: Vec<(usize, Builder)>,
    rows: Vec<u32>,
}

impl BatchBuilder {
    /// For the wanted columns of a source (positions in its schema).
    pub fn new(file: u16, schema: &Schema, wanted: &[usize]) -> Self {
        let builder = |&at: &usize| (at, Builder::new(&arrow_type(&schema.columns[at].kind)));
        let columns = wanted.iter().map(builder).collect();
        BatchBuilder { file, schema: arrow_schema(schema, wanted), columns, rows: Vec::new() }
    }

    /// Appends a row; rows come in ascending order.
    #[inline]
    pub fn push(&mut self, row: u32, values: &impl Values) {
        self.rows.push(row);
        for (column, builder) in &mut self.columns {
            match builder {
                Builder::Number(builder) => builder.append_option(values.number(*column)),
                Builder::Date(builder) => builder.append_option(values.number(*column).map(|day| day as i32)),
                Builder::Time(builder) => builder.append_option(values.number(*column)),
                Builder::Text(builder) => builder.append(|bytes| values.append_text(*column, bytes)),
            }
        }
    }

    pub fn is_full(&self) -> bool {
        self.rows.len() >= ROWS
    }

    /// The rows so far, if there are any; the builder is empty afterwards.
    pub fn take(&mut self) -> Result<Option<TypedBatch>> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let arrays = self.columns.iter_mut().map(|(_, builder)| builder.finish()).collect::<Result<_>>()?;
        let rows = std::mem::take(&mut self.rows);
        record_batch(self.schema.clone(), arrays, rows.len())
            .map(|columns| Some(TypedBatch { file: self.file, rows, columns }))
    }
}

/// A batch of arrays that may be none (no column is wanted).
pub fn record_batch(schema: SchemaRef, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, arrays, &options)
        .map_err(|_| Error::bug("the loader built columns of another type or length than its schema"))
}
