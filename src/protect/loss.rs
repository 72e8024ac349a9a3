//! Information lost to protection, in totals: the score of a release.
//!
//! In: cells and decisions. Out: hidden cells and contacts by table and level. No reasons: what is
//! public never tells unsafe cells from others.

use std::collections::BTreeMap;

use super::rows::Decided;
use super::system::State;
use crate::aggregate::Place;
use crate::definition::IndicatorValue;

/// Loss by table id, then level (`country`, `county`, `municipality`).
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Loss {
    pub tables: BTreeMap<String, BTreeMap<String, LevelLoss>>,
    /// Totals of the country, all ages and both sexes, that are hidden: table, period, indicator.
    /// For the restricted area.
    #[serde(skip)]
    pub country_totals: Vec<String>,
}

/// Published cells of a table at a level, and what is hidden of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LevelLoss {
    pub cells: u64,
    pub hidden_cells: u64,
    /// Percent.
    pub hidden_share: f64,
    /// Contacts in hidden cells, in percent of those in all cells of the level.
    pub hidden_contacts_share: f64,
}

/// Counts before they become shares.
#[derive(Default)]
struct Counted {
    cells: u64,
    hidden: u64,
    contacts: u64,
    hidden_contacts: u64,
}

impl Loss {
    /// Adds a table: a cell is an indicator at a place, period and combination of codes.
    pub(super) fn add(&mut self, decided: &Decided<'_>) {
        let mut levels: BTreeMap<&str, Counted> = BTreeMap::new();
        let axes = &decided.cells.axes;
        let per_place = axes.len() / axes.places.len().max(1);
        let means = !decided.cells.means.is_empty();
        for (place, &code) in axes.places.iter().enumerate().filter(|(place, _)| decided.decisions.named[*place]) {
            let counted = levels.entry(level(code)).or_default();
            if means {
                let share = decided.cells.means.len() / axes.places.len();
                for at in place * share..(place + 1) * share {
                    let contacts = decided.cells.means[at].contacts;
                    counted.count(decided.decisions.states[at] == State::Hidden, contacts);
                }
                continue;
            }
            for row in (place * per_place..(place + 1) * per_place).step_by(axes.quantities.max(1)) {
                for (at, indicator) in decided.table.indicators.iter().enumerate() {
                    let Some((hidden, contacts)) = decided.hidden(row, &indicator.value) else { continue };
                    counted.count(hidden, contacts);
                    if hidden && code == Place::Country {
                        self.country_totals.extend(decided.country_total(row, at));
                    }
                }
            }
        }
        let levels = levels.into_iter().map(|(level, counted)| (level.to_string(), counted.finish()));
        self.tables.insert(decided.table.id.clone(), levels.collect());
    }
}

impl Counted {
    fn count(&mut self, hidden: bool, contacts: u32) {
        self.cells += 1;
        self.contacts += u64::from(contacts);
        if hidden {
            self.hidden += 1;
            self.hidden_contacts += u64::from(contacts);
        }
    }

    fn finish(&self) -> LevelLoss {
        let percent =
            |part: u64, of: u64| if of == 0 { 0.0 } else { (10_000.0 * part as f64 / of as f64).round() / 100.0 };
        LevelLoss {
            cells: self.cells,
            hidden_cells: self.hidden,
            hidden_share: percent(self.hidden, self.cells),
            hidden_contacts_share: percent(self.hidden_contacts, self.contacts),
        }
    }
}

impl Decided<'_> {
    /// Whether an indicator is hidden at a row, and its contacts; none where there is no row.
    fn hidden(&self, row: usize, value: &IndicatorValue) -> Option<(bool, u32)> {
        let at = |quantity: usize| {
            let index = row + quantity;
            (self.decisions.states[index] == State::Hidden, self.cells.contacts[index].value)
        };
        match *value {
            IndicatorValue::Count { quantity } => Some(at(quantity)),
            IndicatorValue::Share { numerator, denominator, .. } => {
                Some((at(numerator).0 || at(denominator).0, at(numerator).1))
            }
            IndicatorValue::PerDoctor(_) | IndicatorValue::Joined(_) => None,
        }
    }

    /// Names a total of the country; none for a detail.
    fn country_total(&self, row: usize, indicator: usize) -> Option<String> {
        let axes = &self.cells.axes;
        let inner: usize = axes.dimensions.iter().map(Vec::len).product();
        let flat = row / axes.quantities.max(1);
        let period = axes.periods[flat / inner % axes.periods.len()];
        let total = flat.is_multiple_of(inner);
        total.then(|| format!("{} {period} {}", self.table.id, self.table.indicators[indicator].id))
    }
}

fn level(place: Place) -> &'static str {
    match place {
        Place::Country => "country",
        Place::County(_) => "county",
        Place::Pool(_) | Place::Municipality(_) => "municipality",
    }
}
