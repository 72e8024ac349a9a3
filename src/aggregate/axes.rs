//! Which codes a table has, and where a contact falls among them.
//!
//! In: a table's definition, the geography, the months with contacts, the as-of day. Out: [`Axes`]
//! and the [`Layout`] that turns a contact's facts into cell positions. Never sees a count.

use crate::codes::{CHAPTERS, Geography};
use crate::definition::{Dimension, IndicatorValue, PerDoctor, Pipeline, PlaceBasis, Table};
use crate::domain::{DayType, Month, PartOfDay, Period, PlaceIndex, Sex};

use super::cells::{Axes, Place};
use super::facts::Facts;
use super::pools::Pools;

/// Days after its end before a period is shown (SPEC 2).
const DAYS_UNTIL_SHOWN: i32 = 30;

/// The months of a run and its as-of day (days since 1970-01-01).
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub first: Month,
    pub last: Month,
    pub as_of: i32,
}

impl Span {
    /// The months that count: those with a counted bill, unless the definition sets them.
    pub fn of(pipeline: &Pipeline, months: Option<(Month, Month)>, as_of: i32) -> Option<Self> {
        let (first, last) = (pipeline.from.or(months.map(|m| m.0))?, pipeline.to.or(months.map(|m| m.1))?);
        Some(Span { first, last, as_of })
    }

    /// The periods of a table that are published, ascending by kind and first month.
    pub fn periods(&self, table: &Table) -> Vec<Period> {
        let first = table.since.map_or(self.first, |since| since.max(self.first));
        let mut kinds = table.periods.clone();
        kinds.sort_unstable();
        let all = kinds.into_iter().flat_map(|kind| {
            let months = (first.0..=self.last.0).map(Month);
            months.map(move |month| Period::containing(kind, month)).filter(move |p| p.first >= first)
        });
        let mut periods: Vec<Period> =
            all.filter(|period| period.last() <= self.last && period.ripe(self.as_of, DAYS_UNTIL_SHOWN)).collect();
        periods.sort_unstable();
        periods.dedup();
        periods
    }
}

/// Which places are counted: all, or the pools of some municipalities alone.
#[derive(Debug, Clone, Copy)]
pub enum Selection<'a> {
    All,
    Pools(&'a Pools),
}

/// The codes of a table's axes.
pub fn axes(
    table: &Table,
    pipeline: &Pipeline,
    geography: &Geography,
    span: Option<Span>,
    selection: Selection<'_>,
) -> Axes {
    let places = match selection {
        Selection::All => all_places(geography),
        Selection::Pools(pools) => pools.keys().map(|&county| Place::Pool(county)).collect(),
    };
    Axes {
        places,
        periods: span.map_or_else(Vec::new, |span| span.periods(table)),
        dimensions: table.dimensions.iter().map(|&dimension| labels(dimension, pipeline)).collect(),
        quantities: table.quantities.len(),
    }
}

/// Every place: the country, the counties, the municipalities, each ascending.
pub fn all_places(geography: &Geography) -> Vec<Place> {
    let counties = geography.counties.iter().map(|county| Place::County(county.number));
    let municipalities = (0..geography.municipalities.len()).map(|at| Place::Municipality(at as PlaceIndex));
    std::iter::once(Place::Country).chain(counties).chain(municipalities).collect()
}

/// The labels of a dimension, `total` first.
fn labels(dimension: Dimension, pipeline: &Pipeline) -> Vec<String> {
    let codes: Vec<String> = match dimension {
        Dimension::Sex => Sex::ALL.iter().map(|sex| sex.name().into()).collect(),
        Dimension::AgeGroup => pipeline.age_groups.all_labels(),
        Dimension::Icpc2Chapter => CHAPTERS.iter().map(|&letter| letter.into()).chain(["none".into()]).collect(),
        Dimension::PartOfDay => PartOfDay::ALL.iter().map(|part| part.name().into()).collect(),
        Dimension::DayType => DayType::ALL.iter().map(|kind| kind.name().into()).collect(),
        Dimension::Hour => (0..24).map(|hour: u8| hour.to_string()).collect(),
        Dimension::ListDoctor | Dimension::Team => ["with", "without"].map(String::from).to_vec(),
    };
    std::iter::once("total".to_string()).chain(codes).collect()
}

/// Where the facts of a contact fall in a table's cells.
#[derive(Debug)]
pub struct Layout {
    pub basis: PlaceBasis,
    /// By place of the geography: positions on the place axis, and whether each is a municipality.
    places: Vec<Vec<(usize, bool)>>,
    /// By month from the first of the run: positions on the period axis.
    periods: Vec<Vec<usize>>,
    /// By period: whether municipalities have the dimensions in full.
    detail: Vec<bool>,
    dimensions: Vec<(Dimension, usize)>,
    place_stride: usize,
    period_stride: usize,
}

