//! Dirt in the bill sources, in known amounts.
//!
//! In: a month's rows of a block. Out: the same rows with others among them, and how many of each
//! kind. What is planted is rejected, superseded or out of scope, or says the same in another
//! way: a messy delivery gives the same statistics as the clean one of the same seed (as of a day
//! after the last registration).

use std::collections::BTreeMap;
use std::ops::Range;

use super::bills::{BillRows, BlockMonth};
use super::deeds::{DEEDS, Deed, NO_PLACES, OF, WRONG_DATES, WRONG_DIAGNOSES, WRONG_LINES, WRONG_TYPES};
use super::dice::{Dice, Purpose};
use super::files::{Fault, Sheet};
use super::names;
use super::rows::{Bill, Diagnosis, Id, Line, Place};
use super::world::World;
use crate::domain::{Month, SECONDS_A_DAY};

/// How often each kind was planted, by `source:kind`.
pub type Planted = BTreeMap<String, u64>;

/// Sheets of the three bill sources.
#[derive(Debug, Default)]
pub struct BillSheets {
    pub bills: Sheet<Bill>,
    pub lines: Sheet<Line>,
    pub diagnoses: Sheet<Diagnosis>,
}

/// A month of a block with its dirt.
#[derive(Debug, Default)]
pub struct DirtyMonth {
    pub sheets: BillSheets,
    pub changes: Vec<(Month, BillRows)>,
    pub planted: Planted,
}

/// Whether the files of the month take text that is no value of its column.
#[derive(Debug, Clone, Copy)]
pub struct TextFaults {
    pub bills: bool,
    pub lines: bool,
    pub diagnoses: bool,
    /// A row may have a field too many.
    pub extra_field: bool,
}

/// Where the numbers of planted bills start within a block and month; corrections are below.
const NUMBERS: u64 = 3 << 13;

/// Plants the dirt of block `number` in a month.
pub fn plant(world: &World, month: Month, number: u32, made: BlockMonth, texts: TextFaults) -> DirtyMonth {
    let mut planter = Planter {
        dice: Dice::new(world.seed, Purpose::Dirt, i64::from(month.0), i64::from(number)),
        base: (((month.0 - world.span.from.0) as u64) << 28) | (u64::from(number) << 15) | NUMBERS,
        numbers: 0,
        texts,
        front: Vec::new(),
        out: DirtyMonth { changes: made.changes, ..DirtyMonth::default() },
        done: [0; DEEDS.len()],
    };
    planter.credit_credits();
    let mut spans = Spans::default();
    let all_kinds_once = number == 0;
    let mut due: Vec<Deed> = if all_kinds_once { DEEDS.map(|(deed, _)| deed).to_vec() } else { Vec::new() };
    for bill in &made.rows.bills {
        let (lines, diagnoses) = spans.next(bill.number, &made.rows);
        let of = Of { bill, lines: &made.rows.lines[lines], diagnoses: &made.rows.diagnoses[diagnoses] };
        planter.count("regning:text-id", usize::from(has_text_id(bill)));
        let ordinary = bill.person != Id::None && bill.status == "godkjent" && !of.lines.is_empty();
        let drawn = planter.draw();
        let forced = if ordinary && !of.diagnoses.is_empty() { due.pop() } else { None };
        match forced.or(drawn) {
            Some(deed) if ordinary => planter.act(deed, &of),
            _ => planter.keep(&of),
        }
    }
    planter.finish()
}

fn has_text_id(bill: &Bill) -> bool {
    [bill.person, bill.worker].iter().any(|id| matches!(id, Id::Lettered(..)))
}

/// A bill with its lines.
struct Of<'a> {
    bill: &'a Bill,
    lines: &'a [Line],
    diagnoses: &'a [Diagnosis],
}

/// Where a bill's lines stand; bills and lines come in the same order.
#[derive(Default)]
struct Spans {
    lines: usize,
    diagnoses: usize,
}

