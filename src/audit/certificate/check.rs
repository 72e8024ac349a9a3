//! Is every witness sound? Add up, compare.
//!
//! In: the certificate, the public cells (a [`Book`]), the truth and the relations of patients.
//! Out: what claims prove, and findings: a witness that moves a shown cell, goes below its bound
//! or breaks a relation of patients, and whatever [`super::claims`] finds. Each witness is worked
//! out once, used for everything, and let go.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;

use super::claims::{Asked, Proof, Prover};
use super::files::{Part, Witness};
use super::truth::Stated;
use super::witness::{Change, Evaluator};
use crate::audit::binding::{Book, Layer, Relation, Seen};
use crate::audit::earlier::Left;
use crate::audit::engine::System;
use crate::audit::ground::{Effect, Ground};
use crate::audit::report::{Finding, Findings, Kind};
use crate::audit::restricted::{Thresholds, Truth};
use crate::relations::{DimKind, Universe};

/// What a check has verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Claims that hold.
    pub claims: u64,
    /// Width that each cell needs, by layer and cell, as claims that hold state.
    pub claimed: [BTreeMap<u32, i64>; 2],
}

/// Everything that a check looks at, for one universe.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub universe: &'a Universe,
    pub book: &'a Book,
    pub truths: &'a [Vec<Truth>; 2],
    pub thresholds: &'a Thresholds,
    /// What earlier releases leave.
    pub left: &'a Left,
}

/// Checks the part of a certificate that is about one universe. `learn` is shown every sound
/// witness, laid upon the ground.
pub fn check(
    subject: Subject<'_>,
    part: &Part,
    stated: &Stated,
    (system, ground): (&System, &Ground<'_>),
    learn: &(dyn Fn(&mut Effect) + Sync),
    findings: &mut Findings,
) -> Checked {
    let prover = Prover::of(subject, stated, &part.claims);
    let asked = prover.asked(part.witnesses.len());
    let checker = Checker { subject, stated, ground, evaluator: Evaluator::new(subject.universe, subject.book), learn };
    let outcomes = checker.all(&part.witnesses, &asked, system);
    for (number, fault) in outcomes.iter().enumerate().filter_map(|(number, o)| Some((number, o.as_ref().err()?))) {
        let finding = Finding::of(Kind::CertificateWrong, &subject.universe.id);
        findings.add(finding.cell(format!("witness {number}")).relation(*fault));
    }
    prover.prove(&asked, &outcomes, findings)
}

/// What a sound witness gives to proofs; else what is wrong with it.
pub type Outcome = Result<Proof, &'static str>;

struct Checker<'a> {
    subject: Subject<'a>,
    stated: &'a Stated,
    ground: &'a Ground<'a>,
    evaluator: Evaluator<'a>,
    learn: &'a (dyn Fn(&mut Effect) + Sync),
}

/// Witnesses that one job checks.
const A_JOB: usize = 256;

impl Checker<'_> {
    fn all(&self, witnesses: &[Witness], asked: &Asked, system: &System) -> Vec<Outcome> {
        // As many as threads work at once; large, and therefore used again.
        let effects: Mutex<Vec<Effect>> = Mutex::default();
        let job = |(job, some): (usize, &[Witness])| {
            let kept = effects.lock().ok().and_then(|mut effects| effects.pop());
            let mut effect = kept.unwrap_or_else(|| Effect::new(system));
            let outcome = |(at, witness)| self.outcome(witness, asked.of(job * A_JOB + at), &mut effect);
            let outcomes: Vec<Outcome> = some.iter().enumerate().map(outcome).collect();
            if let Ok(mut effects) = effects.lock() {
                effects.push(effect);
            }
            outcomes
        };
        witnesses.par_chunks(A_JOB).enumerate().flat_map_iter(job).collect()
    }

    fn outcome(&self, witness: &Witness, asked: &[(Layer, u32)], effect: &mut Effect) -> Outcome {
        let change = self.evaluator.change(witness).ok_or("its parts do not fit the format")?;
        self.cells_hold(&change)?;
        if !effect.lay(self.ground, &change) {
            return Err("it changes a cell that is shown");
        }
        if let Some(relation) = effect.breaks_patients(self.ground) {
            return Err(self.broken(relation));
        }
        (self.learn)(effect);
        Ok(self.proof(&change, asked))
    }

    fn cells_hold(&self, change: &Change) -> Result<(), &'static str> {
        for layer in Layer::BOTH {
            for &(cell, by) in &change.by[layer as usize] {
                let value = self.stated.values[layer as usize][cell as usize] + by;
                match self.subject.book.seen(layer, cell as usize) {
                    Seen::Shown(_) => return Err("it changes a cell that is shown"),
                    Seen::Hidden if value < 1 => return Err("a hidden cell falls below 1"),
                    Seen::Hidden if !self.subject.left.allows(layer, cell, value) => {
                        return Err("it takes a cell to a value that earlier releases rule out");
                    }
                    Seen::Unpublished if value < 0 => return Err("a cell falls below 0"),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn broken(&self, relation: Relation) -> &'static str {
        match relation {
            Relation::PatientsOfParts { dim, .. } if self.subject.book.codes[dim as usize].kind == DimKind::Time => {
                "patients of a period and of its parts do not fit"
            }
            Relation::PatientsOfParts { .. } => "patients of a type and of its parts do not fit",
            _ => "more patients than contacts in the whole country",
        }
    }

    /// The changes that claims ask for, and everybody who alone makes a count that changes.
    fn proof(&self, change: &Change, asked: &[(Layer, u32)]) -> Proof {
        let changed = Layer::BOTH
            .into_iter()
            .flat_map(|layer| change.by[layer as usize].iter().map(move |&(cell, _)| (layer, cell)));
        let mut lone: Vec<u32> = changed.flat_map(|(layer, cell)| self.stated.contributors(layer, cell)).collect();
        lone.sort_unstable();
        lone.dedup();
        Proof { reaches: asked.iter().map(|&(layer, cell)| change.of(layer, cell)).collect(), lone }
    }
}
