//! The cheapest change of some numbers that raises one of them so far: a small linear program.
//!
//! In: numbers that may rise and fall within bounds, at a price a unit either way, and sums of them with bounds
//! and prices of their own. Out: by how much each number changes, where the simplex method finds it. What costs
//! the same either way is one variable with a corner at nought here, and where everything stands still is the
//! start, so that a program of a hundred numbers takes a tenth of what a general solver takes to set it up.
//! Never says that what it finds is whole or right: whoever asks adds it up.

use std::cmp::Ordering;

/// How far a number or a sum may change, and what a unit of it costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// At most 0.
    pub low: i32,
    /// At least 0.
    pub high: i32,
    pub cost: f64,
}

impl Span {
    pub const STILL: Span = Span { low: 0, high: 0, cost: 0.0 };

    pub fn is_still(&self) -> bool {
        self.low == 0 && self.high == 0
    }
}

/// What is to change, and by how much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aim {
    /// A number, or a sum after all numbers.
    pub variable: usize,
    pub by: i32,
}

/// What a unit on the way to the aim is worth: more than anything costs.
const WORTH: f64 = 1e5;
/// Less is nought.
const NOUGHT: f64 = 1e-7;
/// Steps after which nothing is found.
const STEPS: usize = 400;

/// The change of every number; none where none is found.
pub(super) fn cheapest(numbers: &[Span], sums: &[(Span, &[u32])], aim: Aim) -> Option<Vec<f64>> {
    let mut simplex = Simplex::new(numbers, sums, aim);
    simplex.hold_still();
    for _ in 0..STEPS {
        let Some(entering) = simplex.entering() else {
            let is_there = (simplex.values[aim.variable] - f64::from(aim.by)).abs() < NOUGHT;
            simplex.values.truncate(numbers.len());
            return is_there.then_some(simplex.values);
        };
        simplex.step(entering);
    }
    None
}

/// Every basic variable is a sum of the others, each times its factor.
struct Simplex {
    /// The numbers, then the sums.
    spans: Vec<Span>,
    values: Vec<f64>,
    /// By variable that is basic: on which side of nought it is, or counts as being while it is nought.
    sides: Vec<f64>,
    /// By row: its variable. Basic variables are anywhere within their bounds.
    basic: Vec<usize>,
    /// By column: its variable. The others are at a bound or at nought.
    others: Vec<usize>,
    /// Factors, row by row.
    factors: Vec<f64>,
    /// By column: what the basic variables cost more for a unit of it.
    slopes: Vec<f64>,
    aim: Aim,
    /// Memory that steps reuse.
    corners: Vec<Corner>,
    pivot: Vec<(usize, f64)>,
}

/// A variable that is to change: its column, which way, and what is saved by a unit.
#[derive(Clone, Copy)]
struct Entering {
    column: usize,
    way: f64,
    saved: f64,
}

/// Where a basic variable comes to a corner or a bound as another one changes.
struct Corner {
    after: f64,
    row: usize,
    /// What is saved less beyond it.
    dearer: f64,
}

impl Corner {
    /// The nearest first, then bounds.
    fn order(&self, other: &Corner) -> Ordering {
        let by_price = || other.dearer.total_cmp(&self.dearer).then(self.row.cmp(&other.row));
        self.after.total_cmp(&other.after).then_with(by_price)
    }
}

impl Simplex {
    fn new(numbers: &[Span], sums: &[(Span, &[u32])], aim: Aim) -> Simplex {
        let (width, count) = (numbers.len(), numbers.len() + sums.len());
        let mut spans: Vec<Span> = numbers.iter().copied().chain(sums.iter().map(|sum| sum.0)).collect();
        spans[aim.variable] = Span { low: aim.by.min(0), high: aim.by.max(0), cost: 0.0 };
        let mut factors = vec![0.0; width * sums.len()];
        for (row, (_, held)) in sums.iter().enumerate() {
            held.iter().for_each(|&at| factors[row * width + at as usize] = 1.0);
        }
        let mut simplex = Simplex {
            spans,
            values: vec![0.0; count],
            sides: vec![1.0; count],
            basic: (width..count).collect(),
            others: (0..width).collect(),
            factors,
            slopes: vec![0.0; width],
            aim,
            corners: Vec::new(),
            pivot: Vec::new(),
        };
        for row in 0..sums.len() {
            simplex.add_slope(row, simplex.slope(simplex.basic[row]));
        }
        simplex
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.factors[row * self.others.len()..][..self.others.len()]
    }

