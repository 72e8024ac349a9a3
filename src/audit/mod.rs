//! The attacker, and the judge: what can be learnt of hidden cells from what is public.
//!
//! In: the public files of a release, the description of additive relations, and for the judging
//! step the restricted cells and the certificate. Out: a report. It shares no code with the
//! hiding but the description of the relations, alters no table, and never puts a hidden value
//! into its report.

mod beside;
mod binding;
mod certificate;
pub mod engine;
pub mod foreign;
mod ground;
mod judge;
mod means;
mod older;
mod report;
mod restricted;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use report::{Attacked, Finding, Findings, Kind, Report, Verdict};

use binding::{Book, Bound, Layer, Release, Rows, Seen};
use certificate::{Certificate, Subject, check, stated};
use engine::{Budget, Knowledge, Target, attack, deepen, ties};
use ground::Ground;
use judge::{Case, Reached};
use restricted::{Thresholds, truths};

use crate::domain::Result;
use crate::relations::Universe;

/// Attacks the release in the folder `release` (its public files alone), compares it with the
/// public files of older releases, and, where `restricted` is at hand, checks the certificate and
/// judges.
///
/// # Guarantee
/// What is reported as exactly known, or as an interval, is so for everybody who reads the public
/// files. With `restricted`, a verdict of [`Verdict::Clean`] means that every unsafe count was
/// shown to keep its width, by solutions checked in whole numbers.
///
/// # Not guaranteed
/// Without `restricted`, intervals may be wider than the truth: linear programs have a budget, and
/// the report says what was left undone.
pub fn audit(release: &Path, against: &[PathBuf], restricted: Option<&Path>) -> Result<Report> {
    let mut findings = Findings::default();
    let relations = restricted.map(|restricted| restricted.join("certificate/relations.json"));
    let public = Release::read(release, relations.as_deref(), &mut findings)?;
    for older in against {
        let older = Release::open(older, relations.as_deref(), &mut Findings::default())?;
        older::compare(&public, &older, &mut findings);
        beside::compare(&public, &older, &mut findings);
    }
    means::check(&public.tables, &mut findings);
    let certificate = restricted.map(Certificate::read).transpose()?;
    if let Some(certificate) = certificate.as_ref().filter(|certificate| certificate.relations != public.relations) {
        let what =
            format!("relations of {} universes differ from the public ones", certificate.relations.universes.len());
        findings.add(Finding::of(Kind::CertificateWrong, "relations.json").relation(what));
    }
    let mut report = Report::of(public.name(), restricted.is_some());
    for (at, universe) in public.relations.universes.iter().enumerate() {
        let part = certificate.as_ref().and_then(|certificate| certificate.parts.get(at));
        let judged = restricted.zip(part);
        audit_universe(&public, universe, judged, &mut report, &mut findings)?;
    }
    Ok(report.finish(findings, restricted.is_some()))
}

fn audit_universe(
    public: &Release,
    universe: &Universe,
    judged: Option<(&Path, &certificate::Part)>,
    report: &mut Report,
    findings: &mut Findings,
) -> Result<()> {
    let none = Rows::default();
    let rows: Vec<&Rows> = universe.views.iter().map(|view| public.table(&view.table).unwrap_or(&none)).collect();
    let thresholds = Thresholds::of(public);
    let mut book = Book::of(universe, &rows, findings);
    if let Some((_, part)) = judged {
        let values = values_of(&book, part);
        let value = |cell: u32| values.get(&cell).copied().unwrap_or(0);
        told_of_few(&book, universe, (&value, &thresholds), findings);
        book.tell(value);
    }
    let bound = Bound::of(&mut book, universe, findings);
    let mut knowledge = attack(&bound.system, &Budget::default());
    if let Some(row) = knowledge.contradiction {
        let relation = bound.relations[row].in_words(&book, universe);
        findings.add(Finding::of(Kind::Contradiction, &universe.id).relation(relation));
    }
    match judged {
        None => examine_all(&book, &bound, &mut knowledge, thresholds.width),
        Some((restricted, part)) => {
            let truths = truths(&book, universe, restricted, &thresholds)?;
            let subject = Subject { universe, book: &book, truths: &truths, thresholds: &thresholds };
            let stated = stated(subject, part, findings);
            let ground = Ground::of(&book, &bound, &stated.values);
            let case = Case { universe, book: &book, bound: &bound, truths: &truths, thresholds: &thresholds };
            let mut reached = Reached::of(&ground);
            if !case.truth_fits(&ground, &knowledge, findings) {
                reached = Reached::nothing();
            }
            let learn = |effect: &mut ground::Effect| reached.learn(&ground, effect);
            let checked = check(subject, part, &stated, (&bound.system, &ground), &learn, findings);
            report.claims_checked = report.claims_checked.map(|sum| sum + checked.claims);
            reached.tell(&mut knowledge);
            case.judge(&mut knowledge, &stated.values, &checked.claimed, findings);
        }
    }
    report.attacked.push(summary(universe, &book, &bound, &knowledge));
    Ok(())
}

