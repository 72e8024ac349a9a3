//! Parts one after the other on each of several threads.
//!
//! In: how many parts, and the work on one. Out: what each gave, in their order. It never has more
//! parts at hand than threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::spool::lock;
use crate::domain::{Error, Result};

/// Does `work` on every part, on as many threads as rayon has.
///
/// The threads are plain ones. A worker of rayon that waits for polars, which has a pool of its own,
/// takes another part in the meantime, and one more within that: with a busy processor many parts
/// were in memory at once, where there should be one a thread.
///
/// # Errors
/// The first that a part gave; parts not yet begun are left.
pub fn each_part<T: Send>(parts: usize, work: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Result<T>>>> = (0..parts).map(|_| Mutex::default()).collect();
    let walk = || {
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            let Some(slot) = done.get(part) else { return };
            let result = work(part);
            if result.is_err() {
                next.store(parts, Ordering::Relaxed);
            }
            *lock(slot) = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(parts) {
            scope.spawn(walk);
        }
    });
    let results = done.into_iter().map(|slot| slot.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    results.map(|result| result.unwrap_or_else(|| Err(Error::bug("a part was left")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_parts() {
        let squares = each_part(100, |part| Ok(part * part)).unwrap();
        assert_eq!(squares, (0..100).map(|part| part * part).collect::<Vec<_>>());
        assert!(each_part(0, Ok).unwrap().is_empty());
    }

    #[test]
    fn an_error_of_a_part_is_the_error_of_all() {
        let failed = each_part(100, |part| if part == 7 { Err(Error::output("no room")) } else { Ok(part) });
        assert_eq!(failed.unwrap_err().message, "no room");
    }

    #[test]
    fn no_more_parts_are_at_hand_than_there_are_threads() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let other = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |part| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // As polars does: the work itself is done in another pool, and waited for.
            let done = other.install(|| (0..200_000u64).fold(part as u64, |sum, n| sum.wrapping_mul(31) ^ n));
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(done)
        };
        pool.install(|| each_part(64, work)).unwrap();
        assert!(most.load(Ordering::SeqCst) <= 2);
    }
}
