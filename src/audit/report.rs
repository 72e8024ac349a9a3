//! What an audit says: findings with keys and no values, counts, and the verdict.
//!
//! In: findings of the checks and the attack. Out: [`Report`], machine-readable (serde) and in
//! words. It names quantities, relations and widths; it never holds a hidden value. What tells an
//! unsafe cell from one that protects it stands in the restricted part alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::engine::Effort;

/// What was found. The names are permanent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// CSV and Parquet of one table say different things.
    FormatsDiffer,
    /// Value, obs_status and conf_status of a row do not fit each other.
    StatusWrong,
    /// A key that no published category has, or a category without a row.
    KeyWrong,
    /// A file holds more than its rows: statistics, dictionaries, gaps, unknown columns.
    BytesHeld,
    /// A public file that the manifest does not list, or that differs from what it lists.
    FileUnlisted,
    /// Published parts do not add up to the published total.
    NotAdditive,
    /// One table, or an older release, shows what another hides.
    ShownElsewhere,
    /// An older release, made of other inputs, showed what this one hides: already told once.
    ShownEarlier,
    /// Of an unsafe count earlier releases told so much that its width cannot be asked any more.
    ToldEarlier,
    /// What earlier releases showed does not fit: bills were cancelled or moved since.
    EarlierDiffers,
    /// A rate, share or number of doctors is shown of a cell that is hidden.
    DerivedShown,
    /// Published numbers contradict each other, or the description of the relations is wrong.
    Contradiction,
    /// The exact value of a hidden cell follows from what is published.
    ExactlyKnown,
    /// The value of a hidden cell follows to fewer values than its protection asks for.
    TooNarrow,
    /// A hidden cell that is safe in itself is exactly known: hidden in vain.
    Wasted,
    /// A cell that is unsafe in itself is shown.
    UnsafeShown,
    /// The sum of two hidden cells is known, and is unsafe in itself.
    UnsafeUnion,
    /// The only contributor of one hidden cell can compute another.
    ContributorKnows,
    /// The restricted truth lies outside what the attack found: the attack or the relations err.
    TruthOutside,
    /// The certificate does not prove what it claims.
    CertificateWrong,
    /// Neither the certificate nor the attack shows that an unsafe cell is wide enough.
    NotProven,
}

impl Kind {
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default()
    }
    /// Whether a release with such a finding may not be published.
    pub fn forbids(self) -> bool {
        !matches!(self, Kind::Wasted | Kind::ShownEarlier | Kind::ToldEarlier | Kind::EarlierDiffers)
    }
    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Kind::FormatsDiffer | Kind::StatusWrong | Kind::KeyWrong | Kind::FileUnlisted | Kind::BytesHeld => {
                "write the release anew with this program and change no file by hand"
            }
            Kind::NotAdditive | Kind::Contradiction | Kind::TruthOutside => {
                "do not publish; the tables or the description of their relations are wrong: report it"
            }
            Kind::ShownElsewhere | Kind::DerivedShown | Kind::UnsafeShown => {
                "hide every number of the quantity, in every table and format"
            }
            Kind::ExactlyKnown | Kind::TooNarrow | Kind::UnsafeUnion | Kind::ContributorKnows => {
                "hide more cells of the named relation and protect anew"
            }
            Kind::ToldEarlier => "nothing can be taken back; the cell stays hidden so that no more is told",
            Kind::EarlierDiffers => "nothing leaks; who trusts the earlier value is wrong",
            Kind::ShownEarlier => "nothing can be taken back; `diff` says what the change of the value gives away",
            Kind::Wasted => "nothing leaks; the cell could be shown",
            Kind::CertificateWrong | Kind::NotProven => "do not publish; protect anew and write the certificate again",
        }
    }
}

/// A cell by its keys: `table place=0301 period=2024-03 sex=male indicator=home-visit contacts`.
pub type CellName = String;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: Kind,
    /// Table or file.
    pub place: String,
    /// The quantity by its keys; none where the whole place is meant.
    pub cell: Option<CellName>,
    /// The relation by which it follows.
    pub relation: Option<String>,
    /// Distance of the ends of what is possible; 0 is exactly known.
    pub width: Option<i64>,
    /// How it was found.
    pub how: Option<String>,
}

impl Finding {
    pub fn of(kind: Kind, place: impl Into<String>) -> Self {
        Finding { kind, place: place.into(), cell: None, relation: None, width: None, how: None }
    }
    pub fn cell(mut self, cell: impl Into<String>) -> Self {
        self.cell = Some(cell.into());
        self
    }
    pub fn relation(mut self, relation: impl Into<String>) -> Self {
        self.relation = Some(relation.into());
        self
    }
    pub fn width(mut self, width: i64) -> Self {
        self.width = Some(width);
        self
    }
    pub fn how(mut self, how: impl Into<String>) -> Self {
        self.how = Some(how.into());
        self
    }
}

