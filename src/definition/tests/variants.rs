//! Definitions are data: what may be changed without code.

use super::*;
use crate::domain::{ExitCode, Month, MunicipalityNumber};

#[test]
fn an_indicator_and_a_table_are_added() {
    let more = "[[table]]\nid = \"gp-weekend\"\nversion = \"1\"\nsince = \"2024-01\"\ntitle = { nb = \"Helg\", en = \"Weekend\" }\ndescription = { nb = \"Helg.\", en = \"Weekend.\" }\nservice = \"gp\"\nplace = \"residence\"\nperiods = [\"year\"]\nmeasures = [\"contacts\", \"share\"]\n\
        [[table.indicator]]\nid = \"weekend-contact\"\ntitle = { nb = \"a\", en = \"a\" }\ndescription = { nb = \"a\", en = \"a\" }\ncount = { contact-types = [\"contact\"], weekend = true, without = [\"sick-note\"] }\n\
        [[table.indicator]]\nid = \"weekend-share\"\ntitle = { nb = \"a\", en = \"a\" }\ndescription = { nb = \"a\", en = \"a\" }\nshare.numerator = { contact-types = [\"contact\"], weekend = true }\nshare.denominator = { contact-types = [\"contact\"] }\n\n[[table]]\nid = \"gp-time-use\"";
    let pipeline = varied(&[("[[table]]\nid = \"gp-time-use\"", more)], &[]).unwrap();
    let table = table_of(&pipeline, "gp-weekend");
    assert_eq!(table.since, Some(Month::new(2024, 1)));
    let any =
        Predicate { types: pipeline.contact_types.all(), with: 0, without: 0, outside_hours: None, weekend: None };
    let sick_note = 1 << pipeline.features.ids.iter().position(|id| id == "sick-note").unwrap();
    let weekend = |weekend| Predicate { weekend: Some(weekend), ..any.clone() };
    assert_eq!(
        table.quantities,
        [Predicate { without: sick_note, ..weekend(true) }, weekend(true), any.clone(), weekend(false)]
    );
    assert_eq!(table.indicators[1].value, IndicatorValue::Share { numerator: 1, complement: 3, denominator: 2 });
    assert!(table.is_published(0) && !table.is_published(1));
}

#[test]
fn an_age_grouping_is_exchanged() {
    let list = "id = \"wide\"\ntitle = { nb = \"Brede\", en = \"Wide\" }\nfrom = [0, 1, 18, 67]\n";
    let pipeline =
        varied(&[("age-groups = \"kprstat\"", "age-groups = \"wide\"")], &[("lists/age-groups/wide.toml", list)])
            .unwrap();
    assert_eq!(pipeline.age_groups.all_labels(), ["0", "1-17", "18-66", "67+", "unknown"]);
}

#[test]
fn every_shipped_definition_of_a_consultation_can_be_chosen() {
    let of = |id: &str| {
        let pipeline = varied(&[("contact-types = \"kprstat\"", &format!("contact-types = \"{id}\""))], &[]).unwrap();
        assert_eq!(pipeline.contact_types.id, id);
        pipeline
    };
    let codes = |id: &str| {
        let pipeline = of(id);
        let list = &pipeline.contact_types;
        let sum = list.sums.iter().find(|sum| sum.id == "consultation").unwrap().members;
        let within = |takst: &&DatedTakst| sum >> takst.index & 1 == 1;
        let mut codes: Vec<String> = list.takster.iter().filter(within).map(|takst| takst.code.clone()).collect();
        codes.sort();
        codes.dedup();
        codes.join(" ")
    };
    assert_eq!(
        codes("kprstat"),
        "074a 074ae 074b 074be 074d 086a 086b 11ad 11ak 2ad 2ae 2aef 2aek 2af 2ak 2ed 2fk 615"
    );
    assert_eq!(
        codes("helsedirektoratet-rapport"),
        "074a 074ae 074b 074be 074d 11ad 11ak 2ad 2ae 2aef 2aek 2ak 2ed 2fk 615"
    );
    assert_eq!(codes("helsedirektoratet-statistikk"), "2ad 2ae 2aek 2af 2ak 2ed");
    assert_eq!(codes("ssb"), "2ad 2ae 2aef 2aek 2af 2ak 2ed");
    assert_eq!(codes("fhi"), "074a 074ae 074b 074be 074d 2ad 2ae 2aef 2aek 2ak 2ed 2fk 615");
    assert_eq!(codes("skde"), "11ad 11ak 2ad 2ae 2aef 2aek 2ak 2fk");
    assert_eq!(codes("ekspertutvalget"), "11ad 11ak 2ad 2ae 2aef 2aek 2af 2ak 2ed 2fk 615");
    // Without home visits among consultations, the time use of consultations has no rest.
    assert_eq!(table_of(&of("ssb"), "gp-time-use").quantities.len(), 9);
}

#[test]
fn a_contact_type_list_of_ones_own_may_have_other_types() {
    let list = "id = \"two\"\ntitle = { nb = \"a\", en = \"a\" }\ndescription = { nb = \"a\", en = \"a\" }\nsource = { nb = \"a\", en = \"a\" }\ntakster = \"two.csv\"\n\
        [[type]]\nid = \"meet\"\ntitle = { nb = \"Møte\", en = \"Meeting\" }\n[[type]]\nid = \"unclassified\"\ntitle = { nb = \"a\", en = \"a\" }\n";
    let csv = "takst,contact_type,valid_from,valid_to\n74B,meet,2020-01-01,2020-12-31\n74b,meet,2021-01-01,\n";
    let tables = super::super::shipped::list("gp-activity.toml").unwrap();
    let after_first = &tables[tables.find("[[table]]\nid = \"gp-contacts-age-sex\"").unwrap()..];
    let pipeline = varied(
        &[("contact-types = \"kprstat\"", "contact-types = \"two\""), (after_first, "")],
        &[("lists/contact-types/two.toml", list), ("lists/contact-types/two.csv", csv)],
    )
    .unwrap();
    let ids: Vec<_> = table_of(&pipeline, "gp-contacts").indicators.iter().map(|of| of.id.as_str()).collect();
    assert_eq!(ids, ["meet", "unclassified"]);
    assert_eq!(pipeline.contact_types.takster[0].code, "074b");
}

