//! Files of a delivery to typed Arrow batches, with every row accounted for.
//!
//! In: a folder, a definition's word on each source, the schemas. Out: [`Inputs`], whose
//! [`Inputs::scan`] streams batches in bounded memory. A row is never dropped silently, and a
//! value is never echoed in a message.

mod inputs;

pub use inputs::*;