/// A shown figure that tells of a count, or of the rest of a denominator, below the fewest patients:
/// it is of so few, whoever they are.
fn told_of_few(
    book: &Book,
    universe: &Universe,
    (value, thresholds): (&dyn Fn(u32) -> i64, &Thresholds),
    findings: &mut Findings,
) {
    let rests = book.shares.iter().map(|share| (share.numerator, value(share.denominator) - value(share.numerator)));
    let told = book.told_of.iter().map(|&cell| (cell, value(cell)));
    for (cell, _) in told.chain(rests).filter(|(_, count)| (1..thresholds.patients).contains(count)) {
        let name = book.describe(universe, cell as usize);
        findings
            .add(Finding::of(Kind::UnsafeShown, &universe.id).cell(name).relation("told of by a figure made of it"));
    }
}

/// True values by cell of the book, as the certificate lists them: those not listed are zero.
fn values_of(book: &Book, part: &certificate::Part) -> BTreeMap<u32, i64> {
    let cell = |line: &certificate::CellLine| book.cells.get(line.view)?.get(line.position).copied();
    part.cells.iter().filter_map(|line| Some((cell(line)?, line.contacts))).collect()
}

/// Without a judge every hidden cell may be an unsafe one.
fn examine_all(book: &Book, bound: &Bound, knowledge: &mut Knowledge, enough: i64) {
    let hidden = |unknown: &usize| {
        let (cell, layer) = bound.unknowns[*unknown];
        book.seen(layer, cell as usize) == Seen::Hidden
    };
    let unknowns = (0..bound.unknowns.len()).filter(hidden);
    let targets: Vec<Target> = unknowns.map(|unknown| Target { cell: unknown as u32, enough }).collect();
    deepen(&bound.system, knowledge, &targets, &Budget::default());
}

fn summary(universe: &Universe, book: &Book, bound: &Bound, knowledge: &Knowledge) -> Attacked {
    let hidden = |&(cell, layer): &(u32, Layer)| book.seen(layer, cell as usize) == Seen::Hidden;
    let widths: Vec<i64> = (0..bound.unknowns.len())
        .filter(|&unknown| hidden(&bound.unknowns[unknown]))
        .map(|unknown| knowledge.range(unknown).width())
        .collect();
    let of_width = |width: i64| widths.iter().filter(|&&w| w == width).count() as u64;
    Attacked {
        universe: universe.id.clone(),
        cells: book.len() as u64,
        hidden: widths.len() as u64,
        exact: of_width(0),
        two_values: of_width(1),
        three_values: of_width(2),
        ties: ties(knowledge).len() as u64,
        effort: knowledge.effort,
    }
}

impl Report {
    fn of(release: String, judged: bool) -> Self {
        Report {
            release,
            verdict: Verdict::Unjudged,
            hidden: 0,
            exact: 0,
            wasted: 0,
            claims_checked: judged.then_some(0),
            attacked: Vec::new(),
            findings: Findings::default(),
        }
    }
    fn finish(mut self, findings: Findings, judged: bool) -> Self {
        self.hidden = self.attacked.iter().map(|part| part.hidden).sum();
        self.exact = self.attacked.iter().map(|part| part.exact).sum();
        self.wasted = findings.count(Kind::Wasted);
        let forbidden = findings.counts.keys().any(|kind| kind.forbids());
        self.verdict = match (forbidden, judged) {
            (true, _) => Verdict::Fail,
            (false, true) => Verdict::Clean,
            (false, false) => Verdict::Unjudged,
        };
        self.findings = findings;
        self
    }
}
