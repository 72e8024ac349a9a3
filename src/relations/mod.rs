//! Which published quantities are sums of which: the additive relations of a release.
//!
//! In: the axes of the tables, the definition, the geography and the pools. Out: [`Relations`],
//! which names every cell by codes, each a set of leaves. `protect` and `audit` both read it and
//! share nothing else. This room never sees a count.

mod describe;
mod joined;
mod sums;
mod types;

pub use describe::{AgeCode, Ground, Subject, age_codes, describe, describe_together};
pub use joined::{JoinedView, describe_joined};
pub use sums::{Sum, sums};
pub use types::*;
