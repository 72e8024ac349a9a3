//! The certificate, checked by adding up: no solver, no trust in who made it.
//!
//! In: the certificate's files, the public cells and the restricted ones. Out: the changes of each
//! witness by cell, and findings where a witness or a claim does not hold. It shares no code with
//! the room that writes certificates; `tests/certificate/check_certificate.py` does the same once
//! more in another language.

mod check;
mod files;
mod witness;

pub use check::{Checked, Subject, check};
pub use files::{Certificate, Part};
pub use witness::Change;
