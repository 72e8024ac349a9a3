//! Bills and their lines to classified contacts with place and person.
//!
//! In: typed batches of regning, takst, diagnose and innbyggere. Out: [`Contacts`], [`Residents`],
//! and the class of every row that `load` left open. polars joins and groups here, one part of
//! the bills at a time, so that memory is bounded. This room never reads or writes a file of the
//! delivery and never counts a cell.

mod bills;
mod books;
mod bridge;
mod build;
mod columns;
mod contact;
mod filed;
mod gather;
mod lines;
mod meaning;
mod months;
mod night;
mod parts;
mod patch;
mod regroup;
mod residents;
mod resolve;
#[cfg(test)]
mod resolve_tests;
mod room;
mod runs;
mod shelf;
mod spool;
mod table;
mod tallied;
mod texts;
mod touched;
mod view;
mod volumes;

pub use books::Books;
pub use build::{Workspace, build};
pub use contact::Contact;
pub use months::{Change, MonthFile, Months};
pub use night::{Night, Work, night};
pub use regroup::Regrouping;
pub use residents::{Residents, residents};
pub use spool::part_of;
pub use table::*;
pub use tallied::{Tallied, tally};
pub use volumes::Volumes;
