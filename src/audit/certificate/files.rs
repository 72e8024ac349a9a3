//! The files of a certificate, parsed.
//!
//! In: `certificate/` of the restricted area. Out: cells with their true values and states,
//! witnesses and claims of each universe. A file that does not parse is an error; nothing is
//! judged here.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Deserializer};

use crate::audit::binding::unreadable;
use crate::domain::{Error, Result};
use crate::relations::Relations;

/// Everything in a certificate.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub relations: Relations,
    /// By universe, as in the relations.
    pub parts: Vec<Part>,
}

/// What the certificate holds of one universe.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub cells: Vec<CellLine>,
    pub witnesses: Vec<Witness>,
    pub claims: Vec<Claim>,
}

/// S, H or U of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum State {
    #[serde(rename = "S")]
    Shown,
    #[serde(rename = "H")]
    Hidden,
    #[serde(rename = "U")]
    Unpublished,
}

/// The truth and the state of a cell that is not zero.
#[derive(Debug, Clone, Deserialize)]
pub struct CellLine {
    pub view: usize,
    pub position: usize,
    pub contacts: i64,
    pub patients: Option<i64>,
    pub contacts_state: State,
    pub patients_state: Option<State>,
    /// Who alone makes the count of contacts, and that of patients: numbers of this file's own.
    #[serde(deserialize_with = "column")]
    pub lone_patient: Option<u32>,
    #[serde(deserialize_with = "column")]
    pub lone_doctor: Option<u32>,
    #[serde(deserialize_with = "column")]
    pub patients_lone_patient: Option<u32>,
    #[serde(deserialize_with = "column")]
    pub patients_lone_doctor: Option<u32>,
    /// Lowest and highest value that earlier releases leave.
    #[serde(default)]
    pub contacts_low: Option<i64>,
    #[serde(default)]
    pub contacts_high: Option<i64>,
    #[serde(default)]
    pub patients_low: Option<i64>,
    #[serde(default)]
    pub patients_high: Option<i64>,
}

impl CellLine {
    /// Distance of the lowest and the highest value that earlier releases leave, by layer; none
    /// where they told nothing.
    pub fn widths_left(&self) -> [Option<i64>; 2] {
        let width = |low: Option<i64>, high: Option<i64>| low.zip(high).map(|(low, high)| (high - low).max(0));
        [width(self.contacts_low, self.contacts_high), width(self.patients_low, self.patients_high)]
    }
}

/// A column that may be empty but not be missing.
fn column<'de, D: Deserializer<'de>>(cell: D) -> std::result::Result<Option<u32>, D::Error> {
    Option::deserialize(cell)
}

/// A witness: parts by layer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    #[serde(default)]
    pub contacts: Vec<WitnessPart>,
    #[serde(default)]
    pub patients: Vec<WitnessPart>,
}

/// A product of one-dimensional changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessPart {
    pub by: i64,
    /// Patients: the codes of the dimensions that patients do not add up over.
    #[serde(default)]
    pub at: Vec<(usize, u16)>,
    /// Dimension, leaf with +1, leaf with -1 if any.
    #[serde(rename = "move")]
    pub moves: Vec<(usize, u16, Option<u16>)>,
}

/// What a certificate claims of an unsafe cell.
#[derive(Debug, Clone, Deserialize)]
pub struct Claim {
    pub view: usize,
    pub position: usize,
    pub layer: String,
    pub width: i64,
    /// Pairs `up/down`, blanks between.
    pub witnesses: String,
}

/// Two witnesses by number; none: the truth.
pub type Pair = [Option<usize>; 2];

impl Claim {
    /// The pairs of witnesses; none where they are not in the format. A claim may leave the proof to
    /// the attack: it has no pair, and the judge holds the attack to its width.
    pub fn pairs(&self) -> Option<Vec<Pair>> {
        if self.witnesses == "attack" {
            return Some(Vec::new());
        }
        let end = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
        let pair = |text: &str| {
            let (up, down) = text.split_once('/')?;
            Some([end(up)?, end(down)?])
        };
        self.witnesses.split_whitespace().map(pair).collect::<Option<Vec<Pair>>>().filter(|pairs| !pairs.is_empty())
    }
}