impl Spans {
    fn next(&mut self, bill: i64, rows: &BillRows) -> (Range<usize>, Range<usize>) {
        let (first_line, first_diagnosis) = (self.lines, self.diagnoses);
        self.lines += rows.lines[self.lines..].iter().take_while(|line| line.bill == bill).count();
        self.diagnoses += rows.diagnoses[self.diagnoses..].iter().take_while(|row| row.bill == bill).count();
        (first_line..self.lines, first_diagnosis..self.diagnoses)
    }
}

struct Planter {
    dice: Dice,
    base: u64,
    numbers: u64,
    texts: TextFaults,
    /// Rows that stand before the true ones.
    front: Vec<Bill>,
    out: DirtyMonth,
    /// Times that each deed was done, for the turn of its variants.
    done: [usize; DEEDS.len()],
}

impl Planter {
    fn draw(&mut self) -> Option<Deed> {
        let mut share = self.dice.below(OF);
        for (deed, weight) in DEEDS {
            if share < weight {
                return Some(deed);
            }
            share -= weight;
        }
        None
    }

    fn count(&mut self, kind: &str, times: usize) {
        if times > 0 {
            *self.out.planted.entry(kind.to_owned()).or_default() += times as u64;
        }
    }

    fn number(&mut self) -> i64 {
        self.numbers += 1;
        names::bill(self.base + self.numbers)
    }

    fn keep(&mut self, of: &Of) {
        self.out.sheets.bills.rows.push(of.bill.clone());
        self.keep_lines(of);
    }

    fn keep_lines(&mut self, of: &Of) {
        self.out.sheets.lines.rows.extend_from_slice(of.lines);
        self.out.sheets.diagnoses.rows.extend_from_slice(of.diagnoses);
    }

    fn act(&mut self, deed: Deed, of: &Of) {
        let turn = self.done[deed as usize];
        self.done[deed as usize] += 1;
        match deed {
            Deed::RepairedPlace => return self.repaired_place(turn, of),
            Deed::DeliveredLate => return self.delivered_late(of),
            _ => self.keep(of),
        }
        match deed {
            Deed::OlderVersion | Deed::OlderVersionSameDay => self.older_version(deed, of.bill),
            Deed::LaterVersion => self.later_version(of.bill),
            Deed::RejectedVersion => self.rejected_version(of.bill),
            Deed::LinesAnew | Deed::DiagnosesAnew => self.anew(deed, of),
            Deed::RejectedCredit => self.rejected_credit(of.bill),
            Deed::BadType | Deed::BadDate => self.unreadable(deed, turn, of),
            Deed::Negative | Deed::Future => self.impossible(deed, turn, of),
            Deed::UnknownType => self.unknown_type(turn, of),
            Deed::OrphanLine | Deed::OrphanDiagnosis => self.orphans(deed, of),
            _ => self.bad_lines(deed, turn, of),
        }
    }

    /// The residence stands in the second register only.
    fn repaired_place(&mut self, turn: usize, of: &Of) {
        let mut bill = of.bill.clone();
        if matches!(bill.place, Place::Code(code) if (101..=5700).contains(&code) && !(2100..2400).contains(&code)) {
            bill.second_place = bill.place;
            bill.place = NO_PLACES[turn % NO_PLACES.len()];
            self.count("regning:place-repaired", 1);
        }
        self.out.sheets.bills.rows.push(bill);
        self.keep_lines(of);
    }

    /// The bill comes in the file of a later month, registered when it was.
    fn delivered_late(&mut self, of: &Of) {
        let month = Month::of_day(of.bill.registered + self.dice.between(31, 120));
        let rows =
            BillRows { bills: vec![of.bill.clone()], lines: of.lines.to_vec(), diagnoses: of.diagnoses.to_vec() };
        self.out.changes.push((month, rows));
        self.count("regning:delivered-late", 1);
    }

