//! The public row accounting: what became of every row, without a number that says something of
//! a person.
//!
//! In: the exact rows by class of one source. Out: [`PublicAccount`], whose classes still add up
//! to the rows read. Classes of few rows are summed as `other` together with the next smallest
//! ones, so that neither `other` nor a difference of shown numbers is small. The exact accounting
//! by file stands in the restricted manifest.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{FileTally, RowClass};

/// Fewest rows that a shown class, and a difference of shown numbers, may have (or none at all).
pub const FEWEST_ROWS: u64 = 10;

/// Rows of a source by class, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicAccount {
    /// Rows read; none where even that would say too much.
    pub rows: Option<u64>,
    /// Rows by class; a class that is not named is empty, or part of `other` where that stands.
    pub classes: BTreeMap<String, u64>,
}

/// What may be published of `tally`. `published` is how many of the counted rows public tables
/// show anyway (the country's contacts), where they show them.
///
/// # Guarantee
/// Every number, `rows` less any shown classes, and the counted rows less `published`, is 0 or at
/// least [`FEWEST_ROWS`].
pub fn public_account(tally: &FileTally, published: Option<u64>) -> PublicAccount {
    let mut classes: Vec<(RowClass, u64)> = tally.classes.iter().map(|(class, rows)| (*class, *rows)).collect();
    classes.retain(|(_, rows)| *rows > 0);
    classes.sort_by_key(|(class, rows)| (!is_unsafe(*class, *rows, published), *rows, *class));
    let held = classes.iter().filter(|(class, rows)| is_unsafe(*class, *rows, published)).count();
    if held == 0 {
        return account(Some(tally.rows), &classes, None);
    }
    for merged in held.max(2)..=classes.len() {
        let other: u64 = classes[..merged].iter().map(|(_, rows)| rows).sum();
        if !is_few(other) && !gives_difference(other, published) {
            return account(Some(tally.rows), &classes[merged..], Some(other));
        }
    }
    PublicAccount::withheld()
}

impl PublicAccount {
    /// Where no grouping is safe.
    pub fn withheld() -> Self {
        PublicAccount { rows: None, classes: BTreeMap::new() }
    }
}

fn is_few(rows: u64) -> bool {
    (1..FEWEST_ROWS).contains(&rows)
}

fn is_unsafe(class: RowClass, rows: u64, published: Option<u64>) -> bool {
    is_few(rows) || (class == RowClass::Counted && gives_difference(rows, published))
}

/// Whether what is published leaves few of `rows`.
fn gives_difference(rows: u64, published: Option<u64>) -> bool {
    published.is_some_and(|published| is_few(rows.saturating_sub(published)))
}

fn account(rows: Option<u64>, shown: &[(RowClass, u64)], other: Option<u64>) -> PublicAccount {
    let shown = shown.iter().map(|(class, rows)| (class.name(), *rows));
    PublicAccount { rows, classes: shown.chain(other.map(|rows| ("other".to_string(), rows))).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OutOfScope, RejectReason};

    fn tally(classes: &[(RowClass, u64)]) -> FileTally {
        let mut tally = FileTally { rows: classes.iter().map(|(_, rows)| rows).sum(), ..FileTally::default() };
        classes.iter().for_each(|(class, rows)| tally.add(*class, *rows));
        tally
    }

    fn shown(account: &PublicAccount) -> Vec<(&str, u64)> {
        account.classes.iter().map(|(class, rows)| (class.as_str(), *rows)).collect()
    }

    #[test]
    fn large_classes_are_shown_as_they_are() {
        let account = public_account(&tally(&[(RowClass::Counted, 900), (RowClass::Superseded, 10)]), None);
        assert_eq!(account.rows, Some(910));
        assert_eq!(shown(&account), [("counted", 900), ("superseded", 10)]);
    }

    #[test]
    fn a_class_of_few_rows_is_merged_until_nothing_small_is_left() {
        let few = [
            (RowClass::Counted, 900),
            (RowClass::Superseded, 40),
            (RowClass::Rejected(RejectReason::Future), 3),
            (RowClass::Cancelled, 20),
        ];
        let account = public_account(&tally(&few), None);
        assert_eq!(shown(&account), [("counted", 900), ("other", 23), ("superseded", 40)]);
    }

    #[test]
    fn several_small_classes_hide_each_other_where_their_sum_is_large() {
        let six = RowClass::Rejected(RejectReason::BadDate);
        let five = RowClass::OutOfScope(OutOfScope::NoPerson);
        let account = public_account(&tally(&[(RowClass::Counted, 900), (six, 6), (five, 5)]), None);
        assert_eq!(shown(&account), [("counted", 900), ("other", 11)]);
    }

    #[test]
    fn counted_rows_hide_where_the_tables_show_nearly_all_of_them() {
        let classes = [(RowClass::Counted, 900), (RowClass::Superseded, 40), (RowClass::Cancelled, 20)];
        let account = public_account(&tally(&classes), Some(898));
        assert_eq!(shown(&account), [("other", 920), ("superseded", 40)]);
        let account = public_account(&tally(&classes), Some(900));
        assert_eq!(account.classes.get("counted"), Some(&900), "no difference is no leak");
    }

    #[test]
    fn a_source_of_few_rows_is_not_accounted_for_in_public() {
        let account = public_account(&tally(&[(RowClass::Counted, 4)]), None);
        assert_eq!((account.rows, account.classes.len()), (None, 0));
    }
}
