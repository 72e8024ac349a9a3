//! A naive reference engine: the specification's rules row by row, plain, slow and obvious.
//!
//! In: the files of a small delivery as text, and the as-of day. Out: the class of every row and
//! the true value of any cell asked for. It uses no code of the crate, so that a fault in a rule
//! would have to be made twice to stay unseen. Comments name the paragraph that a rule comes from
//! ("details 5" is the fifth numbered detail of the specification).

mod bills;
mod cells;
mod files;
mod lists;
mod values;
mod workload;

pub use cells::{Key, ratio};
pub use files::File;

use std::collections::BTreeMap;

use bills::Contact;

/// A delivery as the rules see it on one day.
#[derive(Debug)]
pub struct Reference {
    /// Class of every row by source, file name and position in the file.
    pub classes: BTreeMap<(String, String, usize), String>,
    contacts: Vec<Contact>,
    residents: Vec<bills::Residents>,
    /// First and last month with a counted bill, months counted from year 0.
    months: Option<(i32, i32)>,
    as_of: i32,
}

/// Walks the rules; `Err` is the exit code of a run that stops.
pub fn count(files: &[File], as_of: &str) -> Result<Reference, u8> {
    let as_of = values::date(as_of).expect("the as-of day of a scenario");
    files::check_headers(files)?;
    files::check_identity_numbers(files)?;
    let mut classes = bills::test_rows(files, as_of);
    bills::check_reject_limit(files, &classes)?;
    let (contacts, months) = bills::contacts(files, &mut classes);
    let residents = bills::residents(files, &mut classes);
    Ok(Reference { classes, contacts, residents, months, as_of })
}
