//! Chance from the seed: one generator per purpose, month and block, and numbers without meaning.
//!
//! In: the seed and what the chance is for. Out: draws that depend on nothing else, so that the
//! order in which blocks are made, and by which thread, does not matter. Never the clock, never
//! the global generator.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, Gamma, Normal, Poisson};

/// What a stream of chance is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    Providers = 2,
    People = 3,
    Stays = 4,
    Bills = 5,
    Register = 6,
    Dirt = 7,
    Usual = 8,
}

/// A stream of draws for one purpose at one place (month, block …).
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of `purpose` at (`a`, `b`); the same arguments give the same draws.
    pub fn new(seed: u64, purpose: Purpose, a: i64, b: i64) -> Self {
        let mut key = [0u8; 32];
        let words = [seed, purpose as u64, a as u64, b as u64];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Dice(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Uniform in 0..`n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// Uniform in `from..=to`.
    pub fn between(&mut self, from: i32, to: i32) -> i32 {
        from + self.below((to - from + 1).max(1) as u32) as i32
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Position drawn by weight; `cumulative` ascends, its last entry is the sum.
    pub fn pick(&mut self, cumulative: &[f64]) -> usize {
        let Some(&sum) = cumulative.last() else { return 0 };
        let at = self.unit() * sum;
        cumulative.partition_point(|&c| c <= at).min(cumulative.len() - 1)
    }

    pub fn poisson(&mut self, mean: f64) -> u32 {
        Poisson::new(mean).map_or(0, |poisson| poisson.sample(&mut self.0) as u32)
    }

    /// Gamma with mean 1.
    pub fn frailty(&mut self, size: f64) -> f64 {
        Gamma::new(size, 1.0 / size).map_or(1.0, |gamma| gamma.sample(&mut self.0))
    }

    pub fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        Normal::new(mean, sd).map_or(mean, |normal| normal.sample(&mut self.0))
    }

    /// Waiting time with this mean.
    pub fn waiting(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

/// Running sums, for [`Dice::pick`].
pub fn cumulative(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let running = |sum: &mut f64, weight: f64| {
        *sum += weight;
        Some(*sum)
    };
    weights.into_iter().scan(0.0, running).collect()
}

const DOMAIN: u64 = (1 << 40) - 1;

/// A pseudonym of 13 digits for `n` below 2^40: one to one, in no order, and never 11 digits, so
/// that it cannot be taken for a national identity number.
pub fn pseudonym(n: u64, salt: u64) -> i64 {
    let mut x = (n ^ salt.wrapping_mul(0x9E37_79B9)) & DOMAIN;
    for multiplier in [0x9E_3779_B97F_u64, 0xBF_5847_6D1D, 0x94_D049_BB13] {
        x = x.wrapping_mul(multiplier | 1) & DOMAIN;
        x ^= x >> 21;
    }
    1_000_000_000_000 + x as i64
}

/// A share in [0, 1) that belongs to `n` for good.
pub fn trait_of(n: u64, salt: u64) -> f64 {
    (pseudonym(n, salt) - 1_000_000_000_000) as f64 / (DOMAIN + 1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_are_one_to_one_and_thirteen_digits() {
        let mut seen: Vec<i64> = (0..50_000).map(|n| pseudonym(n, 3)).collect();
        assert!(seen.iter().all(|id| (1_000_000_000_000..10_000_000_000_000).contains(id)));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 50_000);
    }

    #[test]
    fn picks_follow_the_weights() {
        let mut dice = Dice::new(1, Purpose::People, 0, 0);
        let weights = cumulative([1.0, 0.0, 3.0]);
        let mut hits = [0u32; 3];
        (0..40_000).for_each(|_| hits[dice.pick(&weights)] += 1);
        assert_eq!(hits[1], 0);
        assert!((9_500..10_500).contains(&hits[0]), "{hits:?}");
    }
}
