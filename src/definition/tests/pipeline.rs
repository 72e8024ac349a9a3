//! The nine tables of gp-activity.

use super::*;
use crate::domain::{PeriodKind, Service};

#[test]
fn the_shipped_file_and_the_compiled_in_one_are_the_same() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/gp-activity.toml");
    assert_eq!(Pipeline::read(&path).unwrap().files, shipped().files);
    let all = ["after-discharge", "continuity", "gp-activity", "gp-register", "primary-health-team"];
    assert_eq!(Pipeline::shipped_ids(), all);
}

#[test]
fn there_are_nine_tables() {
    let pipeline = shipped();
    let ids: Vec<_> = pipeline.tables.iter().map(|table| table.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "gp-contacts",
            "gp-contacts-age-sex",
            "gp-contacts-by-practice",
            "gp-e-consultation",
            "gp-time-use",
            "gp-activities",
            "gp-diagnoses",
            "legevakt-contacts",
            "gp-workload"
        ]
    );
}

const TYPES: [&str; 16] = [
    "home-visit",
    "physical-consultation",
    "e-consultation",
    "meeting",
    "dialogue-meeting",
    "other-body",
    "simple-present",
    "simple-remote",
    "nurse-home-visit",
    "nurse-consultation",
    "nurse-group",
    "nurse-meeting",
    "nurse-simple",
    "nurse-remote",
    "administrative",
    "unclassified",
];
const SUMS: [&str; 4] = ["consultation", "simple-contact", "collaboration", "contact"];

fn indicators<'a>(pipeline: &'a Pipeline, table: &str) -> Vec<&'a str> {
    table_of(pipeline, table).indicators.iter().map(|indicator| indicator.id.as_str()).collect()
}

#[test]
fn contact_types_are_in_the_order_of_precedence() {
    let pipeline = shipped();
    let types: Vec<_> = pipeline.contact_types.types.iter().map(|of| of.id.as_str()).collect();
    assert_eq!(types, TYPES);
    let sums: Vec<_> = pipeline.contact_types.sums.iter().map(|sum| sum.id.as_str()).collect();
    assert_eq!(sums, SUMS);
    let members = |at: usize| names(&pipeline, pipeline.contact_types.sums[at].members);
    assert_eq!(members(0), ["home-visit", "physical-consultation", "e-consultation"]);
    assert_eq!(members(1), ["simple-present", "simple-remote"]);
    assert_eq!(members(2), ["meeting", "dialogue-meeting", "other-body"]);
    assert_eq!(members(3), TYPES);
}

#[test]
fn indicators_have_the_ids_of_the_specification() {
    let pipeline = shipped();
    let twenty: Vec<&str> = TYPES.into_iter().chain(SUMS).collect();
    for table in ["gp-contacts", "gp-contacts-by-practice", "legevakt-contacts"] {
        assert_eq!(indicators(&pipeline, table), twenty, "{table}");
    }
    let six = ["contact", "consultation", "home-visit", "physical-consultation", "e-consultation", "simple-contact"];
    assert_eq!(indicators(&pipeline, "gp-contacts-age-sex"), six);
    let e = ["e-consultation-share", "e-consultation-outside-hours-share"];
    assert_eq!(indicators(&pipeline, "gp-e-consultation"), e);
    let time = [
        "time-supplement-share-consultation",
        "time-supplement-share-physical-consultation",
        "time-supplement-share-e-consultation",
    ];
    assert_eq!(indicators(&pipeline, "gp-time-use"), time);
    let activities = [
        "medication-review",
        "diabetes-annual-control",
        "spirometry",
        "talk-therapy",
        "interdisciplinary-meeting",
        "sick-note",
        "home-visit",
    ];
    assert_eq!(indicators(&pipeline, "gp-activities"), activities);
    assert_eq!(indicators(&pipeline, "gp-diagnoses"), ["consultation"]);
    let workload =
        ["days-with-contact", "days-with-five-physical", "consultations-per-day", "weekend-physical", "weekend-e"];
    assert_eq!(indicators(&pipeline, "gp-workload"), workload);
}

