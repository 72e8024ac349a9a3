//! Row accounting: every row read ends in exactly one class, and the classes add up.

use std::collections::BTreeMap;

/// Why a row is rejected. A reason, once named, keeps its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    BadType,
    BadDate,
    BadPeriod,
    Negative,
    Future,
    AmbiguousKey,
    NoKey,
    Orphan,
}

impl RejectReason {
    pub fn name(self) -> &'static str {
        match self {
            RejectReason::BadType => "bad-type",
            RejectReason::BadDate => "bad-date",
            RejectReason::BadPeriod => "bad-period",
            RejectReason::Negative => "negative",
            RejectReason::Future => "future",
            RejectReason::AmbiguousKey => "ambiguous-key",
            RejectReason::NoKey => "no-key",
            RejectReason::Orphan => "orphan",
        }
    }
}

/// Why a sound row is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutOfScope {
    AfterAsOf,
    NoPerson,
    OpenStay,
    StatusAvvist,
    StatusBehandles,
    Crediting,
    PracticeType,
    BeforeSince,
    BillNotCounted,
}

impl OutOfScope {
    pub fn name(self) -> &'static str {
        match self {
            OutOfScope::AfterAsOf => "after-as-of",
            OutOfScope::NoPerson => "no-person",
            OutOfScope::OpenStay => "open-stay",
            OutOfScope::StatusAvvist => "status-avvist",
            OutOfScope::StatusBehandles => "status-behandles",
            OutOfScope::Crediting => "crediting",
            OutOfScope::PracticeType => "practice-type",
            OutOfScope::BeforeSince => "before-since",
            OutOfScope::BillNotCounted => "bill-not-counted",
        }
    }
}

/// The one class that a row ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowClass {
    Counted,
    OutOfScope(OutOfScope),
    Superseded,
    Cancelled,
    Rejected(RejectReason),
}

impl RowClass {
    /// Every class. A class keeps its position, which is how it is kept from night to night.
    pub const ALL: [RowClass; 20] = [
        RowClass::Counted,
        RowClass::Superseded,
        RowClass::Cancelled,
        RowClass::OutOfScope(OutOfScope::AfterAsOf),
        RowClass::OutOfScope(OutOfScope::NoPerson),
        RowClass::OutOfScope(OutOfScope::OpenStay),
        RowClass::OutOfScope(OutOfScope::StatusAvvist),
        RowClass::OutOfScope(OutOfScope::StatusBehandles),
        RowClass::OutOfScope(OutOfScope::Crediting),
        RowClass::OutOfScope(OutOfScope::PracticeType),
        RowClass::OutOfScope(OutOfScope::BeforeSince),
        RowClass::OutOfScope(OutOfScope::BillNotCounted),
        RowClass::Rejected(RejectReason::BadType),
        RowClass::Rejected(RejectReason::BadDate),
        RowClass::Rejected(RejectReason::BadPeriod),
        RowClass::Rejected(RejectReason::Negative),
        RowClass::Rejected(RejectReason::Future),
        RowClass::Rejected(RejectReason::AmbiguousKey),
        RowClass::Rejected(RejectReason::NoKey),
        RowClass::Rejected(RejectReason::Orphan),
    ];
    /// Position in [`RowClass::ALL`].
    pub fn position(self) -> u8 {
        RowClass::ALL.iter().position(|&class| class == self).unwrap_or_default() as u8
    }
    /// `counted`, `out-of-scope:REASON`, `superseded`, `cancelled` or `rejected:REASON`.
    pub fn name(self) -> String {
        match self {
            RowClass::Counted => "counted".into(),
            RowClass::Superseded => "superseded".into(),
            RowClass::Cancelled => "cancelled".into(),
            RowClass::OutOfScope(reason) => format!("out-of-scope:{}", reason.name()),
            RowClass::Rejected(reason) => format!("rejected:{}", reason.name()),
        }
    }
}

/// The rows of one file by class. `classes` may be incomplete until the last room has spoken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileTally {
    /// Rows read, header not counted.
    pub rows: u64,
    pub classes: BTreeMap<RowClass, u64>,
}

impl FileTally {
    pub fn add(&mut self, class: RowClass, rows: u64) {
        if rows > 0 {
            *self.classes.entry(class).or_default() += rows;
        }
    }
    pub fn merge(&mut self, other: &FileTally) {
        self.rows += other.rows;
        for (&class, &rows) in &other.classes {
            self.add(class, rows);
        }
    }
    /// Whether every row read is in exactly one class.
    pub fn balances(&self) -> bool {
        self.classes.values().sum::<u64>() == self.rows
    }
    pub fn rejected(&self) -> u64 {
        let rejected = |(class, _): &(&RowClass, &u64)| matches!(class, RowClass::Rejected(_));
        self.classes.iter().filter(rejected).map(|(_, rows)| rows).sum()
    }
}

/// The files of one source, by their rank in byte order of the name, with their rows by class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTally {
    pub files: Vec<FileTally>,
}

impl SourceTally {
    pub fn total(&self) -> FileTally {
        let mut total = FileTally::default();
        self.files.iter().for_each(|file| total.merge(file));
        total
    }
}
