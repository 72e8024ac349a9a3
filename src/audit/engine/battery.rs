//! Published patterns with known holes: the attack must find each of them, and nothing else.
//!
//! A puzzle is a list of sums as a reader of the tables would write them: numbers are published,
//! names are hidden (at least 1), names that begin with `_` were never published (at least 0).

use std::collections::BTreeMap;

use super::*;

pub(super) struct Puzzle {
    pub system: System,
    pub names: BTreeMap<String, usize>,
}

impl Puzzle {
    /// One sum a line: `a + b = 7`, `a + b = total`.
    pub fn of(text: &str) -> Self {
        let mut puzzle = Puzzle { system: System::new(), names: BTreeMap::new() };
        text.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| puzzle.add(line));
        puzzle.system.index();
        puzzle
    }
    fn add(&mut self, line: &str) {
        let (left, right) = line.split_once('=').expect("a sum");
        let (mut terms, mut value) = (Vec::new(), 0);
        for (side, sign) in [(left, 1), (right, -1)] {
            for word in side.split('+').map(str::trim) {
                match word.parse::<i64>() {
                    Ok(number) => value -= sign * number,
                    Err(_) => terms.push((self.cell(word), sign)),
                }
            }
        }
        self.system.equation(&terms, value);
    }
    fn cell(&mut self, name: &str) -> usize {
        let least = if name.starts_with('_') { 0 } else { 1 };
        let system = &mut self.system;
        *self.names.entry(name.to_string()).or_insert_with(|| system.unknown(Range::at_least(least)))
    }
    /// What the whole attack, without limit of width, knows of a name.
    fn solve(&self) -> Knowledge {
        let budget = Budget::default();
        let mut knowledge = attack(&self.system, &budget);
        let all: Vec<Target> =
            (0..self.system.unknowns() as u32).map(|cell| Target { cell, enough: i64::MAX }).collect();
        deepen(&self.system, &mut knowledge, &all, &budget);
        assert_eq!(knowledge.contradiction, None, "the puzzle contradicts itself");
        knowledge
    }
}

fn check(text: &str, expected: &[(&str, i64, i64)]) -> Knowledge {
    let puzzle = Puzzle::of(text);
    let knowledge = puzzle.solve();
    for &(name, lo, hi) in expected {
        let cell = puzzle.names[name];
        assert_eq!(knowledge.range(cell), Range { lo, hi }, "{name} in {text}");
        assert!(knowledge.is_tight(cell), "{name}: the interval is not shown to be the true one");
    }
    knowledge
}

fn how(text: &str, name: &str) -> How {
    let puzzle = Puzzle::of(text);
    puzzle.solve().how[puzzle.names[name]]
}

#[test]
fn exact_by_a_chain_of_relations() {
    let text = "a + b = 11
                b + c = 13
                a + c = 12";
    check(text, &[("a", 5, 5), ("b", 6, 6), ("c", 7, 7)]);
    assert_eq!(how(text, "a"), How::Elimination);
}

#[test]
fn exact_by_a_longer_chain_through_totals_never_published() {
    // Three municipalities by sex; the county by sex is shown; two totals are.
    check(
        "m1 + f1 = _t1
         m2 + f2 = _t2
         m1 + m2 = 20
         f1 + f2 = 31
         _t1 + _t2 = 51
         m1 + 4 = _p
         _p + f2 = 30
         m1 + f2 = 26
         _t1 = 25",
        &[("_t2", 26, 26)],
    );
}

#[test]
fn exact_by_nonnegativity() {
    let text = "a + _u = 6
                a + _v = 9
                _u + _w = 0";
    check(text, &[("a", 6, 6), ("_v", 3, 3)]);
    assert_eq!(how(text, "a"), How::Propagation);
}

#[test]
fn exact_by_at_least_one() {
    // Four hidden cells of a square whose row has 2: each is 1.
    check(
        "a + b = 2
         c + d = 9
         a + c = 5
         b + d = 6",
        &[("a", 1, 1), ("b", 1, 1), ("c", 4, 4), ("d", 5, 5)],
    );
}

#[test]
fn at_least_one_leaves_two_values() {
    check(
        "a + b = 3
         c + d = 9
         a + c = 5
         b + d = 7",
        &[("a", 1, 2), ("b", 1, 2), ("c", 3, 4), ("d", 5, 6)],
    );
}

