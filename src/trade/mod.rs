//! What protection costs a table, and what another design would show instead.
//!
//! In: the restricted cells of a release and the policy they were protected by. Out: a text for the
//! table's designer, restricted like what it is made of: how much is hidden at each level and by
//! which rule, and how many cells would be unsafe in themselves with coarser ages, without sex, in
//! longer periods, or with small municipalities pooled. Never opens the public area, never names a
//! cell or its value.

mod cells;
mod designs;
mod words;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::domain::{Language, Result};

/// Says what protection costs a table of a release, from the release's restricted folder.
///
/// # Errors
/// A folder that is no restricted one, or a table that it does not have.
pub fn trade(restricted: &Path, table: &str, language: Language) -> Result<String> {
    let limits = cells::Limits::read(restricted)?;
    let table = cells::Table::read(restricted, table)?;
    Ok(words::in_words(&table, &designs::all(&table, &limits), language))
}
