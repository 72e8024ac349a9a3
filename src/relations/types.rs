//! The description itself: universes, dimensions, codes and views. No counts.

use serde::{Deserialize, Serialize};

/// All additive systems of a release. Written as `relations.json`, read by any attacker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relations {
    pub universes: Vec<Universe>,
}

/// One system: every contact of it lies in exactly one leaf of every dimension, and a cell counts
/// the contacts whose leaves are in its codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Universe {
    /// `gp`, `legevakt`, or a service with what narrows it.
    pub id: String,
    pub dims: Vec<Dim>,
    pub views: Vec<View>,
}

/// What a dimension is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DimKind {
    /// Municipalities by residence. Additive for patients.
    Residence,
    /// Named municipalities and pools by place of practice.
    Practice,
    /// Months.
    Time,
    /// Contact types.
    Type,
    /// Additive for patients.
    Sex,
    /// Additive for patients.
    AgeGroup,
    Icpc2Chapter,
    PartOfDay,
    DayType,
    /// Leaves `yes` and `no`.
    Condition,
}

impl DimKind {
    /// Whether different patients add up over the dimension: a person has one place, one sex and
    /// one age group in a period.
    pub fn adds_patients(self) -> bool {
        matches!(self, DimKind::Residence | DimKind::Sex | DimKind::AgeGroup)
    }
}

/// A dimension: leaves, and codes that are sets of leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dim {
    pub id: String,
    pub kind: DimKind,
    pub leaves: Vec<String>,
    /// `codes[0]` is the total: all leaves. Two codes of the same leaves are the same quantity
    /// (Oslo, county and municipality).
    pub codes: Vec<Code>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    pub id: String,
    /// Positions in `Dim::leaves`, ascending.
    pub leaves: Vec<u16>,
}

/// A table as a box of cells: (place, period, dimensions…, quantity), row-major, the last
/// varying fastest. What a view does not mention is at its total (code 0).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Id of the table.
    pub table: String,
    /// The place axis. None where a place is not published (a pooled municipality).
    pub place: Axis,
    pub period: Axis,
    /// In the order of the table's dimensions.
    pub dimensions: Vec<Axis>,
    pub quantities: Vec<Quantity>,
    pub indicators: Vec<Shown>,
    /// Names of the measures shown (`contacts`, `patients`, `per-1000`, …).
    pub measures: Vec<String>,
    /// By position in `place`: whether the place is a municipality.
    pub municipality: Vec<bool>,
    /// By position in `period`: whether municipalities have the dimensions in full.
    pub municipality_detail: Vec<bool>,
    /// Whether the table has figures besides, of other universes or of none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// An axis of a view: the dimension (position in `Universe::dims`) and, by position along the
/// axis, the code (position in `Dim::codes`); none where the position is not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    pub dim: usize,
    pub codes: Vec<Option<u16>>,
}

/// What is counted: (dimension, code) for the type and the conditions; others are at their total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    pub codes: Vec<(usize, u16)>,
}

/// How an indicator shows quantities (positions in `View::quantities`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    Count {
        indicator: String,
        quantity: usize,
    },
    Share {
        indicator: String,
        numerator: usize,
        complement: usize,
        denominator: usize,
    },
    /// Made of the quantities and of what is public besides: whoever reads it knows them.
    Made {
        indicator: String,
        quantities: Vec<usize>,
    },
}

impl View {
    /// Lengths of the axes: places, periods, dimensions…, quantities.
    pub fn shape(&self) -> Vec<usize> {
        let dimensions = self.dimensions.iter().map(|axis| axis.codes.len());
        [self.place.codes.len(), self.period.codes.len()]
            .into_iter()
            .chain(dimensions)
            .chain([self.quantities.len()])
            .collect()
    }
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The positions along the axes of a cell by its row-major position.
    pub fn positions(&self, index: usize) -> Vec<usize> {
        let mut rest = index;
        let mut positions: Vec<usize> = self
            .shape()
            .iter()
            .rev()
            .map(|&len| {
                let at = rest % len;
                rest /= len;
                at
            })
            .collect();
        positions.reverse();
        positions
    }
    /// Whether the cell at these positions is a combination of published categories: its place and
    /// period are published and, where municipalities have no detail, every dimension is at its first code.
    pub fn is_published(&self, positions: &[usize]) -> bool {
        let (place, period) = (positions[0], positions[1]);
        let detail = positions[2..positions.len() - 1].iter().any(|&at| at != 0);
        let narrowed = self.municipality[place] && !self.municipality_detail[period];
        let named = self.place.codes[place].is_some() && self.period.codes[period].is_some();
        named && !(detail && narrowed)
    }
}

impl Universe {
    /// The code of every dimension for a cell of a view; none where its place is not published.
    pub fn coordinates(&self, view: &View, positions: &[usize]) -> Option<Vec<u16>> {
        let mut codes = vec![0; self.dims.len()];
        codes[view.place.dim] = view.place.codes[positions[0]]?;
        codes[view.period.dim] = view.period.codes[positions[1]]?;
        for (axis, &at) in view.dimensions.iter().zip(&positions[2..]) {
            codes[axis.dim] = axis.codes[at]?;
        }
        for &(dim, code) in &view.quantities[*positions.last()?].codes {
            codes[dim] = code;
        }
        Some(codes)
    }
}
