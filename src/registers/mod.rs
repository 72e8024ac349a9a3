//! Registers joined with contacts: lists and their doctors, memberships, hospital stays.
//!
//! In: the sources kontrakt, kontrakt_lege, medlemskap, opphold and nokkel, and [`Contacts`]. Out:
//! [`Linked`]: tables of figures in whole numbers, and the class of every row read. Intervals are
//! sorted by person and swept against the person's contacts, a part of the persons at a time;
//! nothing grows with persons times days. Never divides before the finish, never says what may be
//! published.
//!
//! Which of overlapping intervals counts is one rule for all ([`intervals`]): the latest start, of
//! equal ones the later file and row. How many rows overlapped is told in [`Linked::notes`].
//!
//! [`Contacts`]: crate::contacts::Contacts

mod acc;
mod cells;
mod columns;
mod continuity;
mod discharges;
mod grid;
mod intervals;
mod list_days;
mod list_figures;
mod lists;
mod members;
mod person_months;
mod practices;
mod relation;
mod run;
mod stays;
mod teams;
mod wanted;

pub use acc::NO_DOCTORS;
pub use cells::{Column, Figure, JoinedCell, JoinedTable, PracticeRow, PracticeTable, SystemCells};
pub use run::{Linked, Run, link};
