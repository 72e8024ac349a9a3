//! A row group of Parquet to typed batches, rejects and counts.
//!
//! In: a row group and the layout of its file. Out: batches to the sink, and what became of each
//! row, by the same tests as a row of text.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, TimestampSecondArray,
};
use arrow::compute::filter;
use arrow::datatypes::DataType;

use super::batch::{ROWS, arrow_schema, record_batch};
use super::csv_rows::kind_bit;
use super::human::{is_national_id, is_national_number};
use super::ids::IdSpace;
use super::inputs::{FileInput, Layout, TypedBatch};
use super::left::{Left, Place};
use super::parquet_column::{RowFaults, Target, absent, convert};
use super::parquet_file::ParquetLayout;
use super::parquet_raw;
use super::rowtest::{Numbers, Verdict, judge};
use super::scan::{Gathered, Job, MOST_REJECTS};
use super::value::trim;
use crate::domain::{Error, Result};
use crate::schema::{ColumnKind, IdKind};

/// Reads a row group of file `file`, and sends what passes its tests to the job's sink.
pub fn read_group(job: &Job, file: u16, input: &FileInput, group: usize, gathered: &mut Gathered) -> Result<()> {
    let Layout::Parquet(layout) = &input.layout else { return Ok(()) };
    let mut first = layout.start(group);
    let mut rejected = Vec::new();
    for batch in layout.known_columns(&input.path, group)? {
        let batch = batch?;
        let rows = batch.num_rows();
        read_batch(job, layout, &Part { file, first, batch }, gathered, &mut rejected)?;
        gathered.add_rows(file, rows as u64);
        first += rows as u32;
    }
    reject(input, rejected, gathered)
}

/// Rejected rows are read once more, with all columns of the file, to be kept as delivered; those
/// that are too many to be kept are counted alone.
fn reject(input: &FileInput, rejected: Vec<Left>, gathered: &mut Gathered) -> Result<()> {
    let (kept, counted) = rejected.split_at(rejected.len().min(MOST_REJECTS));
    kept.chunks(ROWS).try_for_each(|part| keep(input, part, gathered))?;
    counted.iter().for_each(|left| gathered.leave(left.clone()));
    Ok(())
}

fn keep(input: &FileInput, rejected: &[Left], gathered: &mut Gathered) -> Result<()> {
    let rows: Vec<u32> = rejected.iter().map(|left| left.row).collect();
    let fields = parquet_raw::fields(input, &rows)?;
    rejected.iter().zip(fields).for_each(|(left, fields)| gathered.leave(left.clone().with_fields(fields)));
    Ok(())
}

/// Some rows of a file as stored.
struct Part {
    file: u16,
    first: u32,
    batch: RecordBatch,
}

fn read_batch(
    job: &Job,
    layout: &ParquetLayout,
    part: &Part,
    gathered: &mut Gathered,
    rejected: &mut Vec<Left>,
) -> Result<()> {
    let rows = part.batch.num_rows();
    let mut faults = RowFaults::default();
    let columns = columns(job, layout, part, &mut faults, gathered)?;
    let numbers = columns.iter().map(Column::new).collect::<Vec<_>>();
    let mut kept = Vec::with_capacity(rows);
    let mut keep = vec![true; rows];
    for (at, keep) in keep.iter_mut().enumerate() {
        let row = part.first + at as u32;
        let values = Row { columns: &numbers, at };
        let fault = faults.of(at).and_then(|faults| faults.first());
        let verdict = fault.map_or_else(|| judge(job.schema, job.as_of, &values), Verdict::Reject);
        *keep = verdict == Verdict::Keep;
        let left = || Left::of(job, Place { file: part.file, row, line: u64::from(row) + 1 }, verdict, &values);
        match verdict {
            Verdict::Keep => kept.push(row),
            Verdict::Out(_) => gathered.leave(left()),
            Verdict::Reject(_) => rejected.push(left()),
        }
    }
    send(job, part.file, kept, keep, &columns)
}

