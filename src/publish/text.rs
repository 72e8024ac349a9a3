//! CSV files of a release: UTF-8 without BOM, comma, decimal point, LF, header, RFC 4180.
//!
//! In: rows in their order. Out: a file whose `value` is empty where it is null. Numbers are
//! written in the shortest form that reads back as the same double: whole counts without decimals,
//! never with an exponent.

use super::files::{HashedFile, WrittenFile};
use super::rows::{Rows, conf_status, obs_status};
use crate::protect::PublicTable;

/// Writes a table as published.
pub fn write_public(file: HashedFile, rows: &Rows, table: &PublicTable) -> csv::Result<WrittenFile> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(file);
    let names = rows.keys.iter().map(|key| key.name).chain(["value", "obs_status", "conf_status"]);
    writer.write_record(names)?;
    for row in rows.order.iter().map(|row| *row as usize) {
        for key in &rows.keys {
            writer.write_field(key.label(row))?;
        }
        writer.write_field(table.value[row].map(number).unwrap_or_default())?;
        writer.write_field(obs_status(table.status[row]))?;
        writer.write_field(conf_status(table.status[row]))?;
        writer.write_record(None::<&[u8]>)?;
    }
    let file = writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::from(error.error().kind())))?;
    Ok(file.seal()?)
}

/// Shortest decimal form that reads back; no minus sign before zero.
pub fn number(value: f64) -> String {
    if value == 0.0 { "0".into() } else { value.to_string() }
}
