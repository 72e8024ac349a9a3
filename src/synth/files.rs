//! Files of the delivery: rows encoded in parallel, written in order.
//!
//! In: rows and the form of their file. Out: bytes on disk. A sheet may hold spoiled rows, whose
//! fault replaces what the row says. Never keeps more than one row group.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::record_batch::RecordBatch;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;

use super::csv_out::Dialect;
use super::parquet_out;
use super::rows::{Cell, Row};
use crate::domain::{Error, Result};
use crate::schema::{self, Column};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The form of a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvForm {
    pub dialect: Dialect,
    pub packing: Packing,
    /// Columns in this order instead of the declared one.
    pub order: Option<Vec<usize>>,
    /// A column that no schema knows, with free text.
    pub extra: bool,
}

/// The form of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    Csv(CsvForm),
    Parquet(parquet_out::ParquetForm),
}

impl Form {
    pub fn plain_csv() -> Form {
        Form::Csv(CsvForm { dialect: Dialect::default(), packing: Packing::Plain, order: None, extra: false })
    }

    /// Whether a column may hold text that is no value of it.
    pub fn takes_any_text(&self) -> bool {
        match self {
            Form::Csv(_) => true,
            Form::Parquet(form) => form.text == parquet_out::TextColumns::All,
        }
    }

    /// Ending of the file's name.
    pub fn ending(&self) -> &'static str {
        match self {
            Form::Parquet(_) => ".parquet",
            Form::Csv(form) => match form.packing {
                Packing::Plain => ".csv",
                Packing::Gzip => ".csv.gz",
                Packing::Zstd => ".csv.zst",
            },
        }
    }
}

/// What is wrong with a spoiled row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The column holds this text instead.
    Field { column: &'static str, text: &'static str },
    /// The row has a field too many (CSV only).
    ExtraField,
}

/// Rows with their faults, by position.
#[derive(Debug, Clone)]
pub struct Sheet<R> {
    pub rows: Vec<R>,
    /// Ascending by position.
    pub faults: Vec<(usize, Fault)>,
}

impl<R> Default for Sheet<R> {
    fn default() -> Self {
        Sheet::clean(Vec::new())
    }
}

impl<R> Sheet<R> {
    pub fn clean(rows: Vec<R>) -> Self {
        Sheet { rows, faults: Vec::new() }
    }

    pub fn push_spoiled(&mut self, row: R, fault: Fault) {
        self.faults.push((self.rows.len(), fault));
        self.rows.push(row);
    }
}

/// Rows made ready for their file.
pub enum Encoded {
    Text(Vec<u8>, u64),
    Batch(RecordBatch),
}

impl Encoded {
    pub fn rows(&self) -> u64 {
        match self {
            Encoded::Text(_, rows) => *rows,
            Encoded::Batch(batch) => batch.num_rows() as u64,
        }
    }
}

/// Text that an extra column holds; one in a thousand has a delimiter, quotes and a line break.
const REMARK: &str = "ingen merknad";
const AWKWARD_REMARK: &str = "sagt: \"ny time; ring, så kom\"\nføres senere";

/// Makes rows ready, on any thread.
pub fn encode<R: Row>(sheet: &Sheet<R>, form: &Form) -> Result<Encoded> {
    match form {
        Form::Csv(form) => {
            let columns = &schema::of(R::SOURCE)?.columns;
            Ok(Encoded::Text(csv_text(sheet, columns, form), sheet.rows.len() as u64))
        }
        Form::Parquet(form) => parquet_out::batch(sheet, form).map(Encoded::Batch),
    }
}

fn csv_text<R: Row>(sheet: &Sheet<R>, columns: &[Column], form: &CsvForm) -> Vec<u8> {
    let mut out = Vec::with_capacity(sheet.rows.len() * 48);
    let mut faults = sheet.faults.iter().peekable();
    let direct = form.order.is_none() && !form.extra;
    for (at, row) in sheet.rows.iter().enumerate() {
        let fault = faults.next_if(|(position, _)| *position == at).map(|(_, fault)| fault);
        if direct && fault.is_none() {
            csv_row(row, &form.dialect, &mut out);
        } else {
            let fields = csv_fields(row, columns, fault, form);
            csv_arranged(fields, at, fault, form, &mut out);
        }
        form.dialect.end_line(&mut out);
    }
    out
}

fn csv_row<R: Row>(row: &R, dialect: &Dialect, out: &mut Vec<u8>) {
    let mut first = true;
    row.cells(&mut |cell| {
        if !std::mem::take(&mut first) {
            out.push(dialect.delimiter);
        }
        dialect.field(cell, out);
    });
}