#[test]
fn tables_are_by_the_places_periods_and_measures_of_the_specification() {
    use Measure::*;
    use PeriodKind::*;
    use PlaceBasis::*;
    use SmallPlaces::*;
    let pipeline = shipped();
    let of = |id: &str| {
        let table = table_of(&pipeline, id);
        (table.place, table.small_places, table.periods.clone(), table.measures.clone(), table.dimensions.clone())
    };
    let all = vec![Month, Quarter, Tertial, Year];
    let long = vec![Tertial, Year];
    assert_eq!(of("gp-contacts"), (Residence, Hide, all.clone(), vec![Contacts, Patients, Per1000], vec![]));
    assert_eq!(
        of("gp-contacts-age-sex"),
        (
            Residence,
            Hide,
            long.clone(),
            vec![Contacts, Patients, Per1000, PatientsPer100],
            vec![Dimension::Sex, Dimension::AgeGroup]
        )
    );
    assert_eq!(of("gp-contacts-by-practice"), (Practice, Pool, all.clone(), vec![Contacts, Doctors], vec![]));
    assert_eq!(of("gp-e-consultation"), (Residence, Hide, all.clone(), vec![Share], vec![]));
    assert_eq!(of("gp-time-use"), (Residence, Hide, all.clone(), vec![Share], vec![]));
    assert_eq!(of("gp-activities"), (Residence, Hide, all.clone(), vec![Contacts], vec![]));
    assert_eq!(of("gp-diagnoses"), (Residence, Hide, long, vec![Contacts], vec![Dimension::Icpc2Chapter]));
    assert_eq!(
        of("legevakt-contacts"),
        (Residence, Hide, all.clone(), vec![Contacts], vec![Dimension::PartOfDay, Dimension::DayType])
    );
    assert_eq!(of("gp-workload"), (Practice, Pool, vec![Year], vec![Mean], vec![Dimension::Hour]));
    assert_eq!(table_of(&pipeline, "legevakt-contacts").municipality_detail, [Year]);
    assert_eq!(table_of(&pipeline, "gp-contacts").municipality_detail, all);
    assert_eq!(table_of(&pipeline, "legevakt-contacts").service, Service::Legevakt);
    assert_eq!(table_of(&pipeline, "gp-workload").practice_types, Some(vec!["FALE".into(), "FALO".into()]));
}

#[test]
fn age_groups_are_made_of_their_bounds() {
    let groups = shipped().age_groups;
    assert_eq!(
        groups.all_labels(),
        ["0-5", "6-15", "16-19", "20-29", "30-49", "50-66", "67-79", "80-89", "90+", "unknown"]
    );
    let of = |age| groups.all_labels()[usize::from(groups.of_age(age))].clone();
    assert_eq!(
        [of(Some(0)), of(Some(5)), of(Some(6)), of(Some(89)), of(Some(90)), of(Some(120))].join(" "),
        "0-5 0-5 6-15 80-89 90+ 90+"
    );
    assert_eq!([of(Some(121)), of(Some(-1)), of(None)], ["unknown", "unknown", "unknown"]);
}

#[test]
fn policies_have_the_thresholds_of_the_protection_text() {
    let standard = shipped().policy;
    assert_eq!(
        (standard.min_patients, standard.min_doctors, standard.dominance_percent, standard.p_percent),
        (5, 3, 85, 10)
    );
    assert_eq!((standard.min_residents, standard.saturated_residents, standard.pool_volume), (5, 20, 50));
    assert_eq!((standard.width, standard.width_percent, standard.width_dominance_percent), (2, 10, 15));
    let strict = varied(&[("policy = \"standard\"", "policy = \"strict\"")], &[]).unwrap().policy;
    assert_eq!(Policy { id: "strict".into(), width: 3, ..standard.clone() }, strict);
    let thorough = varied(&[("policy = \"standard\"", "policy = \"thorough\"")], &[]).unwrap().policy;
    assert_eq!(Policy { id: "thorough".into(), effort: Effort::Thorough, ..standard }, thorough);
}

/// The parameters of the pilot's two models are those of the list.
#[test]
fn payments_are_priced_by_the_parameter_table() {
    let list = crate::codes::list("pht_model.csv").unwrap();
    let kroner: std::collections::BTreeMap<&str, u32> = list
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|fields| (fields[1], fields[3].parse().unwrap()))
        .collect();
    let pipeline = Pipeline::shipped("primary-health-team").unwrap();
    let table = pipeline.tables.iter().find(|table| table.id == "team-payments").unwrap();
    let Some(Joined::Fees { tariffs, .. }) = table.indicators[0].value.joined() else { panic!("fees come first") };
    let fees: Vec<u32> = tariffs.iter().map(|tariff| tariff.kroner).collect();
    assert_eq!(fees, ["s1a", "s1b", "s2a", "s2b", "s3", "s4", "s5", "s6"].map(|code| kroner[code]));
    let Some(Joined::Grant { components, .. }) = table.indicators[1].value.joined() else { panic!("then the grant") };
    for component in components {
        assert_eq!(component.kroner, kroner[component.id.replace('-', "_").as_str()], "{}", component.id);
    }
}
