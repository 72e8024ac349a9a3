//! The bytes of published tables, worked out by hand on a table of six rows.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use parquet::basic::{Compression, Encoding};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::files::{Area, create, write_file};
use super::rows::Rows;
use super::{parquet as parquet_file, text};
use crate::aggregate::Place;
use crate::codes::{County, Geography, Municipality};
use crate::definition::*;
use crate::domain::{CountyNumber, Month, MunicipalityNumber, Period, PeriodKind, Service};
use crate::protect::{ObsStatus, PublicTable, RestrictedTable};

/// A number that must never be in a public byte: 913377.25 as text and as a double.
const CANARY: f64 = 913_377.25;

fn words(text: &str) -> Text {
    Text { nb: text.into(), en: text.into() }
}

fn table() -> Table {
    let indicator = |id: &str, quantity| Indicator {
        id: id.into(),
        title: words(id),
        description: words(id),
        value: IndicatorValue::Count { quantity },
    };
    let predicate = |types| Predicate { types, with: 0, without: 0, outside_hours: None, weekend: None };
    Table {
        id: "made-up".into(),
        version: "1.2.3".into(),
        title: words("made-up"),
        description: words("made-up"),
        since: None,
        service: Service::Gp,
        practice_types: None,
        place: PlaceBasis::Residence,
        by: Level::Municipality,
        periods: vec![PeriodKind::Month],
        dimensions: vec![Dimension::DayType, Dimension::Sex],
        municipality_detail: PeriodKind::ALL.to_vec(),
        measures: vec![Measure::Contacts, Measure::Per1000],
        small_places: SmallPlaces::Hide,
        quantities: vec![predicate(1), predicate(3)],
        indicators: vec![indicator("simple", 0), indicator("contact", 1)],
        policy: policy(),
    }
}

fn policy() -> Policy {
    Policy {
        id: "standard".into(),
        version: "1".into(),
        min_patients: 5,
        min_doctors: 3,
        dominance_percent: 85,
        p_percent: 10,
        min_residents: 5,
        saturated_residents: 20,
        width: 2,
        width_percent: 10,
        width_dominance_percent: 15,
        pool_volume: 50,
        effort: Effort::Quick,
    }
}

fn geography() -> Geography {
    let municipality = |number, name: &str, county| Municipality {
        number: MunicipalityNumber(number),
        name: name.into(),
        county: CountyNumber(county),
    };
    Geography {
        id: "made-up".into(),
        municipalities: vec![municipality(301, "Oslo", 3), municipality(1103, "Stavanger, \"byen\"", 11)],
        counties: vec![
            County { number: CountyNumber(3), name: "Oslo".into() },
            County { number: CountyNumber(11), name: "Rogaland".into() },
        ],
        known: BTreeMap::new(),
    }
}

/// Rows in no order: the municipality of place 3, the pool, the country, a county.
fn public() -> PublicTable {
    PublicTable {
        table: 0,
        places: vec![
            Place::Country,
            Place::County(CountyNumber(3)),
            Place::Pool(CountyNumber(11)),
            Place::Municipality(1),
        ],
        periods: vec![Period::containing(PeriodKind::Month, Month::new(2024, 3))],
        labels: vec![vec!["total".into(), "weekday".into()], vec!["total".into(), "male".into()]],
        place: vec![3, 2, 0, 0, 0, 1],
        period: vec![0; 6],
        dimensions: vec![vec![0, 0, 0, 1, 0, 0], vec![0, 0, 1, 0, 0, 0]],
        indicator: vec![1, 1, 1, 0, 0, 1],
        measure: vec![
            Measure::Contacts,
            Measure::Contacts,
            Measure::Contacts,
            Measure::Contacts,
            Measure::Per1000,
            Measure::Contacts,
        ],
        value: vec![Some(1_200_000.0), None, Some(0.0), Some(7.0), Some(12.34), None],
        status: vec![
            ObsStatus::Final,
            ObsStatus::Suppressed,
            ObsStatus::Provisional,
            ObsStatus::Provisional,
            ObsStatus::Provisional,
            ObsStatus::Undefined,
        ],
    }
}

const EXPECTED_CSV: &str = "\
period_type,period,geo_level,geo,geo_name,sex,age_group,day_type,indicator,measure,value,obs_status,conf_status
month,2024-03,country,0,Hele landet,male,total,total,contact,contacts,0,P,F
month,2024-03,country,0,Hele landet,total,total,total,simple,per-1000,12.34,P,F
month,2024-03,country,0,Hele landet,total,total,weekday,simple,contacts,7,P,F
month,2024-03,county,03,Oslo,total,total,total,contact,contacts,,M,F
month,2024-03,municipality,1103,\"Stavanger, \"\"byen\"\"\",total,total,total,contact,contacts,1200000,A,F
month,2024-03,municipality,11xx,Øvrige kommuner,total,total,total,contact,contacts,,Q,C
";

