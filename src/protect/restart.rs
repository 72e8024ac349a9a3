//! The best of several ways through a system that is small.
//!
//! In: a system with its unsafe cells hidden. Out: it protected, with the proofs. What is hidden
//! depends on the order in which cells are protected; where there are few cells, several orders are
//! tried, always the same ones, and the cheapest result is kept.

use super::hide::hide;
use super::pairs::part_pairs;
use super::primary::Reason;
use super::proofs::Proofs;
use super::system::{Source, State, System};
use super::trim::{is_secondary, trim};
use super::unions::hide_unions;
use crate::domain::Result;

/// Cells times orders that are tried.
const CELLS: usize = 12_000;
/// Orders tried at most.
const ORDERS: usize = 6;

/// Hides what must be hidden, in the best of the orders tried.
pub(super) fn protect_well(system: &mut System<'_>, sources: &[Source<'_>]) -> Result<Proofs> {
    let before = decisions(system);
    let mut best = protect_once(system, sources, 0).map(|proofs| (price(system), decisions(system), proofs));
    let orders = (CELLS / system.cells.len().max(1)).min(ORDERS) as u64;
    for order in 1..orders {
        restore(system, &before);
        let Ok(proofs) = protect_once(system, sources, order) else { continue };
        let price = price(system);
        if best.as_ref().map_or(f32::INFINITY, |best| best.0) > price {
            best = Ok((price, decisions(system), proofs));
        }
    }
    let (_, decisions, proofs) = best?;
    restore(system, &decisions);
    Ok(proofs)
}

fn protect_once(system: &mut System<'_>, sources: &[Source<'_>], order: u64) -> Result<Proofs> {
    let mut proofs = hide(system, order)?;
    trim(system, &mut proofs, passes(system.cells.len()));
    part_pairs(system, &mut proofs)?;
    hide_unions(system, sources);
    Ok(proofs)
}

/// How often every secondary cell is tried again: the larger the system, the less.
fn passes(cells: usize) -> usize {
    match cells {
        0..20_000 => 6,
        20_000..400_000 => 2,
        _ => 0,
    }
}

fn price(system: &System<'_>) -> f32 {
    system.cells.iter().filter(|cell| is_secondary(cell)).map(|cell| cell.weight).sum()
}

fn decisions(system: &System<'_>) -> Vec<(State, Reason)> {
    system.cells.iter().map(|cell| (cell.state, cell.reason)).collect()
}

fn restore(system: &mut System<'_>, decisions: &[(State, Reason)]) {
    for (cell, &(state, reason)) in system.cells.iter_mut().zip(decisions) {
        (cell.state, cell.reason) = (state, reason);
    }
}
