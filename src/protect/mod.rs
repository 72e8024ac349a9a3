//! Cells to what may be published, with proof.
//!
//! In: [`crate::aggregate::Cells`], the policies and the ledger of earlier decisions. Out:
//! [`Protected`], which only [`protect`] can make, and its certificate. This room never lets a
//! raw count through to what is public, does no I/O and makes no random choice.

mod protected;

pub use protected::*;
