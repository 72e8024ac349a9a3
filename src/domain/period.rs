//! Months and the periods made of them: month, quarter, tertial, year.

use std::fmt;
use std::str::FromStr;

/// A calendar month, counted from January of year 0: `year * 12 + (month - 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month `month` (1 to 12) of `year`.
    pub fn new(year: i32, month: u32) -> Self {
        Month(year * 12 + month as i32 - 1)
    }
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }
    /// 1 to 12.
    pub fn number(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }
    pub fn next(self) -> Self {
        Month(self.0 + 1)
    }
    pub fn plus(self, months: i32) -> Self {
        Month(self.0 + months)
    }
    /// First day, in days since 1970-01-01.
    pub fn first_day(self) -> i32 {
        super::days_from_civil(self.year(), self.number(), 1)
    }
    /// Last day, in days since 1970-01-01.
    pub fn last_day(self) -> i32 {
        self.next().first_day() - 1
    }
    /// The month that holds `day` (days since 1970-01-01).
    pub fn of_day(day: i32) -> Self {
        let (year, month, _) = super::time::civil_from_days(day);
        Month::new(year, month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

impl FromStr for Month {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}`: expected a month as YYYY-MM");
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(wrong());
        }
        let (year, month): (i32, u32) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        if (1..=12).contains(&month) { Ok(Month::new(year, month)) } else { Err(wrong()) }
    }
}

/// The kinds of period that a table may be published for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodKind {
    Month,
    Quarter,
    Tertial,
    Year,
}

impl PeriodKind {
    pub const ALL: [PeriodKind; 4] = [PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Tertial, PeriodKind::Year];

    /// Length in months.
    pub fn months(self) -> i32 {
        match self {
            PeriodKind::Month => 1,
            PeriodKind::Quarter => 3,
            PeriodKind::Tertial => 4,
            PeriodKind::Year => 12,
        }
    }
    pub fn name(self) -> &'static str {
        match self {
            PeriodKind::Month => "month",
            PeriodKind::Quarter => "quarter",
            PeriodKind::Tertial => "tertial",
            PeriodKind::Year => "year",
        }
    }
}

/// A period: its kind and its first month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub kind: PeriodKind,
    pub first: Month,
}

impl Period {
    /// The period of `kind` that holds `month`.
    pub fn containing(kind: PeriodKind, month: Month) -> Self {
        let in_year = (month.number() as i32 - 1) / kind.months() * kind.months();
        Period { kind, first: Month(month.year() * 12 + in_year) }
    }
    pub fn last(self) -> Month {
        Month(self.first.0 + self.kind.months() - 1)
    }
    pub fn contains(self, month: Month) -> bool {
        self.first <= month && month <= self.last()
    }
    pub fn year(self) -> i32 {
        self.first.year()
    }
    /// Whether an as-of day (days since 1970-01-01) is late enough for the period to be shown:
    /// at least `days` days after its last day.
    pub fn ripe(self, as_of: i32, days: i32) -> bool {
        as_of >= self.last().last_day() + days
    }
    /// Whether the period is final on the as-of day: later than the last day of the sixth month
    /// after the period's last month (SPEC-DETAILS 15).
    pub fn is_final(self, as_of: i32) -> bool {
        as_of > self.last().plus(6).last_day()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, at) = (self.first.year(), (self.first.number() as i32 - 1) / self.kind.months() + 1);
        match self.kind {
            PeriodKind::Month => write!(f, "{}", self.first),
            PeriodKind::Quarter => write!(f, "{year:04}-Q{at}"),
            PeriodKind::Tertial => write!(f, "{year:04}-T{at}"),
            PeriodKind::Year => write!(f, "{year:04}"),
        }
    }
}
