//! A move that changes its target by 2.
//!
//! In: a query, and the cheapest move that serves it by itself. Out: that, or a cheaper one made of two that
//! raise the target by 1 each: where the counts around it are small, one takes a part of them and the other
//! another. Changes nothing.

use super::detour::Base;
use super::hide::alone;
use super::moves::Layer;
use super::search::{Company, Found, Query, Scratch};
use super::system::System;
use super::weigher::{FREE, LONE};

/// The cheaper of a move and of two together.
pub(super) fn with_double(
    system: &System<'_>,
    query: &Query<'_>,
    whole: Option<Found>,
    scratch: &mut Scratch,
) -> Option<Found> {
    let below = whole.as_ref().map_or(query.below, |whole| whole.cost);
    let is_joint = matches!(query.layer, Layer::Joint | Layer::Contacts);
    let is_half = query.contacts_width.max(query.patients_width) < 2;
    if !system.is_small()
        || below < FREE
        || is_half
        || !is_joint
        || query.base.is_some()
        || query.company == Company::WithOthers
    {
        return whole;
    }
    let (contacts_width, patients_width) = (query.contacts_width.min(1), query.patients_width.min(1));
    let half = Query { contacts_width, patients_width, below, ..*query };
    let Some(half) = alone(system, &half, scratch) else { return whole };
    let base = Base::raising(system, &half, query.cell);
    alone(system, &Query { base: Some(&base), below: below - LONE, ..*query }, scratch).or(whole)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    /// The count of one cannot fall, so that it has to rise by two; none of the counts of two beside it can
    /// fall by more than one. Two boxes, through the first and through the second count of three, do it.
    /// The other small counts lie on a way of six corners that goes up and down by one.
    #[test]
    fn counts_of_two_share_what_a_count_of_one_needs() {
        let small = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0), (2, 2)];
        assert_eq!(hidden_of_three([[1, 2, 2], [2, 3, 40], [2, 40, 3]]), small);
    }
}
