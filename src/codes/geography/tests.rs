//! The geography of 2024 and of lists of one's own.

use super::*;
use crate::domain::ExitCode;

fn geography() -> Geography {
    Geography::load("recode-2024").unwrap()
}

fn number_of(geography: &Geography, code: u16) -> Option<u16> {
    let place = geography.resolve(MunicipalityNumber(code))?;
    Some(geography.municipalities[usize::from(place)].number.0)
}

#[test]
fn there_are_360_places_and_18_counties() {
    let geography = geography();
    assert_eq!(geography.municipalities.len(), 357 + 3);
    let special: Vec<_> =
        geography.municipalities.iter().filter(|m| [21, 22, 99].contains(&m.county.0)).map(|m| m.number.0).collect();
    assert_eq!(special, [2100, 2211, 9999]);
    let counties: Vec<_> = geography.counties.iter().map(|county| county.number.0).collect();
    assert_eq!(counties, [3, 11, 15, 18, 21, 22, 31, 32, 33, 34, 39, 40, 42, 46, 50, 55, 56, 99]);
    assert_eq!(geography.unknown(), 359);
    assert!(geography.municipalities.is_sorted_by_key(|m| m.number));
}

#[test]
fn every_code_ever_in_force_is_known() {
    // 848 codes in municipalities.csv, 100 of Svalbard, 2 of Jan Mayen.
    assert_eq!(geography().known.len(), 848 + 100 + 2);
}

#[test]
fn codes_go_to_their_main_target() {
    let geography = geography();
    // Halden through Viken to Østfold; the split of Ålesund; Haram wholly to the new Haram.
    for (old, new) in [(101, 3101), (3001, 3101), (1507, 1508), (1534, 1580), (301, 301), (1850, 1875)] {
        assert_eq!(number_of(&geography, old), Some(new), "{old}");
    }
}

#[test]
fn svalbard_and_jan_mayen_are_one_place_each() {
    let geography = geography();
    for (code, place) in [(2100, 2100), (2111, 2100), (2150, 2100), (2199, 2100), (2200, 2211), (2211, 2211)] {
        assert_eq!(number_of(&geography, code), Some(place), "{code}");
    }
}

#[test]
fn other_codes_are_unknown() {
    let geography = geography();
    for code in [0, 1, 2201, 2311, 2321, 8888, 9999, 302] {
        assert_eq!(number_of(&geography, code), None, "{code}");
        assert_eq!(geography.place_of(Some(MunicipalityNumber(code))), geography.unknown());
    }
    assert_eq!(geography.place_of(None), geography.unknown());
}

#[test]
fn names_are_in_bokmal() {
    let geography = geography();
    let name = |code: u16| {
        geography.municipalities[usize::from(geography.resolve(MunicipalityNumber(code)).unwrap())].name.clone()
    };
    assert_eq!([name(301), name(5001), name(5503), name(2100)], ["Oslo", "Trondheim", "Harstad", "Svalbard"]);
    let county = |code: u8| geography.counties.iter().find(|c| c.number.0 == code).unwrap().name.clone();
    assert_eq!([county(15), county(55), county(99)], ["Møre og Romsdal", "Troms", "Uoppgitt fylke"]);
    assert_eq!(geography.county_of(geography.unknown()), CountyNumber(99));
}

#[test]
fn an_unknown_geography_is_told_with_the_known_ones() {
    let error = Geography::load("recode-1999").unwrap_err();
    assert_eq!(error.code, ExitCode::Geography);
    assert_eq!(
        error.message,
        "geography `recode-1999`: no such recoding list; known are recode-2024, or write lists/geography/recode-1999.toml beside the pipeline definition"
    );
}

/// The recoding of 2024 with Asker (3203) taken into a new municipality 3299.
fn merged(change: impl Fn(String) -> String) -> Result<Geography> {
    let recoding = list("geo/recode_2024.csv").unwrap().replace("code_2024", "new_code").replace(",3203,", ",3299,");
    let recoding = change(format!("{recoding}3299,3299,,1\n"));
    let names = "code,name,county_code\n3299,Askerbæ,32\n";
    Geography::from_lists(
        "recode-2031",
        &GeographyLists {
            recoding: ("recode.csv", &recoding),
            municipalities: Some(("new.csv", names)),
            counties: None,
        },
    )
}

#[test]
fn another_recoding_list_needs_no_code() {
    let geography = merged(|text| text).unwrap();
    assert_eq!(number_of(&geography, 3203), Some(3299));
    assert_eq!(number_of(&geography, 220), Some(3299));
    assert_eq!(geography.municipalities.len(), 360);
}

#[test]
fn faults_of_a_list_have_their_place() {
    let message = |change: fn(String) -> String| {
        let error = merged(change).unwrap_err();
        assert_eq!(error.code, ExitCode::Geography);
        error.message
    };
    assert_eq!(
        message(|text| text.replace("0101,3101,,1", "0101,7777,,1")),
        "recode.csv:2: the target 7777 is in no list of municipalities; add it with name and county"
    );
    assert_eq!(
        message(|text| text.replace("0101,3101,,1", "101,3101,,1")),
        "recode.csv:2: expected a municipality number of four digits"
    );
    assert_eq!(
        message(|text| text.replace("0101,3101,,1", "0101,3101,,1\n0101,3103,,1")),
        "recode.csv:3: 0101 has two main targets; let one row have main = 1"
    );
    assert_eq!(
        message(|text| text.replace("0101,3101,,1", "0101,3101,,0")),
        "recode.csv: 0101 has no main target; every code of the lists of municipalities needs a row with main = 1"
    );
    assert_eq!(
        message(|text| text.replace("0101,3101,,1", "0101,0104,,1")),
        "recode.csv: 0101 goes to 0104, which itself goes on to another code; give the last one"
    );
}
