//! The release geography: one set of municipalities that all months are recoded to.
//!
//! In: a recoding list and the lists of municipalities, counties and special codes. Out:
//! [`Geography`], in which every code that was ever in force has one place. Never guesses the
//! place of an unknown code, never splits a record.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{CountyNumber, Error, MunicipalityNumber, PlaceIndex, Result};

use super::{embedded::list, rows::rows};

/// The recoding lists that are compiled in.
pub const GEOGRAPHIES: [&str; 1] = ["recode-2024"];

const SVALBARD: MunicipalityNumber = MunicipalityNumber(2100);
const JAN_MAYEN: MunicipalityNumber = MunicipalityNumber(2211);
const UNKNOWN: MunicipalityNumber = MunicipalityNumber::UNKNOWN;

/// One set of municipalities that all months are recoded to.
#[derive(Debug, Clone)]
pub struct Geography {
    /// `recode-2024` or the id of another list.
    pub id: String,
    /// Ascending by number; Svalbard 2100, Jan Mayen 2211 and unknown 9999 among them.
    pub municipalities: Vec<Municipality>,
    /// Ascending by number; 21, 22 and 99 among them.
    pub counties: Vec<County>,
    /// Every known code, whenever it was in force, to its main target.
    pub known: BTreeMap<MunicipalityNumber, PlaceIndex>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    pub number: MunicipalityNumber,
    /// In bokmål.
    pub name: String,
    pub county: CountyNumber,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct County {
    pub number: CountyNumber,
    pub name: String,
}

/// The texts of the lists that a geography is made of, each with the name that a fault is told by.
#[derive(Debug, Clone, Copy)]
pub struct GeographyLists<'a> {
    /// `old_code`, the target (`new_code` or `code_YYYY`), `share`, `main`.
    pub recoding: (&'a str, &'a str),
    /// `code`, `name`, `county_code`: rows beside those compiled in, or instead of them.
    pub municipalities: Option<(&'a str, &'a str)>,
    /// `code`, `name`: rows beside those compiled in, or instead of them.
    pub counties: Option<(&'a str, &'a str)>,
}

#[derive(serde::Deserialize)]
struct MunicipalityRow {
    code: String,
    name: String,
    county_code: String,
}

#[derive(serde::Deserialize)]
struct CountyRow {
    code: String,
    name: String,
}

#[derive(serde::Deserialize)]
struct SpecialRow {
    code: String,
    level: String,
    name: String,
}

#[derive(serde::Deserialize)]
struct RecodingRow {
    old_code: String,
    #[serde(alias = "code_2024")]
    new_code: String,
    main: String,
}

type Names = BTreeMap<MunicipalityNumber, (String, CountyNumber)>;

impl Geography {
    /// A compiled-in geography by its id.
    ///
    /// # Errors
    /// [`crate::domain::ExitCode::Geography`] for an id that no list has.
    pub fn load(id: &str) -> Result<Self> {
        if !GEOGRAPHIES.contains(&id) {
            let known = GEOGRAPHIES.join(", ");
            return Err(Error::geography(format!(
                "geography `{id}`: no such recoding list; known are {known}, or write lists/geography/{id}.toml beside the pipeline definition"
            )));
        }
        let recoding = ("geo/recode_2024.csv", compiled("geo/recode_2024.csv"));
        Geography::from_lists(id, &GeographyLists { recoding, municipalities: None, counties: None })
    }

    /// A geography from its lists: the given ones, completed by those compiled in.
    ///
    /// # Errors
    /// [`crate::domain::ExitCode::Geography`], with list and line: a code of a wrong form, a target
    /// or county that no list names, a known code without a main target or with two.
    pub fn from_lists(id: &str, lists: &GeographyLists<'_>) -> Result<Self> {
        let names = municipality_names(lists)?;
        let targets = main_targets(lists.recoding, &names)?;
        complete(lists.recoding.0, &names, &targets)?;
        let (names, targets) = with_special(names, targets)?;
        let municipalities = used(&names, &targets);
        let counties = counties(lists, &municipalities)?;
        let at = positions(&municipalities);
        let known = targets.iter().filter_map(|(&code, target)| Some((code, *at.get(target)?))).collect();
        Ok(Geography { id: id.into(), municipalities, counties, known })
    }

    /// Position of a known code in the release geography; none where the code is unknown.
    pub fn resolve(&self, code: MunicipalityNumber) -> Option<PlaceIndex> {
        self.known.get(&code).copied()
    }
    /// Position of 9999, the last municipality.
    pub fn unknown(&self) -> PlaceIndex {
        (self.municipalities.len() - 1) as PlaceIndex
    }
    /// Position of a code, that of 9999 where it is missing or unknown.
    pub fn place_of(&self, code: Option<MunicipalityNumber>) -> PlaceIndex {
        code.and_then(|code| self.resolve(code)).unwrap_or_else(|| self.unknown())
    }
    /// The county of a municipality by its position in the release geography.
    pub fn county_of(&self, place: PlaceIndex) -> CountyNumber {
        self.municipalities.get(usize::from(place)).map_or(CountyNumber(99), |municipality| municipality.county)
    }
}

