//! Identifiers as 64-bit keys, one space per kind of identifier.
//!
//! In: identifiers as delivered. Out: keys that are equal when the identifiers are, and an order
//! of them. An integer in shortest form is its own key; any other text is kept once, and its key
//! is a number near `i64::MIN` that means nothing: it depends on the order of threads, so nothing
//! may be made of it but equality. Texts that are kept again in the same order have the same keys. This module never shows an identifier in a message.

use std::cmp::Ordering;
use std::hash::Hasher;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHasher};

/// Most characters of an identifier.
pub const LONGEST: usize = 64;
const SHARDS: u64 = 64;
/// Integers from here up are their own keys; keys below are those of kept texts.
const FIRST_INTEGER: i64 = i64::MIN + (1 << 40);

/// The identifiers of one kind: bills, persons, doctors, …
///
/// A 64-bit integer is a signed one: -9223372036854775808 to 9223372036854775807. Anything
/// larger is text.
#[derive(Debug, Default)]
pub struct IdSpace {
    shards: Shards,
    /// An identifier that is no integer in shortest form has been seen.
    has_text: AtomicBool,
}

#[derive(Debug)]
struct Shards(Vec<Mutex<Shard>>);

impl Default for Shards {
    fn default() -> Self {
        Shards((0..SHARDS).map(|_| Mutex::default()).collect())
    }
}

/// Texts end to end, found by their hash; equal hashes of different texts take the next free one.
#[derive(Debug, Default)]
struct Shard {
    index: FxHashMap<u64, u32>,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl Shard {
    fn text(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) };
        let end = self.ends.get(at).copied().unwrap_or(start);
        &self.bytes[start..end]
    }
    fn intern(&mut self, mut hash: u64, text: &[u8]) -> u32 {
        while let Some(&at) = self.index.get(&hash) {
            if self.text(at as usize) == text {
                return at;
            }
            hash = hash.wrapping_add(1);
        }
        let at = self.ends.len() as u32;
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
        self.index.insert(hash, at);
        at
    }
}

impl IdSpace {
    /// The key of an identifier without blanks around it and not empty, in UTF-8.
    pub fn key(&self, text: &str) -> i64 {
        match shortest_integer(text.as_bytes()) {
            Some(integer) => self.key_of_integer(integer),
            None => {
                if !self.has_text.load(Relaxed) {
                    self.has_text.store(true, Relaxed);
                }
                self.intern(text.as_bytes())
            }
        }
    }

    /// The key of an identifier stored as a number.
    pub fn key_of_integer(&self, integer: i64) -> i64 {
        if integer >= FIRST_INTEGER { integer } else { self.intern(integer.to_string().as_bytes()) }
    }

    /// Whether a key is an integer of its own, and means the same in every run.
    pub fn is_own_key(key: i64) -> bool {
        key >= FIRST_INTEGER
    }

    /// Whether all of some integers are their own keys.
    pub fn are_own_keys(&self, integers: &[i64]) -> bool {
        integers.iter().copied().all(IdSpace::is_own_key)
    }

    /// Whether every identifier seen so far was a 64-bit integer in shortest form. Final when all
    /// sources with identifiers of the kind have been scanned.
    pub fn all_integers(&self) -> bool {
        !self.has_text.load(Relaxed)
    }

    /// Whether a key is that of an identifier that is no integer in shortest form.
    pub fn is_text(&self, key: i64) -> bool {
        self.interned(key).is_some_and(|text| shortest_integer(text.as_bytes()).is_none())
    }

    /// Notes that the delivery has an identifier that is no integer in shortest form, in a file
    /// that is not read again.
    pub fn note_text(&self) {
        self.has_text.store(true, Relaxed);
    }

    /// How many identifiers have been kept as text.
    pub fn kept(&self) -> usize {
        (0..SHARDS).map(|shard| self.shard(shard).ends.len()).sum()
    }

    /// Calls `each` with every identifier kept as text, in an order in which [`IdSpace::keep`]
    /// gives them the same keys.
    pub fn each_kept(&self, mut each: impl FnMut(&str)) {
        for shard in 0..SHARDS {
            let shard = self.shard(shard);
            (0..shard.ends.len()).for_each(|at| each(&String::from_utf8_lossy(shard.text(at))));
        }
    }

    /// Keeps an identifier as text without saying that the delivery has it; the number of texts of
    /// its shard before it.
    pub fn keep(&self, text: &str) -> (u64, u64) {
        let number = self.intern(text.as_bytes()).wrapping_sub(i64::MIN) as u64;
        (number % SHARDS, number / SHARDS)
    }

    /// The identifier of a key, as delivered. For the restricted area only.
    pub fn text(&self, key: i64) -> String {
        self.interned(key).unwrap_or_else(|| key.to_string())
    }

