//! Municipalities with their synthetic inhabitants, and the code that each had in a given year.
//!
//! In: the population and recoding lists under schemas/codes/geo and the number of persons. Out:
//! the towns (municipalities of 2024, and Svalbard) scaled to that number, and for a person's
//! home the municipality number in force in a year. Never guesses a municipality.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::{Dice, cumulative};
use super::figures::age_group;
use crate::domain::{Error, Result};

const MUNICIPALITIES: &str = include_str!("../../schemas/codes/geo/municipalities.csv");
const RECODE: &str = include_str!("../../schemas/codes/geo/recode_2024.csv");
const POPULATION: &str = include_str!("../../schemas/codes/geo/population.csv");
const TOTALS: &str = include_str!("../../schemas/codes/geo/population_totals.csv");
const PYRAMID: &str = include_str!("../../schemas/codes/geo/national_pyramid.csv");

const SVALBARD: u16 = 2100;
const SVALBARD_PERSONS: f64 = 2_600.0;
/// The town whose pyramid stands for Svalbard's, which SSB does not give.
const SVALBARD_PYRAMID: u16 = 5501;

/// The age groups of population.csv and the ages that they hold.
const POPULATION_GROUPS: [(&str, i32, i32); 7] = [
    ("0-5", 0, 5),
    ("6-15", 6, 15),
    ("16-29", 16, 29),
    ("30-49", 30, 49),
    ("50-66", 50, 66),
    ("67-79", 67, 79),
    ("80+", 80, 105),
];

/// A municipality of 2024 with its synthetic inhabitants.
#[derive(Debug, Clone)]
pub struct Town {
    pub number: u16,
    /// Inhabitants in the synthetic country.
    pub persons: u32,
    /// Inhabitants in the real one.
    pub real: f64,
    /// Running weights by sex (men first) and group of `POPULATION_GROUPS`.
    pyramid: Vec<f64>,
}

/// All towns in order of number, and their codes through the years.
pub struct Places {
    pub towns: Vec<Town>,
    /// Running weights of single ages within each group, by sex and group.
    ages: Vec<Vec<f64>>,
    first_year: i32,
    /// By year and town: codes in force with their running weights.
    codes: Vec<Vec<Vec<(u16, f64)>>>,
    /// Running persons by town, for the choice of another town.
    running: Vec<f64>,
}

impl Places {
    /// The country with `persons` inhabitants, its codes from `first_year` to `last_year`.
    pub fn new(persons: u32, first_year: i32, last_year: i32) -> Result<Places> {
        let mut towns = towns()?;
        if (persons as usize) < towns.len() {
            let message = format!("--persons: expected at least {}, one for every municipality", towns.len());
            return Err(Error::usage(message));
        }
        scale(&mut towns, persons);
        let recoding = Recoding::read()?;
        let codes = (first_year..=last_year).map(|year| recoding.codes_in(year, &towns)).collect();
        let running = cumulative(towns.iter().map(|town| f64::from(town.persons)));
        Ok(Places { ages: single_ages()?, towns, first_year, codes, running })
    }

    /// The number in force in `year` for a home in `town`; `part` in [0, 1) is the home's place
    /// within the town and chooses among the codes that became it.
    pub fn code(&self, town: u16, part: f64, year: i32) -> u16 {
        let at = (year - self.first_year).clamp(0, self.codes.len() as i32 - 1) as usize;
        let codes = &self.codes[at][town as usize];
        let sum = codes.last().map_or(0.0, |&(_, c)| c);
        let found = codes.iter().find(|&&(_, c)| part * sum < c).or(codes.last());
        found.map_or(self.towns[town as usize].number, |&(code, _)| code)
    }

    /// Sex (true: a woman) and age in years of a person drawn from the town's pyramid.
    pub fn person(&self, town: u16, dice: &mut Dice) -> (bool, i32) {
        let cell = dice.pick(&self.towns[town as usize].pyramid);
        let (_, first, _) = POPULATION_GROUPS[cell % 7];
        (cell >= 7, first + dice.pick(&self.ages[cell]) as i32)
    }

