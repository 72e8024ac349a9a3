//! Does every claim hold, and is none missing?
//!
//! In: the claims, and of each sound witness the changes that claims ask for and its lone
//! contributors. Out: the claims that hold, and findings: a claim that is too narrow, one that a
//! lone contributor sees through, an unsafe cell without a claim.

use super::check::{Checked, Outcome, Subject};
use super::files::{Claim, Pair};
use super::truth::Stated;
use crate::audit::binding::{Layer, Seen};
use crate::audit::report::{Finding, Findings, Kind};

/// What a sound witness gives to proofs.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Its changes of the cells asked for, in their order.
    pub reaches: Vec<i64>,
    /// Everybody who alone makes a count that it changes, ascending.
    pub lone: Vec<u32>,
}

/// By witness: the cells whose change claims ask for.
pub struct Asked {
    cells: Vec<(Layer, u32)>,
    starts: Vec<usize>,
}

impl Asked {
    /// Ascending.
    pub fn of(&self, witness: usize) -> &[(Layer, u32)] {
        &self.cells[self.starts[witness]..self.starts[witness + 1]]
    }
}

/// A claim by its cell.
struct Stake {
    layer: Layer,
    cell: u32,
    width: i64,
    pairs: Vec<Pair>,
}

/// The claims of a universe, read.
pub struct Prover<'a> {
    subject: Subject<'a>,
    stated: &'a Stated,
    stakes: Vec<Result<Stake, &'static str>>,
}

impl<'a> Prover<'a> {
    pub fn of(subject: Subject<'a>, stated: &'a Stated, claims: &[Claim]) -> Self {
        Prover { subject, stated, stakes: claims.iter().map(|claim| stake(subject, claim)).collect() }
    }

    pub fn asked(&self, witnesses: usize) -> Asked {
        let mut all: Vec<(usize, Layer, u32)> = Vec::new();
        for stake in self.stakes.iter().flatten() {
            let numbers = stake.pairs.iter().flatten().flatten().filter(|&&number| number < witnesses);
            all.extend(numbers.map(|&number| (number, stake.layer, stake.cell)));
        }
        all.sort_unstable();
        all.dedup();
        let starts = (0..=witnesses).map(|number| all.partition_point(|entry| entry.0 < number)).collect();
        Asked { cells: all.into_iter().map(|(_, layer, cell)| (layer, cell)).collect(), starts }
    }

    /// Holds every claim against the witnesses, and looks for unsafe cells without one.
    pub fn prove(&self, asked: &Asked, outcomes: &[Outcome], findings: &mut Findings) -> Checked {
        let mut checked = Checked::default();
        for (number, stake) in self.stakes.iter().enumerate() {
            let held = stake.as_ref().map_err(|&fault| fault).and_then(|stake| self.holds(stake, asked, outcomes));
            match held {
                Ok(stake) => {
                    checked.claims += 1;
                    let claimed = checked.claimed[stake.layer as usize].entry(stake.cell).or_default();
                    *claimed = stake.width.max(*claimed);
                }
                Err(fault) => {
                    let finding = Finding::of(Kind::CertificateWrong, &self.subject.universe.id);
                    findings.add(finding.cell(format!("claim {number}")).relation(fault));
                }
            }
        }
        self.check_coverage(&checked, findings);
        checked
    }

    fn holds<'s>(&self, stake: &'s Stake, asked: &Asked, outcomes: &[Outcome]) -> Result<&'s Stake, &'static str> {
        let reach = |witness: Option<usize>| -> Result<i64, &'static str> {
            let Some(number) = witness else { return Ok(0) };
            let outcome = outcomes.get(number).ok_or("no such witness")?;
            let proof = outcome.as_ref().map_err(|_| "its witness is not sound")?;
            let at = asked.of(number).binary_search(&(stake.layer, stake.cell));
            Ok(at.map_or(0, |at| proof.reaches[at]))
        };
        for (number, [up, down]) in stake.pairs.iter().enumerate() {
            let distance = (reach(*up)? - reach(*down)?).abs();
            if distance < if number == 0 { self.needed(stake) } else { 1 } {
                return Err("its witnesses are not wide enough apart");
            }
        }
        if !self.nobody_sees_through(stake, outcomes) {
            return Err("one contributor alone makes a changed count in every pair of witnesses");
        }
        Ok(stake)
    }

    /// Somebody who alone makes a count knows it, and so which of the two ends of a pair that
    /// changes it is false. Nobody may know that of every pair, but who makes the claimed count.
    fn nobody_sees_through(&self, stake: &Stake, outcomes: &[Outcome]) -> bool {
        let lone = |pair: &Pair| -> Vec<u32> {
            let proofs = pair.iter().flatten().filter_map(|&number| outcomes.get(number)?.as_ref().ok());
            proofs.flat_map(|proof| proof.lone.iter().copied()).collect()
        };
        let mut pairs = stake.pairs.iter();
        let mut knowing = pairs.next().map(lone).unwrap_or_default();
        for pair in pairs {
            let others = lone(pair);
            knowing.retain(|contributor| others.contains(contributor));
        }
        let own: Vec<u32> = self.stated.contributors(stake.layer, stake.cell).collect();
        knowing.iter().all(|contributor| own.contains(contributor))
    }

    /// What the policy asks of a count, whatever the claim says.
    fn needed(&self, stake: &Stake) -> i64 {
        let (layer, cell) = (stake.layer as usize, stake.cell as usize);
        let (value, thresholds) = (self.stated.values[layer][cell], self.subject.thresholds);
        let percent = if layer == 0 { (value * thresholds.width_percent + 99) / 100 } else { 0 };
        let asked = self.subject.truths[layer][cell].needs.max(thresholds.width).max(percent);
        asked.min(self.subject.left.width(stake.layer, stake.cell)).max(stake.width)
    }

    /// Every hidden count that is unsafe in itself has a claim.
    fn check_coverage(&self, checked: &Checked, findings: &mut Findings) {
        let Subject { universe, book, truths, .. } = self.subject;
        for layer in Layer::BOTH {
            for (cell, truth) in truths[layer as usize].iter().enumerate() {
                let hidden = book.seen(layer, cell) == Seen::Hidden;
                if hidden && truth.needs > 0 && !checked.claimed[layer as usize].contains_key(&(cell as u32)) {
                    let name = format!("{} {}", book.describe(universe, cell), layer.name());
                    findings.add(Finding::of(Kind::CertificateWrong, &universe.id).cell(name).relation("no claim"));
                }
            }
        }
    }
}

fn stake(subject: Subject<'_>, claim: &Claim) -> Result<Stake, &'static str> {
    let cells = subject.book.cells.get(claim.view).ok_or("no such view")?;
    let cell = *cells.get(claim.position).filter(|&&cell| cell != u32::MAX).ok_or("no such cell")?;
    let layer = match claim.layer.as_str() {
        "contacts" => Layer::Contacts,
        "patients" => Layer::Patients,
        _ => return Err("no such layer"),
    };
    let pairs = claim.pairs().ok_or("its witnesses are not in the format")?;
    Ok(Stake { layer, cell, width: claim.width, pairs })
}