impl Layout {
    pub fn new(table: &Table, axes: &Axes, geography: &Geography, first: Month, selection: Selection<'_>) -> Self {
        let shape = axes.shape();
        let stride = |axis: usize| shape[axis + 1..].iter().product::<usize>();
        Layout {
            basis: table.place,
            places: place_lists(axes, geography, selection),
            periods: period_lists(&axes.periods, first),
            detail: axes.periods.iter().map(|period| table.municipality_detail.contains(&period.kind)).collect(),
            dimensions: table.dimensions.iter().enumerate().map(|(at, &dim)| (dim, stride(at + 2))).collect(),
            place_stride: stride(0),
            period_stride: stride(1),
        }
    }

    /// The place of a contact on this table's basis.
    pub fn place(&self, facts: &Facts) -> PlaceIndex {
        match self.basis {
            PlaceBasis::Residence => facts.residence,
            PlaceBasis::Practice => facts.practice,
        }
    }

    /// Positions on the place axis of a place: country, county and municipality, or a pool.
    pub fn places(&self, place: PlaceIndex) -> &[(usize, bool)] {
        &self.places[usize::from(place)]
    }

    /// Positions on the period axis of a month from the first of the run.
    pub fn periods(&self, month: u16) -> &[usize] {
        self.periods.get(usize::from(month)).map_or(&[], Vec::as_slice)
    }

    /// Offsets of all combinations of the contact's codes and totals; the first is all totals.
    pub fn offsets(&self, facts: &Facts, offsets: &mut Vec<usize>) {
        offsets.clear();
        offsets.push(0);
        for &(dimension, stride) in &self.dimensions {
            let code = facts.code(dimension) + 1;
            for at in 0..offsets.len() {
                offsets.push(offsets[at] + code * stride);
            }
        }
    }

    /// Calls `visit` with the position of quantity 0 of every cell that the facts fall in.
    #[inline]
    pub fn cells(&self, place: PlaceIndex, month: u16, offsets: &[usize], mut visit: impl FnMut(usize)) {
        for &(at, municipality) in self.places(place) {
            for &period in self.periods(month) {
                let base = at * self.place_stride + period * self.period_stride;
                let shown = if municipality && !self.detail[period] { &offsets[..1] } else { offsets };
                shown.iter().for_each(|offset| visit(base + offset));
            }
        }
    }

    /// Like [`Layout::cells_in`], with the position without its period.
    #[inline]
    pub fn without_period_in(&self, place: PlaceIndex, period: usize, offsets: &[usize], mut visit: impl FnMut(u32)) {
        for &(at, municipality) in self.places(place) {
            let base = at * self.period_stride;
            let shown = if municipality && !self.detail[period] { &offsets[..1] } else { offsets };
            shown.iter().for_each(|offset| visit((base + offset) as u32));
        }
    }

    /// What tells the codes of facts from all others.
    pub fn finest(&self, facts: &Facts) -> u32 {
        let code = |&(dimension, stride): &(Dimension, usize)| (facts.code(dimension) + 1) * stride;
        self.dimensions.iter().map(code).sum::<usize>() as u32
    }

    /// Like [`Layout::cells`], for one period of the axis.
    pub fn cells_in(&self, place: PlaceIndex, period: usize, offsets: &[usize], mut visit: impl FnMut(usize)) {
        for &(at, municipality) in self.places(place) {
            let base = at * self.place_stride + period * self.period_stride;
            let shown = if municipality && !self.detail[period] { &offsets[..1] } else { offsets };
            shown.iter().for_each(|offset| visit(base + offset));
        }
    }
}

fn place_lists(axes: &Axes, geography: &Geography, selection: Selection<'_>) -> Vec<Vec<(usize, bool)>> {
    let on_axis = |place: Place| axes.places.iter().position(|&at| at == place);
    let list = |at: PlaceIndex| -> Vec<(usize, bool)> {
        let county = geography.municipalities[usize::from(at)].county;
        match selection {
            Selection::All => {
                let places = [Place::Country, Place::County(county), Place::Municipality(at)];
                let position = |place: Place| Some((on_axis(place)?, matches!(place, Place::Municipality(_))));
                places.into_iter().filter_map(position).collect()
            }
            Selection::Pools(pools) => {
                let pooled = pools.get(&county).is_some_and(|members| members.contains(&at));
                on_axis(Place::Pool(county)).filter(|_| pooled).map(|at| (at, true)).into_iter().collect()
            }
        }
    };
    (0..geography.municipalities.len()).map(|at| list(at as PlaceIndex)).collect()
}

fn period_lists(periods: &[Period], first: Month) -> Vec<Vec<usize>> {
    let months = periods.iter().map(|period| period.last().0 - first.0 + 1).max().unwrap_or(0);
    let within = |month: Month| (0..periods.len()).filter(|&at| periods[at].contains(month)).collect();
    (0..months).map(|month| within(first.plus(month))).collect()
}

/// Whether a table is made of means over doctors.
pub fn is_per_doctor(table: &Table) -> bool {
    table.indicators.iter().any(|indicator| matches!(indicator.value, IndicatorValue::PerDoctor(_)))
}

/// The quantity of a mean over doctors.
pub fn quantity_of(mean: &PerDoctor) -> usize {
    match *mean {
        PerDoctor::Days { quantity, .. } | PerDoctor::PerDay { quantity } | PerDoctor::ByHour { quantity } => quantity,
    }
}
