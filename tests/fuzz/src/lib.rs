//! The rooms that parse what comes from outside, for the fuzz targets.
//!
//! In: bytes of a fuzzer. Out: nothing; a panic, a hang or memory without bound is the finding.
//! The rooms are those of the program, word by word; the ones that need polars are left out.
#![allow(dead_code, unused_imports)]

extern crate self as kprstat;

#[path = "../../../src/aggregate/cells.rs"]
pub mod aggregate;
#[path = "../../../src/audit/mod.rs"]
pub mod audit;
#[path = "../../../src/codes/mod.rs"]
pub mod codes;
#[path = "../../../src/definition/mod.rs"]
pub mod definition;
#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/protect/ledger.rs"]
mod ledger;
#[path = "../../../src/load/mod.rs"]
pub mod load;
#[path = "../../mutations/parsers.rs"]
pub mod parsers;
#[path = "../../../src/relations/mod.rs"]
pub mod relations;
#[path = "../../../src/schema/mod.rs"]
pub mod schema;

/// What of protection reads a file.
pub mod protect {
    pub use crate::ledger::Ledger;
}
