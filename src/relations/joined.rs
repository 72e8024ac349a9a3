//! The systems of tables of joined registers: which counts are sums of which.
//!
//! In: axes and definitions. Out: a universe a system, with one view. A universe knows only the
//! figures of its system; other figures of the table are not its business. Never sees a count.

use super::describe::{Builder, Ground, Subject};
use super::types::{Axis, DimKind, Quantity, Relations, Shown, Universe, View};
use crate::aggregate::{Axes, Place, Pools};
use crate::codes::Geography;
use crate::definition::{
    Counted, JoinedFigure, JoinedSystem, Labels, ListQuantity, Measure, Pipeline, SystemCounts, Table,
};
use crate::domain::{Error, Result};

/// A system of a table, by position in `Pipeline::tables`, and its axes.
#[derive(Debug, Clone, Copy)]
pub struct JoinedView<'a> {
    pub table: usize,
    pub system: &'a JoinedSystem,
    pub axes: &'a Axes,
}

/// Describes systems of tables of joined registers, in their order.
///
/// # Errors
/// A dimension whose labels are not `total` and others.
pub fn describe_joined(views: &[JoinedView<'_>], pipeline: &Pipeline, geography: &Geography) -> Result<Relations> {
    let ground = Ground {
        contact_types: &pipeline.contact_types,
        features: &pipeline.features,
        geography,
        ages: &pipeline.age_groups,
    };
    let leaves: Vec<Vec<u16>> = (0..geography.municipalities.len() as u16).map(|leaf| vec![leaf]).collect();
    let pools = Pools::default();
    let universes = views.iter().map(|of| {
        let table = &pipeline.tables[of.table];
        let subject =
            Subject { table, axes: of.axes, ages: &[], geography, leaves: &leaves, pools: &pools, published: None };
        universe(&ground, &subject, of)
    });
    Ok(Relations { universes: universes.collect::<Result<_>>()? })
}

fn universe(ground: &Ground<'_>, subject: &Subject<'_>, of: &JoinedView<'_>) -> Result<Universe> {
    let table = subject.table;
    let mut builder = ground.builder(&[subject]);
    let place = of.axes.places.iter().map(|&place| subject.place(&mut builder, 0, place)).collect();
    let period = of.axes.periods.iter().map(|&period| Some(builder.period(period))).collect();
    let dimensions = table.dimensions.iter().zip(&of.axes.dimensions);
    let dimensions =
        dimensions.map(|(dimension, labels)| labelled(&mut builder, dimension.column(), labels, of.system.labels));
    let dimensions = dimensions.collect::<Result<Vec<Axis>>>()?;
    let quantities = quantities(ground, &mut builder, &of.system.counted);
    let view = View {
        table: table.id.clone(),
        place: Axis { dim: 0, codes: place },
        period: Axis { dim: 2, codes: period },
        dimensions,
        quantities,
        indicators: of.system.figures.iter().map(|(at, figure)| shown(table, *at, figure)).collect(),
        measures: measures(table, of.system),
        municipality: of.axes.places.iter().map(|place| matches!(place, Place::Municipality(_))).collect(),
        municipality_detail: vec![true; of.axes.periods.len()],
        partial: true,
    };
    Ok(Universe { id: format!("{} {}", table.id, of.system.id), dims: builder.dims, views: vec![view] })
}

fn shown(table: &Table, at: usize, figure: &JoinedFigure) -> Shown {
    let indicator = table.indicators[at].id.clone();
    match figure {
        JoinedFigure::Count(quantity) => Shown::Count { indicator, quantity: *quantity },
        JoinedFigure::Share { numerator, complement, denominator } => {
            Shown::Share { indicator, numerator: *numerator, complement: *complement, denominator: *denominator }
        }
        JoinedFigure::Made(quantities) => Shown::Made { indicator, quantities: quantities.clone() },
    }
}

/// The measures of the system's figures, each once.
fn measures(table: &Table, system: &JoinedSystem) -> Vec<String> {
    let of_figure = |&(at, _): &(usize, JoinedFigure)| {
        table.indicators[at].value.joined().map_or(&[] as &[Measure], |joined| joined.measures())
    };
    let mut names: Vec<String> =
        system.figures.iter().flat_map(of_figure).map(|measure| measure.name().to_string()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The axis of a dimension whose first label is the total: the sum of the others, or a leaf of its
/// own beside them.
fn labelled(builder: &mut Builder, column: &str, labels: &[String], how: Labels) -> Result<Axis> {
    let Some((total, others)) = labels.split_first() else {
        return Err(Error::bug(format!("dimension {column}: no labels")));
    };
    let leaves: Vec<&str> = match how {
        Labels::Sum => others.iter().map(String::as_str).collect(),
        Labels::Apart => labels.iter().map(String::as_str).collect(),
    };
    let dim = builder.named(column, DimKind::Condition, &leaves);
    let mut codes = Vec::new();
    if how == Labels::Sum {
        builder.dims[dim].codes[0].id = total.clone();
        codes.push(Some(0));
    } else {
        builder.dims[dim].codes[0].id = "all".into();
    }
    for (leaf, label) in leaves.iter().enumerate() {
        codes.push(Some(builder.code(dim, label.to_string(), vec![leaf as u16])));
    }
    Ok(Axis { dim, codes })
}

fn quantities(ground: &Ground<'_>, builder: &mut Builder, counted: &SystemCounts) -> Vec<Quantity> {
    match counted {
        SystemCounts::Share => {
            let of =
                |builder: &mut Builder, holds| Quantity { codes: vec![builder.condition("counted".into(), holds)] };
            vec![of(builder, true), of(builder, false), Quantity { codes: Vec::new() }]
        }
        SystemCounts::Years(years) => of_years(builder, years),
        SystemCounts::Contacts { predicates, .. } => {
            predicates.iter().map(|predicate| ground.quantity(builder, predicate)).collect()
        }
        SystemCounts::Inhabitants(all) => all.iter().map(|quantity| of_lists(builder, quantity)).collect(),
    }
}

/// Leaves are the ranges between the numbers of years.
fn of_years(builder: &mut Builder, years: &[u8]) -> Vec<Quantity> {
    let count = years.len() as u16;
    let name = |leaf: usize| match (leaf.checked_sub(1), years.get(leaf)) {
        (None, Some(to)) => format!("up to {to}"),
        (Some(from), Some(to)) => format!("over {} up to {to}", years[from]),
        (Some(from), None) => format!("over {}", years[from]),
        (None, None) => "any".into(),
    };
    let leaves: Vec<String> = (0..=years.len()).map(name).collect();
    let dim = builder.named("years", DimKind::Type, &leaves.iter().map(String::as_str).collect::<Vec<_>>());
    let mut of = |leaves: std::ops::Range<u16>| {
        let id = format!("{}-{}", leaves.start, leaves.end);
        Quantity { codes: vec![(dim, builder.code(dim, id, leaves.collect()))] }
    };
    let mut all = vec![Quantity { codes: Vec::new() }];
    for at in 0..count {
        all.extend([of(at + 1..count + 1), of(0..at + 1)]);
    }
    all.extend((1..count).map(|leaf| of(leaf..leaf + 1)));
    all
}

fn of_lists(builder: &mut Builder, quantity: &ListQuantity) -> Quantity {
    debug_assert_eq!(quantity.of, Counted::Inhabitants);
    let conditions = [
        ("with a doctor", quantity.with_doctor),
        ("open", quantity.open),
        ("fixed salary", quantity.fixed_salary),
        ("longest of a doctor", quantity.longest_of_doctor.then_some(true)),
    ];
    let asked = conditions.into_iter().filter_map(|(id, holds)| Some((id, holds?)));
    let mut codes: Vec<(usize, u16)> = asked.map(|(id, holds)| builder.condition(id.into(), holds)).collect();
    codes.sort_unstable();
    Quantity { codes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Month, Period, PeriodKind};

    /// The universe of a shipped table's system, over the country alone in 2024.
    fn described(pipeline: &str, table: &str, at: usize) -> Universe {
        let pipeline = Pipeline::shipped(pipeline).unwrap();
        let position = pipeline.tables.iter().position(|of| of.id == table).unwrap();
        let system = &pipeline.tables[position].joined_systems()[at];
        let two = || ["total", "with", "without"].map(String::from).to_vec();
        let axes = Axes {
            places: vec![Place::Country],
            periods: vec![Period::containing(PeriodKind::Year, Month::new(2024, 1))],
            dimensions: pipeline.tables[position].dimensions.iter().map(|_| two()).collect(),
            quantities: system.counted.len(),
        };
        let view = JoinedView { table: position, system, axes: &axes };
        let geography = pipeline.release_geography().unwrap();
        describe_joined(&[view], &pipeline, &geography).unwrap().universes.remove(0)
    }

    fn leaves(universe: &Universe, quantity: usize, dim: &str) -> Vec<u16> {
        let at = universe.dims.iter().position(|of| of.id == dim).unwrap();
        let code = universe.views[0].quantities[quantity].codes.iter().find(|code| code.0 == at);
        universe.dims[at].codes[code.map_or(0, |code| code.1 as usize)].leaves.clone()
    }

    #[test]
    fn own_doctors_of_those_with_and_without_a_doctor_add_up_to_the_total() {
        let universe = described("continuity", "continuity", 0);
        let axis = &universe.views[0].dimensions[0];
        let dim = &universe.dims[axis.dim];
        let of: Vec<&[u16]> = axis.codes.iter().map(|code| &dim.codes[code.unwrap() as usize].leaves[..]).collect();
        assert_eq!(of, [&[0, 1][..], &[0], &[1]]);
        assert_eq!(dim.codes[0].id, "total");
    }

    #[test]
    fn most_used_doctors_of_the_total_are_no_sum() {
        let universe = described("continuity", "continuity", 1);
        let axis = &universe.views[0].dimensions[0];
        let dim = &universe.dims[axis.dim];
        let named: Vec<(&str, &[u16])> = axis
            .codes
            .iter()
            .map(|code| &dim.codes[code.unwrap() as usize])
            .map(|code| (code.id.as_str(), &code.leaves[..]))
            .collect();
        assert_eq!(named, [("total", &[0][..]), ("with", &[1]), ("without", &[2])]);
    }

    #[test]
    fn years_are_ranges() {
        let universe = described("gp-register", "gp-relation", 0);
        let of: Vec<Vec<u16>> = (0..6).map(|quantity| leaves(&universe, quantity, "years")).collect();
        assert_eq!(of, [vec![0, 1, 2], vec![1, 2], vec![0], vec![2], vec![0, 1], vec![1]]);
    }
}