    /// What a unit more of a basic variable costs.
    fn slope(&self, variable: usize) -> f64 {
        if variable == self.aim.variable {
            return -WORTH * f64::from(self.aim.by.signum());
        }
        self.spans[variable].cost * self.sides[variable]
    }

    fn add_slope(&mut self, row: usize, slope: f64) {
        if slope != 0.0 {
            let width = self.others.len();
            let factors = &self.factors[row * width..][..width];
            self.slopes.iter_mut().zip(factors).for_each(|(sum, factor)| *sum += slope * factor);
        }
    }

    /// Takes away what stands still: a sum takes a number with it that follows from the others then.
    fn hold_still(&mut self) {
        let width = self.others.len();
        let mut held = vec![0u32; width];
        let filled = (0..self.factors.len()).filter(|&at| self.factors[at] != 0.0);
        filled.for_each(|at| held[at % width] += 1);
        for row in 0..self.basic.len() {
            let still = |variable: usize| self.spans[variable].is_still();
            if still(self.basic[row]) {
                let usable = |&column: &usize| self.row(row)[column].abs() > NOUGHT && !still(self.others[column]);
                if let Some(column) = (0..width).filter(usable).min_by_key(|&column| held[column]) {
                    self.pivot(row, column);
                }
            }
        }
        let moving: Vec<usize> = (0..width).filter(|&column| !self.spans[self.others[column]].is_still()).collect();
        let rows: Vec<usize> = (0..self.basic.len()).filter(|&row| !self.spans[self.basic[row]].is_still()).collect();
        self.factors = rows
            .iter()
            .flat_map(|&row| moving.iter().map(move |&column| row * width + column))
            .map(|at| self.factors[at])
            .collect();
        self.slopes = moving.iter().map(|&column| self.slopes[column]).collect();
        self.basic = rows.iter().map(|&row| self.basic[row]).collect();
        self.others = moving.iter().map(|&column| self.others[column]).collect();
    }

    /// The change of one variable that saves most by the unit; none where none saves anything.
    fn entering(&self) -> Option<Entering> {
        let mut best: Option<Entering> = None;
        for (column, &variable) in self.others.iter().enumerate() {
            let (span, value) = (self.spans[variable], self.values[variable]);
            for way in [1.0, -1.0] {
                let own = match variable == self.aim.variable {
                    true => self.slope(variable) * way,
                    false if value * way >= 0.0 => span.cost,
                    false => -span.cost,
                };
                let saved = -(self.slopes[column] * way + own);
                let is_open = if way > 0.0 { value < f64::from(span.high) } else { value > f64::from(span.low) };
                if is_open && saved > best.map_or(NOUGHT, |best| best.saved) {
                    best = Some(Entering { column, way, saved });
                }
            }
        }
        best
    }

    /// Changes a variable as far as that saves anything. The basic one that stops it takes its place.
    fn step(&mut self, entering: Entering) {
        let mut saved = entering.saved;
        let (own, own_corners) = (self.others[entering.column], self.own_corners(entering));
        let mut corners = std::mem::take(&mut self.corners);
        self.see_corners(entering, &mut corners);
        corners.extend(own_corners);
        let rows = self.basic.len();
        while let Some(at) = (0..corners.len()).min_by(|&a, &b| corners[a].order(&corners[b])) {
            let corner = corners.swap_remove(at);
            saved -= corner.dearer;
            if saved <= NOUGHT {
                self.advance(entering, corner.after);
                if corner.row < rows {
                    self.sides[own] = if self.values[own] == 0.0 { entering.way } else { self.values[own].signum() };
                    self.pivot(corner.row, entering.column);
                }
                break;
            }
            if corner.row < rows {
                self.turn(corner.row, entering);
            }
        }
        self.corners = corners;
    }

