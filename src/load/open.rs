//! Files read for more days than one.
//!
//! In: a job and the files of a source. Out: an [`OpenFile`] for each, and from these, on a day, what
//! a scan as of it would have given. Rows left out are all kept, or none.

use super::inputs::{FileInput, Scanned};
use super::left::{Left, OpenFile};
use super::scan::{Gathered, Job, Queue, check_pseudonyms, outcome, read};
use crate::domain::{OutOfScope, Result, RowClass};

/// Most bytes that a worker's rows left out may take, about; growing may take as much again.
const MOST_BYTES: usize = 128 << 20;

/// Rows left out, all of them or none: those of an honest delivery are few.
#[derive(Default)]
pub struct Open {
    rows: Vec<Left>,
    bytes: usize,
    is_over: bool,
}

impl Open {
    pub fn push(&mut self, left: Left) {
        self.bytes += left.bytes();
        self.rows.push(left);
        self.bound();
    }
    pub fn merge(&mut self, other: Open) {
        self.bytes += other.bytes;
        self.is_over |= other.is_over;
        self.rows.extend(other.rows);
        self.bound();
    }
    fn bound(&mut self) {
        self.is_over |= self.bytes > MOST_BYTES;
        if self.is_over {
            self.rows = Vec::new();
        }
    }
}

/// Reads the files of some ranks, with what any as-of day may ask for; `job.as_of` is to be the
/// last day of all. None where more rows are left out than can be held.
pub fn scan_open(job: &Job, files: &[FileInput], ranks: &[u16]) -> Result<Option<Vec<OpenFile>>> {
    let queue = Queue::new(files).only(ranks);
    let gathered = read(job, &queue, || Gathered::new(files.len(), job.schema.columns.len()).opened())?;
    let of_rank = |&rank: &u16| OpenFile {
        file: rank,
        rows: gathered.tallies[usize::from(rank)].rows,
        later: 0,
        humans: gathered.humans[usize::from(rank)].clone(),
        texts: gathered.texts[usize::from(rank)],
        left: Vec::new(),
    };
    let mut found: Vec<OpenFile> = ranks.iter().map(of_rank).collect();
    let Some(open) = gathered.open.filter(|open| !open.is_over) else { return Ok(None) };
    for left in open.rows {
        if let Some(file) = found.iter_mut().find(|file| file.file == left.file) {
            file.left.push(left);
        }
    }
    found.iter_mut().for_each(|file| file.left.sort_unstable_by_key(|left| left.row));
    Ok(Some(found))
}

/// What rows read earlier are on the as-of day of the job.
pub fn settle(job: &Job, files: &[FileInput], found: Vec<OpenFile>) -> Result<Scanned> {
    let mut gathered = Gathered::new(files.len(), job.schema.columns.len());
    for file in found {
        gathered.add_rows(file.file, file.rows);
        gathered.add(file.file, RowClass::OutOfScope(OutOfScope::AfterAsOf), file.later);
        let humans = file.humans.iter().enumerate();
        humans.for_each(|(column, &humans)| gathered.add_humans(file.file, column, humans));
        file.left.into_iter().for_each(|left| gathered.leave(left.on(job.as_of)));
    }
    check_pseudonyms(job.schema, files, &gathered)?;
    Ok(outcome(job.schema, files, gathered))
}
