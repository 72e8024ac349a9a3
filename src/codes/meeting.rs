//! Several geographies cut along each other: the places that any of them tells apart.
//!
//! In: geographies. Out: [`Meeting`]: one geography of the finest places, and where each of these
//! lies in every given one. Never splits a record: a place is a set of municipality codes.

use std::collections::{BTreeMap, BTreeSet};

use super::geography::{Geography, Municipality};
use crate::domain::{MunicipalityNumber, PlaceIndex};

/// The finest places of several geographies.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// Its numbers are those of the first geography, or running ones where that has no number for
    /// each place; its counties are the first's.
    pub geography: Geography,
    /// By geography given, by place of the meeting: the place there.
    pub places: Vec<Vec<PlaceIndex>>,
}

impl Meeting {
    /// Cuts `first` along the others.
    pub fn of(first: &Geography, others: &[&Geography]) -> Meeting {
        let all: Vec<&Geography> = [first].into_iter().chain(others.iter().copied()).collect();
        let in_each = |code: Option<MunicipalityNumber>| -> Vec<PlaceIndex> {
            all.iter().map(|geography| geography.place_of(code)).collect()
        };
        let codes: BTreeSet<MunicipalityNumber> = all.iter().flat_map(|g| g.known.keys().copied()).collect();
        let unknown = in_each(None);
        let mut tuples: BTreeSet<Vec<PlaceIndex>> = codes.iter().map(|&code| in_each(Some(code))).collect();
        // The unknown place is the last.
        tuples.remove(&unknown);
        let tuples: Vec<Vec<PlaceIndex>> = tuples.into_iter().chain([unknown]).collect();
        let position: BTreeMap<&Vec<PlaceIndex>, PlaceIndex> = tuples.iter().zip(0..).collect();
        let known = codes.iter().filter_map(|&code| Some((code, *position.get(&in_each(Some(code)))?))).collect();
        let geography = Geography {
            id: all.iter().map(|geography| geography.id.as_str()).collect::<Vec<_>>().join(" x "),
            municipalities: municipalities(first, &tuples),
            counties: first.counties.clone(),
            known,
        };
        let places = (0..all.len()).map(|at| tuples.iter().map(|tuple| tuple[at]).collect()).collect();
        Meeting { geography, places }
    }

    /// By place of the geography given at a position: the places of the meeting that it is made of.
    pub fn parts(&self, geography: usize, municipalities: usize) -> Vec<Vec<u16>> {
        let mut parts = vec![Vec::new(); municipalities];
        for (leaf, &place) in self.places[geography].iter().enumerate() {
            parts[usize::from(place)].push(leaf as u16);
        }
        parts
    }
}

fn municipalities(first: &Geography, tuples: &[Vec<PlaceIndex>]) -> Vec<Municipality> {
    let of_first = |tuple: &Vec<PlaceIndex>| &first.municipalities[usize::from(tuple[0])];
    let is_uncut = tuples.windows(2).all(|pair| pair[0][0] != pair[1][0]);
    let numbered = |(at, tuple): (usize, &Vec<PlaceIndex>)| match is_uncut {
        true => of_first(tuple).clone(),
        false => Municipality { number: MunicipalityNumber(at as u16 + 1), ..of_first(tuple).clone() },
    };
    tuples.iter().enumerate().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::{County, GeographyLists, list};
    use crate::domain::CountyNumber;

    /// A and B of county 1, unknown of county 99; `join` puts B's code 102 into A.
    fn geography(codes: &[(u16, PlaceIndex)], numbers: &[u16]) -> Geography {
        let municipality = |&number: &u16| Municipality {
            number: MunicipalityNumber(number),
            name: format!("K{number}"),
            county: CountyNumber((number / 100) as u8),
        };
        let mut counties: Vec<u8> = numbers.iter().map(|number| (number / 100) as u8).collect();
        counties.dedup();
        Geography {
            id: "g".into(),
            municipalities: numbers.iter().map(municipality).collect(),
            counties: counties.iter().map(|&n| County { number: CountyNumber(n), name: "F".into() }).collect(),
            known: codes.iter().map(|&(code, at)| (MunicipalityNumber(code), at)).collect(),
        }
    }

    #[test]
    fn codes_that_either_geography_parts_are_places() {
        // One: {101, 102}, {103}, unknown. Other: {101}, {102, 103}, unknown: three leaves of codes.
        let one = geography(&[(101, 0), (102, 0), (103, 1)], &[101, 103, 9999]);
        let other = geography(&[(101, 0), (102, 1), (103, 1)], &[101, 102, 9999]);
        let meeting = Meeting::of(&one, &[&other]);
        assert_eq!(meeting.geography.municipalities.len(), 4);
        assert_eq!(meeting.places, [vec![0, 0, 1, 2], vec![0, 1, 1, 2]]);
        assert_eq!(meeting.parts(0, 3), [vec![0, 1], vec![2], vec![3]]);
        assert_eq!(meeting.parts(1, 3), [vec![0], vec![1, 2], vec![3]]);
        let of = |code: u16| meeting.geography.place_of(Some(MunicipalityNumber(code)));
        assert_eq!([101, 102, 103, 999].map(of), [0, 1, 2, 3]);
        assert_eq!(meeting.geography.unknown(), 3);
    }

    #[test]
    fn a_geography_alone_is_itself() {
        let one = geography(&[(101, 0), (102, 0), (103, 1)], &[101, 103, 9999]);
        let meeting = Meeting::of(&one, &[]);
        assert_eq!(meeting.geography.municipalities, one.municipalities);
        assert_eq!(meeting.geography.known, one.known);
    }

    /// The split of Ålesund: 1507 of 2020 to 2023 lies within 1508 or 1580 by the list of 2024.
    #[test]
    fn a_list_in_which_two_municipalities_are_one_cuts_nothing_further() {
        let now = Geography::load("recode-2024").unwrap();
        let text = list("geo/recode_2024.csv").unwrap();
        let joined: String = text.lines().map(|line| line.replace(",1580,", ",1508,") + "\n").collect();
        let lists = GeographyLists { recoding: ("mine", &joined), municipalities: None, counties: None };
        let before = Geography::from_lists("before", &lists).unwrap();
        let meeting = Meeting::of(&before, &[&now]);
        assert_eq!(meeting.geography.municipalities.len(), now.municipalities.len());
        assert_eq!(before.municipalities.len() + 1, now.municipalities.len());
        assert_eq!(meeting.parts(0, before.municipalities.len()).iter().filter(|parts| parts.len() == 2).count(), 1);
    }
}