    /// Where the basic variables come to corners and bounds.
    fn see_corners(&self, entering: Entering, corners: &mut Vec<Corner>) {
        corners.clear();
        for (row, &variable) in self.basic.iter().enumerate() {
            let by = self.row(row)[entering.column] * entering.way;
            if by.abs() < NOUGHT {
                continue;
            }
            let (value, span) = (self.values[variable], self.spans[variable]);
            let bound = f64::from(if by > 0.0 { span.high } else { span.low });
            corners.push(Corner { after: ((bound - value) / by).max(0.0), row, dearer: f64::INFINITY });
            if span.cost > 0.0 && self.sides[variable] * by < 0.0 {
                corners.push(Corner { after: (-value / by).max(0.0), row, dearer: 2.0 * span.cost * by.abs() });
            }
        }
    }

    /// The same of the variable that changes, which has no row.
    fn own_corners(&self, Entering { column, way, .. }: Entering) -> impl Iterator<Item = Corner> + use<> {
        let variable = self.others[column];
        let (value, span, row) = (self.values[variable], self.spans[variable], self.basic.len());
        let bound = f64::from(if way > 0.0 { span.high } else { span.low });
        let end = Corner { after: (bound - value) * way, row, dearer: f64::INFINITY };
        let nought = Corner { after: -value * way, row, dearer: 2.0 * span.cost };
        [end].into_iter().chain(Some(nought).filter(|_| value * way < 0.0 && span.cost > 0.0))
    }

    /// A basic variable passes nought: what it costs falls no longer, but rises.
    fn turn(&mut self, row: usize, entering: Entering) {
        let variable = self.basic[row];
        let way = (self.row(row)[entering.column] * entering.way).signum();
        self.sides[variable] = way;
        self.add_slope(row, 2.0 * self.spans[variable].cost * way);
    }

    fn advance(&mut self, Entering { column, way, .. }: Entering, by: f64) {
        let width = self.others.len();
        if by > 0.0 {
            for (row, &variable) in self.basic.iter().enumerate() {
                let changed = self.values[variable] + self.factors[row * width + column] * way * by;
                self.values[variable] = snapped(changed);
            }
            let own = &mut self.values[self.others[column]];
            *own = snapped(*own + way * by);
        }
    }

    /// A basic variable and another change places.
    fn pivot(&mut self, row: usize, column: usize) {
        let width = self.others.len();
        self.add_slope(row, -self.slope(self.basic[row]));
        let own = self.factors[row * width + column];
        let mut by = std::mem::take(&mut self.pivot);
        by.clear();
        for (at, factor) in self.factors[row * width..][..width].iter_mut().enumerate() {
            *factor = if at == column { 1.0 / own } else { -*factor / own };
            if factor.abs() > NOUGHT {
                by.push((at, *factor));
            } else {
                *factor = 0.0;
            }
        }
        let add = |factors: &mut [f64]| {
            let times = std::mem::replace(&mut factors[column], 0.0);
            if times != 0.0 {
                by.iter().for_each(|&(at, factor)| factors[at] += times * factor);
            }
        };
        self.factors.chunks_exact_mut(width).enumerate().filter(|(at, _)| *at != row).for_each(|(_, all)| add(all));
        add(&mut self.slopes);
        self.pivot = by;
        std::mem::swap(&mut self.basic[row], &mut self.others[column]);
        self.add_slope(row, self.slope(self.basic[row]));
    }
}

/// A value without what rounding added.
fn snapped(value: f64) -> f64 {
    let whole = value.round();
    if (value - whole).abs() < NOUGHT { whole } else { value }
}

#[cfg(test)]
mod tests {
    use super::super::pairs::mix;
    use super::*;

