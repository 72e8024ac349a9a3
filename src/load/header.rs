//! The head of a CSV file: its dialect, and where each column of the schema stands.
//!
//! In: a file, its schema and what the definition says of it. Out: a [`CsvLayout`], or an error
//! that names file, column and remedy. Before it is known that the first line is a header,
//! nothing of it is shown: it might be a person's row.

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use rustc_hash::FxHashSet;

use super::bytes::{Packing, damaged, open_text};
use super::inputs::shown;
use super::value::{Encoding, trim};
use crate::definition::Dialect;
use crate::domain::{Error, Result};
use crate::schema::Schema;

const DELIMITERS: [u8; 3] = [b';', b',', b'\t'];
/// Most bytes of a header.
const LONGEST_HEADER: usize = 1 << 20;
/// Most columns of a file: far more than any register has.
pub const MOST_COLUMNS: usize = 4096;
/// Extra columns that a message names.
const NAMED: usize = 20;
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a CSV file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvLayout {
    pub packing: Packing,
    pub encoding: Encoding,
    pub delimiter: u8,
    /// Bytes before the first row.
    pub skip: u64,
    /// Line of the first row.
    pub first_line: u64,
    pub places: Places,
}

/// Where the columns of the schema stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Names in the file's order.
    pub names: Vec<String>,
    /// Position in the file of each column of the schema; none where it is absent.
    pub of: Vec<Option<usize>>,
}

impl Places {
    /// Matches the names of a file with a schema.
    ///
    /// # Errors
    /// Exit 11 when a required column is missing, a column is named twice, or there are too many.
    pub fn new(file: &str, schema: &Schema, names: Vec<String>) -> Result<Places> {
        if names.len() > MOST_COLUMNS {
            return Err(Error::input(format!(
                "{file}: the header has {} columns, and {MOST_COLUMNS} are the most; leave out those that no rule reads",
                names.len()
            )));
        }
        let of: Vec<_> = schema.columns.iter().map(|c| names.iter().position(|name| *name == c.name)).collect();
        let absent = |&(column, place): &(&crate::schema::Column, &Option<usize>)| column.required && place.is_none();
        let missing: Vec<&str> =
            schema.columns.iter().zip(&of).filter(absent).map(|(column, _)| column.name.as_str()).collect();
        if !missing.is_empty() {
            return Err(Error::input(format!(
                "{file}: source {} needs the column {}, which the header does not have; \
                 add it, or rename the column that holds it",
                schema.source,
                missing.join(", ")
            )));
        }
        let mut seen = FxHashSet::default();
        let twice = names.iter().find(|name| !name.is_empty() && !seen.insert(name.as_str()));
        match twice {
            Some(name) => Err(Error::input(format!(
                "{file}: the column {name} is named twice in the header; leave one of the two out"
            ))),
            None => Ok(Places { names, of }),
        }
    }

    /// Names of the file's columns that the schema does not have.
    pub fn extra<'a>(&'a self, schema: &'a Schema) -> impl Iterator<Item = &'a str> {
        self.names.iter().map(String::as_str).filter(|name| schema.position(name).is_none())
    }

    /// Those names for a message: the first of them, and how many more there are.
    pub fn extra_in_words(&self, schema: &Schema) -> Option<String> {
        let extra: Vec<&str> = self.extra(schema).collect();
        let named = extra.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        match extra.len() {
            0 => None,
            more if more > NAMED => Some(format!("{named} and {} more", more - NAMED)),
            _ => Some(named),
        }
    }
}

/// Detects the dialect of a CSV file and reads its header.
pub fn csv_layout(path: &Path, packing: Packing, schema: &Schema, dialect: &Dialect) -> Result<CsvLayout> {
    let file = shown(path);
    let (head, has_more) = first_bytes(path, packing)?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Err(Error::input(format!("{file}: the text is UTF-16; save it as UTF-8")));
    }
    let mark = if head.starts_with(UTF8_MARK) { UTF8_MARK.len() } else { 0 };
    let encoding = encoding(&file, dialect, mark > 0)?;
    let found = match stated_delimiter(&file, dialect)? {
        Some(delimiter) => header(&head[mark..], delimiter, encoding),
        None => detect(&head[mark..], encoding, schema),
    };
    let found = found.filter(|found| found.known(schema) > 0).ok_or_else(|| no_header(&file, schema))?;
    let skip = (mark + found.bytes) as u64;
    if has_more && skip >= head.len() as u64 {
        return Err(Error::input(format!(
            "{file}: the header is longer than {} MiB; look for a quote that is opened and never closed",
            LONGEST_HEADER >> 20
        )));
    }
    let places = Places::new(&file, schema, found.names)?;
    Ok(CsvLayout { packing, encoding, delimiter: found.delimiter, skip, first_line: 1 + found.lines, places })
}