/// Findings of one kind: all are counted, the first ones are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    pub counts: BTreeMap<Kind, u64>,
    pub kept: Vec<Finding>,
}

/// Findings of one kind that are kept word for word.
const KEPT: u64 = 200;

impl Findings {
    pub fn add(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.kind).or_default();
        *count += 1;
        if *count <= KEPT {
            self.kept.push(finding);
        }
    }
    pub fn extend(&mut self, others: Findings) {
        for finding in others.kept {
            let count = self.counts.entry(finding.kind).or_default();
            if *count < KEPT {
                *count += 1;
                self.kept.push(finding);
            } else {
                *count += 1;
            }
        }
        for (kind, count) in others.counts {
            *self.counts.entry(kind).or_default() += count.saturating_sub(KEPT);
        }
    }
    pub fn count(&self, kind: Kind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }
}

/// The outcome of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Judged, and nothing forbids publication.
    Clean,
    /// Publication is forbidden.
    Fail,
    /// Attacked without the restricted cells: nothing forbids publication by itself, and nobody
    /// has judged whether the cells that are exactly known are unsafe.
    Unjudged,
}

/// What was attacked and how, by universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attacked {
    pub universe: String,
    pub cells: u64,
    pub hidden: u64,
    /// Hidden cells whose exact value follows.
    pub exact: u64,
    /// Hidden cells of width 1, and of width 2.
    pub two_values: u64,
    pub three_values: u64,
    /// Groups of hidden cells of which one tells the others.
    pub ties: u64,
    pub effort: Effort,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub release: String,
    pub verdict: Verdict,
    pub hidden: u64,
    pub exact: u64,
    pub wasted: u64,
    /// Claims of the certificate that were checked by adding up; none without the restricted area.
    pub claims_checked: Option<u64>,
    pub attacked: Vec<Attacked>,
    pub findings: Findings,
}

impl Report {
    pub fn is_fail(&self) -> bool {
        self.verdict == Verdict::Fail
    }
    /// The report as text for a person: what was done, what was found, what to do.
    pub fn in_words(&self) -> String {
        let mut text = String::new();
        let verdict = match self.verdict {
            Verdict::Clean => "clean: nothing that must stay hidden was found out",
            Verdict::Fail => "FAIL: this release must not be published",
            Verdict::Unjudged => "attacked from public files alone; not judged (no restricted cells at hand)",
        };
        let _ = writeln!(text, "audit of {}\nverdict: {verdict}", self.release);
        let _ = writeln!(text, "hidden cells attacked: {}; exactly known: {}", self.hidden, self.exact);
        if let Some(claims) = self.claims_checked {
            let _ = writeln!(text, "claims of the certificate checked by adding up: {claims}");
        }
        for part in &self.attacked {
            let _ = writeln!(text, "{}", part.in_words());
        }
        for (&kind, &count) in &self.findings.counts {
            let _ = writeln!(text, "\n{}: {count}; {}", kind.name(), kind.remedy());
            for finding in self.findings.kept.iter().filter(|finding| finding.kind == kind).take(10) {
                let _ = writeln!(text, "  {}", finding.in_words());
            }
        }
        text
    }
}

impl Attacked {
    fn in_words(&self) -> String {
        let effort = &self.effort;
        let mut text = format!(
            "universe {}: {} cells, {} hidden, {} components (largest {}), {} linear programs",
            self.universe, self.cells, self.hidden, effort.components, effort.largest_component, effort.programs
        );
        let _ = write!(
            text,
            "; known exactly {}, to two values {}, to three {}",
            self.exact, self.two_values, self.three_values
        );
        if effort.propagation_cut_short || effort.eliminations_cut_short > 0 || effort.unexamined > 0 {
            let _ = write!(
                text,
                "; left undone for want of budget: {} eliminations, {} cells not examined by programs",
                effort.eliminations_cut_short, effort.unexamined
            );
        }
        text
    }
}

impl Finding {
    fn in_words(&self) -> String {
        let mut text = self.place.clone();
        for (word, part) in [("", &self.cell), ("by ", &self.relation), ("found by ", &self.how)] {
            if let Some(part) = part {
                let _ = write!(text, "; {word}{part}");
            }
        }
        if let Some(width) = self.width {
            let _ = write!(text, "; width {width}");
        }
        text
    }
}