    /// A town to move to: mostly within the county, by its size.
    pub fn other_town(&self, from: u16, dice: &mut Dice) -> u16 {
        let county = |town: usize| self.towns[town].number / 100;
        let own = county(from as usize);
        let first = self.towns.partition_point(|town| town.number / 100 < own);
        let end = self.towns.partition_point(|town| town.number / 100 <= own);
        if end - first < 2 || dice.chance(0.3) {
            return dice.pick(&self.running) as u16;
        }
        let before = if first == 0 { 0.0 } else { self.running[first - 1] };
        let at = before + dice.unit() * (self.running[end - 1] - before);
        (self.running.partition_point(|&c| c <= at)).clamp(first, end - 1) as u16
    }
}

fn rows(text: &'static str, of: &str) -> Result<Vec<Vec<String>>> {
    let fault = |_| Error::bug(format!("{of}: the compiled-in code list cannot be read"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader.records().map(|record| record.map(row).map_err(fault)).collect()
}

fn number<T: std::str::FromStr>(text: &str, of: &str) -> Result<T> {
    text.parse().map_err(|_| Error::bug(format!("{of}: expected a number in the compiled-in code list")))
}

fn towns() -> Result<Vec<Town>> {
    let mut cells: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
    for row in rows(POPULATION, "population.csv")? {
        let group = POPULATION_GROUPS.iter().position(|(name, ..)| *name == row[3]);
        let group = group.ok_or_else(|| Error::bug("population.csv: expected a known age group"))?;
        let at = group + if row[2] == "F" { 7 } else { 0 };
        cells.entry(number(&row[0], "population.csv")?).or_insert_with(|| vec![0.0; 14])[at] =
            number(&row[4], "population.csv")?;
    }
    if let Some(likeness) = cells.get(&SVALBARD_PYRAMID).cloned() {
        let sum: f64 = likeness.iter().sum();
        cells.insert(SVALBARD, likeness.iter().map(|n| n * SVALBARD_PERSONS / sum).collect());
    }
    let town = |(number, cells): (u16, Vec<f64>)| {
        let real = cells.iter().sum();
        Town { number, persons: 0, real, pyramid: cumulative(cells) }
    };
    Ok(cells.into_iter().map(town).collect())
}

/// Shares `persons` out by real size; everyone gets one at least, the largest town gives them.
fn scale(towns: &mut [Town], persons: u32) {
    let all: f64 = towns.iter().map(|town| town.real).sum();
    let (mut running, mut given) = (0.0, 0u32);
    for town in towns.iter_mut() {
        running += town.real;
        let until = (running / all * f64::from(persons)).round() as u32;
        town.persons = until.saturating_sub(given).max(1);
        given += town.persons;
    }
    while given > persons {
        let Some(largest) = towns.iter_mut().max_by_key(|town| town.persons) else { return };
        largest.persons -= 1;
        given -= 1;
    }
}

fn single_ages() -> Result<Vec<Vec<f64>>> {
    let mut by_age = [[0.0f64; 106]; 2];
    for row in rows(PYRAMID, "national_pyramid.csv")? {
        let age: usize = number(row[2].trim_end_matches('+'), "national_pyramid.csv")?;
        by_age[usize::from(row[1] == "F")][age.min(105)] = number(&row[3], "national_pyramid.csv")?;
    }
    let within = |cell: usize| {
        let (_, first, last) = POPULATION_GROUPS[cell % 7];
        cumulative(by_age[cell / 7][first as usize..=last as usize].iter().copied())
    };
    Ok((0..14).map(within).collect())
}

/// The lists that say which codes became a town, read once.
struct Recoding {
    /// Code with first and last day, as text.
    in_force: Vec<(u16, String, String)>,
    /// Old code, town's number, share.
    targets: Vec<(u16, u16, f64)>,
    /// Inhabitants by year and code.
    sizes: BTreeMap<i32, BTreeMap<u16, f64>>,
}

impl Recoding {
    fn read() -> Result<Recoding> {
        let mut recoding = Recoding { in_force: Vec::new(), targets: Vec::new(), sizes: BTreeMap::new() };
        for row in rows(MUNICIPALITIES, "municipalities.csv")? {
            recoding.in_force.push((number(&row[0], "municipalities.csv")?, row[3].clone(), row[4].clone()));
        }
        for row in rows(RECODE, "recode_2024.csv")? {
            let share = if row[2].is_empty() { 1.0 } else { number(&row[2], "recode_2024.csv")? };
            let (old, new) = (number(&row[0], "recode_2024.csv")?, number(&row[1], "recode_2024.csv")?);
            recoding.targets.push((old, new, share));
        }
        for row in rows(TOTALS, "population_totals.csv")? {
            let of = "population_totals.csv";
            recoding.sizes.entry(number(&row[1], of)?).or_default().insert(number(&row[0], of)?, number(&row[2], of)?);
        }
        Ok(recoding)
    }

    /// For every town the codes in force on 1 January of `year` that became it, by population in
    /// the nearest year that SSB's list has.
    fn codes_in(&self, year: i32, towns: &[Town]) -> Vec<Vec<(u16, f64)>> {
        let day = format!("{year:04}-01-01");
        let holds = |from: &String, to: &String| *from <= day && (to.is_empty() || *to >= day);
        let in_force = self.in_force.iter().filter(|(_, from, to)| holds(from, to)).map(|&(code, ..)| code);
        let in_force: BTreeSet<u16> = in_force.collect();
        let sizes = self.sizes.iter().min_by_key(|(y, _)| (*y - year).abs()).map(|(_, sizes)| sizes);
        let size = |code: &u16| sizes.and_then(|sizes| sizes.get(code)).copied().unwrap_or(1_000.0);
        let mut codes: Vec<Vec<(u16, f64)>> = vec![Vec::new(); towns.len()];
        for (old, new, share) in self.targets.iter().filter(|(old, ..)| in_force.contains(old)) {
            if let Ok(town) = towns.binary_search_by_key(new, |town| town.number) {
                codes[town].push((*old, share * size(old)));
            }
        }
        codes.iter_mut().for_each(|codes| running_by_code(codes));
        codes
    }
}

fn running_by_code(codes: &mut [(u16, f64)]) {
    codes.sort_unstable_by_key(|&(code, _)| code);
    let mut sum = 0.0;
    for (_, weight) in codes {
        sum += *weight;
        *weight = sum;
    }
}

/// Age on the tables' scale for figures: the group of an age that may not be reached yet.
pub fn group_of(age: i32) -> usize {
    age_group(age.max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_municipality_has_someone_and_all_add_up() {
        for persons in [5_000, 200_000] {
            let places = Places::new(persons, 2023, 2024).unwrap();
            assert_eq!(places.towns.len(), 358);
            assert!(places.towns.iter().all(|town| town.persons >= 1));
            assert_eq!(places.towns.iter().map(|town| town.persons).sum::<u32>(), persons);
        }
    }

    #[test]
    fn a_home_has_the_code_in_force_in_the_year() {
        let places = Places::new(5_000, 2019, 2024).unwrap();
        let town = |number: u16| places.towns.iter().position(|town| town.number == number).unwrap() as u16;
        let halden = town(3101);
        assert_eq!([2019, 2020, 2024].map(|year| places.code(halden, 0.5, year)), [101, 3001, 3101]);
        // Haram came out of Ålesund (1507) in 2024; before 2020 it was 1534.
        assert_eq!([2019, 2020, 2024].map(|year| places.code(town(1580), 0.5, year)), [1534, 1507, 1580]);
    }

    #[test]
    fn too_few_persons_are_refused() {
        assert!(Places::new(100, 2024, 2024).is_err());
    }
}
