//! Which stays have a person, and what becomes of the others.

use arrow::array::{AsArray, Int64Array};

use super::*;

const KEYS: &str = "npr_lnr,kpr_lnr\n1,11\n1,11\n2,\n3,31\n3,32\n4,41\n4,\n";
const STAYS: &str = "npr_lnr,inntid,uttid,omsorgsniva\n\
                     1,2024-01-01T10:00,2024-01-02T10:00,1\n\
                     2,2024-01-01T10:00,,1\n\
                     3,2024-01-01T10:00,,1\n\
                     4,2024-01-01T10:00,,1\n\
                     5,2024-01-01T10:00,2024-01-02T10:00,3\n\
                     5,2024-01-01T10:00,2023-01-02T10:00,3\n";

fn names(scanned: &Scanned) -> Vec<(String, u64)> {
    scanned.tally.total().classes.iter().map(|(class, &rows)| (class.name(), rows)).collect()
}

fn told(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|&(name, rows)| (name.to_string(), rows)).collect()
}

#[test]
fn one_person_or_a_reason() {
    let folder = delivery(&[("nokkel.csv", KEYS.as_bytes()), ("opphold.csv", STAYS.as_bytes())]);
    let inputs = Inputs::open_sources(folder.path(), &[source("nokkel"), source("opphold")], 0).unwrap();
    let (links, keys) = Links::read(&inputs).unwrap();
    // Row 2 has no person and is no second person of anybody; both rows of 3 are rejected.
    let expected = [("counted", 3), ("out-of-scope:no-person", 2), ("rejected:ambiguous-key", 2)];
    assert_eq!(names(&keys), told(&expected));
    assert!(keys.tally.total().balances());
    assert_eq!(
        keys.rejects.iter().map(|r| (r.line, r.fields.join(","))).collect::<Vec<_>>(),
        [(5, "3,31".to_string()), (6, "3,32".to_string())]
    );

    let seen: Mutex<Vec<(u32, i64)>> = Mutex::default();
    let stays = links
        .stays(&inputs, &["inntid"], &|batch| {
            assert_eq!(batch.columns.num_columns(), 2);
            let persons: &Int64Array = batch.columns.column_by_name(PERSON).unwrap().as_primitive();
            seen.lock().unwrap().extend(batch.rows.iter().copied().zip(persons.values().iter().copied()));
            Ok(())
        })
        .unwrap();
    // The open stay of person 41 is passed on, for it is an admission, and has its class already.
    assert_eq!(seen.into_inner().unwrap(), [(0, 11), (3, 41)]);
    let expected = [
        ("out-of-scope:open-stay", 1),
        ("rejected:bad-period", 1),
        ("rejected:ambiguous-key", 1),
        ("rejected:no-key", 2),
    ];
    assert_eq!(names(&stays), told(&expected));
    let lines: Vec<_> = stays.rejects.iter().map(|r| (r.line, r.reason.name())).collect();
    assert_eq!(lines, [(3, "no-key"), (4, "ambiguous-key"), (6, "no-key"), (7, "bad-period")]);
}
