//! The attacker, and the judge: what can be learnt of hidden cells from what is public.
//!
//! In: the public files of a release, the description of additive relations, and for the judging
//! step the restricted cells and the certificate. Out: a report. It shares no code with the
//! hiding but the description of the relations, alters no table, and never puts a hidden value
//! into its report.

mod beside;
mod binding;
mod certificate;
mod earlier;
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
use std::sync::LazyLock;

use rayon::prelude::*;

pub use report::{Attacked, Finding, Findings, Kind, Report, Verdict};

use binding::{Book, Bound, Layer, Release, Rows, Seen};
use certificate::{Certificate, Subject, check, stated};
use earlier::{Earlier, Left};
use engine::{Budget, Knowledge, Target, attack, deepen, ties};
use ground::Ground;
use judge::{Case, Reached};
use restricted::{Thresholds, Truth, truths};

use crate::domain::Result;
use crate::relations::Universe;

/// Attacks the release in the folder `release` (its public files alone), jointly with the public
/// files of older releases (oldest first), and, where `restricted` is at hand, checks the certificate and
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
    let (public, certificate) = rayon::join(
        || Release::read(release, relations.as_deref(), &mut findings),
        || restricted.map(Certificate::read).transpose(),
    );
    let public = public?;
    let earlier = earlier_releases(&public, against, relations.as_deref(), &mut findings)?;
    means::check(&public.tables, &mut findings);
    let certificate = certificate?;
    if let Some(certificate) = certificate.as_ref().filter(|certificate| certificate.relations != public.relations) {
        let what =
            format!("relations of {} universes differ from the public ones", certificate.relations.universes.len());
        findings.add(Finding::of(Kind::CertificateWrong, "relations.json").relation(what));
    }
    let mut report = Report::of(public.name(), restricted.is_some());
    let one = |(at, universe)| {
        let part = certificate.as_ref().and_then(|certificate| certificate.parts.get(at));
        let (public, judged, earlier) = (&public, restricted.zip(part), earlier.get(at));
        audit_universe(&Attack { public, universe, judged, earlier })
    };
    let all: Vec<Result<_>> = public.relations.universes.par_iter().enumerate().map(one).collect();
    for audited in all {
        let (attacked, claims, found) = audited?;
        report.attacked.push(attacked);
        report.claims_checked = report.claims_checked.map(|sum| sum + claims);
        findings.extend(found);
    }
    Ok(report.finish(findings, restricted.is_some()))
}

/// What older releases told, by universe; nothing where there are none. A release as of an earlier
/// day than one before it is compared with this one and tells nothing of changes, and one of another
/// pipeline has the country's counts in common at most.
fn earlier_releases(
    public: &Release,
    against: &[PathBuf],
    relations: Option<&Path>,
    findings: &mut Findings,
) -> Result<Vec<Earlier>> {
    let universes = &public.relations.universes;
    let mut earlier: Vec<Earlier> = Vec::new();
    let mut latest = String::new();
    for folder in against {
        if beside::is_of_another(public, folder)? {
            beside::compare_with(public, folder, findings)?;
            continue;
        }
        let older = Release::open(folder, relations, &mut Findings::default())?;
        older::compare(public, &older, findings);
        let as_of = older.manifest["as_of"].as_str().unwrap_or_default().to_string();
        if as_of < latest {
            continue;
        }
        latest = as_of;
        earlier.resize_with(universes.len(), Earlier::default);
        for (universe, earlier) in universes.iter().zip(&mut earlier) {
            earlier.step(&Book::of(universe, &rows_of(universe, &older), &mut Findings::default()));
        }
    }
    Ok(earlier)
}

fn rows_of<'r>(universe: &Universe, release: &'r Release) -> Vec<&'r Rows> {
    static NONE: LazyLock<Rows> = LazyLock::new(Rows::default);
    universe.views.iter().map(|view| release.table(&view.table).unwrap_or(&NONE)).collect()
}

/// What is attacked: a universe, and what the judge has of it.
struct Attack<'a> {
    public: &'a Release,
    universe: &'a Universe,
    judged: Option<(&'a Path, &'a certificate::Part)>,
    earlier: Option<&'a Earlier>,
}

