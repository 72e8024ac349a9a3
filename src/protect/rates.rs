//! Rates and shares, made once, in whole numbers.
//!
//! In: counts. Out: doubles of two decimals, rounded half away from zero. Never multiplies by a
//! rounded reciprocal.

/// `count` by `base` times `scale` (1 000, 100), to two decimals; none where there is nothing to
/// divide by.
pub(super) fn ratio(count: u32, base: u32, scale: u32) -> Option<f64> {
    let hundredths = u128::from(count) * u128::from(scale) * 100;
    (base > 0).then(|| rounded(hundredths, u128::from(base)))
}

/// A mean of billionths over `number`, to two decimals.
pub(super) fn mean(billionths: i128, number: u32) -> Option<f64> {
    let sign = if billionths < 0 { -1.0 } else { 1.0 };
    (number > 0).then(|| sign * rounded(billionths.unsigned_abs() * 100, u128::from(number) * 1_000_000_000))
}

fn rounded(hundredths: u128, by: u128) -> f64 {
    let whole = (2 * hundredths + by) / (2 * by);
    whole as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_rounded_away_from_zero() {
        // 1 of 800 in percent is 0.125, which rounds up; 3 of 800 is 0.375.
        assert_eq!(ratio(1, 800, 100), Some(0.13));
        assert_eq!(ratio(3, 800, 100), Some(0.38));
        assert_eq!(ratio(1, 3, 100), Some(33.33));
        assert_eq!(ratio(0, 3, 1000), Some(0.0));
        assert_eq!(ratio(3, 0, 1000), None);
        assert_eq!(ratio(4_000_000_000, 1, 1000), Some(4e12));
    }

    #[test]
    fn a_mean_of_billionths() {
        assert_eq!(mean(2_005_000_000, 1), Some(2.01));
        assert_eq!(mean(10_000_000_000, 3), Some(3.33));
        assert_eq!(mean(5, 0), None);
    }
}
