//! The certificate, checked by adding up: no solver, no trust in who made it.
//!
//! In: the certificate's files, the public cells and the restricted ones. Out: what claims ask and
//! prove, what sound witnesses show to be possible, and findings where the truth, a witness or a
//! claim does not hold. It shares no code with the room that writes certificates;
//! `tests/certificate/check_certificate.py` does the same once more in another language.

mod check;
mod claims;
mod files;
#[cfg(test)]
mod tests;
mod truth;
mod witness;

pub use check::{Subject, check};
pub use files::{CellLine, Certificate, Part};
pub use truth::stated;
pub use witness::Change;
