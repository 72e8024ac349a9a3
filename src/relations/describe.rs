//! From axes and definitions to the description: which leaves every code is made of.

use std::collections::BTreeMap;

use super::types::{Axis, Code, Dim, DimKind, Quantity, Relations, Shown, Universe, View};
use crate::aggregate::{Axes, Place, Pools};
use crate::codes::Geography;
use crate::definition::{
    AgeGroups, ContactTypes, Dimension, Features, IndicatorValue, Level, Pipeline, PlaceBasis, Predicate, SmallPlaces,
    Table,
};
use crate::domain::{CountyNumber, Error, Month, Period, PlaceIndex, Result};

/// A group of ages: its label, and the leaves that it is made of.
pub type AgeCode = (String, Vec<u16>);

/// The groups of a grouping, unknown last, over those of a finer one.
pub fn age_codes(ages: &AgeGroups, finest: &AgeGroups) -> Vec<AgeCode> {
    let groups = ages.of_finer(finest);
    let leaves = |at: usize| -> Vec<u16> {
        let within = groups.iter().enumerate().filter(|(_, group)| usize::from(**group) == at);
        within.map(|(leaf, _)| leaf as u16).collect()
    };
    let code = |(at, label): (usize, String)| (label, leaves(at));
    ages.all_labels().into_iter().enumerate().map(code).collect()
}

/// A table to be described, with what its codes are made of.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub table: &'a Table,
    pub axes: &'a Axes,
    /// The groups of its ages after the total: by label, the leaves.
    pub ages: &'a [AgeCode],
    pub geography: &'a Geography,
    /// By municipality of its geography: the leaves that it is made of.
    pub leaves: &'a [Vec<u16>],
    /// The municipalities that the table does not name, where it pools.
    pub pools: &'a Pools,
    /// By position on the period axis, whether the period is published; none: all are.
    pub published: Option<&'a [bool]>,
}

/// What the leaves of a universe are: the finest parts that its tables tell apart.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub contact_types: &'a ContactTypes,
    pub features: &'a Features,
    /// Its municipalities are the leaves of places.
    pub geography: &'a Geography,
    /// Its groups are the leaves of ages.
    pub ages: &'a AgeGroups,
}