fn send(job: &Job, file: u16, rows: Vec<u32>, keep: Vec<bool>, columns: &[ArrayRef]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let all = rows.len() == keep.len();
    let keep = BooleanArray::from(keep);
    let misfit = |_| Error::bug("a filter has another length than its batch");
    let wanted = job.wanted.iter().filter_map(|&at| columns.get(at));
    let pick = |column: &ArrayRef| if all { Ok(column.clone()) } else { filter(column, &keep).map_err(misfit) };
    let arrays: Vec<ArrayRef> = wanted.map(pick).collect::<Result<_>>()?;
    let columns = record_batch(arrow_schema(job.schema, job.wanted), arrays, rows.len())?;
    job.send(Some(TypedBatch { file, rows, columns }))
}

/// Every column of the schema, typed, in its order.
fn columns(
    job: &Job,
    layout: &ParquetLayout,
    part: &Part,
    faults: &mut RowFaults,
    gathered: &mut Gathered,
) -> Result<Vec<ArrayRef>> {
    let mut columns = Vec::with_capacity(job.schema.columns.len());
    for (at, column) in job.schema.columns.iter().enumerate() {
        let name = layout.places.of.get(at).copied().flatten().and_then(|place| layout.stored_name(place));
        let Some(stored) = name.and_then(|name| part.batch.column_by_name(name)) else {
            columns.push(absent(column, part.batch.num_rows()));
            continue;
        };
        let ids = match column.kind {
            ColumnKind::Id(kind) => {
                let found = if kind.is_human() { national_numbers(stored) } else { 0 };
                gathered.add_humans(part.file, at, found);
                Some(job.ids(kind))
            }
            _ => None,
        };
        let cast = layout.casts.get(at).and_then(Option::as_ref);
        let converted = convert(&Target { at, column, ids, cast }, stored, faults)?;
        if let (ColumnKind::Id(kind), Some(ids)) = (&column.kind, ids) {
            gathered.add_texts(part.file, text_bit(*kind, ids, &converted));
        }
        columns.push(converted);
    }
    Ok(columns)
}

/// The bit of a kind of identifier where one of some keys is that of a text.
fn text_bit(kind: IdKind, ids: &IdSpace, keys: &ArrayRef) -> u8 {
    let keys = keys.as_primitive_opt::<arrow::datatypes::Int64Type>();
    let is_text = |key: i64| !IdSpace::is_own_key(key) && ids.is_text(key);
    kind_bit(kind, 0, || keys.is_some_and(|keys| keys.iter().flatten().any(is_text)))
}

fn national_numbers(stored: &ArrayRef) -> u64 {
    let found = match stored.data_type() {
        DataType::Utf8 => {
            stored.as_string::<i32>().iter().flatten().filter(|v| is_national_id(trim(v.as_bytes()))).count()
        }
        DataType::Binary => stored.as_binary::<i32>().iter().flatten().filter(|v| is_national_id(trim(v))).count(),
        number if number.is_numeric() => {
            let whole = arrow::compute::cast(stored, &DataType::Int64).ok();
            let whole = whole.as_ref().map(|whole| whole.as_primitive::<arrow::datatypes::Int64Type>());
            whole.map_or(0, |whole| whole.iter().flatten().filter(|&v| is_national_number(v)).count())
        }
        _ => 0,
    };
    found as u64
}

/// The numbers of a typed column.
enum Column<'a> {
    Whole(&'a Int64Array),
    Day(&'a Date32Array),
    Time(&'a TimestampSecondArray),
    Text,
}

impl<'a> Column<'a> {
    fn new(array: &'a ArrayRef) -> Self {
        match array.data_type() {
            DataType::Int64 => Column::Whole(array.as_primitive()),
            DataType::Date32 => Column::Day(array.as_primitive()),
            DataType::Timestamp(..) => Column::Time(array.as_primitive()),
            _ => Column::Text,
        }
    }
}

struct Row<'a> {
    columns: &'a [Column<'a>],
    at: usize,
}

impl Numbers for Row<'_> {
    #[inline]
    fn number(&self, column: usize) -> Option<i64> {
        let at = self.at;
        match self.columns[column] {
            Column::Whole(array) => array.is_valid(at).then(|| array.value(at)),
            Column::Day(array) => array.is_valid(at).then(|| i64::from(array.value(at))),
            Column::Time(array) => array.is_valid(at).then(|| array.value(at)),
            Column::Text => None,
        }
    }
}
