//! The attacker's arithmetic: what a system of published sums tells of its hidden numbers.
//!
//! In: nonnegative whole-number unknowns, and rows (a total is the sum of its parts; published
//! numbers are constants; a rounded share is an interval). Out: for every unknown the interval
//! that it must lie in and how that was found, the values that checked solutions take, and the
//! unknowns that give each other away. It knows nothing of tables, never sees a hidden value, and
//! shares no code with the hiding.
//!
//! Outer bounds are always valid, whatever work was left undone; inner bounds come from solutions
//! checked in whole numbers; where both agree the interval is the true one.

mod attack;
mod branch;
mod components;
mod deepen;
mod eliminate;
mod field;
mod linear;
mod local;
mod propagate;
mod system;
mod ties;

#[cfg(test)]
mod battery;
#[cfg(test)]
mod brute;
#[cfg(test)]
mod scale;

pub use attack::{Budget, Effort, How, Knowledge, attack};
pub use deepen::{Target, deepen};
pub use propagate::NO_ROW;
pub use system::{Range, Row, System, UNBOUNDED};
pub use ties::{Tie, ties};
