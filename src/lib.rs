//! kprstat turns the registers of Norwegian primary care into statistics that may be published.
//!
//! ```text
//! source file -> Inputs -> Contacts -> Cells -> Protected -> release
//!         load      contacts   aggregate  protect    publish
//! ```
//!
//! One type per state, made only by the room before it; ARCHITECTURE.md is the map.
//! This crate never opens a network connection and never writes a person's value outside
//! the restricted area.

pub mod aggregate;
pub mod audit;
pub mod cli;
pub mod codes;
pub mod contacts;
pub mod definition;
pub mod domain;
pub mod gates;
pub mod load;
pub mod pipeline;
pub mod protect;
pub mod publish;
pub mod registers;
pub mod relations;
pub mod revision;
pub mod schema;
pub mod stage;
pub mod synth;
pub mod trade;