#[test]
fn a_release_geography_is_added() {
    let recoding = crate::codes::list("geo/recode_2024.csv").unwrap();
    let recoding = recoding.replace("code_2024", "new_code").replace(",3203,", ",3299,") + "3299,3299,,1\n";
    let list = "id = \"recode-2031\"\ntitle = { nb = \"a\", en = \"a\" }\ndescription = { nb = \"a\", en = \"a\" }\nrecoding = \"recode_2031.csv\"\nmunicipalities = \"new.csv\"\n";
    let geography = ("geography = \"recode-2024\"", "geography = \"recode-2031\"");
    let files = [
        ("lists/geography/recode-2031.toml", list),
        ("lists/geography/recode_2031.csv", recoding.as_str()),
        ("lists/geography/new.csv", "code,name,county_code\n3299,Askerbæ,32\n"),
    ];
    let pipeline = varied(&[geography], &files).unwrap();
    let places = pipeline.release_geography().unwrap();
    let asker = places.resolve(MunicipalityNumber(3203)).unwrap();
    assert_eq!(places.municipalities[usize::from(asker)].name, "Askerbæ");
    let names: Vec<_> = pipeline.files.iter().map(|(name, _)| name.as_str()).collect();
    assert!(files.iter().all(|(name, _)| names.contains(name)));
    // A list that is not there, or not whole, is a fault of the geography.
    let error = varied(&[geography], &[]).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            ExitCode::Geography,
            "geography `recode-2031`: no such recoding list; known are recode-2024, or write lists/geography/recode-2031.toml beside the pipeline definition"
        )
    );
    let error = varied(&[geography], &files[..2]).unwrap_err();
    assert_eq!(error.code, ExitCode::Geography);
    assert_eq!(
        error.message,
        "lists/geography/recode-2031.toml:5:18: no file lists/geography/new.csv; put it there or mend the name"
    );
}

#[test]
fn files_and_dialects_of_a_source_are_stated() {
    let pipeline = varied(
        &[("id = \"takst\"", "id = \"takst\"\nfiles = [\"kuhr_takst_*.csv\"]\ndialect = { delimiter = \"\\t\", encoding = \"iso-8859-1\" }")],
        &[],
    )
    .unwrap();
    let takst = &pipeline.sources[1];
    assert_eq!(takst.files, ["kuhr_takst_*.csv"]);
    assert_eq!(takst.dialect, Dialect { delimiter: Some('\t'), encoding: Some("iso-8859-1".into()) });
    assert_eq!(pipeline.sources[0].dialect, Dialect::default());
}

#[test]
fn what_is_not_said_has_a_default() {
    let silent = [
        "contact-types = \"kprstat\"   # lists/contact-types/: which official definition of a consultation is in use\n",
        "features = \"kprstat\"\n",
        "age-groups = \"kprstat\"\n",
        "geography = \"recode-2024\"\n",
        "policy = \"standard\"         # or \"strict\"\n",
        "reject-limit = 0.01         # a file with a larger share of rejected rows stops the run\n",
    ];
    let pipeline = varied(&silent.map(|line| (line, "")), &[]).unwrap();
    let ids = [
        &pipeline.contact_types.id,
        &pipeline.features.id,
        &pipeline.age_groups.id,
        &pipeline.geography,
        &pipeline.policy.id,
    ];
    assert_eq!(ids, ["kprstat", "kprstat", "kprstat", "recode-2024", "standard"]);
    assert_eq!((pipeline.reject_limit, pipeline.from, pipeline.to), (0.01, None, None));
}

#[test]
fn the_files_kept_make_the_same_pipeline() {
    let pipeline = varied(&[("contact-types = \"kprstat\"", "contact-types = \"ssb\"")], &[]).unwrap();
    let names: Vec<_> = pipeline.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "codes/geo/counties.csv",
            "codes/geo/municipalities.csv",
            "codes/geo/recode_2024.csv",
            "codes/geo/special.csv",
            "codes/icpc2_chapters.csv",
            "codes/praksistype.csv",
            "gp-activity.toml",
            "lists/age-groups/kprstat.toml",
            "lists/contact-types/kprstat.csv",
            "lists/contact-types/kprstat.toml",
            "lists/contact-types/ssb.toml",
            "lists/features/kprstat.csv",
            "lists/features/kprstat.toml",
            "lists/policies/standard.toml",
        ]
    );
    let again = Pipeline::from_files(&pipeline.files).unwrap();
    assert_eq!(again.files, pipeline.files);
    assert_eq!(again.tables[0].quantities, pipeline.tables[0].quantities);
}

#[test]
fn files_kept_by_another_program_are_refused() {
    let mut files = shipped().files;
    files[1].1.push(b'\n');
    assert_eq!(
        Pipeline::from_files(&files).unwrap_err().message,
        "codes/geo/municipalities.csv: the program has another version of the code list; use the program that made the release"
    );
}
