//! Tables by practice, for the restricted area alone.
//!
//! In: rows by practice, sorted. Out: `cells/TABLE.parquet` with the columns of every restricted
//! table: `geo_level` is `practice`, `geo` the practice's identifier. Nothing of it is public.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::context::ReleaseContext;
use super::files::{Area, HashedFile, WrittenFile, create};
use super::parquet::{Label, plain_writer};
use crate::definition::Table;
use crate::domain::{Error, Result};
use crate::protect::{PracticeRow, PracticeTable};

/// Writes the tables below `to`, the restricted folder of a release.
pub fn write_practices(tables: &[PracticeTable], context: &ReleaseContext, to: &Path) -> Result<Vec<WrittenFile>> {
    let write = |cells: &PracticeTable| {
        let missing = || Error::bug("a table without a definition reached publish");
        let table = context.pipeline.tables.get(cells.table).ok_or_else(missing)?;
        let name = format!("cells/{}.parquet", table.id);
        let file = create(to, &name, Area::Restricted)?;
        let label = Label { table: &table.id, version: &table.version, release: &context.release };
        write_rows(file, &label, table, &cells.rows).map_err(|error| {
            Error::output(format!("{name}: cannot be written ({error}); check the free space of the output folder"))
        })
    };
    tables.iter().map(write).collect()
}

fn write_rows(
    file: HashedFile,
    label: &Label,
    table: &Table,
    rows: &[PracticeRow],
) -> parquet::errors::Result<WrittenFile> {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let keys = ["period_type", "period", "geo_level", "geo", "geo_name", "sex", "age_group", "indicator", "measure"];
    let mut fields: Vec<Field> = keys.into_iter().map(text).collect();
    fields.extend([
        Field::new("value", DataType::Float64, true),
        Field::new("n_patients", DataType::UInt32, true),
        Field::new("n_doctors", DataType::UInt32, true),
        Field::new("largest_doctor_share", DataType::Float64, true),
        Field::new("largest_patient_share", DataType::Float64, true),
        Field::new("reason", DataType::Utf8, true),
    ]);
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let mut writer = plain_writer(file, &schema, label)?;
    writer.write(&RecordBatch::try_new(schema, columns(table, rows))?)?;
    Ok(writer.into_inner()?.seal()?)
}

fn columns(table: &Table, rows: &[PracticeRow]) -> Vec<ArrayRef> {
    let text = |of: &dyn Fn(&PracticeRow) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let same = |label: &'static str| text(&move |_: &PracticeRow| label.to_string());
    let none = || -> ArrayRef { Arc::new(Float64Array::from(vec![None; rows.len()])) };
    vec![
        text(&|row| row.period.kind.name().into()),
        text(&|row| row.period.to_string()),
        same("practice"),
        text(&|row| row.practice.clone()),
        same(""),
        same("total"),
        same("total"),
        text(&|row| table.indicators.get(row.indicator).map_or_else(String::new, |of| of.id.clone())),
        text(&|row| row.measure.name().into()),
        Arc::new(rows.iter().map(|row| row.value).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| Some(row.n_patients)).collect::<UInt32Array>()),
        Arc::new(UInt32Array::from(vec![None; rows.len()])),
        none(),
        none(),
        Arc::new(StringArray::from(vec![Some("practice"); rows.len()])),
    ]
}
