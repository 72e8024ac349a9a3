//! The head of a Parquet file: its row groups, and where each column of the schema stands.
//!
//! In: a file and its schema. Out: a [`ParquetLayout`] that opens row groups. A damaged file is an
//! error, whatever the library does with it.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};

use super::batch::ROWS;
use super::find::unreadable;
use super::header::Places;
use super::inputs::shown;
use super::parquet_column::{accepted, accepts};
use super::parquet_guard;
use crate::domain::{Error, Result};
use crate::schema::Schema;

/// How a Parquet file is to be read.
#[derive(Debug, Clone)]
pub struct ParquetLayout {
    pub places: Places,
    metadata: ArrowReaderMetadata,
    /// First row of each row group.
    starts: Vec<u32>,
    /// By column of the schema: the time that the writer's Arrow schema says a stored number is.
    pub casts: Vec<Option<DataType>>,
}

impl ParquetLayout {
    /// Reads the head of a file and checks its columns.
    pub fn open(path: &Path, schema: &Schema) -> Result<ParquetLayout> {
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        parquet_guard::footer(path, &file)?;
        let load = |skip| guard(path, || ArrowReaderMetadata::load(&file, options(skip)));
        let metadata = load(true)?;
        let names = metadata.schema().fields().iter().map(|field| field.name().trim().to_string()).collect();
        let places = Places::new(&shown(path), schema, names)?;
        let casts = casts(&metadata, load(false).ok().as_ref(), &places);
        check_types(path, schema, &metadata, &places, &casts)?;
        let starts = starts(path, &metadata)?;
        Ok(ParquetLayout { places, metadata, starts, casts })
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.starts.len()
    }

    /// The name that a column of the file is stored under.
    pub fn stored_name(&self, place: usize) -> Option<&str> {
        self.metadata.schema().fields().get(place).map(|field| field.name().as_str())
    }

    /// First row of a row group.
    pub fn start(&self, group: usize) -> u32 {
        self.starts.get(group).copied().unwrap_or_default()
    }

    /// The row group that holds a row.
    pub fn group_of(&self, row: u32) -> usize {
        self.starts.partition_point(|&start| start <= row).saturating_sub(1)
    }

    /// Reads the columns of a row group that the schema has.
    pub fn known_columns(&self, path: &Path, group: usize) -> Result<Batches> {
        let known = self.places.of.iter().flatten().copied();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), known);
        self.guard_pages(path, group, &mask)?;
        self.batches(path, group, |builder| builder.with_projection(mask))
    }

    /// Refuses pages beyond all measure before the library makes room for them.
    fn guard_pages(&self, path: &Path, group: usize, mask: &ProjectionMask) -> Result<()> {
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let columns = self.metadata.metadata().row_groups().get(group).map_or(&[][..], |group| group.columns());
        let read = columns.iter().enumerate().filter(|&(leaf, _)| mask.leaf_included(leaf));
        // A negative place of a column is a panic of the library's.
        let places =
            || Ok::<_, std::convert::Infallible>(read.map(|(_, column)| column.byte_range()).collect::<Vec<_>>());
        guard(path, places)?.into_iter().try_for_each(|place| parquet_guard::pages(path, &file, place))
    }

    /// Reads all columns of some rows of a row group.
    pub fn some_rows(&self, path: &Path, group: usize, rows: RowSelection) -> Result<Batches> {
        self.guard_pages(path, group, &ProjectionMask::all())?;
        self.batches(path, group, |builder| builder.with_row_selection(rows))
    }

    fn batches(&self, path: &Path, group: usize, which: impl FnOnce(Builder) -> Builder) -> Result<Batches> {
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let builder = which(builder.with_row_groups(vec![group]).with_batch_size(ROWS));
        Ok(Batches { path: path.to_path_buf(), reader: guard(path, || builder.build())? })
    }
}

type Builder = ParquetRecordBatchReaderBuilder<File>;

/// Types are taken from the Parquet schema alone: text is plain text, however it was held in
/// memory by its writer.
fn options(skip_arrow_schema: bool) -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(skip_arrow_schema)
}

/// Arrow's times in seconds and dates in milliseconds have no Parquet type: they are stored as
/// numbers, and only the Arrow schema of the writer tells what they are.
fn casts(plain: &ArrowReaderMetadata, hinted: Option<&ArrowReaderMetadata>, places: &Places) -> Vec<Option<DataType>> {
    let cast = |place: usize| {
        let hint = hinted?.schema().fields().get(place)?.data_type();
        let stored = plain.schema().fields().get(place)?.data_type();
        let is_time = matches!(hint, DataType::Timestamp(TimeUnit::Second, _) | DataType::Date64);
        (*stored == DataType::Int64 && is_time).then(|| hint.clone())
    };
    places.of.iter().map(|place| place.and_then(cast)).collect()
}

fn check_types(
    path: &Path,
    schema: &Schema,
    metadata: &ArrowReaderMetadata,
    places: &Places,
    casts: &[Option<DataType>],
) -> Result<()> {
    for ((column, place), cast) in schema.columns.iter().zip(&places.of).zip(casts) {
        let Some(stored) = place.and_then(|place| metadata.schema().fields().get(place)) else { continue };
        let stored = cast.as_ref().unwrap_or(stored.data_type());
        if !accepts(&column.kind, stored) {
            return Err(Error::input(format!(
                "{}, column {}: stored as {stored}; expected {}",
                shown(path),
                column.name,
                accepted(&column.kind)
            )));
        }
    }
    Ok(())
}

fn starts(path: &Path, metadata: &ArrowReaderMetadata) -> Result<Vec<u32>> {
    let mut starts = Vec::new();
    let mut row = 0u32;
    for group in metadata.metadata().row_groups() {
        starts.push(row);
        let next = u32::try_from(group.num_rows()).ok().and_then(|rows| row.checked_add(rows));
        row = next.ok_or_else(|| {
            Error::input(format!("{}: more than {} rows; deliver it in several files", shown(path), u32::MAX))
        })?;
    }
    Ok(starts)
}

/// The batches of a row group.
pub struct Batches {
    path: std::path::PathBuf,
    reader: ParquetRecordBatchReader,
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        guard(&self.path, || self.reader.next().transpose()).transpose()
    }
}

/// Runs the library on a file that may be damaged: its errors, which may quote data, become one
/// of ours, and so does a panic.
fn guard<T, E>(path: &Path, read: impl FnOnce() -> std::result::Result<T, E>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(_)) | Err(_) => Err(damaged(path)),
    }
}

/// The error of a Parquet file that the library cannot read, or must not.
pub fn damaged(path: &Path) -> Error {
    Error::input(format!(
        "{}: the Parquet file is damaged, or of a kind that cannot be read; have it delivered again",
        shown(path)
    ))
}
