//! Residents as a layer of a table's cells: the denominators of its rates.
//!
//! In: residents of 1 January. Out: one number a cell without its quantity. Never invents a
//! resident, and gives unknown sex or age none: those delivered so are in the totals alone.

use super::cells::Axes;
use super::count::{Counted, Run};
use super::facts::Facts;
use crate::definition::{Dimension, Table};

/// Residents by (place, period, dimensions…), of 1 January of the period's year.
pub fn layer(run: &Run<'_>, table: &Table, counted: &Counted) -> Vec<u32> {
    let shape = counted.axes.shape();
    let mut layer = vec![0u32; shape[..shape.len() - 1].iter().product()];
    let mut offsets = Vec::new();
    for (position, period) in counted.axes.periods.iter().enumerate() {
        for (place, sex, age_group, persons) in run.residents.of_year(period.year()) {
            let facts = resident(sex, age_group);
            counted.layout.offsets(&facts, &mut offsets);
            counted.layout.cells_in(place, position, &offsets, |base| {
                let cell = &mut layer[base / table.quantities.len().max(1)];
                *cell = cell.saturating_add(u32::try_from(persons).unwrap_or(u32::MAX));
            });
        }
    }
    clear_unknown(&mut layer, table, &counted.axes);
    layer
}

/// Unknown sex or age has no residents, whatever was delivered (SPEC-DETAILS 19): a rate of contacts
/// whose sex is not known by residents whose sex was not delivered would say nothing.
fn clear_unknown(layer: &mut [u32], table: &Table, axes: &Axes) {
    let shape = axes.shape();
    for (at, dimension) in table.dimensions.iter().enumerate() {
        if !matches!(dimension, Dimension::Sex | Dimension::AgeGroup) {
            continue;
        }
        // `unknown` is the last code of both.
        let (codes, stride) = (shape[at + 2], shape[at + 3..shape.len() - 1].iter().product::<usize>());
        let is_unknown = |cell: &usize| cell / stride % codes == codes - 1;
        (0..layer.len()).filter(is_unknown).for_each(|cell| layer[cell] = 0);
    }
}

/// The codes of a resident; the others are those of nobody.
fn resident(sex: u8, age_group: u8) -> Facts {
    Facts {
        person: 0,
        doctor: 0,
        residence: 0,
        practice: 0,
        month: 0,
        day: 0,
        hour: 0,
        sex,
        age_group,
        chapter: 0,
        practice_type: 0,
        signature: 0,
        moved: 0,
    }
}
