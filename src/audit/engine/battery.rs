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
fn two_releases_that_hide_beside_different_company_give_it_away() {
    // Of one row of 50 the first release hid a and b and showed 20, the second hides a and c and shows 27.
    check(
        "a + b + 20 = 50
         a + c + 27 = 50
         b = 27
         c = 20",
        &[("a", 3, 3)],
    );
}

#[test]
fn an_old_and_a_new_border_side_by_side_give_the_place_between_away() {
    // The old municipality is village and town, the new one the town alone; by two ages.
    check(
        "village_young + town_young = 60
         village_old + town_old = 63
         town_young + town_old = 118
         village_young + village_old = _village",
        &[("_village", 5, 5), ("village_young", 1, 4), ("town_old", 59, 62)],
    );
}

#[test]
fn two_ways_to_cut_ages_give_the_year_between_away() {
    // Published are 0-5 and 6-15, elsewhere 0-6.
    check("40 + six = 43\n six + seven_to_fifteen = 90", &[("six", 3, 3), ("seven_to_fifteen", 87, 87)]);
}

#[test]
fn tables_by_residence_and_by_practice_share_the_whole_country() {
    // The country is hidden in both; the practices give it away, and with it a residence.
    check(
        "small + large = _country
         large + 5 = 66
         practices + 30 = _country
         practices + 12 = 47",
        &[("_country", 65, 65), ("small", 4, 4)],
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
fn a_safe_cube_raises_no_alarm() {
    // Two places, two months, two types, 10 in each; every sum of two is published.
    let knowledge = check(
        "a + b = 20
         c + d = 20
         e + f = 20
         g + h = 20
         a + c = 20
         b + d = 20
         e + g = 20
         f + h = 20
         a + e = 20
         b + f = 20
         c + g = 20
         d + h = 20",
        &[("a", 1, 19), ("h", 1, 19), ("d", 1, 19)],
    );
    assert!(knowledge.ranges.now.iter().all(|range| range.width() == 18));
}

#[test]
fn contradictory_tables_are_reported_and_not_explained_away() {
    let puzzle = Puzzle::of(
        "a + b = 3
         a + b + c = 3",
    );
    assert!(attack(&puzzle.system, &Budget::default()).contradiction.is_some());
}
