//! The rows of one table laid into the box of its view.
//!
//! In: a view of the description and the rows read. Out: counts by position and layer, shares, and
//! findings: keys that the view does not have, categories without a row, derived measures shown
//! beside a hidden count. It never looks into other tables.

use rustc_hash::FxHashMap;

use super::book::Seen;
use super::tables::{Column, Rows, Told};
use crate::audit::report::{Finding, Findings, Kind};
use crate::relations::{Shown, Universe, View};

/// A share of a view, by positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareRow {
    pub numerator: u32,
    pub denominator: u32,
    pub told: Told,
}

/// What a table says, by position in its view.
#[derive(Debug, Clone)]
pub struct ViewRows {
    /// Contacts and patients; `Unpublished` where no indicator shows the quantity, `Absent` where
    /// the table has no such layer.
    pub counts: [Vec<Seen>; 2],
    pub shares: Vec<ShareRow>,
    pub made: Vec<MadeRow>,
}

/// A figure made of counts, by their positions, and of what is public besides.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeRow {
    pub quantities: Vec<u32>,
    pub told: Told,
}

/// Where the rows of a measure belong.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Count(usize),
    /// Made of the count of this layer.
    Derived(usize),
    Share,
}

/// Measures that are the count itself, by layer.
const LAYERS: [&[&str]; 2] = [&["contacts", "count"], &["patients"]];

fn use_of(measure: &str) -> Option<Use> {
    Some(match measure {
        "contacts" | "count" => Use::Count(0),
        "patients" => Use::Count(1),
        "per-1000" | "doctors" => Use::Derived(0),
        "patients-per-100" => Use::Derived(1),
        "share" => Use::Share,
        _ => return None,
    })
}

impl ViewRows {
    pub fn read(universe: &Universe, view: &View, rows: &Rows, findings: &mut Findings) -> Self {
        let mut read = ViewRows { counts: empty(view), shares: Vec::new(), made: Vec::new() };
        let Some(keys) = Keys::of(universe, view, rows) else {
            findings.add(Finding::of(Kind::KeyWrong, &view.table).relation("a key column is missing"));
            return read;
        };
        let mut filled = [vec![false; view.len()], vec![false; view.len()]];
        let mut derived = Vec::new();
        for row in 0..rows.told.len() {
            if view.partial && keys.shown(row).is_none() {
                continue;
            }
            if let (Some(base), Some(Shown::Made { quantities, .. })) = (keys.base(row), keys.shown(row)) {
                let quantities = quantities.iter().map(|quantity| (base + quantity) as u32).collect();
                read.made.push(MadeRow { quantities, told: rows.told[row] });
                continue;
            }
            let (Some(base), Some(shown), Some(uses)) = (keys.base(row), keys.shown(row), keys.measure(row)) else {
                findings.add(Finding::of(Kind::KeyWrong, &view.table).cell(rows.name(row)));
                continue;
            };
            let told = rows.told[row];
            let fits = match (shown, uses) {
                (Shown::Count { quantity, .. }, Use::Count(layer)) => {
                    let position = base + quantity;
                    read.counts[layer][position] = count(told);
                    !std::mem::replace(&mut filled[layer][position], true) && is_whole(told)
                }
                (Shown::Count { quantity, .. }, Use::Derived(layer)) => {
                    derived.push((row, base + quantity, layer));
                    true
                }
                (Shown::Share { numerator, denominator, .. }, Use::Share) => {
                    let (numerator, denominator) = ((base + numerator) as u32, (base + denominator) as u32);
                    read.shares.push(ShareRow { numerator, denominator, told });
                    true
                }
                _ => false,
            };
            if !fits {
                findings.add(Finding::of(Kind::KeyWrong, &view.table).cell(rows.name(row)));
            }
        }
        read.check_derived(&derived, rows, view, findings);
        read.check_complete(&filled, universe, view, findings);
        read
    }

    /// One quantity, one decision: what is made of a count is hidden with it, and so is the other
    /// layer, unless its own value is zero.
    fn check_derived(&self, derived: &[(usize, usize, usize)], rows: &Rows, view: &View, findings: &mut Findings) {
        for &(row, position, layer) in derived {
            if self.counts[layer][position] == Seen::Hidden && rows.told[row] != Told::Suppressed {
                findings.add(Finding::of(Kind::DerivedShown, &view.table).cell(rows.name(row)));
            }
        }
        for position in 0..view.len() {
            let pair = [self.counts[0][position], self.counts[1][position]];
            if matches!(pair, [Seen::Hidden, Seen::Shown(1..)] | [Seen::Shown(1..), Seen::Hidden]) {
                let places = view.positions(position);
                let cell = format!("position {places:?}: contacts and patients");
                findings.add(Finding::of(Kind::ShownElsewhere, &view.table).cell(cell));
            }
        }
    }

    fn check_complete(&self, filled: &[Vec<bool>; 2], universe: &Universe, view: &View, findings: &mut Findings) {
        for (layer, names) in LAYERS.iter().enumerate() {
            let Some(name) = names.iter().find(|name| view.measures.iter().any(|measure| measure == *name)) else {
                continue;
            };
            for quantity in view.indicators.iter().filter_map(direct) {
                let quantities = view.quantities.len();
                for position in (quantity..view.len()).step_by(quantities) {
                    let places = view.positions(position);
                    if view.is_published(&places) && !filled[layer][position] {
                        let at = universe.coordinates(view, &places);
                        let cell = format!("codes {at:?}, {name}: no row");
                        findings.add(Finding::of(Kind::KeyWrong, &view.table).cell(cell));
                    }
                }
            }
        }
    }
}

