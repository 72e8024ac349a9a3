//! An attack on anybody's tables: CSV files and a file of relations, nothing of kprstat in them.
//!
//! In: a TOML file that names CSV files and says which labels are sums of which (FOREIGN.md). Out:
//! [`ForeignReport`]: for every hidden cell the interval that follows and how. It reads only the
//! files named there and judges nothing: whoever asks knows which cells matter.

mod read;
mod relations;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::engine::{Budget, Effort, How, Range, System, Target, UNBOUNDED, attack, deepen, ties};
use crate::domain::Result;

use read::{Cells, Told};
use relations::ForeignRelations;

/// What the attack found in tables that are not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignReport {
    /// Hidden cells, narrowest first.
    pub cells: Vec<ForeignCell>,
    /// Published parts that do not add up to the published total, by keys.
    pub not_additive: Vec<String>,
    /// The published numbers contradict each other as a whole; intervals are then worth nothing.
    pub contradiction: bool,
    /// Groups of hidden cells of which one tells the others.
    pub ties: Vec<Vec<String>>,
    pub effort: Effort,
}

/// A hidden cell and what follows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignCell {
    /// `dimension=label …`
    pub cell: String,
    pub lo: i64,
    /// None: no upper bound follows.
    pub hi: Option<i64>,
    /// Whether both ends are shown to be taken by solutions.
    pub is_tight: bool,
    pub how: How,
}

impl ForeignReport {
    /// Hidden cells whose exact value follows.
    pub fn exact(&self) -> usize {
        self.cells.iter().filter(|cell| cell.hi == Some(cell.lo)).count()
    }
    /// The report as text for a person.
    pub fn in_words(&self) -> String {
        let mut text = format!("{} hidden cells, {} exactly known\n", self.cells.len(), self.exact());
        if self.contradiction {
            text += "the published numbers contradict each other: check the relations first\n";
        }
        for sum in &self.not_additive {
            text += &format!("does not add up: {sum}\n");
        }
        for cell in &self.cells {
            let hi = cell.hi.map_or("no end".into(), |hi| hi.to_string());
            text += &format!("{}: {} to {hi}\n", cell.cell, cell.lo);
        }
        for tie in &self.ties {
            text += &format!("who knows one knows all: {}\n", tie.join(", "));
        }
        text
    }
}

/// Attacks the tables that a relations file names; paths in it are taken from its own folder.
/// Cells are examined until their width is shown to be `enough`.
pub fn audit_foreign(relations: &Path, enough: i64) -> Result<ForeignReport> {
    let described = ForeignRelations::read(relations)?;
    let folder = relations.parent().unwrap_or(Path::new("."));
    let mut cells = Cells::read(&described, folder)?;
    let mut bound = Bound::of(&described, &mut cells);
    bound.system.index();
    let mut knowledge = attack(&bound.system, &Budget::default());
    let hidden = |unknown: &usize| matches!(cells.told[bound.cells[*unknown]], Told::Hidden);
    let unknowns: Vec<usize> = (0..bound.cells.len()).filter(hidden).collect();
    let targets: Vec<Target> = unknowns.iter().map(|&unknown| Target { cell: unknown as u32, enough }).collect();
    deepen(&bound.system, &mut knowledge, &targets, &Budget::default());
    let name = |unknown: usize| cells.name(&described, bound.cells[unknown]);
    let cell = |&unknown: &usize| {
        let Range { lo, hi } = knowledge.range(unknown);
        let hi = (hi < UNBOUNDED).then_some(hi);
        let (is_tight, how) = (knowledge.is_tight(unknown), knowledge.how[unknown]);
        ForeignCell { cell: name(unknown), lo, hi, is_tight, how }
    };
    let mut found: Vec<ForeignCell> = unknowns.iter().map(cell).collect();
    found.sort_by_key(|cell| (cell.hi.map_or(i64::MAX, |hi| hi - cell.lo), cell.cell.clone()));
    let tied = |tie: super::engine::Tie| -> Vec<String> {
        tie.cells.iter().map(|&unknown| unknown as usize).filter(|unknown| hidden(unknown)).map(name).collect()
    };
    Ok(ForeignReport {
        cells: found,
        not_additive: bound.not_additive,
        contradiction: knowledge.contradiction.is_some(),
        ties: ties(&knowledge).into_iter().map(tied).filter(|cells| cells.len() > 1).collect(),
        effort: knowledge.effort,
    })
}

/// The system of foreign tables, and the cell of each unknown.
struct Bound {
    system: System,
    cells: Vec<usize>,
    not_additive: Vec<String>,
}

impl Bound {
    fn of(described: &ForeignRelations, cells: &mut Cells) -> Self {
        let mut bound = Bound { system: System::new(), cells: Vec::new(), not_additive: Vec::new() };
        let sums = sums(described, cells);
        let mut unknown = BTreeMap::new();
        for (cell, told) in cells.told.iter().enumerate() {
            let least = match told {
                Told::Value(_) => continue,
                Told::Hidden => described.least,
                Told::Unpublished => 0,
            };
            unknown.insert(cell, bound.system.unknown(Range::at_least(least)));
            bound.cells.push(cell);
        }
        for (parent, children) in sums {
            let mut terms = Vec::new();
            let mut constant = 0;
            let signed = children.iter().map(|&child| (child, 1)).chain([(parent, -1)]);
            for (cell, sign) in signed {
                match cells.told[cell] {
                    Told::Value(value) => constant += sign * value,
                    _ => terms.push((unknown[&cell], sign)),
                }
            }
            if !terms.is_empty() {
                bound.system.equation(&terms, -constant);
            } else if constant != 0 {
                bound.not_additive.push(cells.name(described, parent));
            }
        }
        bound
    }
}

/// Every sum of which the total and at least one part are cells; missing parts become cells that
/// were never published.
fn sums(described: &ForeignRelations, cells: &mut Cells) -> Vec<(usize, Vec<usize>)> {
    loop {
        let before = cells.keys.len();
        let found = sums_among(described, cells);
        // A part that was missing may be a total, or a part, along another dimension.
        if cells.keys.len() == before {
            return found;
        }
    }
}

fn sums_among(described: &ForeignRelations, cells: &mut Cells) -> Vec<(usize, Vec<usize>)> {
    let mut found = Vec::new();
    for (dim, dimension) in described.dimensions.iter().enumerate() {
        for (parent, children) in &dimension.sums {
            let of_parent: Vec<usize> = (0..cells.keys.len()).filter(|&at| cells.keys[at][dim] == *parent).collect();
            for at in of_parent {
                let part = |child: &String| {
                    let mut key = cells.keys[at].clone();
                    key[dim] = child.clone();
                    key
                };
                let parts: Vec<Vec<String>> = children.iter().map(part).collect();
                if parts.iter().any(|key| cells.index.contains_key(key)) {
                    found.push((at, parts.into_iter().map(|key| cells.number(key)).collect()));
                }
            }
        }
    }
    found
}