    /// A version that says something else, before the true one: registered earlier, or on the same
    /// day and standing earlier in the file.
    fn older_version(&mut self, deed: Deed, bill: &Bill) {
        let day = bill.moment.div_euclid(SECONDS_A_DAY) as i32;
        let earlier = deed == Deed::OlderVersion && bill.registered > day;
        let registered = if earlier { self.dice.between(day, bill.registered - 1) } else { bill.registered };
        let version =
            Bill { registered, status: "behandles", place: Place::Code(301), sex: None, own_share: 0, ..bill.clone() };
        if earlier {
            self.out.sheets.bills.rows.push(version);
        } else {
            self.front.push(version);
        }
        self.count("regning:superseded", 1);
        self.count(if earlier { "regning:version-earlier-day" } else { "regning:version-same-day" }, 1);
    }

    /// The same once more, registered later and in a later file.
    fn later_version(&mut self, bill: &Bill) {
        let version = Bill { registered: bill.registered + self.dice.between(1, 90), ..bill.clone() };
        self.change(version);
        self.count("regning:superseded", 1);
        self.count("regning:version-later-file", 1);
    }

    /// A later version that is rejected, so that the one before counts.
    fn rejected_version(&mut self, bill: &Bill) {
        let registered = bill.registered + self.dice.between(1, 60);
        self.change(Bill { registered, own_share: -100, status: "avvist", ..bill.clone() });
        self.count("regning:negative", 1);
        self.count("regning:rejected-version", 1);
    }

    fn change(&mut self, bill: Bill) {
        let month = Month::of_day(bill.registered);
        self.out.changes.push((month, BillRows { bills: vec![bill], ..BillRows::default() }));
    }

    /// Lines delivered once more in a later file: those before are superseded.
    fn anew(&mut self, deed: Deed, of: &Of) {
        let mut rows = BillRows::default();
        if deed == Deed::LinesAnew {
            rows.lines = of.lines.to_vec();
            rows.lines.push(Line { bill: of.bill.number, code: "719", number: Some(1), amount: 5_200 });
            self.count("takst:superseded", of.lines.len());
        } else {
            rows.diagnoses = of.diagnoses.to_vec();
            self.count("diagnose:superseded", of.diagnoses.len());
        }
        self.out.changes.push((Month::of_day(of.bill.registered + 45), rows));
    }

    /// A credit that was itself rejected cancels nothing.
    fn rejected_credit(&mut self, bill: &Bill) {
        let number = self.number();
        let registered = bill.registered + 20;
        let credits = Some(bill.number);
        self.change(Bill { number, registered, credits, status: "avvist", ..bill.clone() });
        self.count("regning:rejected-credit", 1);
    }

    /// Credits of credits, which restore nothing.
    fn credit_credits(&mut self) {
        let credits: Vec<Bill> = self.out.changes.iter().flat_map(|(_, rows)| rows.bills.clone()).collect();
        for credit in credits.into_iter().filter(|bill| bill.credits.is_some() && bill.person != Id::None) {
            self.count("regning:credit", 1);
            if self.dice.chance(0.2) {
                let number = self.number();
                let registered = credit.registered + self.dice.between(1, 40);
                self.change(Bill { number, registered, credits: Some(credit.number), ..credit });
                self.count("regning:credit-of-credit", 1);
            }
        }
    }

    /// A copy under a number of its own, with its lines, which then have no counted bill.
    fn copy(&mut self, of: &Of) -> Bill {
        let number = self.number();
        let lines = of.lines.iter().map(|line| Line { bill: number, ..line.clone() });
        self.out.sheets.lines.rows.extend(lines);
        self.count("takst:bill-not-counted", of.lines.len());
        let registered = of.bill.moment.div_euclid(SECONDS_A_DAY) as i32;
        Bill { number, registered, ..of.bill.clone() }
    }

