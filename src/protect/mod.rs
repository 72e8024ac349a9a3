//! Cells to what may be published, with proof.
//!
//! In: [`crate::aggregate::Cells`], the policies and the ledger of earlier decisions. Out:
//! [`Protected`], which only [`protect`] can make, and its certificate. This room never lets a
//! raw count through to what is public, does no I/O and makes no random choice.

mod beside;
mod build;
mod certificate;
mod changed;
mod choices;
mod company;
mod detour;
mod double;
mod earlier;
mod found;
mod grid;
mod ground;
mod hide;
mod joined;
mod joined_means;
mod joined_rows;
mod kept;
mod leaves;
mod ledger;
mod lookup;
mod loss;
mod moves;
mod pairs;
mod patients;
mod polish;
mod pool;
mod pools;
mod primary;
mod program;
mod proofs;
mod protected;
mod rates;
mod refine;
mod rings;
mod roles;
mod rows;
mod run;
mod search;
mod shared;
mod simplex;
mod stir;
mod system;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests_over_time;
#[cfg(test)]
mod tests_system;
mod transfer;
mod trim;
mod unions;
mod verify;
mod weigher;
mod weights;
mod workload;

pub use crate::registers::{PracticeRow, PracticeTable};
pub use beside::{Beside, protect_beside};
pub use certificate::Certificate;
pub use joined::protect_joined;
pub use ledger::{Ledger, Seen};
pub use loss::{LevelLoss, Loss};
pub use pools::choose_pools;
pub use protected::*;
pub use run::protect;