#[test]
fn exact_by_whole_numbers_where_fractions_leave_room() {
    // Fractions allow a from 1 to 1.5: three pairs of a triangle and their common total.
    let mut system = System::new();
    let cells: Vec<usize> = (0..2).map(|_| system.unknown(Range::at_least(1))).collect();
    system.row(&[(cells[0], 2), (cells[1], -1)], -UNBOUNDED, 0);
    system.row(&[(cells[0], 2), (cells[1], 1)], -UNBOUNDED, 6);
    system.index();
    let mut knowledge = attack(&system, &Budget::default());
    deepen(&system, &mut knowledge, &[Target { cell: 0, enough: i64::MAX }], &Budget::default());
    assert_eq!(knowledge.range(cells[0]), Range::exactly(1));
}

#[test]
fn a_county_with_one_municipality_is_its_municipality() {
    check("oslo = 9\n a + b = 12", &[("oslo", 9, 9), ("a", 1, 11)]);
}

#[test]
fn april_is_the_first_tertial_less_the_first_quarter() {
    check(
        "january + february + march = 30
         january + february + march + april = 38
         january + 12 = 21",
        &[("april", 8, 8), ("january", 9, 9), ("february", 1, 20)],
    );
}

#[test]
fn september_is_the_third_tertial_less_the_fourth_quarter() {
    check(
        "october + november + december = 30
         september + october + november + december = 33",
        &[("september", 3, 3)],
    );
}

#[test]
fn the_difference_of_two_releases_is_a_table() {
    // The old release showed 7, 12 and 19. The new total is 20: one contact came late.
    check(
        "7 + _late_a = a
         12 + _late_b = b
         a + b = 20",
        &[("a", 7, 8), ("b", 12, 13)],
    );
}

#[test]
fn a_rate_beside_a_public_population_gives_the_count_away() {
    let mut system = System::new();
    let count = system.unknown(Range::at_least(1));
    // 12.35 per 1 000 of 1 620 residents: 12.345 x 1620 <= 1000 x count < 12.355 x 1620.
    system.row(&[(count, 200_000)], 2469 * 1620, 2471 * 1620 - 1);
    system.index();
    assert_eq!(attack(&system, &Budget::default()).range(count), Range::exactly(20));
}

#[test]
fn a_share_of_a_public_denominator_gives_numerator_and_complement_away() {
    // 3.06 percent of 98, and numerator + complement = 98.
    let mut system = System::new();
    let (numerator, complement) = (system.unknown(Range::at_least(0)), system.unknown(Range::at_least(0)));
    system.row(&[(numerator, 20_000)], 611 * 98, 613 * 98 - 1);
    system.equation(&[(numerator, 1), (complement, 1)], 98);
    system.index();
    let knowledge = attack(&system, &Budget::default());
    assert_eq!((knowledge.range(numerator), knowledge.range(complement)), (Range::exactly(3), Range::exactly(95)));
}

#[test]
fn a_contributor_knows_the_other_cell_and_a_union_is_determined() {
    let puzzle = Puzzle::of(
        "a + b = 17
         c + d + e = 30
         d + e = f
         f + 4 = g",
    );
    let knowledge = puzzle.solve();
    let cell = |name: &str| puzzle.names[name] as u32;
    let group = |name: &str| ties(&knowledge).into_iter().find(|tie| tie.cells.contains(&cell(name)));
    assert_eq!(group("a"), Some(Tie { cells: vec![cell("a"), cell("b")], factors: vec![1, -1] }));
    assert_eq!(group("c"), Some(Tie { cells: vec![cell("c"), cell("f"), cell("g")], factors: vec![1, -1, -1] }));
    assert_eq!(group("d"), None);
}

#[test]
fn a_safe_square_raises_no_alarm() {
    let knowledge = check(
        "a + b = 40
         c + d = 60
         a + c = 50
         b + d = 50",
        &[("a", 1, 39), ("b", 1, 39), ("c", 11, 49), ("d", 11, 49)],
    );
    assert!(knowledge.ranges.now.iter().all(|range| range.width() >= 2));
}

#[test]
fn contradictory_tables_are_reported_and_not_explained_away() {
    let puzzle = Puzzle::of(
        "a + b = 3
         a + b + c = 3",
    );
    assert!(attack(&puzzle.system, &Budget::default()).contradiction.is_some());
}
