//! A CSV text in blocks of whole records, each with the place of its first row.
//!
//! In: a stream of text. Out: blocks that can be parsed apart and in any order. It holds one block
//! and never more than the longest record allowed.

use std::io::Read;

use memchr::{memchr, memchr_iter};

/// Bytes of a block, about: rows for one batch of a wide source.
pub const BLOCK: usize = 4 << 20;
/// Most bytes of one record.
pub const LONGEST_RECORD: usize = 16 << 20;

/// Whole records of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    pub bytes: Vec<u8>,
    /// Position of the first record among the file's rows, from 0.
    pub first_row: u32,
    /// Line of the first byte; the header is line 1.
    pub first_line: u64,
    /// Some field may be quoted.
    pub quoted: bool,
}

/// What stops the blocks of a file.
#[derive(Debug)]
pub enum Broken {
    Read(std::io::Error),
    /// The record that begins in this line is longer than allowed.
    TooLong(u64),
    /// More rows than a file may have.
    TooMany,
}

/// The blocks of one file, one after the other.
pub struct Blocks<R> {
    input: R,
    delimiter: u8,
    size: usize,
    carried: Vec<u8>,
    row: u32,
    line: u64,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// `input` stands after the header, at the beginning of `line`.
    pub fn new(input: R, delimiter: u8, line: u64) -> Self {
        Blocks { input, delimiter, size: BLOCK, carried: Vec::new(), row: 0, line, ended: false }
    }

    /// Blocks of about `size` bytes instead.
    #[cfg(test)]
    pub fn of_size(self, size: usize) -> Self {
        Blocks { size, ..self }
    }

    /// The next block; none at the end.
    pub fn next(&mut self) -> Result<Option<Block>, Broken> {
        let mut bytes = std::mem::take(&mut self.carried);
        let mut wanted = self.size;
        loop {
            self.fill(&mut bytes, wanted)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let cut = cut(&bytes, self.delimiter, self.ended);
            if cut.end > 0 {
                return self.block(bytes, cut).map(Some);
            }
            if bytes.len() > LONGEST_RECORD {
                return Err(Broken::TooLong(self.line));
            }
            wanted = (bytes.len() * 2).min(LONGEST_RECORD + 1);
        }
    }

    fn fill(&mut self, bytes: &mut Vec<u8>, wanted: usize) -> Result<(), Broken> {
        if !self.ended && bytes.len() < wanted {
            let missing = wanted - bytes.len();
            bytes.reserve_exact(missing);
            let read = self.input.by_ref().take(missing as u64).read_to_end(bytes).map_err(Broken::Read)?;
            self.ended = read < missing;
        }
        Ok(())
    }

    fn block(&mut self, mut bytes: Vec<u8>, cut: Cut) -> Result<Block, Broken> {
        self.carried.extend_from_slice(&bytes[cut.end..]);
        bytes.truncate(cut.end);
        let block = Block { bytes, first_row: self.row, first_line: self.line, quoted: cut.quoted };
        self.row = self.row.checked_add(cut.records).ok_or(Broken::TooMany)?;
        self.line += cut.lines;
        Ok(block)
    }
}

/// Where the whole records of some bytes end, and what they hold.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cut {
    end: usize,
    records: u32,
    lines: u64,
    quoted: bool,
}

/// `bytes` begin with a record. With `ended`, what is after the last line break is a record too,
/// unless it is longer than allowed.
fn cut(bytes: &[u8], delimiter: u8, ended: bool) -> Cut {
    let mut cut = Cut { quoted: memchr(b'"', bytes).is_some(), ..Cut::default() };
    let mut lines = 0;
    let mut add = |end: usize, lines: u64| {
        let record = &bytes[cut.end..end];
        cut.records += u32::from(!is_blank_line(record));
        (cut.end, cut.lines) = (end, lines);
    };
    if memchr(b'"', bytes).is_none() {
        memchr_iter(b'\n', bytes).for_each(|at| {
            lines += 1;
            add(at + 1, lines);
        });
    } else {
        let mut at = 0;
        while let Some(end) = record_end(bytes, at, delimiter) {
            lines += memchr_iter(b'\n', &bytes[at..end]).count() as u64;
            add(end, lines);
            at = end;
        }
    }
    let rest = &bytes[cut.end..];
    if ended && !rest.is_empty() && rest.len() <= LONGEST_RECORD {
        cut.records += u32::from(!is_blank_line(rest));
        cut.lines += memchr_iter(b'\n', rest).count() as u64;
        cut.end = bytes.len();
    }
    cut
}

/// An empty line is no row.
pub fn is_blank_line(record: &[u8]) -> bool {
    matches!(record, b"" | b"\n" | b"\r" | b"\r\n")
}

/// After the line break that ends the record that begins at `start`; none where it has none. A
/// quote opens a field at its beginning only, as in csv-core.
fn record_end(bytes: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    let mut at = start;
    loop {
        let stop = at + memchr::memchr2(b'\n', b'"', &bytes[at..])?;
        if bytes[stop] == b'\n' {
            return Some(stop + 1);
        }
        let opens = stop == start || bytes[stop - 1] == delimiter;
        at = if opens { closing_quote(bytes, stop + 1)? + 1 } else { stop + 1 };
    }
}

/// The quote that closes a field whose text begins at `at`.
fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let quote = at + memchr(b'"', &bytes[at..])?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote);
        }
        at = quote + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str, size: usize) -> Vec<Block> {
        let mut blocks = Blocks::new(text.as_bytes(), b';', 2).of_size(size);
        std::iter::from_fn(|| blocks.next().unwrap()).collect()
    }

    fn places(text: &str, size: usize) -> Vec<(u32, u64, String)> {
        let text_of = |b: &Block| String::from_utf8(b.bytes.clone()).unwrap();
        blocks(text, size).iter().map(|b| (b.first_row, b.first_line, text_of(b))).collect()
    }

    #[test]
    fn blocks_end_with_records_and_know_their_place() {
        let expected = [(0, 2, "a;1\n".to_string()), (1, 3, "b;2\n\n".into()), (2, 5, "c;3".into())];
        assert_eq!(places("a;1\nb;2\n\nc;3", 5), expected);
    }

    #[test]
    fn a_quoted_line_break_ends_no_record() {
        let expected = [(0, 2, "\"a\n\"\"x\";1\n".to_string()), (1, 4, "b;23456\n".into())];
        assert_eq!(places("\"a\n\"\"x\";1\nb;23456\n", 4), expected);
    }

    #[test]
    fn a_quote_inside_a_field_is_a_letter() {
        assert_eq!(places("a\"b;1\nc;2\n", 7), [(0, 2, "a\"b;1\n".to_string()), (1, 3, "c;2\n".into())]);
    }

    #[test]
    fn a_record_without_end_is_refused_with_its_line() {
        let text = format!("a;1\n\"{}", "x".repeat(LONGEST_RECORD + 1));
        let mut blocks = Blocks::new(text.as_bytes(), b';', 2);
        assert_eq!(blocks.next().unwrap().unwrap().bytes, b"a;1\n");
        assert!(matches!(blocks.next(), Err(Broken::TooLong(3))));
    }
}
