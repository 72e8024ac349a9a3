//! What may be done with a bill in a messy delivery, how often, and the texts that spoil a row.
//!
//! In: nothing. Out: lists that `dirt` draws from and takes in turn.

use super::files::Fault;
use super::rows::Place;

/// What may be done with a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    RepairedPlace,
    OlderVersion,
    OlderVersionSameDay,
    LaterVersion,
    RejectedVersion,
    LinesAnew,
    SpoiledLinesAnew,
    DiagnosesAnew,
    DeliveredLate,
    RejectedCredit,
    BadType,
    BadDate,
    Negative,
    Future,
    UnknownType,
    OrphanLine,
    OrphanDiagnosis,
    BadLine,
    NegativeLine,
    BadDiagnosis,
}

/// All deeds, with how many bills in 100 000 they are done to.
pub const DEEDS: [(Deed, u32); 20] = [
    (Deed::RepairedPlace, 200),
    (Deed::OlderVersion, 150),
    (Deed::OlderVersionSameDay, 80),
    (Deed::LaterVersion, 150),
    (Deed::RejectedVersion, 5),
    (Deed::LinesAnew, 100),
    (Deed::SpoiledLinesAnew, 5),
    (Deed::DiagnosesAnew, 80),
    (Deed::DeliveredLate, 200),
    (Deed::RejectedCredit, 40),
    (Deed::BadType, 60),
    (Deed::BadDate, 50),
    (Deed::Negative, 40),
    (Deed::Future, 50),
    (Deed::UnknownType, 60),
    (Deed::OrphanLine, 80),
    (Deed::OrphanDiagnosis, 60),
    (Deed::BadLine, 60),
    (Deed::NegativeLine, 50),
    (Deed::BadDiagnosis, 50),
];
/// DEEDS' weights are of so many bills.
pub const OF: u32 = 100_000;

/// What stands as residence where only the second register knows it.
pub const NO_PLACES: [Place; 9] = [
    Place::MinusOne,
    Place::Empty,
    Place::Code(0),
    Place::Code(8888),
    Place::Code(9999),
    Place::Code(1),
    Place::Other("31"),
    Place::Other("ukjent"),
    Place::Other("99999"),
];
/// Bills that are `bad-type`.
pub const WRONG_TYPES: [Fault; 9] = [
    Fault::Field { column: "refusjon", text: "1,2,3" },
    Fault::Field { column: "fodselsaar", text: "19x4" },
    Fault::Field { column: "status", text: "GODTATT" },
    Fault::Field { column: "praksis_lnr", text: "" },
    Fault::Field { column: "egenandel", text: "gratis" },
    Fault::Field { column: "enkeltregning_lnr", text: "" },
    Fault::Field { column: "fodselsaar", text: "1.5" },
    Fault::Field {
        column: "krediterer_lnr",
        text: "12345678901234567890123456789012345678901234567890123456789012345",
    },
    Fault::ExtraField,
];
/// Bills that are `bad-date`.
pub const WRONG_DATES: [Fault; 5] = [
    Fault::Field { column: "tidspunkt", text: "2024-02-30T10:00:00" },
    Fault::Field { column: "registrert", text: "31.13.2024" },
    Fault::Field { column: "tidspunkt", text: "" },
    Fault::Field { column: "registrert", text: "i går" },
    Fault::Field { column: "tidspunkt", text: "2024-01-05T25:10:00" },
];
/// Takst lines that are `bad-type`.
pub const WRONG_LINES: [Fault; 4] = [
    Fault::Field { column: "antall", text: "to" },
    Fault::Field { column: "takstkode", text: "" },
    Fault::Field { column: "belop", text: "12,5,0" },
    Fault::ExtraField,
];
/// Diagnosis lines that are `bad-type`.
pub const WRONG_DIAGNOSES: [Fault; 3] = [
    Fault::Field { column: "er_hoveddiagnose", text: "2" },
    Fault::Field { column: "enkeltregning_lnr", text: "" },
    Fault::Field { column: "er_hoveddiagnose", text: "ja" },
];
