//! From axes and definitions to the description: which leaves every code is made of.

use std::collections::BTreeMap;

use super::types::{Axis, Code, Dim, DimKind, Quantity, Relations, Shown, Universe, View};
use crate::aggregate::{Axes, Place};
use crate::codes::Geography;
use crate::definition::{ContactTypes, Dimension, IndicatorValue, Pipeline, PlaceBasis, Predicate, SmallPlaces, Table};
use crate::domain::{CountyNumber, Error, Month, Period, PlaceIndex, Result};

/// Describes the tables given by position in `Pipeline::tables` and axes. Tables of one service,
/// practice types and first month are one universe. `pools` are the municipalities that tables
/// with pooling do not name.
pub fn describe(
    tables: &[(usize, &Axes)],
    pipeline: &Pipeline,
    geography: &Geography,
    pools: &BTreeMap<CountyNumber, Vec<PlaceIndex>>,
) -> Result<Relations> {
    let mut groups: BTreeMap<String, Vec<(usize, &Axes)>> = BTreeMap::new();
    for &(table, axes) in tables {
        groups.entry(universe_id(&pipeline.tables[table])).or_default().push((table, axes));
    }
    let context = Context { pipeline, geography, pools };
    let universes = groups.into_iter().map(|(id, tables)| context.universe(id, &tables));
    Ok(Relations { universes: universes.collect::<Result<_>>()? })
}

fn universe_id(table: &Table) -> String {
    let types = table.practice_types.iter().map(|types| format!(" of {}", types.join(",")));
    let since = table.since.iter().map(|month| format!(" since {month}"));
    [table.service.name().to_string()].into_iter().chain(types).chain(since).collect()
}

pub(super) struct Context<'a> {
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    pub pools: &'a BTreeMap<CountyNumber, Vec<PlaceIndex>>,
}

/// Dimensions that grow as views ask for codes.
pub(super) struct Builder {
    pub dims: Vec<Dim>,
    first_month: Month,
}

impl Context<'_> {
    fn universe(&self, id: String, tables: &[(usize, &Axes)]) -> Result<Universe> {
        let mut builder = self.builder(tables);
        let views = tables.iter().map(|&(table, axes)| self.view(&mut builder, table, axes));
        let views = views.collect::<Result<Vec<View>>>()?;
        Ok(Universe { id, dims: builder.dims, views })
    }

    pub fn builder(&self, tables: &[(usize, &Axes)]) -> Builder {
        let periods = || tables.iter().flat_map(|(_, axes)| axes.periods.iter());
        let first_month = periods().map(|period| period.first).min().unwrap_or(Month(0));
        let last = periods().map(|period| period.last()).max().unwrap_or(first_month);
        let months = (first_month.0..=last.0).map(|month| Month(month).to_string()).collect();
        let municipalities = || self.geography.municipalities.iter().map(|m| m.number.to_string()).collect();
        let types = self.pipeline.contact_types.types.iter().map(|t| t.id.clone()).collect();
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

    fn view(&self, builder: &mut Builder, at: usize, axes: &Axes) -> Result<View> {
        let table = &self.pipeline.tables[at];
        let place_dim = usize::from(table.place == PlaceBasis::Practice);
        let place = axes.places.iter().map(|&place| self.place(builder, table, place_dim, place)).collect();
        let period = axes.periods.iter().map(|&period| Some(builder.period(period))).collect();
        let labelled = table.dimensions.iter().zip(&axes.dimensions);
        let dimensions = labelled.map(|(&dimension, labels)| builder.dimension(dimension, labels));
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

    pub fn place(&self, builder: &mut Builder, table: &Table, dim: usize, place: Place) -> Option<u16> {
        let within = |county: CountyNumber| {
            let all = self.geography.municipalities.iter().enumerate();
            all.filter(move |(_, m)| m.county == county).map(|(at, _)| at as u16).collect::<Vec<u16>>()
        };
        let (id, leaves) = match place {
            Place::Country => return Some(0),
            Place::County(county) => (county.to_string(), within(county)),
            Place::Pool(county) => (format!("{county}xx"), self.pools.get(&county).cloned().unwrap_or_default()),
            Place::Municipality(at) => {
                let county = self.geography.municipalities[at as usize].county;
                let pooled = self.pools.get(&county).is_some_and(|pool| pool.contains(&at));
                if pooled && table.small_places == SmallPlaces::Pool {
                    return None;
                }
                (self.geography.municipalities[at as usize].number.to_string(), vec![at])
            }
        };
        Some(builder.code(dim, id, leaves))
    }

    pub fn quantity(&self, builder: &mut Builder, predicate: &Predicate) -> Quantity {
        let types: Vec<u16> = bits(predicate.types).collect();
        let mut codes = Vec::new();
        if types.len() < builder.dims[3].leaves.len() {
            let id = type_id(&self.pipeline.contact_types, predicate.types);
            codes.push((3, builder.code(3, id, types)));
        }
        for feature in bits(predicate.with | predicate.without) {
            let id = format!("with {}", self.pipeline.features.ids[feature as usize]);
            codes.push(builder.condition(id, predicate.with & (1 << feature) != 0));
        }
        let outside = predicate.outside_hours.map(|yes| builder.condition("outside hours".into(), yes));
        let weekend = predicate.weekend.map(|yes| builder.day_type(yes));
        codes.extend(outside.into_iter().chain(weekend));
        codes.sort_unstable();
        Quantity { codes }
    }
}

impl Builder {
    pub fn code(&mut self, dim: usize, id: String, leaves: Vec<u16>) -> u16 {
        let codes = &mut self.dims[dim].codes;
        let known = codes.iter().position(|code| code.id == id);
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

    fn dimension(&mut self, dimension: Dimension, labels: &[String]) -> Result<Axis> {
        let kind = match dimension {
            Dimension::Sex => DimKind::Sex,
            Dimension::AgeGroup => DimKind::AgeGroup,
            Dimension::Icpc2Chapter => DimKind::Icpc2Chapter,
            Dimension::PartOfDay => DimKind::PartOfDay,
            Dimension::DayType => DimKind::DayType,
            Dimension::Hour | Dimension::ListDoctor | Dimension::Team => {
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
