//! Dimensions as the attacker sees them: codes as sets of leaves, and the sums among them.
//!
//! In: a dimension of the description. Out: canonical codes (equal leaves are one code), and for
//! any set of codes present the sums that make each of its parts. Worked out here from the leaves
//! alone, not taken from the hiding. It never sees a count.

use std::collections::BTreeMap;

use crate::relations::{Dim, DimKind};

/// Bits of the leaves of a code.
pub type Leaves = Vec<u64>;

/// A dimension with its codes as leaf sets; more codes may be added.
#[derive(Debug, Clone)]
pub struct Codes {
    pub id: String,
    pub kind: DimKind,
    pub names: Vec<String>,
    leaves: Vec<Leaves>,
    by_leaves: BTreeMap<Leaves, u16>,
    sums: BTreeMap<Vec<u16>, Parts>,
}

/// `parent` is the sum of `children`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum {
    pub parent: u16,
    pub children: Vec<u16>,
}

/// The sums of a set of codes, and codes that would have to be there for the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    pub sums: Vec<Sum>,
    /// Codes that no cell has: what is left of a code when the parts at hand are taken away.
    pub missing: Vec<u16>,
    /// Code and its largest parts at hand; smaller ones are parts of these.
    pub within: Vec<(u16, u16)>,
}

impl Codes {
    pub fn of(dim: &Dim) -> Self {
        let mut codes = Codes {
            id: dim.id.clone(),
            kind: dim.kind,
            names: Vec::new(),
            leaves: Vec::new(),
            by_leaves: BTreeMap::new(),
            sums: BTreeMap::new(),
        };
        for code in &dim.codes {
            let mut set = vec![0u64; dim.leaves.len().div_ceil(64).max(1)];
            code.leaves.iter().for_each(|&leaf| set[leaf as usize / 64] |= 1 << (leaf % 64));
            codes.push(set, code.id.clone());
        }
        codes
    }
    fn push(&mut self, set: Leaves, name: String) -> u16 {
        let number = self.leaves.len() as u16;
        self.by_leaves.entry(set.clone()).or_insert(number);
        self.leaves.push(set);
        self.names.push(name);
        number
    }
    /// The first code with the same leaves.
    pub fn canonical(&self, code: u16) -> u16 {
        self.by_leaves[&self.leaves[code as usize]]
    }
    pub fn len(&self) -> usize {
        self.leaves.len()
    }
    /// The sums among `present` (ascending, canonical), remembered.
    pub fn parts(&mut self, present: &[u16]) -> &Parts {
        if !self.sums.contains_key(present) {
            let parts = self.work_out(present);
            self.sums.insert(present.to_vec(), parts);
        }
        &self.sums[present]
    }

    fn work_out(&mut self, present: &[u16]) -> Parts {
        let mut parts = Parts::default();
        for &parent in present {
            let whole = self.leaves[parent as usize].clone();
            let inside: Vec<u16> = present
                .iter()
                .copied()
                .filter(|&code| code != parent && within(&self.leaves[code as usize], &whole))
                .collect();
            if inside.is_empty() {
                continue;
            }
            let largest = self.largest(&inside);
            parts.within.extend(largest.iter().map(|&part| (parent, part)));
            let covers = self.covers(&whole, &inside, &largest);
            if covers.is_empty() {
                let atoms = self.atoms(parent, &inside);
                parts.missing.extend(atoms.iter().copied().filter(|atom| !present.contains(atom)));
                parts.sums.push(Sum { parent, children: atoms });
            }
            parts.sums.extend(covers.into_iter().map(|children| Sum { parent, children }));
        }
        parts.missing.sort_unstable();
        parts.missing.dedup();
        parts.sums.sort();
        parts.sums.dedup();
        parts
    }

    /// Those that are part of no other.
    fn largest(&self, inside: &[u16]) -> Vec<u16> {
        let set = |code: u16| &self.leaves[code as usize];
        let is_part = |code: u16| inside.iter().any(|&other| other != code && within(set(code), set(other)));
        inside.iter().copied().filter(|&code| !is_part(code)).collect()
    }

