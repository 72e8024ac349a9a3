//! Norwegian public holidays and working days of any year.
//!
//! In: days since 1970-01-01. Out: whether they are holidays or working days. Never looks at a clock.

use super::{Month, days_from_civil, is_weekend};

/// Whether a day is a Norwegian public holiday (Sundays as such are not): 1 January, Maundy Thursday
/// to Easter Monday, 1 and 17 May, Ascension Day, Whit Sunday and Monday, 25 and 26 December.
pub fn is_public_holiday(day: i32) -> bool {
    let month = Month::of_day(day);
    let easter = easter_sunday(month.year());
    let moving = [-3, -2, 0, 1, 39, 49, 50].contains(&(day - easter));
    let fixed = [(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)];
    moving || fixed.contains(&(month.number(), (day - month.first_day() + 1) as u32))
}

/// Monday to Friday, and no public holiday.
pub fn is_working_day(day: i32) -> bool {
    !is_weekend(day) && !is_public_holiday(day)
}

/// The `count`th working day after a day; the day itself does not count.
pub fn working_day_after(day: i32, count: u32) -> i32 {
    let mut last = day;
    for _ in 0..count {
        last += 1;
        while !is_working_day(last) {
            last += 1;
        }
    }
    last
}

/// Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher).
pub fn easter_sunday(year: i32) -> i32 {
    let (a, b, c) = (year.rem_euclid(19), year.div_euclid(100), year.rem_euclid(100));
    let d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
    let f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
    days_from_civil(year, (f / 31) as u32, (f % 31 + 1) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_and_the_fixed_days_are_holidays() {
        for (year, month, day) in [(2019, 4, 21), (2023, 4, 9), (2024, 3, 31), (2025, 4, 20), (2038, 4, 25)] {
            assert_eq!(easter_sunday(year), days_from_civil(year, month, day));
        }
        let holiday = |month, day| is_public_holiday(days_from_civil(2024, month, day));
        for (month, day) in [(1, 1), (3, 28), (3, 29), (3, 31), (4, 1), (5, 1), (5, 9), (5, 17), (5, 19), (5, 20)] {
            assert!(holiday(month, day), "2024-{month}-{day}");
        }
        assert!(holiday(12, 25) && holiday(12, 26));
        assert!(!holiday(3, 27) && !holiday(12, 24) && !holiday(12, 31) && !holiday(5, 5));
    }

    /// Discharged on the Wednesday before Easter 2024: 2, 3 and 4 April.
    #[test]
    fn the_third_working_day_after_easter() {
        let april = |day| days_from_civil(2024, 4, day);
        assert_eq!(working_day_after(days_from_civil(2024, 3, 27), 3), april(4));
        assert_eq!(working_day_after(april(5), 3), april(10), "a Friday: Monday to Wednesday");
        assert_eq!(working_day_after(april(6), 3), april(10), "a Saturday: the same");
    }
}
