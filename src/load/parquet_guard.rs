//! Parquet files that would take the library down, refused before it sees them.
//!
//! In: a file. Out: an error where its footer is beyond measure or nested without end (the library
//! would run out of stack), or where a page says that it unpacks to more than a page ever does (the
//! library would make room for it). It reads heads, never values.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::inputs::shown;
use super::parquet_file::damaged;
use super::thrift::{Kind, Walk};
use crate::domain::{Error, Result};

/// Most bytes of a footer: a hundred times that of a national year.
const LONGEST_FOOTER: u64 = 32 << 20;
/// Groups of columns within one another.
const DEEPEST: usize = 16;
/// Most bytes of a page, packed or not; most writers end a page at one or a few MiB, some at 100.
const LARGEST_PAGE: i64 = 512 << 20;
/// A page of more bytes than these is refused where it unpacks to more than so many times its size.
const SMALL_PAGE: i64 = 64 << 20;
const MOST_EXPANSION: i64 = 200;
/// Fewer bytes at the end of a column hold no page: some writers count the length of a column wrong.
const SHORTEST_PAGE: u64 = 64;
/// Bytes of a page's head: few, but for statistics of long texts.
const HEADS: [usize; 2] = [512, 1 << 20];

/// Looks at the footer: its length, and how deep the columns are nested.
pub fn footer(path: &Path, file: &File) -> Result<()> {
    let broken = |_: io::Error| damaged(path);
    let length = file.metadata().map_err(broken)?.len();
    let mut end = [0; 8];
    file.read_exact_at(&mut end, length.checked_sub(8).ok_or_else(|| damaged(path))?).map_err(broken)?;
    let footer = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    if footer > LONGEST_FOOTER {
        return Err(beyond(path, &format!("a footer of more than {} MiB", LONGEST_FOOTER >> 20)));
    }
    let start = (length - 8).checked_sub(footer).ok_or_else(|| damaged(path))?;
    let mut bytes = vec![0; footer as usize];
    file.read_exact_at(&mut bytes, start).map_err(broken)?;
    match depth(&bytes) {
        None => Err(damaged(path)),
        Some(depth) if depth > DEEPEST => Err(beyond(path, &format!("columns nested deeper than {DEEPEST} levels"))),
        Some(_) => Ok(()),
    }
}

fn beyond(path: &Path, what: &str) -> Error {
    Error::input(format!("{}: the Parquet file has {what}; have it delivered in an ordinary form", shown(path)))
}

/// How deep the schema in a footer is nested: its elements stand one after the other, each with
/// the number of those right below it.
fn depth(footer: &[u8]) -> Option<usize> {
    const SCHEMA: i16 = 2;
    let mut walk = Walk::new(footer);
    let (mut number, mut deepest) = (0, 0);
    while let Some((field, kind)) = walk.field(number)? {
        number = field;
        if (field, kind) == (SCHEMA, Kind::List) {
            let (elements, Kind::Struct) = walk.list()? else { return None };
            let mut open: Vec<i64> = Vec::new();
            for _ in 0..elements {
                while open.last() == Some(&0) {
                    open.pop();
                }
                if let Some(last) = open.last_mut() {
                    *last -= 1;
                }
                open.push(children(&mut walk)?);
                deepest = deepest.max(open.len());
            }
        } else {
            walk.skip(kind)?;
        }
    }
    Some(deepest)
}

/// The number of elements below a schema element.
fn children(walk: &mut Walk) -> Option<i64> {
    const CHILDREN: i16 = 5;
    Some(numbers(walk, [CHILDREN])?[0].unwrap_or(0))
}

/// Some whole numbers of a struct, by field, and the walk at its end.
fn numbers<const N: usize>(walk: &mut Walk, wanted: [i16; N]) -> Option<[Option<i64>; N]> {
    let (mut number, mut found) = (0, [None; N]);
    while let Some((field, kind)) = walk.field(number)? {
        number = field;
        match wanted.iter().position(|&wanted| wanted == field).filter(|_| kind == Kind::Whole) {
            Some(at) => found[at] = Some(walk.whole()?),
            None => walk.skip(kind)?,
        }
    }
    Some(found)
}

/// Looks at the heads of the pages of a column, which lie in `(start, length)` of the file.
pub fn pages(path: &Path, file: &File, (start, length): (u64, u64)) -> Result<()> {
    let end = start.checked_add(length).ok_or_else(|| damaged(path))?;
    let mut at = start;
    while end.saturating_sub(at) >= SHORTEST_PAGE {
        let page = head(file, at, end).map_err(|_| damaged(path))?.ok_or_else(|| damaged(path))?;
        if page.unpacked.max(page.packed) > LARGEST_PAGE {
            return Err(beyond(path, &format!("a page of more than {} MiB", LARGEST_PAGE >> 20)));
        }
        if page.unpacked > SMALL_PAGE.max(page.packed.saturating_mul(MOST_EXPANSION)) {
            return Err(beyond(path, &format!("a page that unpacks to more than {MOST_EXPANSION} times its size")));
        }
        let packed = u64::try_from(page.packed).map_err(|_| damaged(path))?;
        at += page.head + packed;
    }
    Ok(())
}

/// What a page says of itself.
struct Page {
    /// Bytes of the head itself.
    head: u64,
    unpacked: i64,
    packed: i64,
}

/// The head of the page at a place of the file; none where it is no head.
fn head(file: &File, at: u64, end: u64) -> io::Result<Option<Page>> {
    const UNPACKED: i16 = 2;
    const PACKED: i16 = 3;
    for bytes in HEADS {
        let mut bytes = vec![0; bytes.min((end - at) as usize)];
        file.read_exact_at(&mut bytes, at)?;
        let mut walk = Walk::new(&bytes);
        if let Some([Some(unpacked), Some(packed)]) = numbers(&mut walk, [UNPACKED, PACKED]) {
            return Ok(Some(Page { head: walk.at() as u64, unpacked, packed }));
        }
    }
    Ok(None)
}
