//! Views that know some figures of a table alone: shares without counts, figures made of counts.

use serde_json::json;

use super::*;
use crate::audit::report::{Findings, Kind};
use crate::relations::Universe;

/// The country, A and B in one year. Quantities: counted, not counted, all.
fn universe(indicators: serde_json::Value, measures: &[&str]) -> Universe {
    let code = |id: &str, leaves: &[u16]| json!({"id": id, "leaves": leaves});
    let dims = json!([
        {"id": "residence", "kind": "residence", "leaves": ["A", "B"],
         "codes": [code("0", &[0, 1]), code("A", &[0]), code("B", &[1])]},
        {"id": "time", "kind": "time", "leaves": ["m"], "codes": [code("2024", &[0])]},
        {"id": "counted", "kind": "condition", "leaves": ["yes", "no"],
         "codes": [code("total", &[0, 1]), code("yes", &[0]), code("no", &[1])]},
    ]);
    let view = json!({
        "table": "t", "place": {"dim": 0, "codes": [0, 1, 2]}, "period": {"dim": 1, "codes": [0]},
        "dimensions": [], "quantities": [{"codes": [[2, 1]]}, {"codes": [[2, 2]]}, {"codes": []}],
        "indicators": indicators, "measures": measures,
        "municipality": [false, true, true], "municipality_detail": [true], "partial": true,
    });
    serde_json::from_value(json!({"id": "u", "dims": dims, "views": [view]})).unwrap()
}

fn share() -> Universe {
    let share = json!({"share": {"indicator": "s", "numerator": 0, "complement": 1, "denominator": 2}});
    universe(json!([share]), &["share"])
}

/// Rows of (place, indicator, measure, what is told).
fn rows(all: &[(&str, &str, &str, Told)]) -> Rows {
    let mut rows = Rows { table: "t".into(), ..Rows::default() };
    rows.keys = ["geo", "period", "indicator", "measure"].map(Column::named).to_vec();
    for (place, indicator, measure, told) in all {
        rows.keys.iter_mut().zip([*place, "2024", *indicator, *measure]).for_each(|(c, l)| c.push(l));
        rows.told.push(*told);
    }
    rows
}

/// Half of the country; A and B are hidden. Means are of no universe.
fn half() -> Rows {
    let (hidden, mean) = (Told::Suppressed, Told::Value(0.5));
    rows(&[
        ("0", "s", "share", Told::Value(50.0)),
        ("A", "s", "share", hidden),
        ("B", "s", "share", hidden),
        ("0", "upc", "mean", mean),
    ])
}

#[test]
fn a_shown_share_tells_of_its_counts_and_a_hidden_one_does_not() {
    let (universe, mut findings) = (share(), Findings::default());
    let mut book = Book::of(&universe, &[&half()], &mut findings);
    assert_eq!(findings, Findings::default(), "a mean of another universe is no wrong key");
    let mut told = book.told_of.clone();
    told.sort_unstable();
    // Cells stand place by place: counted, not counted, all.
    assert_eq!(told, [0, 2]);
    book.tell(|cell| if cell == 0 { 100 } else { 200 });
    assert_eq!(
        [0, 1, 2].map(|cell| book.seen(Layer::Contacts, cell)),
        [Seen::Shown(100), Seen::Unpublished, Seen::Shown(200)]
    );
    assert_eq!(book.seen(Layer::Contacts, 3), Seen::Unpublished);
    let bound = Bound::of(&mut book, &universe, &mut findings);
    assert_eq!(findings, Findings::default());
    // A and B are the country together: three sums of places, and of the counted and not.
    assert!(bound.relations.len() >= 5);
}

#[test]
fn counts_that_do_not_make_the_share_are_noticed() {
    let (universe, mut findings) = (share(), Findings::default());
    let mut book = Book::of(&universe, &[&half()], &mut findings);
    book.tell(|cell| if cell == 0 { 101 } else { 200 });
    Bound::of(&mut book, &universe, &mut findings);
    assert_eq!(findings.count(Kind::Contradiction), 1);
}

#[test]
fn a_figure_made_of_a_hidden_count_is_noticed_where_it_is_shown() {
    let made = json!({"made": {"indicator": "free", "quantities": [2]}});
    let count = json!({"count": {"indicator": "all", "quantity": 2}});
    let universe = universe(json!([count, made]), &["count"]);
    let all = |of_made: [Told; 3]| {
        let places = ["0", "A", "B"];
        let counts = places.map(|place| (place, "all", "count", Told::Suppressed));
        let made = [0, 1, 2].map(|at| (places[at], "free", "count", of_made[at]));
        rows(&counts.into_iter().chain(made).collect::<Vec<_>>())
    };
    let mut findings = Findings::default();
    Book::of(&universe, &[&all([Told::Suppressed; 3])], &mut findings);
    assert_eq!(findings, Findings::default());
    Book::of(&universe, &[&all([Told::Value(7.0), Told::Suppressed, Told::Suppressed])], &mut findings);
    assert_eq!(findings.count(Kind::DerivedShown), 1);
}

#[test]
fn a_hidden_figure_made_of_one_count_says_that_it_is_not_zero() {
    let made = json!({"made": {"indicator": "rate", "quantities": [2]}});
    let universe = universe(json!([made]), &["per-1000"]);
    let told = [("0", Told::Value(3.0)), ("A", Told::Suppressed), ("B", Told::Undefined)];
    let rows = rows(&told.map(|(place, told)| (place, "rate", "per-1000", told)));
    let mut findings = Findings::default();
    let book = Book::of(&universe, &[&rows], &mut findings);
    assert_eq!(findings, Findings::default());
    assert_eq!(
        [2, 5, 8].map(|cell| book.seen(Layer::Contacts, cell)),
        [Seen::Unpublished, Seen::Hidden, Seen::Unpublished]
    );
    assert_eq!(book.told_of, [2]);
}