fn label<'a>() -> parquet_file::Label<'a> {
    parquet_file::Label { table: "made-up", version: "1.2.3", release: "made-up-2024-09-01-0123" }
}

#[test]
fn rows_are_sorted_by_their_keys_and_written_as_the_specification_says() {
    let folder = tempfile::tempdir().unwrap();
    let (public, table, geography) = (public(), table(), geography());
    let rows = Rows::of(&public, &table, &geography).unwrap();
    let file = create(folder.path(), "data/made-up.csv", Area::Public).unwrap();
    let written = text::write_public(file, &rows, &public).unwrap();
    let bytes = fs::read(folder.path().join("data/made-up.csv")).unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), EXPECTED_CSV);
    assert_eq!(written.sha256, super::files::sha256(&bytes));
    assert_eq!(written.bytes, bytes.len() as u64);
}

#[test]
fn two_rows_with_the_same_keys_are_a_bug() {
    let mut twice = public();
    twice.place[0] = 2;
    let (table, geography) = (table(), geography());
    let error = Rows::of(&twice, &table, &geography).err().unwrap();
    assert_eq!(error.code, crate::domain::ExitCode::Bug);
}

#[test]
fn parquet_has_the_rows_and_nothing_besides() {
    let folder = tempfile::tempdir().unwrap();
    let (public, table, geography) = (public(), table(), geography());
    let rows = Rows::of(&public, &table, &geography).unwrap();
    let file = create(folder.path(), "made-up.parquet", Area::Public).unwrap();
    parquet_file::write_public(file, &label(), &rows, &public).unwrap();

    let reader = SerializedFileReader::new(fs::File::open(folder.path().join("made-up.parquet")).unwrap()).unwrap();
    let metadata = reader.metadata();
    assert_eq!(metadata.file_metadata().created_by(), Some("kprstat"));
    let says: BTreeMap<_, _> = metadata
        .file_metadata()
        .key_value_metadata()
        .unwrap()
        .iter()
        .map(|kv| (kv.key.as_str(), kv.value.as_deref().unwrap()))
        .collect();
    let expected = [("release", "made-up-2024-09-01-0123"), ("table", "made-up"), ("version", "1.2.3")];
    assert_eq!(says, BTreeMap::from(expected));
    for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
        assert_eq!(column.compression(), Compression::SNAPPY);
        assert!(column.statistics().is_none(), "{}", column.column_path());
        assert!(column.dictionary_page_offset().is_none());
        assert!(column.column_index_offset().is_none() && column.offset_index_offset().is_none());
        assert!(column.encodings().all(|encoding| matches!(encoding, Encoding::PLAIN | Encoding::RLE)));
    }
    let values: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
    assert_eq!(values.len(), 6);
    assert!(values[5].contains("geo: \"11xx\"") && values[5].contains("value: null"), "{}", values[5]);
}

/// The truth stands in the restricted file and in no public one.
#[test]
fn a_hidden_value_is_in_no_public_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (public, table, geography) = (public(), table(), geography());
    let rows = Rows::of(&public, &table, &geography).unwrap();
    let file = create(folder.path(), "p.parquet", Area::Public).unwrap();
    parquet_file::write_public(file, &label(), &rows, &public).unwrap();
    let file = create(folder.path(), "p.csv", Area::Public).unwrap();
    text::write_public(file, &rows, &public).unwrap();

    let mut keys = public.clone();
    keys.value[1] = Some(CANARY);
    let truth = RestrictedTable {
        keys,
        n_patients: vec![Some(3); 6],
        n_doctors: vec![None; 6],
        largest_doctor_share: vec![Some(0.5); 6],
        largest_patient_share: vec![None; 6],
        reason: vec!["", "patients", "", "", "", ""],
    };
    let rows = Rows::of(&truth.keys, &table, &geography).unwrap();
    let file = create(folder.path(), "r.parquet", Area::Restricted).unwrap();
    parquet_file::write_restricted(file, &label(), &rows, &truth).unwrap();

    let holds = |name: &str| {
        let bytes = fs::read(folder.path().join(name)).unwrap();
        let double = CANARY.to_le_bytes();
        bytes.windows(8).any(|window| window == double) || bytes.windows(6).any(|window| window == b"913377")
    };
    assert!(holds("r.parquet"), "the restricted truth has it");
    assert!(!holds("p.parquet") && !holds("p.csv"));
}

#[test]
fn restricted_files_are_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    write_file(folder.path(), "deep/er/secret", Area::Restricted, b"x").unwrap();
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("deep/er/secret"), 0o600);
    assert_eq!(mode("deep/er"), 0o700);
    assert_eq!(mode("deep"), 0o700);
}

#[test]
fn numbers_are_written_shortest_and_without_exponents() {
    let written = [0.0, -0.0, 12.0, 0.1, 1e15, 33.33, 100.0, 5_600_000.0].map(text::number);
    assert_eq!(written, ["0", "0", "12", "0.1", "1000000000000000", "33.33", "100", "5600000"]);
}
