//! Work kept from night to night: files that are found by what they were made from, and never
//! trusted without their checksums.
//!
//! In: parts of a file by label, and the facts that they rest on. Out: the same parts, or nothing.
//! A file of other facts, of another build of the program or with other bytes than were written is
//! no file: it is noticed, removed and made again. Nothing here knows what the bytes mean.

mod container;
mod folder;
mod narrow;

pub use container::{Stored, Writer, checksum, pack, unpack, values};
pub use folder::{Key, Stage, sweep};
pub use narrow::{Numbers, narrow, widen};

#[cfg(test)]
mod tests;
