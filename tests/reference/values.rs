//! The text of a field to a value, and days to months and periods.

/// Whole number `[+-]?digits` (details 11).
pub fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sound = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if sound { text.parse().ok() } else { None }
}

/// An amount with at most one `,` or `.`; only its sign matters here.
pub fn amount(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let marks = unsigned.chars().filter(|c| [',', '.'].contains(c)).count();
    let digits = unsigned.chars().filter(|c| c.is_ascii_digit()).count();
    if marks > 1 || digits == 0 || marks + digits != unsigned.chars().count() {
        return None;
    }
    text.replace(',', ".").parse().ok()
}

/// Days since 1970-01-01 of `YYYY-MM-DD` or `DD.MM.YYYY`; none where there is no such day.
pub fn date(text: &str) -> Option<i32> {
    let iso: Vec<&str> = text.split('-').collect();
    let dotted: Vec<&str> = text.split('.').collect();
    let (year, month, day) = match (iso.as_slice(), dotted.as_slice()) {
        ([y, m, d], _) => (y, m, d),
        (_, [d, m, y]) => (y, m, d),
        _ => return None,
    };
    let number = |text: &str, length: usize| {
        let sound = text.len() == length && text.chars().all(|c| c.is_ascii_digit());
        if sound { text.parse::<i32>().ok() } else { None }
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let sound = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    if sound { Some(day_number(year, month, day)) } else { None }
}

/// Seconds since 1970-01-01 of a date, a `T` or a blank, and `HH:MM` or `HH:MM:SS`.
pub fn time(text: &str) -> Option<i64> {
    let (day, clock) = text.split_once(['T', ' '])?;
    let parts: Vec<&str> = clock.split(':').collect();
    let two_digits = |part: &&str| part.len() == 2 && part.chars().all(|c| c.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(two_digits) {
        return None;
    }
    let numbers: Vec<i64> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let (hour, minute, second) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(0));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some(i64::from(date(day)?) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts day by day: years, then months, then days.
fn day_number(year: i32, month: i32, day: i32) -> i32 {
    let year_length = |y| if is_leap(y) { 366 } else { 365 };
    let years: i32 =
        if year >= 1970 { (1970..year).map(year_length).sum() } else { -(year..1970).map(year_length).sum::<i32>() };
    years + (1..month).map(|m| days_in_month(year, m)).sum::<i32>() + day - 1
}

/// The month of a day, counted from January of year 0.
pub fn month_of(day: i32) -> i32 {
    let mut year = 1970;
    while day_number(year + 1, 1, 1) <= day {
        year += 1;
    }
    while day_number(year, 1, 1) > day {
        year -= 1;
    }
    let month = (1..=12).rev().find(|&m| day_number(year, m, 1) <= day).expect("a month");
    year * 12 + month - 1
}

/// Last day of a month counted from January of year 0.
pub fn last_day(month: i32) -> i32 {
    let (year, number) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    day_number(year, number, days_in_month(year, number))
}

/// First and last month of `2024-03`, `2024-Q1`, `2024-T1` or `2024`, and its kind.
pub fn period(text: &str) -> (&'static str, i32, i32) {
    let year: i32 = text[..4].parse().expect("a year");
    let january = year * 12;
    let (kind, length, at) = match &text[4..] {
        "" => ("year", 12, 1),
        rest if rest.starts_with("-Q") => ("quarter", 3, rest[2..].parse().expect("a quarter")),
        rest if rest.starts_with("-T") => ("tertial", 4, rest[2..].parse().expect("a tertial")),
        rest => ("month", 1, rest[1..].parse::<i32>().expect("a month")),
    };
    let first = january + (at - 1) * length;
    (kind, first, first + length - 1)
}

/// Saturday or Sunday. 1970-01-01 was a Thursday.
pub fn is_weekend(day: i32) -> bool {
    (day + 3).rem_euclid(7) >= 5
}