fn direct(shown: &Shown) -> Option<usize> {
    match shown {
        Shown::Count { quantity, .. } => Some(*quantity),
        Shown::Share { .. } | Shown::Made { .. } => None,
    }
}

fn empty(view: &View) -> [Vec<Seen>; 2] {
    let has = |names: &[&str]| view.measures.iter().any(|measure| names.contains(&measure.as_str()));
    // A view without indicators is no table: it says what tables of several releases tell together.
    let implied = if view.indicators.is_empty() && has(LAYERS[1]) { Seen::Unpublished } else { Seen::Absent };
    let mut of_quantity = vec![[Seen::Unpublished, implied]; view.quantities.len()];
    for quantity in view.indicators.iter().filter_map(direct) {
        // Without a row the count is taken for hidden; the missing row is a finding of its own.
        let contacts = if has(LAYERS[0]) { Seen::Hidden } else { Seen::Unpublished };
        let patients = if has(LAYERS[1]) { Seen::Hidden } else { Seen::Absent };
        of_quantity[quantity] = [contacts, patients];
    }
    let layer = |at: usize| (0..view.len()).map(|position| of_quantity[position % of_quantity.len()][at]).collect();
    [layer(0), layer(1)]
}

fn count(told: Told) -> Seen {
    match told {
        Told::Value(value) => Seen::Shown(value as i64),
        Told::Suppressed => Seen::Hidden,
        Told::Undefined => Seen::Unpublished,
    }
}

fn is_whole(told: Told) -> bool {
    match told {
        Told::Value(value) => value >= 0.0 && value.fract() == 0.0 && value < 9e15,
        Told::Suppressed => true,
        Told::Undefined => false,
    }
}

/// For every row of a table that holds a count: its position in the view and its layer. Rows of
/// other measures, and of places that the view does not name, have none.
pub fn positions_of_rows(universe: &Universe, view: &View, rows: &Rows) -> Vec<Option<(u32, usize)>> {
    let Some(keys) = Keys::of(universe, view, rows) else { return vec![None; rows.told.len()] };
    let place = |row: usize| match (keys.base(row)?, keys.shown(row)?, keys.measure(row)?) {
        (base, Shown::Count { quantity, .. }, Use::Count(layer)) => Some(((base + quantity) as u32, layer)),
        _ => None,
    };
    (0..rows.told.len()).map(place).collect()
}

/// The key columns of a table as positions in its view.
struct Keys<'a> {
    /// Columns with the position of each of their labels and the step of the position.
    axes: Vec<(&'a Column, Vec<Option<u32>>, usize)>,
    /// Columns of which the view knows the total alone.
    totals: Vec<(&'a Column, Vec<bool>)>,
    indicator: (&'a Column, Vec<Option<&'a Shown>>),
    measure: (&'a Column, Vec<Option<Use>>),
}

impl<'a> Keys<'a> {
    fn of(universe: &Universe, view: &'a View, rows: &'a Rows) -> Option<Self> {
        let shape = view.shape();
        let step = |axis: usize| shape[axis + 1..].iter().product::<usize>();
        let named = [("geo", &view.place), ("period", &view.period)].into_iter();
        let further = view.dimensions.iter().map(|axis| (universe.dims[axis.dim].id.as_str(), axis));
        let mut axes = Vec::new();
        for (at, (name, axis)) in named.chain(further).enumerate() {
            let column = rows.column(name)?;
            let ids: FxHashMap<&str, u32> = axis
                .codes
                .iter()
                .enumerate()
                .filter_map(|(position, code)| {
                    Some((universe.dims[axis.dim].codes[usize::from((*code)?)].id.as_str(), position as u32))
                })
                .collect();
            let positions = column.labels.iter().map(|label| ids.get(label.as_str()).copied()).collect();
            axes.push((column, positions, step(at)));
        }
        let known: Vec<&str> = axes.iter().map(|axis| axis.0.name.as_str()).collect();
        let other = |column: &&Column| {
            let name = column.name.as_str();
            !known.contains(&name) && !["period_type", "geo_level", "geo_name", "indicator", "measure"].contains(&name)
        };
        let is_total = |column: &Column| column.labels.iter().map(|label| label == "total").collect();
        let totals = rows.keys.iter().filter(other).map(|column| (column, is_total(column))).collect();
        let indicator = rows.column("indicator")?;
        let shown = |label: &String| view.indicators.iter().find(|shown| indicator_id(shown) == label);
        let measure = rows.column("measure")?;
        Some(Keys {
            axes,
            totals,
            indicator: (indicator, indicator.labels.iter().map(shown).collect()),
            measure: (measure, measure.labels.iter().map(|label| use_of(label)).collect()),
        })
    }
    /// Position of the row's first quantity.
    fn base(&self, row: usize) -> Option<usize> {
        let totals = self.totals.iter().all(|(column, is_total)| is_total[column.codes[row] as usize]);
        let position = |(column, positions, step): &(&Column, Vec<Option<u32>>, usize)| {
            positions[column.codes[row] as usize].map(|position| position as usize * step)
        };
        self.axes.iter().map(position).sum::<Option<usize>>().filter(|_| totals)
    }
    fn shown(&self, row: usize) -> Option<&'a Shown> {
        self.indicator.1[self.indicator.0.codes[row] as usize]
    }
    fn measure(&self, row: usize) -> Option<Use> {
        self.measure.1[self.measure.0.codes[row] as usize]
    }
}

fn indicator_id(shown: &Shown) -> &str {
    match shown {
        Shown::Count { indicator, .. } | Shown::Share { indicator, .. } | Shown::Made { indicator, .. } => indicator,
    }
}
