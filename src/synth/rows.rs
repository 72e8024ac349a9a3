//! The rows of the nine sources, as values that a writer turns into text or columns.
//!
//! In: what the country draws. Out: cells in the order of the columns declared here. Dates are
//! days since 1970-01-01, moments seconds since its midnight, amounts hundredths of a krone.

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Empty,
    Whole(i64),
    Amount(i64),
    Day(i32),
    Moment(i64),
    Text(&'a str),
    Municipality(u16),
}

/// A row of a source.
pub trait Row: Send + Sync {
    /// The source's id; its schema declares the columns.
    const SOURCE: &'static str;
    /// Gives every cell once, in the order of the schema's columns.
    fn cells(&self, give: &mut impl FnMut(Cell<'_>));
}

/// Text of at most eight bytes, kept in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    bytes: [u8; 9],
    length: u8,
}

impl Short {
    /// ASCII text; what does not fit is cut.
    pub fn new(text: &str) -> Short {
        let mut bytes = [0; 9];
        let length = text.len().min(9);
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Short { bytes, length: length as u8 }
    }
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length as usize]).unwrap_or("")
    }
}

/// An identifier: a pseudonym, or text where the delivery is to hold some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    None,
    Number(i64),
    /// Written with a letter before it.
    Lettered(char, i64),
}

/// A municipality column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Empty,
    MinusOne,
    Code(u16),
    /// Something that is no municipality number.
    Other(&'static str),
}

impl Place {
    fn cell(self) -> Cell<'static> {
        match self {
            Place::Empty => Cell::Empty,
            Place::MinusOne => Cell::Text("-1"),
            Place::Code(code) => Cell::Municipality(code),
            Place::Other(text) => Cell::Text(text),
        }
    }
}

fn whole<'a>(value: Option<impl Into<i64>>) -> Cell<'a> {
    value.map_or(Cell::Empty, |value| Cell::Whole(value.into()))
}

fn day<'a>(value: Option<i32>) -> Cell<'a> {
    value.map_or(Cell::Empty, Cell::Day)
}

fn id(id: Id, give: &mut impl FnMut(Cell<'_>)) {
    match id {
        Id::None => give(Cell::Empty),
        Id::Number(number) => give(Cell::Whole(number)),
        Id::Lettered(letter, number) => give(Cell::Text(&format!("{letter}{number}"))),
    }
}

/// `regning`.
#[derive(Debug, Clone)]
pub struct Bill {
    pub number: i64,
    pub person: Id,
    pub worker: Id,
    pub practice: i64,
    pub practice_type: &'static str,
    pub practice_place: Place,
    pub moment: i64,
    pub registered: i32,
    pub status: &'static str,
    pub credits: Option<i64>,
    pub sex: Option<u8>,
    pub born: Option<i16>,
    pub place: Place,
    pub second_place: Place,
    pub own_share: i64,
    pub refund: i64,
}

impl Row for Bill {
    const SOURCE: &'static str = "regning";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.number));
        id(self.person, give);
        id(self.worker, give);
        give(Cell::Whole(self.practice));
        give(Cell::Text(self.practice_type));
        give(self.practice_place.cell());
        give(Cell::Moment(self.moment));
        give(Cell::Day(self.registered));
        give(Cell::Text(self.status));
        give(whole(self.credits));
        give(whole(self.sex));
        give(whole(self.born));
        give(self.place.cell());
        give(self.second_place.cell());
        give(Cell::Amount(self.own_share));
        give(Cell::Amount(self.refund));
    }
}

/// `takst`.
#[derive(Debug, Clone)]
pub struct Line {
    pub bill: i64,
    pub code: &'static str,
    pub number: Option<u8>,
    pub amount: i64,
}

impl Row for Line {
    const SOURCE: &'static str = "takst";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.bill));
        give(Cell::Text(self.code));
        give(whole(self.number));
        give(Cell::Amount(self.amount));
    }
}

/// `diagnose`.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    pub bill: i64,
    pub code: Short,
    pub system: &'static str,
    pub main: bool,
}

