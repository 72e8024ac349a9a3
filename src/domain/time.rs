//! Local days and clock times, and what is made of them: outside hours, part of day, sex codes.
//!
//! Days are counted from 1970-01-01, moments in seconds from its midnight, both in local
//! Norwegian time without any zone.

use chrono::{Datelike, NaiveDate};

const EPOCH_FROM_CE: i32 = 719_163;

/// As local times have them: no day has a leap second, or an hour more or less.
pub const SECONDS_A_DAY: i64 = 86_400;

/// Days since 1970-01-01 of a civil date. The date must exist.
pub fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let date = NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN);
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// Year, month (1-12) and day of a day since 1970-01-01.
pub fn civil_from_days(day: i32) -> (i32, u32, u32) {
    let date = NaiveDate::from_num_days_from_ce_opt(day.saturating_add(EPOCH_FROM_CE)).unwrap_or(NaiveDate::MIN);
    (date.year(), date.month(), date.day())
}

/// The day written `YYYY-MM-DD`; none for anything else, or a day that the calendar lacks.
pub fn parse_iso_day(text: &str) -> Option<i32> {
    let (year, month, day) = (text.get(..4)?, text.get(5..7)?, text.get(8..)?);
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain =
        text.len() == 10 && &text[4..5] == "-" && &text[7..8] == "-" && [year, month, day].into_iter().all(digits);
    let parts = || Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?));
    let (year, month, day) = parts().filter(|_| plain)?;
    NaiveDate::from_ymd_opt(year, month, day).map(|date| date.num_days_from_ce() - EPOCH_FROM_CE)
}

/// A day since 1970-01-01 as `YYYY-MM-DD`.
pub fn iso_day(day: i32) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Whether a day since 1970-01-01 is a Saturday or a Sunday.
pub fn is_weekend(day: i32) -> bool {
    // 1970-01-01 was a Thursday: Monday is 0.
    (day + 3).rem_euclid(7) >= 5
}

/// Starts before 08:00, at or after 16:00, or on a Saturday or Sunday.
pub fn is_outside_hours(day: i32, hour: u8) -> bool {
    !(8..16).contains(&hour) || is_weekend(day)
}

/// Registered sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Sex {
    Male = 0,
    Female = 1,
    Unknown = 2,
}

impl Sex {
    pub const ALL: [Sex; 3] = [Sex::Male, Sex::Female, Sex::Unknown];

    /// 1 male, 2 female, anything else or nothing unknown.
    pub fn from_code(code: Option<i64>) -> Self {
        match code {
            Some(1) => Sex::Male,
            Some(2) => Sex::Female,
            _ => Sex::Unknown,
        }
    }
    pub fn name(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
            Sex::Unknown => "unknown",
        }
    }
}

/// Part of the day in which a contact starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PartOfDay {
    /// 08:00-15:59
    Day = 0,
    /// 16:00-22:59
    Evening = 1,
    /// 23:00-07:59
    Night = 2,
}

impl PartOfDay {
    pub const ALL: [PartOfDay; 3] = [PartOfDay::Day, PartOfDay::Evening, PartOfDay::Night];

    pub fn of_hour(hour: u8) -> Self {
        match hour {
            8..16 => PartOfDay::Day,
            16..23 => PartOfDay::Evening,
            _ => PartOfDay::Night,
        }
    }
    pub fn name(self) -> &'static str {
        match self {
            PartOfDay::Day => "day",
            PartOfDay::Evening => "evening",
            PartOfDay::Night => "night",
        }
    }
}

/// Weekday or weekend, by the calendar day of the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DayType {
    Weekday = 0,
    Weekend = 1,
}

impl DayType {
    pub const ALL: [DayType; 2] = [DayType::Weekday, DayType::Weekend];

    pub fn of_day(day: i32) -> Self {
        if is_weekend(day) { DayType::Weekend } else { DayType::Weekday }
    }
    pub fn name(self) -> &'static str {
        match self {
            DayType::Weekday => "weekday",
            DayType::Weekend => "weekend",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_they_are_read() {
        for (text, day) in [("1970-01-01", 0), ("1969-12-31", -1), ("2024-02-29", 19_782)] {
            assert_eq!(parse_iso_day(text), Some(day));
            assert_eq!(iso_day(day), text);
        }
        for wrong in [
            "2023-02-29",
            "2024-2-01",
            "2024-02-1",
            "20240201",
            "2024/02/01",
            "2024-02-01 ",
            "",
            "+024-02-01",
            "20240-2-01",
            "åååå-02-01",
        ] {
            assert_eq!(parse_iso_day(wrong), None, "{wrong}");
        }
    }
}
