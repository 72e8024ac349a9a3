//! The figures that the synthetic country is calibrated on.
//!
//! Sources: Helsedirektoratet (volumes, registration delay, fastlege register), SSB (consultations
//! by age and sex), FHI (e-consultations); where nothing is published, estimates. Rates are a
//! person and year unless said otherwise. Never a figure of a real person.

use crate::domain::Month;

/// First year of each age group: 0-5, 6-15, 16-19, 20-29, 30-49, 50-66, 67-79, 80-89, 90+.
const AGE_STARTS: [i32; 9] = [0, 6, 16, 20, 30, 50, 67, 80, 90];

/// Position of the age group of an age in years.
pub fn age_group(age: i32) -> usize {
    AGE_STARTS.partition_point(|&start| start <= age).saturating_sub(1)
}

/// Mean consultations in general practice (SSB 2023).
const CONSULTATIONS: [f64; 9] = [1.9, 1.4, 2.4, 2.6, 3.2, 3.5, 3.9, 4.8, 3.5];
/// Men's rate relative to both sexes'; women have 2 less this.
const MEN: [f64; 9] = [1.03, 1.0, 0.74, 0.60, 0.69, 0.83, 0.92, 0.93, 0.93];
/// Size of the negative binomial, from the share with no consultation in a year (SSB 2023).
pub const FRAILTY_SIZE: [f64; 9] = [1.0, 1.0, 1.1, 0.7, 0.7, 0.9, 1.3, 1.15, 0.55];
/// Home visits in a thousand consultations.
pub const HOME_VISITS: [f64; 9] = [0.4, 0.2, 0.2, 0.4, 0.6, 1.5, 4.6, 22.0, 66.0];
/// Inclination to e-consultations; the mean over consultations is about 1.
pub const E_INCLINATION: [f64; 9] = [0.80, 0.80, 0.96, 1.15, 1.20, 1.11, 0.85, 0.61, 0.45];
/// Consultations at the legevakt.
const LEGEVAKT: [f64; 9] = [0.45, 0.20, 0.30, 0.33, 0.20, 0.17, 0.20, 0.32, 0.40];
/// Bills at the legevakt by consultation there, visits around stays apart.
pub const LEGEVAKT_BILLS: f64 = 1.47;
/// Inpatient stays, readmissions among them (NPR, mean 0.145).
pub const STAYS: [f64; 9] = [0.115, 0.04, 0.058, 0.106, 0.116, 0.126, 0.254, 0.405, 0.50];
/// Deaths (SSB, about).
pub const DEATHS: [f64; 9] = [0.0004, 0.0001, 0.0003, 0.0005, 0.001, 0.005, 0.02, 0.075, 0.21];

/// Share of the base rate that is left when visits around hospital stays are drawn on their own.
const WITHOUT_STAYS: f64 = 0.968;

/// Expected consultations in general practice a year in 2023's level, visits around stays apart.
pub fn consultation_rate(group: usize, female: bool) -> f64 {
    let men = MEN[group];
    CONSULTATIONS[group] * WITHOUT_STAYS * if female { 2.0 - men } else { men }
}

/// Expected legevakt bills a year.
pub fn legevakt_rate(group: usize) -> f64 {
    LEGEVAKT[group] * LEGEVAKT_BILLS
}

/// Consultations by inhabitant relative to 2023 (Helsedirektoratet, SSB).
pub fn consultation_level(year: i32) -> f64 {
    match year {
        ..=2018 => 0.890,
        2019 => 0.900,
        2020 => 0.942,
        2021 => 0.994,
        2022 => 1.010,
        _ => 1.0,
    }
}

/// Simple contacts, remote and present, by consultation (Helsedirektoratet).
pub fn simple_by_consultation(year: i32) -> (f64, f64) {
    match year {
        ..=2018 => (0.752, 0.163),
        2019 => (0.757, 0.158),
        2020 => (0.790, 0.151),
        2021 => (0.749, 0.170),
        2022 => (0.720, 0.142),
        _ => (0.748, 0.133),
    }
}

/// Percent of a year's volume by month, a normal year.
const MONTH_WEIGHTS: [f64; 12] = [9.1, 8.4, 8.8, 7.8, 8.1, 8.6, 5.6, 8.2, 9.0, 9.3, 9.3, 7.8];

/// Share of a year's volume that falls in the month.
pub fn month_weight(month: Month) -> f64 {
    MONTH_WEIGHTS[month.number() as usize - 1] / 100.0
}

/// Percent of consultations that are e-consultations, by month, 2019 to 2023.
const E_SHARE: [[f64; 12]; 5] = [
    [1.9, 2.0, 2.1, 2.5, 2.7, 2.9, 3.0, 3.1, 3.2, 3.8, 4.3, 4.8],
    [3.5, 3.5, 32.0, 41.1, 26.0, 21.0, 22.0, 22.0, 22.5, 25.0, 28.5, 28.5],
    [29.0, 26.0, 25.5, 27.0, 25.0, 24.0, 25.0, 26.0, 25.0, 27.0, 28.4, 31.0],
    [33.0, 31.0, 26.0, 23.0, 21.5, 20.5, 20.0, 20.0, 22.0, 24.0, 25.0, 28.0],
    [22.0, 21.0, 20.0, 20.0, 19.5, 19.0, 20.0, 21.0, 21.5, 22.5, 23.5, 24.0],
];

