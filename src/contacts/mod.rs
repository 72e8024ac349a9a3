//! Bills and their lines to classified contacts with place and person.
//!
//! In: typed batches of regning, takst and diagnose. Out: [`Contacts`], and the class of every
//! row that `load` left open. This room never reads or writes a file of the delivery.

mod table;

pub use table::*;