impl Certificate {
    /// Reads `restricted/certificate/`.
    pub fn read(restricted: &Path) -> Result<Self> {
        let folder = restricted.join("certificate");
        let path = folder.join("relations.json");
        let text = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        let relations: Relations = serde_json::from_slice(&text).map_err(|error| unreadable(&path, &error))?;
        let universes = (0..relations.universes.len()).into_par_iter();
        let parts: Vec<Result<Part>> = universes.map(|at| Part::read(&folder, at)).collect();
        let parts = parts.into_iter().collect::<Result<_>>()?;
        Ok(Certificate { relations, parts })
    }
}

impl Part {
    fn read(folder: &Path, at: usize) -> Result<Self> {
        let cells = || lines(&folder.join(format!("cells-{at}.csv.zst")));
        let witnesses = || witnesses(&folder.join(format!("witnesses-{at}.jsonl.zst")));
        let claims = || lines(&folder.join(format!("claims-{at}.csv.zst")));
        let (cells, (witnesses, claims)) = rayon::join(cells, || rayon::join(witnesses, claims));
        Ok(Part { cells: cells?, witnesses: witnesses?, claims: claims? })
    }
}

fn open(path: &Path) -> Result<impl Read + use<>> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    zstd::Decoder::new(file).map_err(|error| unreadable(path, &error))
}

fn lines<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    lines_of(open(path)?, path)
}

fn lines_of<T: serde::de::DeserializeOwned>(from: impl Read, path: &Path) -> Result<Vec<T>> {
    let mut reader = csv::Reader::from_reader(from);
    let wrong = |error: csv::Error| match error.kind() {
        csv::ErrorKind::Io(disk) if disk.raw_os_error().is_some() => unreadable(path, disk),
        _ => malformed(path),
    };
    // Asked for by themselves: whoever reads lines passes over a failure to read what comes before them.
    reader.headers().map_err(wrong)?;
    reader.deserialize().collect::<std::result::Result<_, csv::Error>>().map_err(wrong)
}

fn witnesses(path: &Path) -> Result<Vec<Witness>> {
    let reader = BufReader::new(open(path)?);
    let parse = |line: std::io::Result<String>| -> Result<Witness> {
        let line = line.map_err(|error| unreadable(path, &error))?;
        serde_json::from_str(&line).map_err(|_| malformed(path))
    };
    reader.lines().map(parse).collect()
}

/// Without the parser's own words: they may hold a value.
fn malformed(path: &Path) -> Error {
    Error::protection(format!("{}: expected the format of CERTIFICATE.md; make the release again", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ExitCode;

    /// A file of which one reading fails.
    struct Failing(Vec<std::io::Result<&'static [u8]>>);

    impl Read for Failing {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let Some(next) = self.0.pop() else { return Ok(0) };
            next.map(|bytes| {
                to[..bytes.len()].copy_from_slice(bytes);
                bytes.len()
            })
        }
    }

    #[test]
    fn a_disk_that_fails_once_is_told_from_a_file_in_another_format() {
        let broken = || Err(std::io::Error::from_raw_os_error(5));
        let (head, line) = (&b"view,position,layer,width,witnesses\n"[..], &b"0,1,contacts,2,0/\n"[..]);
        let read = |mut all: Vec<std::io::Result<&'static [u8]>>| {
            all.reverse();
            lines_of::<Claim>(Failing(all), Path::new("claims-0.csv.zst"))
        };
        assert_eq!(read(vec![Ok(head), Ok(line)]).unwrap().len(), 1);
        for all in [vec![broken(), Ok(head), Ok(line)], vec![Ok(head), broken(), Ok(line)]] {
            assert_eq!(
                read(all).unwrap_err().code,
                unreadable(Path::new("x"), &std::io::Error::from_raw_os_error(5)).code
            );
        }
        assert_eq!(read(vec![Ok(line), Ok(line)]).unwrap_err().code, ExitCode::Protection);
    }
}
