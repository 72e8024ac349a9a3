//! Places by number. A municipality's name and county mean nothing without a geography version.

use std::fmt;

/// A four-digit municipality number, as a number: 0301 is 301.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MunicipalityNumber(pub u16);

/// A two-digit county number: 03 is 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountyNumber(pub u8);

/// Position of a municipality in the release geography (`codes::Geography::municipalities`).
pub type PlaceIndex = u16;

impl MunicipalityNumber {
    /// Unknown residence or practice place.
    pub const UNKNOWN: Self = MunicipalityNumber(9999);

    /// Parses exactly four digits.
    pub fn parse(text: &str) -> Option<Self> {
        let four = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
        if four { text.parse().ok().map(MunicipalityNumber) } else { None }
    }
}

impl fmt::Display for MunicipalityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Display for CountyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}