/// What was attacked, how many claims were checked, and what was found.
fn audit_universe(what: &Attack) -> Result<(Attacked, u64, Findings)> {
    let Attack { public, universe, .. } = *what;
    let (mut all, mut claims) = (Findings::default(), 0);
    let findings = &mut all;
    let mut book = Book::of(universe, &rows_of(universe, public), findings);
    let thresholds = Thresholds::of(public);
    if let Some((_, part)) = what.judged {
        let values = values_of(&book, part);
        let value = |cell: u32| values.get(&cell).copied().unwrap_or(0);
        told_of_few(&book, universe, (&value, &thresholds), findings);
        book.tell(value);
    }
    let earlier = what.earlier.map(|earlier| earlier.and(&book));
    let mut bound = Bound::of(&mut book, universe, findings);
    let left = |bound: &Bound, truth: Option<&[Vec<i64>; 2]>| match &earlier {
        Some(earlier) => Left::of(earlier, bound, thresholds.width, truth),
        None => Left::nothing(book.len()),
    };
    let knowledge = match what.judged {
        None => {
            let left = left(&bound, None);
            let mut knowledge = attack_jointly(&mut bound, &left, (&book, universe), findings);
            examine_all(&book, &bound, &mut knowledge, thresholds.width);
            knowledge
        }
        Some((restricted, part)) => {
            let mut truths = truths(&book, universe, restricted, &thresholds)?;
            let nothing = Left::nothing(book.len());
            let read = Subject { universe, book: &book, truths: &truths, thresholds: &thresholds, left: &nothing };
            let stated = stated(read, part, findings);
            let mut left = left(&bound, Some(&stated.values));
            left.trust(&stated.widths_left);
            told_before(&mut truths, &left, (&book, universe), findings);
            let mut knowledge = attack_jointly(&mut bound, &left, (&book, universe), findings);
            let subject = Subject { universe, book: &book, truths: &truths, thresholds: &thresholds, left: &left };
            let ground = Ground::of(&book, &bound, &stated.values);
            let case =
                Case { universe, book: &book, bound: &bound, truths: &truths, thresholds: &thresholds, left: &left };
            let mut reached = Reached::of(&ground);
            if !case.truth_fits(&ground, &knowledge, findings) {
                reached = Reached::nothing();
            }
            let learn = |effect: &mut ground::Effect| reached.learn(&ground, effect);
            let checked = check(subject, part, &stated, (&bound.system, &ground), &learn, findings);
            claims = checked.claims;
            reached.tell(&mut knowledge);
            case.judge(&mut knowledge, &stated.values, &checked.claimed, findings);
            knowledge
        }
    };
    Ok((summary(universe, &book, &bound, &knowledge), claims, all))
}

/// Attacks with what earlier releases leave; without it, where it does not fit what is shown now
/// (bills were moved, and somebody who thinks otherwise is wrong).
fn attack_jointly(
    bound: &mut Bound,
    left: &Left,
    (book, universe): (&Book, &Universe),
    findings: &mut Findings,
) -> Knowledge {
    let alone = bound.system.bounds.clone();
    left.narrow(bound);
    let knowledge = attack(&bound.system, &Budget::default());
    let is_joint = bound.system.bounds != alone;
    let Some(row) = knowledge.contradiction else { return knowledge };
    let relation = bound.relations[row].in_words(book, universe);
    let kind = if is_joint { Kind::EarlierDiffers } else { Kind::Contradiction };
    findings.add(Finding::of(kind, &universe.id).relation(relation));
    if !is_joint {
        return knowledge;
    }
    bound.system.bounds = alone;
    attack_jointly(bound, &Left::nothing(book.len()), (book, universe), findings)
}

/// How a width is known that no release at hand leaves.
const UNSEEN: &str = "the certificate alone: the release that told it is not at hand";

/// Unsafe counts of which earlier releases told so much that their width cannot be asked any more.
fn told_before(
    truths: &mut [Vec<Truth>; 2],
    left: &Left,
    (book, universe): (&Book, &Universe),
    findings: &mut Findings,
) {
    for layer in Layer::BOTH {
        for (cell, truth) in truths[layer as usize].iter_mut().enumerate() {
            let width = left.width(layer, cell as u32);
            if book.seen(layer, cell) == Seen::Hidden && width < truth.needs {
                truth.needs = width;
                let name = format!("{} {}", book.describe(universe, cell), layer.name());
                let finding = Finding::of(Kind::ToldEarlier, &universe.id).cell(name).width(width);
                let is_seen = left.seen_width(layer, cell as u32) <= width;
                findings.add(if is_seen { finding } else { finding.relation(UNSEEN) });
            }
        }
    }
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
