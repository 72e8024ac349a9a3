//! The records of a block, field by field.
//!
//! In: a block. Out: the fields of each record, as delivered but for quotes, with row and line.
//! Text without a quote is split at its delimiters; csv-core parses the rest.

use csv_core::ReadRecordResult;
use memchr::{memchr, memchr_iter};

use super::blocks::{Block, is_blank_line};
use super::header::{MOST_COLUMNS, record_reader, strip_return};
use crate::domain::{Error, Result};

/// A record and its place in the file.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// From 0.
    pub row: u32,
    /// The header is line 1; a record of many lines stands where it begins.
    pub line: u64,
    pub fields: &'a [&'a [u8]],
}

/// Calls `each` with every record of a block in order.
pub fn for_each(block: &Block, delimiter: u8, each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    if block.quoted { quoted(block, delimiter, each) } else { plain(block, delimiter, each) }
}

fn plain(block: &Block, delimiter: u8, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    let (mut rest, mut row, mut line) = (&block.bytes[..], block.first_row, block.first_line);
    let mut fields: Vec<&[u8]> = Vec::new();
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let record = strip_return(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        if !record.is_empty() {
            split(record, delimiter, &mut fields);
            each(Record { row, line, fields: &fields })?;
            row += 1;
        }
        line += 1;
    }
    Ok(())
}

/// Fields after which a record is split no further: it has another number of them than any header.
const MOST_FIELDS: usize = MOST_COLUMNS + 1;

fn split<'a>(record: &'a [u8], delimiter: u8, fields: &mut Vec<&'a [u8]>) {
    fields.clear();
    let mut start = 0;
    for end in memchr_iter(delimiter, record).take(MOST_FIELDS) {
        fields.push(&record[start..end]);
        start = end + 1;
    }
    fields.push(&record[start..]);
}

fn quoted(block: &Block, delimiter: u8, mut each: impl FnMut(Record) -> Result<()>) -> Result<()> {
    let (mut rest, mut row, mut line) = (&block.bytes[..], block.first_row, block.first_line);
    let mut reader = record_reader(delimiter);
    let (mut text, mut ends) = (vec![0u8; 4096], vec![0usize; 64]);
    while !rest.is_empty() {
        let blank = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
        if is_blank_line(&rest[..blank]) {
            (rest, line) = (&rest[blank..], line + 1);
            continue;
        }
        let (read, written, count) = read_record(&mut reader, rest, &mut text, &mut ends)?;
        let starts = std::iter::once(0).chain(ends[..count].iter().copied());
        let mut fields: Vec<&[u8]> =
            starts.zip(&ends[..count]).map(|(start, &end)| &text[start..end.min(written)]).collect();
        if let Some(last) = fields.last_mut() {
            *last = strip_return(last);
        }
        each(Record { row, line, fields: &fields })?;
        row += 1;
        line += memchr_iter(b'\n', &rest[..read]).count() as u64;
        rest = &rest[read..];
    }
    Ok(())
}

/// One record into `text` and `ends`, which grow as needed: bytes read, bytes written, fields.
fn read_record(
    reader: &mut csv_core::Reader,
    input: &[u8],
    text: &mut Vec<u8>,
    ends: &mut Vec<usize>,
) -> Result<(usize, usize, usize)> {
    let (mut read, mut written, mut fields) = (0, 0, 0);
    loop {
        // With all input read, csv-core takes empty input for the end.
        let (result, more, wrote, ended) =
            reader.read_record(&input[read..], &mut text[written..], &mut ends[fields..]);
        (read, written, fields) = (read + more, written + wrote, fields + ended);
        match result {
            ReadRecordResult::Record | ReadRecordResult::End => return Ok((read, written, fields)),
            ReadRecordResult::InputEmpty if read < input.len() => {
                return Err(Error::bug("the CSV parser left a record unread"));
            }
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
            // The ends of fields that are too many are written over one another.
            ReadRecordResult::OutputEndsFull if ends.len() >= 2 * MOST_FIELDS => fields = MOST_FIELDS,
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, quoted: bool) -> Vec<(u32, u64, Vec<String>)> {
        let block = Block { bytes: text.as_bytes().to_vec(), first_row: 3, first_line: 5, quoted };
        let mut records = Vec::new();
        let text_of = |field: &&[u8]| String::from_utf8(field.to_vec()).unwrap();
        for_each(&block, b';', |record| {
            records.push((record.row, record.line, record.fields.iter().map(text_of).collect()));
            Ok(())
        })
        .unwrap();
        records
    }

    fn record(row: u32, line: u64, fields: &[&str]) -> (u32, u64, Vec<String>) {
        (row, line, fields.iter().map(|f| f.to_string()).collect())
    }

    #[test]
    fn both_parsers_read_unquoted_text_alike() {
        let expected = [record(3, 5, &["a", "", "b "]), record(4, 7, &[" "]), record(5, 9, &["c", "d"])];
        for quoted in [false, true] {
            assert_eq!(records("a;;b \n\n \r\n\r\nc;d\r\n", quoted), expected);
            assert_eq!(records("a;;b \n\n \n\nc;d", quoted), expected);
        }
    }

    #[test]
    fn quotes_hide_delimiters_and_line_breaks() {
        let text = "\"a;\"\"x\"\"\";\"1\n2\"\r\nb;\"\"\n";
        assert_eq!(records(text, true), [record(3, 5, &["a;\"x\"", "1\n2"]), record(4, 7, &["b", ""])]);
    }

    #[test]
    fn a_wide_record_makes_room() {
        let wide = "x".repeat(10_000);
        let many = vec!["1"; 200].join(";");
        let read = records(&format!("\"{wide}\";1\n{many}\n"), true);
        assert_eq!((read[0].2[0].len(), read[1].2.len()), (10_000, 200));
    }
}