impl Row for Diagnosis {
    const SOURCE: &'static str = "diagnose";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.bill));
        give(Cell::Text(self.code.text()));
        give(Cell::Text(self.system));
        give(Cell::Whole(i64::from(self.main)));
    }
}

/// `innbyggere`.
#[derive(Debug, Clone)]
pub struct Residents {
    pub year: i32,
    pub place: u16,
    /// 1 or 2.
    pub sex: u8,
    pub age: i32,
    pub persons: i64,
}

impl Row for Residents {
    const SOURCE: &'static str = "innbyggere";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.year.into()));
        give(Cell::Municipality(self.place));
        give(Cell::Whole(self.sex.into()));
        give(Cell::Whole(self.age.into()));
        give(Cell::Whole(self.persons));
    }
}

/// `kontrakt`.
#[derive(Debug, Clone)]
pub struct Contract {
    pub number: i64,
    pub place: u16,
    pub practice: i64,
    pub ceiling: i64,
    pub open: bool,
    pub salary: bool,
    pub team: bool,
    pub from: i32,
    pub to: Option<i32>,
}

impl Row for Contract {
    const SOURCE: &'static str = "kontrakt";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.number));
        give(Cell::Municipality(self.place));
        give(Cell::Whole(self.practice));
        give(Cell::Whole(self.ceiling));
        give(Cell::Text(if self.open { "apen" } else { "lukket" }));
        give(Cell::Whole(self.salary.into()));
        give(Cell::Whole(self.team.into()));
        give(Cell::Day(self.from));
        give(day(self.to));
    }
}

/// `kontrakt_lege`.
#[derive(Debug, Clone)]
pub struct ContractDoctor {
    pub contract: i64,
    pub doctor: Id,
    pub substitute: bool,
    pub from: i32,
    pub to: Option<i32>,
}

impl Row for ContractDoctor {
    const SOURCE: &'static str = "kontrakt_lege";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.contract));
        id(self.doctor, give);
        give(Cell::Whole(self.substitute.into()));
        give(Cell::Day(self.from));
        give(day(self.to));
    }
}

/// `medlemskap`.
#[derive(Debug, Clone)]
pub struct Member {
    pub person: Id,
    pub contract: i64,
    pub from: i32,
    pub to: Option<i32>,
}

impl Row for Member {
    const SOURCE: &'static str = "medlemskap";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        id(self.person, give);
        give(Cell::Whole(self.contract));
        give(Cell::Day(self.from));
        give(day(self.to));
    }
}

/// `opphold`.
#[derive(Debug, Clone)]
pub struct Episode {
    pub patient: i64,
    pub from: i64,
    pub to: Option<i64>,
    /// 1 inpatient, 2 day, 3 outpatient.
    pub level: u8,
    /// 1-3 acute, 4 planned, 5 return.
    pub urgency: Option<u8>,
    pub condition: Short,
    pub hospital: i64,
    pub place: Place,
    pub sex: u8,
    pub born: i16,
    /// 1 alive, 2 dead, 3 suicide.
    pub state: Option<u8>,
}

impl Row for Episode {
    const SOURCE: &'static str = "opphold";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.patient));
        give(Cell::Moment(self.from));
        give(self.to.map_or(Cell::Empty, Cell::Moment));
        give(Cell::Whole(self.level.into()));
        give(whole(self.urgency));
        give(Cell::Text(self.condition.text()));
        give(Cell::Whole(self.hospital));
        give(self.place.cell());
        give(Cell::Whole(self.sex.into()));
        give(Cell::Whole(self.born.into()));
        give(whole(self.state));
    }
}

/// `nokkel`.
#[derive(Debug, Clone)]
pub struct Key {
    pub patient: i64,
    pub person: Id,
}

impl Row for Key {
    const SOURCE: &'static str = "nokkel";
    fn cells(&self, give: &mut impl FnMut(Cell<'_>)) {
        give(Cell::Whole(self.patient));
        id(self.person, give);
    }
}