fn compiled(name: &'static str) -> &'static str {
    list(name).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>((name, text): (&str, &str)) -> Result<Vec<super::Listed<T>>> {
    rows(name, text).map_err(Error::geography)
}

fn municipality(list: &str, line: u64, code: &str) -> Result<MunicipalityNumber> {
    let wrong = || Error::geography(format!("{list}:{line}: expected a municipality number of four digits"));
    MunicipalityNumber::parse(code).ok_or_else(wrong)
}

fn county(list: &str, line: u64, code: &str) -> Result<CountyNumber> {
    let wrong = || Error::geography(format!("{list}:{line}: expected a county number of two digits"));
    let two = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
    if two { code.parse().map(CountyNumber).map_err(|_| wrong()) } else { Err(wrong()) }
}

fn municipality_names(lists: &GeographyLists<'_>) -> Result<Names> {
    let base = ("geo/municipalities.csv", compiled("geo/municipalities.csv"));
    let mut names = Names::new();
    for source in [Some(base), lists.municipalities].into_iter().flatten() {
        let mut here = BTreeSet::new();
        for listed in read::<MunicipalityRow>(source)? {
            let number = municipality(source.0, listed.line, &listed.row.code)?;
            if !here.insert(number) {
                return Err(Error::geography(format!("{}:{}: {number} stands twice", source.0, listed.line)));
            }
            names.insert(number, (listed.row.name, county(source.0, listed.line, &listed.row.county_code)?));
        }
    }
    Ok(names)
}

fn main_targets(source: (&str, &str), names: &Names) -> Result<BTreeMap<MunicipalityNumber, MunicipalityNumber>> {
    let mut targets = BTreeMap::new();
    for listed in read::<RecodingRow>(source)? {
        let fault = |what: String| Err(Error::geography(format!("{}:{}: {what}", source.0, listed.line)));
        let old = municipality(source.0, listed.line, &listed.row.old_code)?;
        let new = municipality(source.0, listed.line, &listed.row.new_code)?;
        if !names.contains_key(&new) {
            return fault(format!("the target {new} is in no list of municipalities; add it with name and county"));
        }
        match listed.row.main.as_str() {
            "0" => {}
            "1" if targets.insert(old, new).is_some() => {
                return fault(format!("{old} has two main targets; let one row have main = 1"));
            }
            "1" => {}
            _ => return fault("column main: expected 0 or 1".into()),
        }
    }
    Ok(targets)
}

fn complete(list: &str, names: &Names, targets: &BTreeMap<MunicipalityNumber, MunicipalityNumber>) -> Result<()> {
    if let Some(code) = names.keys().find(|code| !targets.contains_key(code)) {
        return Err(Error::geography(format!(
            "{list}: {code} has no main target; every code of the lists of municipalities needs a row with main = 1"
        )));
    }
    match targets.iter().find(|(_, target)| targets.get(target) != Some(target)) {
        Some((code, target)) => Err(Error::geography(format!(
            "{list}: {code} goes to {target}, which itself goes on to another code; give the last one"
        ))),
        None => Ok(()),
    }
}

type Targets = BTreeMap<MunicipalityNumber, MunicipalityNumber>;

// 2100-2199 are Svalbard, 2200 and 2211 Jan Mayen; 9999 has a place but is no known code.
fn with_special(mut names: Names, mut targets: Targets) -> Result<(Names, Targets)> {
    for row in special("municipality")? {
        let Some(number) = MunicipalityNumber::parse(&row.code) else { continue };
        if [SVALBARD, JAN_MAYEN, UNKNOWN].contains(&number) {
            names.insert(number, (row.name, CountyNumber((number.0 / 100) as u8)));
        }
    }
    targets.extend((2100..2200).map(|code| (MunicipalityNumber(code), SVALBARD)));
    targets.extend([2200, 2211].map(|code| (MunicipalityNumber(code), JAN_MAYEN)));
    Ok((names, targets))
}

fn special(level: &str) -> Result<Vec<SpecialRow>> {
    let all = read::<SpecialRow>(("geo/special.csv", compiled("geo/special.csv")))?;
    Ok(all.into_iter().map(|listed| listed.row).filter(|row| row.level == level).collect())
}

fn used(names: &Names, targets: &Targets) -> Vec<Municipality> {
    let used: BTreeSet<_> = targets.values().copied().chain([UNKNOWN]).collect();
    let of = |number: MunicipalityNumber| {
        let (name, county) = names.get(&number)?.clone();
        Some(Municipality { number, name, county })
    };
    used.into_iter().filter_map(of).collect()
}

fn positions(municipalities: &[Municipality]) -> BTreeMap<MunicipalityNumber, PlaceIndex> {
    municipalities.iter().zip(0..).map(|(municipality, at)| (municipality.number, at)).collect()
}

fn counties(lists: &GeographyLists<'_>, municipalities: &[Municipality]) -> Result<Vec<County>> {
    let mut names = BTreeMap::new();
    let base = ("geo/counties.csv", compiled("geo/counties.csv"));
    for source in [Some(base), lists.counties].into_iter().flatten() {
        for listed in read::<CountyRow>(source)? {
            names.insert(county(source.0, listed.line, &listed.row.code)?, listed.row.name);
        }
    }
    for row in special("county")? {
        if let Ok(number) = row.code.parse() {
            names.insert(CountyNumber(number), row.name);
        }
    }
    let used: BTreeSet<_> = municipalities.iter().map(|municipality| municipality.county).collect();
    let of = |number: CountyNumber| match names.get(&number) {
        Some(name) => Ok(County { number, name: name.clone() }),
        None => Err(Error::geography(format!(
            "county {number} has municipalities but no name; add it to the list of counties"
        ))),
    };
    used.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests;