/// The fields of a row, the spoiled one replaced.
fn csv_fields<R: Row>(row: &R, columns: &[Column], fault: Option<&Fault>, form: &CsvForm) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = Vec::with_capacity(columns.len() + 2);
    row.cells(&mut |cell| {
        let mut text = Vec::new();
        match fault {
            Some(Fault::Field { column, text: wrong }) if columns[fields.len()].name == *column => {
                form.dialect.field(Cell::Text(wrong), &mut text);
            }
            _ => form.dialect.field(cell, &mut text),
        }
        fields.push(text);
    });
    fields
}

/// Fields in the file's order, with what its form or a fault adds.
fn csv_arranged(mut fields: Vec<Vec<u8>>, at: usize, fault: Option<&Fault>, form: &CsvForm, out: &mut Vec<u8>) {
    if let Some(order) = &form.order {
        fields = order.iter().map(|&column| fields[column].clone()).collect();
    }
    let mut more = Vec::new();
    if form.extra {
        let remark = if at % 1_000 == 7 { AWKWARD_REMARK } else { REMARK };
        form.dialect.field(Cell::Text(remark), &mut more);
        fields.push(std::mem::take(&mut more));
    }
    if fault == Some(&Fault::ExtraField) {
        form.dialect.field(Cell::Text("for mye"), &mut more);
        fields.push(more);
    }
    out.extend_from_slice(&fields.join(&form.dialect.delimiter));
}

fn header(columns: &[Column], form: &CsvForm) -> Vec<u8> {
    let declared = 0..columns.len();
    let order = form.order.clone().unwrap_or_else(|| declared.collect());
    let mut names: Vec<&str> = order.iter().map(|&column| columns[column].name.as_str()).collect();
    if form.extra {
        names.push("merknad");
    }
    let mut out = if form.dialect.bom { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    for (at, name) in names.into_iter().enumerate() {
        if at > 0 {
            out.push(form.dialect.delimiter);
        }
        form.dialect.field(Cell::Text(name), &mut out);
    }
    form.dialect.end_line(&mut out);
    out
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
    Parquet(Box<ArrowWriter<BufWriter<File>>>),
}

/// A file of the delivery that is being written.
pub struct DeliveryFile {
    path: PathBuf,
    /// Without its folder.
    pub name: String,
    pub rows: u64,
    sink: Sink,
}

fn cannot_write(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::output(format!("{}: cannot be written ({why}); is there room, and is the folder yours?", path.display()))
}

impl DeliveryFile {
    /// Opens `folder/stem` with the form's ending, and writes the header.
    pub fn create<R: Row>(folder: &Path, stem: &str, form: &Form) -> Result<DeliveryFile> {
        let columns = &schema::of(R::SOURCE)?.columns;
        let name = format!("{stem}{}", form.ending());
        let path = folder.join(&name);
        let fault = |why: std::io::Error| cannot_write(&path, why);
        let file = BufWriter::with_capacity(1 << 18, File::create(&path).map_err(fault)?);
        let sink = match form {
            Form::Parquet(form) => Sink::Parquet(Box::new(
                parquet_out::writer(file, columns, form).map_err(|why| cannot_write(&path, why))?,
            )),
            Form::Csv(form) => match form.packing {
                Packing::Plain => Sink::Plain(file),
                Packing::Gzip => Sink::Gzip(GzEncoder::new(file, flate2::Compression::fast())),
                Packing::Zstd => Sink::Zstd(zstd::Encoder::new(file, 3).map_err(fault)?),
            },
        };
        let mut file = DeliveryFile { path, name, rows: 0, sink };
        if let Form::Csv(form) = form {
            file.write(Encoded::Text(header(columns, form), 0))?;
        }
        Ok(file)
    }

    pub fn write(&mut self, encoded: Encoded) -> Result<()> {
        self.rows += encoded.rows();
        let written = match (&mut self.sink, &encoded) {
            (Sink::Plain(file), Encoded::Text(text, _)) => file.write_all(text).map_err(|why| why.to_string()),
            (Sink::Gzip(file), Encoded::Text(text, _)) => file.write_all(text).map_err(|why| why.to_string()),
            (Sink::Zstd(file), Encoded::Text(text, _)) => file.write_all(text).map_err(|why| why.to_string()),
            (Sink::Parquet(file), Encoded::Batch(batch)) => file.write(batch).map_err(|why| why.to_string()),
            _ => Err("rows made for another form".to_owned()),
        };
        written.map_err(|why| cannot_write(&self.path, why))
    }

    /// Writes what is left; gives the name and the rows.
    pub fn close(self) -> Result<(String, u64)> {
        let path = self.path;
        let fault = |why: std::io::Error| cannot_write(&path, why);
        match self.sink {
            Sink::Plain(mut file) => file.flush().map_err(fault)?,
            Sink::Gzip(file) => file.finish().and_then(|mut file| file.flush()).map_err(fault)?,
            Sink::Zstd(file) => file.finish().and_then(|mut file| file.flush()).map_err(fault)?,
            Sink::Parquet(file) => {
                file.close().map_err(|why| cannot_write(&path, why))?;
            }
        }
        Ok((self.name, self.rows))
    }
}