    fn unreadable(&mut self, deed: Deed, turn: usize, of: &Of) {
        if !self.texts.bills {
            return;
        }
        let (mut fault, kind) = match deed {
            Deed::BadType => (WRONG_TYPES[turn % WRONG_TYPES.len()].clone(), "regning:bad-type"),
            _ => (WRONG_DATES[turn % WRONG_DATES.len()].clone(), "regning:bad-date"),
        };
        if fault == Fault::ExtraField && !self.texts.extra_field {
            fault = WRONG_TYPES[0].clone();
        }
        // Its lines would be orphans where the number itself is spoiled.
        let spoils_number = matches!(fault, Fault::Field { column: "enkeltregning_lnr", .. });
        let bill = if spoils_number { of.bill.clone() } else { self.copy(of) };
        self.out.sheets.bills.push_spoiled(bill, fault);
        self.count(kind, 1);
    }

    fn impossible(&mut self, deed: Deed, turn: usize, of: &Of) {
        let bill = self.copy(of);
        let (bill, kind) = match (deed, turn % 2) {
            (Deed::Future, _) => (Bill { registered: bill.registered - 1, ..bill }, "regning:future"),
            (_, 0) => (Bill { own_share: -17_900, ..bill }, "regning:negative"),
            _ => (Bill { refund: -1, ..bill }, "regning:negative"),
        };
        self.out.sheets.bills.rows.push(bill);
        self.count(kind, 1);
    }

    fn unknown_type(&mut self, turn: usize, of: &Of) {
        let practice_type = ["XXXX", "", "PSYK", "0", "FALEN"][turn % 5];
        let bill = self.copy(of);
        self.out.sheets.bills.rows.push(Bill { practice_type, ..bill });
        self.count("regning:practice-type", 1);
    }

    fn orphans(&mut self, deed: Deed, of: &Of) {
        let bill = self.number();
        if deed == Deed::OrphanLine {
            let lines = of.lines.iter().map(|line| Line { bill, ..line.clone() });
            self.out.sheets.lines.rows.extend(lines);
            self.count("takst:orphan", of.lines.len());
        } else {
            let rows = of.diagnoses.iter().map(|row| Diagnosis { bill, ..row.clone() });
            self.out.sheets.diagnoses.rows.extend(rows);
            self.count("diagnose:orphan", of.diagnoses.len());
        }
    }

    fn bad_lines(&mut self, deed: Deed, turn: usize, of: &Of) {
        let line = of.lines[0].clone();
        match deed {
            Deed::NegativeLine => {
                self.out.sheets.lines.rows.push(Line { amount: -5_200, ..line });
                self.count("takst:negative", 1);
            }
            Deed::SpoiledLinesAnew => {
                // Rejected lines in a later file supersede nothing.
                let rows = BillRows { lines: vec![Line { amount: -1, ..line }], ..BillRows::default() };
                self.out.changes.push((Month::of_day(of.bill.registered + 45), rows));
                self.count("takst:negative", 1);
            }
            Deed::BadLine if self.texts.lines => {
                let fault = WRONG_LINES[turn % WRONG_LINES.len()].clone();
                let fits = fault != Fault::ExtraField || self.texts.extra_field;
                let fault = if fits { fault } else { WRONG_LINES[0].clone() };
                self.out.sheets.lines.push_spoiled(line, fault);
                self.count("takst:bad-type", 1);
            }
            Deed::BadDiagnosis if self.texts.diagnoses && !of.diagnoses.is_empty() => {
                let fault = WRONG_DIAGNOSES[turn % WRONG_DIAGNOSES.len()].clone();
                self.out.sheets.diagnoses.push_spoiled(of.diagnoses[0].clone(), fault);
                self.count("diagnose:bad-type", 1);
            }
            _ => {}
        }
    }

    fn finish(mut self) -> DirtyMonth {
        if self.front.is_empty() {
            return self.out;
        }
        let bills = &mut self.out.sheets.bills;
        bills.faults.iter_mut().for_each(|(at, _)| *at += self.front.len());
        self.front.append(&mut bills.rows);
        bills.rows = self.front;
        self.out
    }
}
