//! Days and hours of contacts: how busy each day of a month is, and when in the day people come.
//!
//! In: a month. Out: draws of days and of clock times. Public holidays are as quiet as Sundays.

use super::dice::{Dice, cumulative};
use super::figures::{
    E_HOURS, E_WEEKDAYS, GP_HOURS, GP_WEEKDAYS, LEGEVAKT_HOURS, LEGEVAKT_WEEKDAYS, LEGEVAKT_WEEKEND_HOURS,
};
use crate::domain::{Month, is_public_holiday, is_weekend};

/// Who is visited, and so when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    Office,
    Electronic,
    Legevakt,
}

/// The rhythm of one month.
pub struct Calendar {
    pub month: Month,
    pub first: i32,
    pub last: i32,
    days: [Vec<f64>; 3],
    hours: [Vec<f64>; 4],
}

impl Calendar {
    pub fn new(month: Month) -> Calendar {
        let (first, last) = (month.first_day(), month.last_day());
        let of = |weekdays: &[f64; 7]| cumulative((first..=last).map(|day| weekdays[weekday(day)]));
        let days = [of(&GP_WEEKDAYS), of(&E_WEEKDAYS), of(&LEGEVAKT_WEEKDAYS)];
        let hours = [GP_HOURS, E_HOURS, LEGEVAKT_HOURS, LEGEVAKT_WEEKEND_HOURS].map(cumulative);
        Calendar { month, first, last, days, hours }
    }

    pub fn day(&self, rhythm: Rhythm, dice: &mut Dice) -> i32 {
        self.first + dice.pick(&self.days[rhythm as usize]) as i32
    }

    /// Seconds since midnight, on a whole minute.
    pub fn time(&self, rhythm: Rhythm, day: i32, dice: &mut Dice) -> i64 {
        let of = match rhythm {
            Rhythm::Legevakt if is_weekend(day) => 3,
            rhythm => rhythm as usize,
        };
        let hour = dice.pick(&self.hours[of]) as i64;
        hour * 3_600 + i64::from(dice.below(60)) * 60
    }
}

/// Monday 0 to Sunday 6, a public holiday counting as a Sunday.
fn weekday(day: i32) -> usize {
    if is_public_holiday(day) { 6 } else { (day + 3).rem_euclid(7) as usize }
}
