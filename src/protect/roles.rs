//! What a cell of a table is to the public, and whether it is unsafe in itself.
//!
//! In: a view, the policy, and a cell's counts. Out: its role, its rank among cells, and the reason
//! for which it must be hidden, if any. Looks at one cell at a time.

use super::grid::Grid;
use super::primary::{Reason, Setting, breaks_residents, judge};
use super::system::{Rank, Source};
use crate::aggregate::CellCount;
use crate::definition::PlaceBasis;
use crate::relations::{DimKind, Shown, Universe, View};

/// What a quantity is to the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QuantityRole {
    Counted,
    /// Numerator or denominator of a share.
    Part,
    /// A complement or an implied rest.
    Residual,
    /// Of a table that nobody publishes: what the tables of others tell together.
    Implied,
}

pub(super) struct Roles {
    pub quantities: Vec<QuantityRole>,
    pub shows_patients: bool,
    shows_rate: bool,
    practice: bool,
    /// Lanes of sex and age.
    personal: Vec<usize>,
}

pub(super) struct Row {
    pub base: usize,
    pub at: PlaceOf,
}

#[derive(Clone, Copy)]
pub(super) struct PlaceOf {
    pub rank: Rank,
    pub setting: Setting,
}

impl Roles {
    pub fn new(source: &Source<'_>, grid: &Grid, universe: &Universe) -> Roles {
        let is_implied = source.view.indicators.is_empty();
        let unnamed = if is_implied { QuantityRole::Implied } else { QuantityRole::Residual };
        let mut quantities = vec![unnamed; grid.quantities];
        for shown in &source.view.indicators {
            match shown {
                Shown::Count { quantity, .. } => quantities[*quantity] = QuantityRole::Counted,
                Shown::Made { quantities: of, .. } => {
                    of.iter().for_each(|&quantity| quantities[quantity] = QuantityRole::Counted);
                }
                &Shown::Share { numerator, denominator, .. } => {
                    for part in [numerator, denominator] {
                        if quantities[part] == QuantityRole::Residual {
                            quantities[part] = QuantityRole::Part;
                        }
                    }
                }
            }
        }
        let measure = |name: &str| source.view.measures.iter().any(|measure| measure == name);
        let is_personal = |dim: usize| matches!(universe.dims[dim].kind, DimKind::Sex | DimKind::AgeGroup);
        Roles {
            quantities,
            shows_patients: measure("patients") || measure("patients-per-100"),
            shows_rate: measure("per-1000") || measure("patients-per-100"),
            practice: source.table.place == PlaceBasis::Practice,
            personal: (0..grid.lanes.len()).filter(|&lane| is_personal(grid.lanes[lane].dim)).collect(),
        }
    }

    pub fn place_of(&self, positions: &[usize], grid: &Grid, view: &View) -> PlaceOf {
        let total = positions[2..grid.lanes.len()].iter().all(|&at| at == 0);
        // A county of one municipality is a county still.
        let wide = grid.lanes[0].classes_at[positions[0]].len() > 1 || !view.municipality[positions[0]];
        let rank = match (positions[0], wide, total) {
            (0, _, true) => Rank::Country,
            (0, _, false) => Rank::CountryDetail,
            (_, true, true) => Rank::County,
            (_, true, false) => Rank::CountyDetail,
            (_, false, true) => Rank::MunicipalityTotal,
            _ => Rank::Detail,
        };
        let setting = match self.practice {
            true => Setting::Practice,
            false if self.personal.iter().all(|&lane| positions[lane] == 0) => Setting::ResidenceTotal,
            false => Setting::ResidenceDetail,
        };
        PlaceOf { rank, setting }
    }
}

impl Row {
    pub fn reason(
        &self,
        count: &CellCount,
        patients: Option<&CellCount>,
        source: &Source<'_>,
        roles: &Roles,
    ) -> Reason {
        let policy = &source.table.policy;
        let of_contacts = judge(count, self.at.setting, policy);
        let of_patients = patients.map_or(Reason::Shown, |patients| match self.at.setting {
            Setting::Practice => Reason::Shown,
            setting => judge(patients, setting, policy),
        });
        let rate = match source.cells.residents.get(self.base / source.cells.axes.quantities.max(1)) {
            Some(&residents) if roles.shows_rate => {
                let most = count.patients.max(patients.map_or(0, |patients| patients.value));
                breaks_residents(most, residents, policy)
            }
            _ => false,
        };
        let rate = if rate { Reason::Residents } else { Reason::Shown };
        [of_contacts, of_patients, rate]
            .into_iter()
            .filter(|&reason| reason != Reason::Shown)
            .min()
            .unwrap_or(Reason::Shown)
    }
}
