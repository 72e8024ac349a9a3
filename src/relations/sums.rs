//! Sums along one dimension: which code is the sum of which others.

use super::types::Dim;

/// `parent` is the sum of `children` (positions in `Dim::codes`), whatever the other dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub parent: u16,
    pub children: Vec<u16>,
}

/// The sums among the codes `present` of a dimension: for every code, each way to make it of the
/// largest of its parts (year of quarters, year of tertials, quarter of months). Where the parts
/// at hand do not cover the code, it has no sum. Codes of the same leaves are sums of one.
pub fn sums(dim: &Dim, present: &[u16]) -> Vec<Sum> {
    let mut found = Vec::new();
    for (at, &parent) in present.iter().enumerate() {
        let whole = leaf_set(dim, parent);
        let equal = present[..at].iter().find(|&&other| leaf_set(dim, other) == whole);
        if let Some(&first) = equal {
            found.push(Sum { parent, children: vec![first] });
            continue;
        }
        let parts: Vec<(u16, Vec<u64>)> = present
            .iter()
            .map(|&code| (code, leaf_set(dim, code)))
            .filter(|(_, leaves)| *leaves != whole && is_part(leaves, &whole))
            .collect();
        found.extend(coverings(&whole, &parts).into_iter().map(|children| Sum { parent, children }));
    }
    found
}

fn leaf_set(dim: &Dim, code: u16) -> Vec<u64> {
    let mut bits = vec![0u64; dim.leaves.len().div_ceil(64)];
    for &leaf in &dim.codes[code as usize].leaves {
        bits[leaf as usize / 64] |= 1 << (leaf % 64);
    }
    bits
}

fn is_part(small: &[u64], large: &[u64]) -> bool {
    small.iter().zip(large).all(|(s, l)| s & !l == 0)
}

fn overlaps(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(x, y)| x & y != 0)
}

/// One covering for every maximal part that no covering holds yet: grown from that part by parts
/// that overlap none taken, maximal ones of like size first (quarters to quarters), then others
/// by size.
fn coverings(whole: &[u64], parts: &[(u16, Vec<u64>)]) -> Vec<Vec<u16>> {
    let is_maximal = |leaves: &[u64]| !parts.iter().any(|(_, other)| other != leaves && is_part(leaves, other));
    let (maximal, inner): (Vec<_>, Vec<_>) = parts.iter().partition(|(_, leaves)| is_maximal(leaves));
    let mut found: Vec<Vec<u16>> = Vec::new();
    for start in &maximal {
        if found.iter().any(|children| children.contains(&start.0)) {
            continue;
        }
        let mut order: Vec<&(u16, Vec<u64>)> = maximal.clone();
        order.sort_by_key(|(code, leaves)| (size(leaves).abs_diff(size(&start.1)), *code));
        let mut rest = inner.clone();
        rest.sort_by_key(|(code, leaves)| (std::cmp::Reverse(size(leaves)), *code));
        order.extend(rest);
        found.extend(grow(whole, start, &order));
    }
    found
}

fn grow(whole: &[u64], start: &(u16, Vec<u64>), order: &[&(u16, Vec<u64>)]) -> Option<Vec<u16>> {
    let (mut children, mut covered) = (vec![start.0], start.1.clone());
    for (code, leaves) in order.iter().copied() {
        if !overlaps(leaves, &covered) {
            covered.iter_mut().zip(leaves).for_each(|(c, l)| *c |= l);
            children.push(*code);
        }
    }
    children.sort_unstable();
    (covered == whole).then_some(children)
}

fn size(leaves: &[u64]) -> u32 {
    leaves.iter().map(|word| word.count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::types::{Code, Dim, DimKind};
    use super::*;

    fn year() -> Dim {
        let code = |id: &str, leaves: std::ops::Range<u16>| Code { id: id.into(), leaves: leaves.collect() };
        let mut codes = vec![code("total", 0..12)];
        codes.extend((0..12).map(|m| code(&format!("m{m}"), m..m + 1)));
        codes.extend((0..4).map(|q| code(&format!("q{q}"), 3 * q..3 * q + 3)));
        codes.extend((0..3).map(|t| code(&format!("t{t}"), 4 * t..4 * t + 4)));
        Dim { id: "time".into(), kind: DimKind::Time, leaves: (0..12).map(|m| m.to_string()).collect(), codes }
    }

    #[test]
    fn a_year_is_its_quarters_and_its_tertials() {
        let dim = year();
        let all: Vec<u16> = (0..dim.codes.len() as u16).collect();
        let found = sums(&dim, &all);
        let of = |parent: u16| -> Vec<Vec<u16>> {
            found.iter().filter(|s| s.parent == parent).map(|s| s.children.clone()).collect()
        };
        assert_eq!(of(0), vec![vec![13, 14, 15, 16], vec![17, 18, 19]]);
        assert_eq!(of(13), vec![vec![1, 2, 3]]);
        // January to April is the first quarter and April; May to August holds no quarter.
        assert_eq!(of(17), vec![vec![4, 13]]);
        assert_eq!(of(18), vec![vec![5, 6, 7, 8]]);
        assert!(of(1).is_empty());
    }

    #[test]
    fn without_months_a_quarter_has_no_sum() {
        let dim = year();
        assert!(sums(&dim, &[13, 14, 15]).is_empty());
    }
}