    /// Ways to make `whole` of codes inside it: one for every largest code inside, filled up with
    /// those most like it in size, then with smaller ones.
    fn covers(&self, whole: &Leaves, inside: &[u16], largest: &[u16]) -> Vec<Vec<u16>> {
        let set = |code: u16| &self.leaves[code as usize];
        let mut found: Vec<Vec<u16>> = Vec::new();
        for &start in largest {
            if found.iter().any(|cover| cover.contains(&start)) {
                continue;
            }
            let mut order = inside.to_vec();
            order.sort_by_key(|&code| {
                let size = count(set(code));
                (!largest.contains(&code), size.abs_diff(count(set(start))), std::cmp::Reverse(size), code)
            });
            let (mut cover, mut covered) = (vec![start], set(start).clone());
            for code in order {
                if disjoint(set(code), &covered) {
                    covered.iter_mut().zip(set(code)).for_each(|(all, more)| *all |= more);
                    cover.push(code);
                }
            }
            if covered == *whole {
                cover.sort_unstable();
                found.push(cover);
            }
        }
        found
    }

    /// The pieces into which the codes inside cut a code; new codes where none is there.
    fn atoms(&mut self, parent: u16, inside: &[u16]) -> Vec<u16> {
        let mut pieces: BTreeMap<Vec<bool>, Leaves> = BTreeMap::new();
        let whole = self.leaves[parent as usize].clone();
        for leaf in (0..whole.len() * 64).filter(|leaf| whole[leaf / 64] >> (leaf % 64) & 1 == 1) {
            let holds = |code: &u16| self.leaves[*code as usize][leaf / 64] >> (leaf % 64) & 1 == 1;
            let piece = pieces.entry(inside.iter().map(holds).collect()).or_insert_with(|| vec![0; whole.len()]);
            piece[leaf / 64] |= 1 << (leaf % 64);
        }
        let mut atoms: Vec<u16> = Vec::new();
        for set in pieces.into_values() {
            let known = self.by_leaves.get(&set).copied();
            let number = self.leaves.len();
            atoms.push(
                known.unwrap_or_else(|| self.push(set, format!("rest {number} of {}", self.names[parent as usize]))),
            );
        }
        atoms.sort_unstable();
        atoms
    }
}

/// A part, and not the whole.
fn within(small: &Leaves, large: &Leaves) -> bool {
    small != large && small.iter().zip(large).all(|(s, l)| s & !l == 0)
}

fn disjoint(a: &Leaves, b: &Leaves) -> bool {
    a.iter().zip(b).all(|(x, y)| x & y == 0)
}

fn count(set: &Leaves) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relations::Code;

    fn codes(sets: &[&[u16]]) -> Codes {
        let leaves = sets.iter().flat_map(|set| set.iter()).max().map_or(0, |&leaf| leaf + 1);
        let code = |set: &&[u16]| Code { id: format!("{set:?}"), leaves: set.to_vec() };
        Codes::of(&Dim {
            id: "d".into(),
            kind: DimKind::Time,
            leaves: (0..leaves).map(|leaf| leaf.to_string()).collect(),
            codes: sets.iter().map(code).collect(),
        })
    }

    fn sums(sets: &[&[u16]]) -> Parts {
        let mut codes = codes(sets);
        let present: Vec<u16> = (0..sets.len() as u16).collect();
        codes.parts(&present).clone()
    }

    #[test]
    fn two_hierarchies_over_the_same_leaves() {
        // Six leaves: total, two halves, three pairs, no leaves: pieces 2 and 3 are missing.
        let parts = sums(&[&[0, 1, 2, 3, 4, 5], &[0, 1, 2], &[3, 4, 5], &[0, 1], &[2, 3], &[4, 5]]);
        let of = |parent: u16| {
            parts.sums.iter().filter(|s| s.parent == parent).map(|s| s.children.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of(0), [vec![1, 2], vec![3, 4, 5]]);
        // Leaves 0-2 are the pair 0-1 and leaf 2, which no code has.
        assert_eq!(parts.missing, [6, 7]);
        // The pair 2-3 lies across the halves.
        assert_eq!(parts.within, [(0, 1), (0, 2), (0, 4), (1, 3), (2, 5)]);
        assert_eq!(of(1), [vec![3, 6]]);
        assert_eq!(of(2), [vec![5, 7]]);
    }

    #[test]
    fn equal_leaves_are_one_code() {
        let codes = codes(&[&[0, 1], &[1], &[0], &[1]]);
        assert_eq!(codes.canonical(3), 1);
    }

    #[test]
    fn what_has_no_part_has_no_sum() {
        assert_eq!(sums(&[&[0], &[1]]), Parts::default());
    }
}