fn no_header(file: &str, schema: &Schema) -> Error {
    Error::input(format!(
        "{file}: the first line is no header of source {}; expected column names as {}, between ; , or tabs",
        schema.source,
        schema.header().join(";")
    ))
}

fn encoding(file: &str, dialect: &Dialect, marked: bool) -> Result<Encoding> {
    match dialect.encoding.as_deref() {
        None if marked => Ok(Encoding::Utf8),
        None => Ok(Encoding::Detected),
        Some(name) if name.eq_ignore_ascii_case("utf-8") => Ok(Encoding::Utf8),
        Some(name) if name.eq_ignore_ascii_case("iso-8859-1") => Ok(Encoding::Latin1),
        Some(name) => Err(Error::definition(format!(
            "dialect of {file}: encoding `{name}` is not known; there are utf-8 and iso-8859-1"
        ))),
    }
}

fn stated_delimiter(file: &str, dialect: &Dialect) -> Result<Option<u8>> {
    let Some(stated) = dialect.delimiter else { return Ok(None) };
    let known = DELIMITERS.into_iter().find(|&known| char::from(known) == stated);
    known.map(Some).ok_or_else(|| {
        Error::definition(format!("dialect of {file}: delimiter `{stated}` is not known; there are ; , and tab"))
    })
}

/// At least the first record of a file, unless it is too long, and whether more bytes follow.
fn first_bytes(path: &Path, packing: Packing) -> Result<(Vec<u8>, bool)> {
    let mut text = open_text(path, packing, &Arc::new(OnceLock::from(String::new())))?;
    let mut head = Vec::new();
    let mut part = 64 << 10;
    while head.len() < LONGEST_HEADER {
        let read = text.by_ref().take(part).read_to_end(&mut head).map_err(|e| damaged(path, &e))?;
        let ended = (read as u64) < part;
        if ended || holds_plain_line(&head) {
            return Ok((head, !ended));
        }
        part *= 2;
    }
    Ok((head, true))
}

/// A line break before any quote ends a header for certain.
fn holds_plain_line(head: &[u8]) -> bool {
    matches!(memchr::memchr2(b'\n', b'"', head), Some(at) if head[at] == b'\n')
}

/// A header as one delimiter reads it.
struct Header {
    delimiter: u8,
    names: Vec<String>,
    bytes: usize,
    lines: u64,
}

impl Header {
    fn known(&self, schema: &Schema) -> usize {
        self.names.iter().filter(|name| schema.position(name).is_some()).count()
    }
}

/// The delimiter that finds most columns of the schema.
fn detect(head: &[u8], encoding: Encoding, schema: &Schema) -> Option<Header> {
    let headers = DELIMITERS.into_iter().rev().filter_map(|delimiter| header(head, delimiter, encoding));
    headers.max_by_key(|header| (header.known(schema), header.names.len()))
}

/// The parser of one record that all of the room uses.
pub fn record_reader(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build()
}

/// A header that ends within these bytes, as most do, is read with little room.
const SHORT_HEADER: usize = 4 << 10;

fn header(head: &[u8], delimiter: u8, encoding: Encoding) -> Option<Header> {
    let short = head.get(..SHORT_HEADER).and_then(|short| first_record(short, delimiter, encoding));
    // What ends where the bytes end may go on behind them.
    short.filter(|found| found.bytes < SHORT_HEADER).or_else(|| first_record(head, delimiter, encoding))
}

fn first_record(head: &[u8], delimiter: u8, encoding: Encoding) -> Option<Header> {
    let blank = head.iter().take_while(|&&b| b == b'\n' || b == b'\r').count();
    let (mut text, mut ends) = (vec![0; head.len() + 1], vec![0; head.len() + 2]);
    let mut reader = record_reader(delimiter);
    let (mut result, mut read, mut written, mut fields) = reader.read_record(&head[blank..], &mut text, &mut ends);
    if result == ReadRecordResult::InputEmpty {
        let (last, _, more, ending) = reader.read_record(&[], &mut text[written..], &mut ends[fields..]);
        (result, read, written, fields) = (last, head.len() - blank, written + more, fields + ending);
    }
    if result != ReadRecordResult::Record || fields == 0 {
        return None;
    }
    let starts = std::iter::once(0).chain(ends[..fields].iter().copied());
    let raw = starts.zip(&ends[..fields]).map(|(start, &end)| &text[start..end.min(written)]);
    let names = raw.map(|name| encoding.decode_lossy(trim(strip_return(name))).into_owned()).collect();
    let bytes = blank + read;
    let lines = head[..bytes].iter().filter(|&&b| b == b'\n').count() as u64;
    Some(Header { delimiter, names, bytes, lines })
}

/// Without the carriage return of a CRLF line.
pub fn strip_return(field: &[u8]) -> &[u8] {
    field.strip_suffix(b"\r").unwrap_or(field)
}
