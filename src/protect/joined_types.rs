//! Which indicators of a table of joined registers are sums of others along the contact type.
//!
//! In: the indicators of a table by team. Out: every way to make the contacts of one of others that
//! have no type in common. It looks at definitions alone, never at a figure.

use crate::definition::{Indicator, Joined};

/// An indicator whose contacts are those of others together, by position.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    pub whole: usize,
    pub parts: Vec<usize>,
}

/// Every split of every indicator that counts contacts of types: consultations are home visits,
/// physical ones and e-consultations.
pub(super) fn by_type(indicators: &[Indicator]) -> Vec<Split> {
    let counted: Vec<_> = indicators.iter().map(|of| of.value.joined().and_then(types)).collect();
    let mut splits = Vec::new();
    for (whole, of) in counted.iter().enumerate() {
        let Some((wanted, of)) = of else { continue };
        let is_part = |part: &usize| {
            let same = |(other, types): &(_, u64)| other == wanted && types & !of == 0 && types != of;
            counted[*part].as_ref().is_some_and(same)
        };
        let parts: Vec<(usize, u64)> =
            (0..counted.len()).filter(is_part).filter_map(|part| Some((part, counted[part].as_ref()?.1))).collect();
        cover(*of, &parts, &mut Vec::new(), &mut |parts| splits.push(Split { whole, parts }));
    }
    splits
}

/// What must be alike of a whole and its parts, and the types that are counted.
fn types(joined: &Joined) -> Option<(String, u64)> {
    match joined {
        Joined::Team { service, counted, with } => Some((format!("{service:?} {with:?}"), u64::from(*counted))),
        _ => None,
    }
}

/// Gives every choice of parts without a type in common that make `left`.
fn cover(left: u64, parts: &[(usize, u64)], chosen: &mut Vec<usize>, give: &mut impl FnMut(Vec<usize>)) {
    if left == 0 {
        give(chosen.clone());
        return;
    }
    let lowest = left & left.wrapping_neg();
    for &(part, types) in parts.iter().filter(|(_, types)| types & lowest != 0 && types & !left == 0) {
        chosen.push(part);
        cover(left & !types, parts, chosen, give);
        chosen.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Pipeline;

    #[test]
    fn consultations_by_team_are_the_three_kinds_together() {
        let pipeline = Pipeline::shipped("primary-health-team").unwrap();
        let table = pipeline.tables.iter().find(|table| table.id == "team-gp-contacts").unwrap();
        let at = |id: &str| table.indicators.iter().position(|of| of.id == id).unwrap();
        let parts = ["home-visit", "physical-consultation", "e-consultation"].map(at).to_vec();
        assert_eq!(by_type(&table.indicators), [Split { whole: at("consultation"), parts }]);
    }

    #[test]
    fn shares_are_no_sums() {
        let pipeline = Pipeline::shipped("continuity").unwrap();
        assert!(pipeline.tables.iter().all(|table| by_type(&table.indicators).is_empty()));
    }
}
