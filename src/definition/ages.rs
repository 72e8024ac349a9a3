//! Age groups: their labels, groups as people write them, and several groupings cut along each
//! other.
//!
//! In: first ages. Out: [`AgeGroups`]. Never sees a person's age but through [`AgeGroups::of_age`].

use std::collections::BTreeSet;

use super::types::AgeGroups;
use crate::domain::{Error, Result};

/// The oldest that is an age.
const OLDEST: u8 = 120;

impl AgeGroups {
    /// Groups by their first ages, ascending from 0; the last is open.
    pub fn starting(id: &str, from: Vec<u8>) -> AgeGroups {
        let last = |at: usize| from.get(at + 1).map(|next| next - 1);
        let label = |(at, first): (usize, &u8)| match last(at) {
            Some(last) if last == *first => format!("{first}"),
            Some(last) => format!("{first}-{last}"),
            None => format!("{first}+"),
        };
        AgeGroups { id: id.into(), labels: from.iter().enumerate().map(label).collect(), from }
    }

    /// Whether first ages make groups.
    pub fn is_grouping(from: &[u8]) -> bool {
        let ascending = from.windows(2).all(|pair| pair[0] < pair[1]);
        from.first() == Some(&0) && ascending && from.last() <= Some(&OLDEST)
    }

    /// Reads groups as they are written: `0-15,16-66,67+`.
    ///
    /// # Errors
    /// Exit code 2 where a group does not follow the one before it, or the last is not open.
    pub fn written(id: &str, text: &str) -> Result<AgeGroups> {
        let wrong = || {
            Error::usage(format!(
                "--age {text}: expected groups that follow each other from 0, the last open, such as 0-15,16-66,67+"
            ))
        };
        let bounds = text.split(',').map(|group| bounds(group.trim())).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        let from: Vec<u8> = bounds.iter().map(|group| group.0).collect();
        let follows = bounds.windows(2).all(|pair| pair[0].1.is_some_and(|last| last + 1 == pair[1].0));
        let is_open = bounds.last().is_some_and(|group| group.1.is_none());
        if follows && is_open && AgeGroups::is_grouping(&from) {
            Ok(AgeGroups::starting(id, from))
        } else {
            Err(wrong())
        }
    }

    /// Several groupings cut along each other: the finest groups that any of them tells apart.
    pub fn cut(groupings: &[&AgeGroups]) -> AgeGroups {
        let from: BTreeSet<u8> = groupings.iter().flat_map(|groups| groups.from.iter().copied()).collect();
        match groupings.iter().find(|groups| groups.from.len() == from.len()) {
            Some(finest) => (*finest).clone(),
            None => AgeGroups::starting("cut", from.into_iter().collect()),
        }
    }

    /// By group of a finer grouping, unknown last: the group here.
    pub fn of_finer(&self, finest: &AgeGroups) -> Vec<u8> {
        let group = |&from: &u8| self.of_age(Some(from.into()));
        finest.from.iter().map(group).chain([self.unknown()]).collect()
    }
}

/// First and last age of a group; no last where it is open.
fn bounds(group: &str) -> Option<(u8, Option<u8>)> {
    let age = |text: &str| text.parse::<u8>().ok().filter(|age| *age <= OLDEST);
    if let Some(open) = group.strip_suffix('+') {
        return Some((age(open)?, None));
    }
    let (first, last) = group.split_once('-').unwrap_or((group, group));
    let (first, last) = (age(first)?, age(last)?);
    (first <= last).then_some((first, Some(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_as_people_write_them() {
        let groups = AgeGroups::written("own", "0-15, 16,17-66,67+").unwrap();
        assert_eq!(groups.from, [0, 16, 17, 67]);
        assert_eq!(groups.labels, ["0-15", "16", "17-66", "67+"]);
        for wrong in ["0-15,17-66,67+", "1-15,16+", "0-15,16-66", "0-15,10+", "0-130,131+", "", "a", "0-5,6+,7+"] {
            assert!(AgeGroups::written("own", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn groupings_are_cut_along_each_other() {
        let one = AgeGroups::starting("one", vec![0, 6, 16]);
        let other = AgeGroups::starting("other", vec![0, 7]);
        let cut = AgeGroups::cut(&[&one, &other]);
        assert_eq!(cut.labels, ["0-5", "6", "7-15", "16+"]);
        // 0-5 and 6 are 0-6 of the other; the last is unknown.
        assert_eq!(other.of_finer(&cut), [0, 0, 1, 1, 2]);
        assert_eq!(one.of_finer(&cut), [0, 1, 1, 2, 3]);
        assert_eq!(AgeGroups::cut(&[&one, &one]).id, "one");
    }
}
