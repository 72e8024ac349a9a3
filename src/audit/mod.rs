//! The attacker, and the judge: what can be learnt of hidden cells from what is public.
//!
//! In: the public files of a release, the description of additive relations, and for the judging
//! step the restricted cells and the certificate. Out: a report. It shares no code with the
//! hiding but the description of the relations, alters no table, and never puts a hidden value
//! into the public part of its report.

pub mod engine;
