//! Parquet files of a release.
//!
//! In: rows in their order. Out: snappy files of plain pages, without dictionaries, statistics or
//! page indexes: nothing but the rows is in the bytes. A suppressed value never was in the arrays.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};

use super::files::{HashedFile, WrittenFile};
use super::rows::{Rows, conf_status, obs_status};
use crate::protect::{PublicTable, RestrictedTable};

/// Rows of a row group: small enough for a browser to read one at a time.
const GROUP: usize = 131_072;

/// What a Parquet file says of itself.
pub struct Label<'a> {
    pub table: &'a str,
    pub version: &'a str,
    pub release: &'a str,
}

/// Writes a table as published: the keys, then `value`, `obs_status` and `conf_status`.
pub fn write_public(file: HashedFile, label: &Label, rows: &Rows, table: &PublicTable) -> Result<WrittenFile> {
    let more = [
        Field::new("value", DataType::Float64, true),
        Field::new("obs_status", DataType::Utf8, false),
        Field::new("conf_status", DataType::Utf8, false),
    ];
    write(file, label, rows, &more, |part| {
        let status = |row: &u32| table.status[*row as usize];
        let values: Vec<Option<f64>> = part.iter().map(|row| table.value[*row as usize]).collect();
        vec![
            Arc::new(Float64Array::from(values)) as ArrayRef,
            Arc::new(StringArray::from_iter_values(part.iter().map(|row| obs_status(status(row))))),
            Arc::new(StringArray::from_iter_values(part.iter().map(|row| conf_status(status(row))))),
        ]
    })
}

/// Writes a table's truth, for the restricted area.
pub fn write_restricted(file: HashedFile, label: &Label, rows: &Rows, table: &RestrictedTable) -> Result<WrittenFile> {
    let more = [
        Field::new("value", DataType::Float64, true),
        Field::new("n_patients", DataType::UInt32, true),
        Field::new("n_doctors", DataType::UInt32, true),
        Field::new("largest_doctor_share", DataType::Float64, true),
        Field::new("largest_patient_share", DataType::Float64, true),
        Field::new("reason", DataType::Utf8, true),
    ];
    let reason = |row: usize| Some(table.reason[row]).filter(|reason| !reason.is_empty());
    write(file, label, rows, &more, |part| {
        vec![
            floats(&table.keys.value, part),
            counts(&table.n_patients, part),
            counts(&table.n_doctors, part),
            floats(&table.largest_doctor_share, part),
            floats(&table.largest_patient_share, part),
            Arc::new(part.iter().map(|row| reason(*row as usize)).collect::<StringArray>()),
        ]
    })
}

fn floats(column: &[Option<f64>], part: &[u32]) -> ArrayRef {
    Arc::new(part.iter().map(|row| column[*row as usize]).collect::<Float64Array>())
}

fn counts(column: &[Option<u32>], part: &[u32]) -> ArrayRef {
    Arc::new(part.iter().map(|row| column[*row as usize]).collect::<UInt32Array>())
}

fn write(
    file: HashedFile,
    label: &Label,
    rows: &Rows,
    more: &[Field],
    columns: impl Fn(&[u32]) -> Vec<ArrayRef>,
) -> Result<WrittenFile> {
    let keys = rows.keys.iter().map(|key| Field::new(key.name, DataType::Utf8, false));
    let schema: SchemaRef = Arc::new(Schema::new(keys.chain(more.iter().cloned()).collect::<Vec<_>>()));
    let mut writer = plain_writer(file, &schema, label)?;
    for part in rows.order.chunks(GROUP) {
        let text = |key: &super::rows::KeyColumn| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(part.iter().map(|row| key.label(*row as usize))))
        };
        let arrays = rows.keys.iter().map(text).chain(columns(part)).collect();
        writer.write(&RecordBatch::try_new(schema.clone(), arrays)?)?;
        writer.flush()?;
    }
    Ok(writer.into_inner()?.seal()?)
}

/// A writer of plain pages: nothing is in the file but its rows, its schema and its label.
pub fn plain_writer(file: HashedFile, schema: &SchemaRef, label: &Label) -> Result<ArrowWriter<HashedFile>> {
    let says = |key: &str, value: &str| KeyValue::new(key.to_string(), value.to_string());
    let metadata = vec![says("table", label.table), says("version", label.version), says("release", label.release)];
    let properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_created_by("kprstat".into())
        .set_key_value_metadata(Some(metadata))
        .build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    ArrowWriter::try_new_with_options(file, schema.clone(), options)
}