    const NUMBERS: usize = 6;
    /// Rows and columns of a table of two by three.
    const SUMS: [&[u32]; 5] = [&[0, 1, 2], &[3, 4, 5], &[0, 3], &[1, 4], &[2, 5]];

    /// Spans up to 2 either way, of which some stand still and some are free.
    fn spans(seed: u64, count: usize) -> Vec<Span> {
        let part = |at: usize, of: u64| (mix(seed << 16 | (at as u64) << 4 | of) % 3) as i32;
        (0..count).map(|at| Span { low: -part(at, 0), high: part(at, 1), cost: f64::from(part(at, 2)) }).collect()
    }

    /// What a change costs; none where it is out of bounds, or not what is aimed at.
    fn cost(spans: &[Span], change: &[i32], aim: Aim) -> Option<f64> {
        let sums = SUMS.iter().map(|held| held.iter().map(|&at| change[at as usize]).sum());
        let all: Vec<i32> = change.iter().copied().chain(sums).collect();
        let fits = |(at, by): (usize, &i32)| at == aim.variable || (spans[at].low..=spans[at].high).contains(by);
        let costs = || all.iter().enumerate().filter(|(at, _)| *at != aim.variable);
        let total = || costs().map(|(at, by)| spans[at].cost * f64::from(by.abs())).sum();
        (all[aim.variable] == aim.by && all.iter().enumerate().all(fits)).then(total)
    }

    /// The least that any change of whole numbers costs. A table's rows and columns never make a fraction cheaper.
    fn least(spans: &[Span], aim: Aim) -> Option<f64> {
        let change = |number: u32| -> Vec<i32> {
            (0..NUMBERS as u32).map(|at| (number / 5u32.pow(at) % 5) as i32 - 2).collect()
        };
        let all = (0..5u32.pow(NUMBERS as u32)).filter_map(|number| cost(spans, &change(number), aim));
        all.min_by(f64::total_cmp)
    }

    #[test]
    fn what_is_found_costs_as_little_as_the_best_of_all_changes() {
        let (mut possible, mut impossible) = (0, 0);
        for seed in 0..300 {
            let spans = spans(seed, NUMBERS + SUMS.len());
            let aim = Aim { variable: seed as usize % spans.len(), by: [1, -1, 2, -2][seed as usize / 11 % 4] };
            let mut bounded = spans.clone();
            if aim.variable < NUMBERS {
                bounded[aim.variable] = Span { low: -2, high: 2, cost: 0.0 };
            }
            let sums: Vec<(Span, &[u32])> = bounded[NUMBERS..].iter().copied().zip(SUMS).collect();
            let found = cheapest(&bounded[..NUMBERS], &sums, aim);
            let expected = least(&bounded, aim);
            assert_eq!(found.is_some(), expected.is_some(), "seed {seed}");
            let Some((found, expected)) = found.zip(expected) else {
                impossible += 1;
                continue;
            };
            possible += 1;
            let whole: Vec<i32> = found.iter().map(|by| by.round() as i32).collect();
            assert!(found.iter().zip(&whole).all(|(by, whole)| (by - f64::from(*whole)).abs() < NOUGHT), "seed {seed}");
            let of_found = cost(&bounded, &whole, aim).expect("within bounds");
            assert!((of_found - expected).abs() < 1e-6, "seed {seed}: {of_found} instead of {expected}");
        }
        assert!(possible > 50 && impossible > 50, "{possible} possible, {impossible} not");
    }

    /// Nobody is paid to go round in circles: what nothing aims at stands still.
    #[test]
    fn only_what_the_aim_needs_changes() {
        let free = Span { low: -2, high: 2, cost: 1.0 };
        let found = cheapest(&[free; 4], &[(Span::STILL, &[0, 1]), (Span::STILL, &[2, 3])], Aim { variable: 0, by: 2 });
        assert_eq!(found, Some(vec![2.0, -2.0, 0.0, 0.0]));
    }
}
