//! Rejected rows, kept in the restricted area with reason and place.
//!
//! In: what `load` and `contacts` rejected. Out: `rejects/SOURCE.parquet`. The only file of a
//! release that holds fields of a person's row; nothing of it goes anywhere else.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringArray, StringBuilder, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;

use crate::domain::{Error, Result};
use crate::load::{Reject, Scanned};
use crate::publish::files::{Area, WrittenFile, create};
use crate::publish::{Label, PROGRAM, plain_writer};

/// Rejects written at a time.
const BATCH: usize = 65_536;

/// Writes the rejects of a source below `to`, in order of file and row; none where there are none.
pub fn write(source: &str, scanned: &Scanned, release: &str, to: &Path) -> Result<Option<WrittenFile>> {
    if scanned.rejects.is_empty() {
        return Ok(None);
    }
    let name = format!("rejects/{source}.parquet");
    let broken = |error: parquet::errors::ParquetError| {
        Error::output(format!("{name}: cannot be written ({error}); check the free space of the output folder"))
    };
    let label = Label { table: "rejects", version: PROGRAM, release };
    let schema = Arc::new(schema());
    let mut writer = plain_writer(create(to, &name, Area::Restricted)?, &schema, &label).map_err(broken)?;
    for part in scanned.rejects.chunks(BATCH) {
        let batch = RecordBatch::try_new(schema.clone(), columns(part, scanned)).map_err(|e| broken(e.into()))?;
        writer.write(&batch).map_err(broken)?;
    }
    let file = writer.into_inner().map_err(broken)?;
    file.seal().map(Some).map_err(|error| broken(error.into()))
}

fn schema() -> Schema {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let item = Arc::new(text("item", true));
    Schema::new(vec![
        text("file", false),
        Field::new("line", DataType::UInt64, false),
        text("reason", false),
        text("column", true),
        Field::new("fields", DataType::List(item), false),
    ])
}

fn columns(part: &[Reject], scanned: &Scanned) -> Vec<ArrayRef> {
    let file = |reject: &Reject| scanned.files.get(usize::from(reject.file)).map_or("", |file| &file.name);
    let mut fields = ListBuilder::new(StringBuilder::new());
    for reject in part {
        reject.fields.iter().for_each(|field| fields.values().append_value(field));
        fields.append(true);
    }
    vec![
        Arc::new(StringArray::from_iter_values(part.iter().map(file))),
        Arc::new(UInt64Array::from_iter_values(part.iter().map(|reject| reject.line))),
        Arc::new(StringArray::from_iter_values(part.iter().map(|reject| reject.reason.name()))),
        Arc::new(part.iter().map(|reject| reject.column.as_deref()).collect::<StringArray>()),
        Arc::new(fields.finish()),
    ]
}
