//! Arithmetic modulo the prime 2^61 - 1, for exact linear tests by fingerprints.
//!
//! In: whole numbers. Out: their residues. A random residue that comes out as zero by chance does
//! so once in 2^61 times.

/// The Mersenne prime 2^61 - 1.
pub const PRIME: u64 = (1 << 61) - 1;

pub fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

pub fn negative(a: u64) -> u64 {
    if a == 0 { 0 } else { PRIME - a }
}

pub fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let folded = (product as u64 & PRIME) + (product >> 61) as u64;
    if folded >= PRIME { folded - PRIME } else { folded }
}

/// The number that gives 1 with `a`; 0 for 0.
pub fn inverse(a: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1, a, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

pub fn from_whole(value: i64) -> u64 {
    value.rem_euclid(PRIME as i64) as u64
}

/// The whole number nearest to zero with this residue.
pub fn to_whole(residue: u64) -> i64 {
    if residue > PRIME / 2 { residue as i64 - PRIME as i64 } else { residue as i64 }
}

/// A residue that looks random and depends on `seed` and `number` alone (splitmix64).
pub fn random(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % PRIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residues_behave_as_whole_numbers() {
        assert_eq!(multiply(from_whole(-3), from_whole(7)), from_whole(-21));
        assert_eq!(to_whole(from_whole(-21)), -21);
        assert_eq!(multiply(inverse(12_345), 12_345), 1);
        assert_eq!(add(from_whole(-1), 1), 0);
        assert_eq!(negative(0), 0);
    }
}