/// Share of e-consultations among consultations; 2018 and before by the year's published share.
pub fn e_share(month: Month) -> f64 {
    let at = month.number() as usize - 1;
    let percent = match month.year() {
        ..=2016 => 0.6,
        2017 => 1.0,
        2018 => 1.64,
        year => E_SHARE[(year - 2019).min(4) as usize][at],
    };
    percent / 100.0
}

/// Percent by weekday from Monday, general practice.
pub const GP_WEEKDAYS: [f64; 7] = [23.0, 21.5, 20.0, 19.0, 15.0, 0.8, 0.7];
/// The same for e-consultations, which are answered in weekends too.
pub const E_WEEKDAYS: [f64; 7] = [22.0, 20.5, 19.5, 19.0, 15.0, 2.0, 2.0];
pub const LEGEVAKT_WEEKDAYS: [f64; 7] = [13.5, 12.5, 12.5, 12.5, 13.5, 18.0, 17.5];

/// Weights by hour 0-23 of bills in general practice.
pub const GP_HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.7, 13.0, 15.5, 15.5, 13.5, 8.5, 12.5, 11.0, 7.7, 0.9, 0.4, 0.25, 0.15, 0.1,
    0.05, 0.0, 0.0,
];
pub const E_HOURS: [f64; 24] = [
    0.05, 0.05, 0.0, 0.0, 0.0, 0.2, 0.4, 1.4, 10.5, 12.5, 12.5, 12.5, 12.0, 12.0, 11.0, 8.0, 2.6, 1.4, 1.0, 0.9, 0.8,
    0.6, 0.3, 0.1,
];
/// The legevakt on a weekday: two thirds outside 08-16.
pub const LEGEVAKT_HOURS: [f64; 24] = [
    1.6, 1.3, 1.1, 1.0, 1.0, 1.0, 1.1, 1.6, 3.6, 4.4, 4.6, 4.5, 4.4, 4.3, 4.4, 4.8, 8.6, 9.0, 8.8, 8.2, 7.0, 5.6, 4.2,
    2.6,
];
/// The legevakt on a Saturday or Sunday.
pub const LEGEVAKT_WEEKEND_HOURS: [f64; 24] = [
    2.2, 1.8, 1.5, 1.3, 1.1, 1.1, 1.3, 1.9, 4.3, 6.2, 7.0, 7.2, 7.0, 6.6, 6.4, 6.2, 6.2, 6.0, 5.6, 5.0, 4.6, 4.0, 3.2,
    2.4,
];

/// Shares at which the delay's quantiles are given.
const DELAY_SHARES: [f64; 8] = [0.0, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 1.0];
/// Days from contact to registration at these shares, 2019 to 2022.
const DELAY_DAYS: [[f64; 8]; 4] = [
    [0.5, 4.5, 8.5, 14.5, 24.5, 35.5, 94.5, 190.0],
    [0.5, 4.5, 8.5, 15.5, 28.5, 43.5, 145.5, 200.0],
    [0.5, 4.5, 8.5, 15.5, 28.5, 42.5, 116.5, 195.0],
    [0.5, 4.5, 8.5, 14.5, 26.5, 38.5, 96.5, 190.0],
];

/// Days from contact to registration at `share` (0 to 1) of the bills, geometric between the
/// published quantiles (Helsedirektoratet).
pub fn delay(year: i32, share: f64) -> i32 {
    let days = &DELAY_DAYS[(year - 2019).clamp(0, 3) as usize];
    let at = DELAY_SHARES.partition_point(|&s| s <= share).clamp(1, 7) - 1;
    let within = (share - DELAY_SHARES[at]) / (DELAY_SHARES[at + 1] - DELAY_SHARES[at]);
    (days[at] * (days[at + 1] / days[at]).powf(within)) as i32
}

/// Share of lists with a doctor that have a doctor on fixed salary.
pub fn fixed_salary_share(year: i32) -> f64 {
    match year {
        ..=2019 => 0.14,
        2020 => 0.146,
        2021 => 0.156,
        2022 => 0.179,
        _ => 0.205,
    }
}

/// Share of lists that get no new doctor at once when theirs leaves, rising over the years.
pub fn vacancy_share(year: i32) -> f64 {
    match year {
        ..=2018 => 0.28,
        2019 => 0.38,
        2020 => 0.46,
        2021 => 0.55,
        2022 => 0.68,
        _ => 0.74,
    }
}

/// Weights of ICPC-2 chapters (ABDFHKLNPRSTUWXYZ) in general practice.
pub const CHAPTER_WEIGHTS: [f64; 17] =
    [14.0, 1.6, 7.0, 2.2, 2.8, 10.5, 16.5, 3.6, 11.5, 11.0, 6.5, 7.5, 3.6, 3.2, 3.8, 1.9, 1.8];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_weights_add_up_to_a_year() {
        assert!((MONTH_WEIGHTS.iter().sum::<f64>() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn delays_meet_the_published_quantiles() {
        let at = |share| delay(2019, share);
        assert_eq!([at(0.25), at(0.50), at(0.75), at(0.90), at(0.95), at(0.99)], [4, 8, 14, 24, 35, 94]);
        assert!(at(0.0) == 0 && at(0.9999) < 200);
    }

    #[test]
    fn age_groups_start_where_the_tables_say() {
        assert_eq!([0, 5, 6, 15, 16, 90, 104].map(age_group), [0, 0, 1, 1, 2, 8, 8]);
    }
}
