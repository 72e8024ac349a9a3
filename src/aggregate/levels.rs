//! The largest numbers that one person has in a cell, and how many persons have each.
//!
//! In: the numbers of persons, one by one, as they come and go. Out: the largest of them. It keeps
//! a few numbers alone, and knows down to which number it knows of everybody; it never tells a
//! largest number that it cannot know.

/// How many different numbers are kept.
pub const KEPT: usize = 3;

/// Numbers of persons, the largest first. The default knows that there is nobody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levels {
    /// A number and how many persons have it; no persons: not in use.
    pub kept: [(u32, u32); KEPT],
    /// Who has more than this is among the kept numbers; of others nothing is known.
    pub unknown: u32,
}

impl Levels {
    /// A person comes with a number.
    #[inline]
    pub fn add(&mut self, number: u32) {
        if number > self.unknown {
            self.put((number, 1));
        }
    }

    /// A person with a number goes; false where nobody has it.
    #[must_use]
    pub fn take(&mut self, number: u32) -> bool {
        if number <= self.unknown {
            return true;
        }
        let Some(at) = self.kept.iter().position(|(kept, persons)| *kept == number && *persons > 0) else {
            return false;
        };
        self.kept[at].1 -= 1;
        if self.kept[at].1 == 0 {
            self.kept[at..].rotate_left(1);
            self.kept[KEPT - 1] = (0, 0);
        }
        true
    }

    /// The largest number; none where it is not known. Asked where there is somebody.
    pub fn largest(&self) -> Option<u32> {
        Some(self.kept[0]).filter(|(_, persons)| *persons > 0).map(|(number, _)| number)
    }

    /// The numbers of others beside these.
    pub fn merge(&mut self, other: &Levels) {
        self.unknown = self.unknown.max(other.unknown);
        let unknown = self.unknown;
        for (number, persons) in std::mem::take(&mut self.kept).into_iter().chain(other.kept) {
            if persons > 0 && number > unknown {
                self.put((number, persons));
            }
        }
    }

    /// Adds persons with a number that is known of; the least goes where there is no room.
    fn put(&mut self, (number, persons): (u32, u32)) {
        let at = self.kept.iter().position(|(kept, persons)| *persons == 0 || *kept <= number).unwrap_or(KEPT);
        if at < KEPT && self.kept[at].0 == number && self.kept[at].1 > 0 {
            self.kept[at].1 += persons;
            return;
        }
        let mut least = (number, persons);
        self.kept[at..].iter_mut().for_each(|kept| std::mem::swap(kept, &mut least));
        if least.1 > 0 {
            self.unknown = self.unknown.max(least.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[u32]) -> Levels {
        let mut levels = Levels::default();
        numbers.iter().for_each(|&number| levels.add(number));
        levels
    }

    #[test]
    fn persons_with_the_same_number_are_counted_and_few_numbers_are_all_known() {
        let levels = of(&[2, 5, 2, 1]);
        assert_eq!(levels, Levels { kept: [(5, 1), (2, 2), (1, 1)], unknown: 0 });
        assert_eq!(levels.largest(), Some(5));
        assert_eq!(Levels::default().largest(), None);
    }

    #[test]
    fn what_has_no_room_is_no_longer_known_of() {
        assert_eq!(of(&[1, 2, 3, 4]), Levels { kept: [(4, 1), (3, 1), (2, 1)], unknown: 1 });
        assert_eq!(of(&[4, 3, 2, 1]), of(&[1, 2, 3, 4]));
        assert_eq!(of(&[4, 3, 2, 1, 1, 2]), Levels { kept: [(4, 1), (3, 1), (2, 2)], unknown: 1 });
    }

    #[test]
    fn the_next_is_the_largest_when_the_largest_goes_and_none_when_all_known_have_gone() {
        let mut levels = of(&[7, 6, 5, 5, 4, 4]);
        assert!(levels.take(7) && levels.take(6));
        assert_eq!(levels, Levels { kept: [(5, 2), (0, 0), (0, 0)], unknown: 4 });
        assert!(levels.take(4), "one of whom nothing is known");
        assert!(levels.take(5) && levels.take(5));
        assert_eq!(levels.largest(), None);
        levels.add(4);
        assert_eq!(levels.largest(), None, "another may have 4 too, and nobody is known to have more");
        levels.add(6);
        assert_eq!(levels, Levels { kept: [(6, 1), (0, 0), (0, 0)], unknown: 4 });
    }

    #[test]
    fn nobody_goes_who_is_not_there() {
        let mut levels = of(&[3, 1]);
        assert!(!levels.take(2));
        assert!(levels.take(3) && !levels.take(3));
    }

    #[test]
    fn two_merged_know_what_both_know() {
        // 9 8 7 (6) and 8 5 (all): below 7 the first may have more.
        let (mut one, other) = (of(&[9, 8, 7, 6]), of(&[8, 5]));
        one.merge(&other);
        assert_eq!(one, Levels { kept: [(9, 1), (8, 2), (7, 1)], unknown: 6 });
        let mut all = of(&[1]);
        all.merge(&of(&[2, 1]));
        assert_eq!(all, Levels { kept: [(2, 1), (1, 2), (0, 0)], unknown: 0 });
    }
}