/// Describes the tables given by position in `Pipeline::tables` and axes. Tables of one service,
/// practice types and first month are one universe. `pools` are the municipalities that tables
/// with pooling do not name.
pub fn describe<'a>(
    tables: &[(usize, &'a Axes)],
    pipeline: &'a Pipeline,
    geography: &'a Geography,
    pools: &'a Pools,
) -> Result<Relations> {
    let leaves: Vec<Vec<u16>> = (0..geography.municipalities.len() as u16).map(|leaf| vec![leaf]).collect();
    let ground = Ground {
        contact_types: &pipeline.contact_types,
        features: &pipeline.features,
        geography,
        ages: &pipeline.age_groups,
    };
    let ages = age_codes(&pipeline.age_groups, &pipeline.age_groups);
    let subjects = tables.iter().map(|&(at, axes)| {
        let table = &pipeline.tables[at];
        Subject { table, axes, ages: &ages, geography, leaves: &leaves, pools, published: None }
    });
    let subjects: Vec<Subject<'_>> = subjects.collect();
    describe_together(&subjects, &ground)
}

/// Describes tables of several age groupings and geographies over leaves that they have in common.
pub fn describe_together(subjects: &[Subject<'_>], ground: &Ground<'_>) -> Result<Relations> {
    let mut groups: BTreeMap<String, Vec<&Subject<'_>>> = BTreeMap::new();
    for subject in subjects {
        groups.entry(universe_id(subject.table)).or_default().push(subject);
    }
    let universes = groups.into_iter().map(|(id, subjects)| ground.universe(id, &subjects));
    Ok(Relations { universes: universes.collect::<Result<_>>()? })
}

fn universe_id(table: &Table) -> String {
    let types = table.practice_types.iter().map(|types| format!(" of {}", types.join(",")));
    let since = table.since.iter().map(|month| format!(" since {month}"));
    [table.service.name().to_string()].into_iter().chain(types).chain(since).collect()
}

/// Dimensions that grow as views ask for codes.
pub(super) struct Builder {
    pub dims: Vec<Dim>,
    first_month: Month,
}

impl Ground<'_> {
    fn universe(&self, id: String, subjects: &[&Subject<'_>]) -> Result<Universe> {
        let mut builder = self.builder(subjects);
        let views = subjects.iter().map(|subject| self.view(&mut builder, subject));
        let views = views.collect::<Result<Vec<View>>>()?;
        Ok(Universe { id, dims: builder.dims, views })
    }

    pub(super) fn builder(&self, subjects: &[&Subject<'_>]) -> Builder {
        let periods = || subjects.iter().flat_map(|subject| subject.axes.periods.iter());
        let first_month = periods().map(|period| period.first).min().unwrap_or(Month(0));
        let last = periods().map(|period| period.last()).max().unwrap_or(first_month);
        let months = (first_month.0..=last.0).map(|month| Month(month).to_string()).collect();
        let municipalities = || self.geography.municipalities.iter().map(|m| m.number.to_string()).collect();
        let types = self.contact_types.types.iter().map(|t| t.id.clone()).collect();
        let mut dims = vec![
            dim("residence", DimKind::Residence, municipalities()),
            dim("practice", DimKind::Practice, municipalities()),
            dim("time", DimKind::Time, months),
            dim("type", DimKind::Type, types),
        ];
        dims[0].codes[0].id = "0".into();
        dims[1].codes[0].id = "0".into();
        Builder { dims, first_month }
    }

    fn view(&self, builder: &mut Builder, subject: &Subject<'_>) -> Result<View> {
        let Subject { table, axes, .. } = subject;
        let place_dim = usize::from(table.place == PlaceBasis::Practice);
        let place = axes.places.iter().map(|&place| subject.place(builder, place_dim, place)).collect();
        let is_published = |at: usize| subject.published.is_none_or(|published| published[at]);
        let period = |(at, &period)| is_published(at).then(|| builder.period(period));
        let period = axes.periods.iter().enumerate().map(period).collect();
        let labelled = table.dimensions.iter().zip(&axes.dimensions);
        let dimensions = labelled.map(|(&dimension, labels)| match dimension {
            Dimension::AgeGroup => Ok(builder.ages(subject.ages, self.ages)),
            _ => builder.dimension(dimension, labels),
        });
        let dimensions = dimensions.collect::<Result<Vec<Axis>>>()?;
        let quantities = table.quantities.iter().map(|predicate| self.quantity(builder, predicate)).collect();
        let detail = |period: &Period| table.municipality_detail.contains(&period.kind);
        Ok(View {
            table: table.id.clone(),
            place: Axis { dim: place_dim, codes: place },
            period: Axis { dim: 2, codes: period },
            dimensions,
            quantities,
            indicators: table.indicators.iter().filter_map(|i| shown(&i.id, &i.value)).collect(),
            measures: table.measures.iter().map(|measure| measure.name().to_string()).collect(),
            municipality: axes.places.iter().map(|place| matches!(place, Place::Municipality(_))).collect(),
            municipality_detail: axes.periods.iter().map(detail).collect(),
            partial: false,
        })
    }

    pub(super) fn quantity(&self, builder: &mut Builder, predicate: &Predicate) -> Quantity {
        let types: Vec<u16> = bits(predicate.types).collect();
        let mut codes = Vec::new();
        if types.len() < builder.dims[3].leaves.len() {
            let id = type_id(self.contact_types, predicate.types);
            codes.push((3, builder.code(3, id, types)));
        }
        for feature in bits(predicate.with | predicate.without) {
            let id = format!("with {}", self.features.ids[feature as usize]);
            codes.push(builder.condition(id, predicate.with & (1 << feature) != 0));
        }
        let outside = predicate.outside_hours.map(|yes| builder.condition("outside hours".into(), yes));
        let weekend = predicate.weekend.map(|yes| builder.day_type(yes));
        codes.extend(outside.into_iter().chain(weekend));
        codes.sort_unstable();
        Quantity { codes }
    }
}

impl Subject<'_> {
    /// The code of a place; none where the table does not name it.
    pub(super) fn place(&self, builder: &mut Builder, dim: usize, place: Place) -> Option<u16> {
        let within = |county: CountyNumber| {
            let all = self.geography.municipalities.iter().enumerate();
            all.filter(move |(_, m)| m.county == county).map(|(at, _)| at as PlaceIndex).collect::<Vec<PlaceIndex>>()
        };
        let pool = |county: &CountyNumber| self.pools.get(county).map_or(&[][..], Vec::as_slice);
        let (id, municipalities) = match place {
            Place::Country => return Some(0),
            _ if self.table.by < level(place) => return None,
            Place::County(county) => (county.to_string(), within(county)),
            Place::Pool(county) => (format!("{county}xx"), pool(&county).to_vec()),
            Place::Municipality(at) => {
                let municipality = &self.geography.municipalities[usize::from(at)];
                if self.table.small_places == SmallPlaces::Pool && pool(&municipality.county).contains(&at) {
                    return None;
                }
                (municipality.number.to_string(), vec![at])
            }
        };
        let mut leaves: Vec<u16> =
            municipalities.iter().flat_map(|&at| &self.leaves[usize::from(at)]).copied().collect();
        leaves.sort_unstable();
        Some(builder.code(dim, id, leaves))
    }
}

fn level(place: Place) -> Level {
    match place {
        Place::Country => Level::Country,
        Place::County(_) => Level::County,
        Place::Pool(_) | Place::Municipality(_) => Level::Municipality,
    }
}

impl Builder {
    pub fn code(&mut self, dim: usize, id: String, leaves: Vec<u16>) -> u16 {
        let codes = &mut self.dims[dim].codes;
        // The county of another geography may have the same number and other municipalities.
        let known = codes.iter().position(|code| code.id == id && code.leaves == leaves);
        let at = known.unwrap_or_else(|| {
            codes.push(Code { id, leaves });
            codes.len() - 1
        });
        at as u16
    }

    pub fn period(&mut self, period: Period) -> u16 {
        let first = (period.first.0 - self.first_month.0) as u16;
        self.code(2, period.to_string(), (first..first + period.kind.months() as u16).collect())
    }

    pub fn named(&mut self, id: &str, kind: DimKind, leaves: &[&str]) -> usize {
        if let Some(at) = self.dims.iter().position(|dim| dim.id == id) {
            return at;
        }
        self.dims.push(dim(id, kind, leaves.iter().map(|leaf| leaf.to_string()).collect()));
        self.dims.len() - 1
    }

    pub fn condition(&mut self, id: String, holds: bool) -> (usize, u16) {
        let dim = self.named(&id, DimKind::Condition, &["yes", "no"]);
        let leaf = u16::from(!holds);
        (dim, self.code(dim, if holds { "yes" } else { "no" }.into(), vec![leaf]))
    }

    fn day_type(&mut self, weekend: bool) -> (usize, u16) {
        let dim = self.named("day_type", DimKind::DayType, &["weekday", "weekend"]);
        let leaf = u16::from(weekend);
        (dim, self.code(dim, ["weekday", "weekend"][leaf as usize].into(), vec![leaf]))
    }

    /// An axis of ages, of whatever groups over the finest ones.
    fn ages(&mut self, ages: &[AgeCode], finest: &AgeGroups) -> Axis {
        let labels = finest.all_labels();
        let names: Vec<&str> = labels.iter().map(String::as_str).collect();
        let dim = self.named(Dimension::AgeGroup.column(), DimKind::AgeGroup, &names);
        let codes = ages.iter().map(|(label, leaves)| Some(self.code(dim, label.clone(), leaves.clone())));
        Axis { dim, codes: [Some(0)].into_iter().chain(codes).collect() }
    }

    fn dimension(&mut self, dimension: Dimension, labels: &[String]) -> Result<Axis> {
        let kind = match dimension {
            Dimension::Sex => DimKind::Sex,
            Dimension::Icpc2Chapter => DimKind::Icpc2Chapter,
            Dimension::PartOfDay => DimKind::PartOfDay,
            Dimension::DayType => DimKind::DayType,
            Dimension::AgeGroup | Dimension::Hour | Dimension::ListDoctor | Dimension::Team => {
                return Err(Error::definition(
                    "dimension hour, list_doctor or team: expected a table of means or of registers",
                ));
            }
        };
        let leaves: Vec<&str> = labels.iter().skip(1).map(String::as_str).collect();
        let dim = self.named(dimension.column(), kind, &leaves);
        let mut codes = vec![Some(0)];
        for label in &leaves {
            let leaf = self.dims[dim].leaves.iter().position(|known| known == label);
            let leaf =
                leaf.ok_or_else(|| Error::bug(format!("dimension {}: label {label} not known", dimension.column())))?;
            codes.push(Some(self.code(dim, label.to_string(), vec![leaf as u16])));
        }
        Ok(Axis { dim, codes })
    }
}

fn dim(id: &str, kind: DimKind, leaves: Vec<String>) -> Dim {
    let all = (0..leaves.len() as u16).collect();
    Dim { id: id.into(), kind, leaves, codes: vec![Code { id: "total".into(), leaves: all }] }
}

fn bits(set: u32) -> impl Iterator<Item = u16> {
    (0..32).filter(move |bit| set & (1 << bit) != 0)
}

fn type_id(types: &ContactTypes, members: u32) -> String {
    let sum = types.sums.iter().find(|sum| sum.members == members).map(|sum| sum.id.clone());
    let names = || bits(members).map(|bit| types.types[bit as usize].id.as_str()).collect::<Vec<_>>().join("+");
    sum.unwrap_or_else(names)
}

fn shown(id: &str, value: &IndicatorValue) -> Option<Shown> {
    let indicator = id.to_string();
    match *value {
        IndicatorValue::Count { quantity } => Some(Shown::Count { indicator, quantity }),
        IndicatorValue::Share { numerator, complement, denominator } => {
            Some(Shown::Share { indicator, numerator, complement, denominator })
        }
        IndicatorValue::PerDoctor(_) | IndicatorValue::Joined(_) => None,
    }
}
