//! A delivery as its files were on some day: what is read again of them.
//!
//! In: staged files by rank. Out: rows of some bills, set aside for one or several days at once.

use std::sync::Mutex;

use rayon::prelude::*;

use super::bills;
use super::filed::{Filed, Wanted, bills_on, runs_of};
use super::lines;
use super::night::gathered;
use super::room::Room;
use super::shelf::Shelf;
use crate::domain::Result;

/// Files by source (in the order of `SOURCES`) and rank, as of a day.
pub struct View<'f> {
    pub files: Vec<Vec<&'f Filed>>,
    pub as_of: i32,
}

impl<'f> View<'f> {
    pub fn of(files: &'f [Vec<Filed>], as_of: i32) -> View<'f> {
        View { files: files.iter().map(|files| files.iter().collect()).collect(), as_of }
    }

    /// Rank of a file in its source.
    fn rank(&self, source: usize, file: &Filed) -> Option<u16> {
        let rank = self.files.get(source)?.iter().position(|other| std::ptr::eq(*other, file))?;
        u16::try_from(rank).ok()
    }
}

/// Every chunk of every file of some views, once.
pub struct Pieces<'f> {
    list: Vec<(usize, &'f Filed, usize)>,
}

impl<'f> Pieces<'f> {
    pub fn of(view: &View<'f>) -> Pieces<'f> {
        Pieces { list: Vec::new() }.and(view)
    }

    /// Adds those of another view.
    pub fn and(mut self, view: &View<'f>) -> Pieces<'f> {
        for (source, file) in view.files.iter().enumerate().flat_map(|(at, files)| files.iter().map(move |f| (at, *f)))
        {
            if !self.list.iter().any(|(_, known, _)| std::ptr::eq(*known, file)) {
                self.list.extend((0..file.meta.chunks.len()).map(|chunk| (source, file, chunk)));
            }
        }
        self
    }

    /// Sets the wanted rows of bills, and of lines, aside in the room of each view; gives for each
    /// the numbers of rows that were left out.
    pub fn fill(&self, shelf: &Shelf, bills: Wanted, lines: Wanted, views: &[(&View, &Room)]) -> Result<Vec<Vec<i64>>> {
        let left_out: Vec<Mutex<Vec<i64>>> = views.iter().map(|_| Mutex::default()).collect();
        let (of_bills, of_lines) = (bills::schema(), lines::schema());
        self.list.par_iter().try_for_each(|&(source, file, chunk)| {
            let (wanted, schema) = if source == 0 { (bills, &of_bills) } else { (lines, &of_lines) };
            let Some(rows) = file.pick(chunk, wanted, schema)? else { return Ok(()) };
            let numbers = file.contents(&shelf.meanings)?;
            for ((view, room), left_out) in views.iter().zip(&left_out) {
                let Some(rank) = view.rank(source, file) else { continue };
                if source == 0 {
                    let (rows, later) = bills_on(&rows, rank, view.as_of)?;
                    super::spool::lock(left_out).extend(later);
                    room.regning.push_by(&rows, 0)?;
                } else {
                    let spool = if source == 1 { &room.takst } else { &room.diagnose };
                    spool.push_by(&runs_of(&rows, rank, &numbers)?, 0)?;
                }
            }
            Result::Ok(())
        })?;
        for ((view, _), left_out) in views.iter().zip(&left_out) {
            let files = view.files.first().map_or(&[][..], Vec::as_slice);
            files.par_iter().try_for_each(|file| {
                let left = file.open_file(0, view.as_of)?.left;
                let keys = left.into_iter().filter_map(|left| left.key);
                super::spool::lock(left_out).extend(keys.filter(|key| is_wanted(bills, key)));
                Result::Ok(())
            })?;
        }
        Ok(left_out.into_iter().map(gathered).collect())
    }
}

fn is_wanted(wanted: Wanted, bill: &i64) -> bool {
    match wanted {
        Wanted::All => true,
        Wanted::Bills(bills) => bills.contain(*bill),
    }
}