    /// Orders two keys: as whole numbers when all identifiers are integers, else as text in byte
    /// order (SPEC-DETAILS 10).
    pub fn cmp(&self, a: i64, b: i64) -> Ordering {
        if a == b {
            Ordering::Equal
        } else if self.all_integers() {
            self.integer(a).cmp(&self.integer(b))
        } else {
            self.text(a).as_bytes().cmp(self.text(b).as_bytes())
        }
    }

    fn integer(&self, key: i64) -> i64 {
        self.interned(key).and_then(|text| text.parse().ok()).unwrap_or(key)
    }

    fn intern(&self, text: &[u8]) -> i64 {
        let mut hasher = FxHasher::default();
        hasher.write(text);
        let hash = hasher.finish();
        let shard = hash % SHARDS;
        let at = self.shard(shard).intern(hash, text);
        i64::MIN + (u64::from(at) * SHARDS + shard) as i64
    }

    fn interned(&self, key: i64) -> Option<String> {
        if key >= FIRST_INTEGER {
            return None;
        }
        let number = key.wrapping_sub(i64::MIN) as u64;
        let shard = self.shard(number % SHARDS);
        Some(String::from_utf8_lossy(shard.text((number / SHARDS) as usize)).into_owned())
    }

    fn shard(&self, number: u64) -> MutexGuard<'_, Shard> {
        self.shards.0[number as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The integer that a text is in shortest form (`-12`, `0`; not `012`, `+1`, `-0`), if it is one.
pub fn shortest_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let first = *digits.first()?;
    if (first == b'0' && (negative || digits.len() > 1)) || digits.len() > 19 {
        return None;
    }
    let mut value: u64 = 0;
    for &digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // 19 digits stay below 10^19 < 2^64.
        value = value * 10 + u64::from(digit);
    }
    match (negative, value) {
        (true, 0x8000_0000_0000_0000) => Some(i64::MIN),
        (true, value) => i64::try_from(value).ok().map(|v| -v),
        (false, value) => i64::try_from(value).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_in_shortest_form_are_their_own_keys() {
        let ids = IdSpace::default();
        for text in ["0", "7", "-5", "9223372036854775807", "12345678901"] {
            assert_eq!(ids.key(text).to_string(), text);
        }
        assert!(ids.all_integers());
        for text in ["007", "+7", "-0", "9223372036854775808", "99999999999999999999", "a", "1.0", "-"] {
            assert!(shortest_integer(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn texts_keep_their_identity_and_are_no_integers() {
        let ids = IdSpace::default();
        let (a, b) = (ids.key("007"), ids.key("b-1"));
        assert_eq!((ids.key("007"), ids.key("b-1")), (a, b));
        assert_ne!(a, b);
        assert_ne!(a, ids.key("7"));
        assert_eq!((ids.text(a), ids.text(b), ids.text(7)), ("007".into(), "b-1".into(), "7".into()));
        assert!(!ids.all_integers());
    }

    #[test]
    fn order_is_of_numbers_until_one_identifier_is_text() {
        let ids = IdSpace::default();
        let (nine, ten, least) = (ids.key("9"), ids.key("10"), ids.key("-9223372036854775808"));
        assert!(ids.all_integers());
        assert_eq!(ids.cmp(nine, ten), Ordering::Less);
        assert_eq!(ids.cmp(least, nine), Ordering::Less);
        assert_eq!(ids.cmp(ten, ten), Ordering::Equal);
        ids.key("x");
        assert_eq!(ids.cmp(nine, ten), Ordering::Greater);
        assert_eq!(ids.cmp(least, nine), Ordering::Less);
    }

    #[test]
    fn texts_kept_again_in_order_have_the_same_keys_and_are_not_of_the_delivery() {
        let (ids, again) = (IdSpace::default(), IdSpace::default());
        let keys: Vec<i64> = (0..500).map(|n| ids.key(&format!("id-{n}"))).collect();
        let mut lengths = std::collections::BTreeMap::<u64, u64>::new();
        ids.each_kept(|text| {
            let (shard, at) = again.keep(text);
            let length = lengths.entry(shard).or_default();
            assert_eq!(at, *length);
            *length += 1;
        });
        assert!(again.all_integers());
        assert_eq!((again.kept(), ids.kept()), (500, 500));
        assert_eq!((0..500).map(|n| again.key(&format!("id-{n}"))).collect::<Vec<_>>(), keys);
        assert!(again.is_text(keys[0]) && !again.is_text(7));
    }

    #[test]
    fn many_texts_from_many_threads_stay_apart() {
        let ids = IdSpace::default();
        let name = |n: u32| format!("id-{n}");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5000).for_each(|n| assert_eq!(ids.text(ids.key(&name(n))), name(n))));
            }
        });
        let keys: std::collections::BTreeSet<i64> = (0..5000).map(|n| ids.key(&name(n))).collect();
        assert_eq!(keys.len(), 5000);
    }
}
