//! What is refused, and in which words.

use super::*;
use crate::domain::ExitCode;

pub(super) fn refused(changes: &[(&str, &str)], files: &[(&str, &str)]) -> String {
    let error = varied(changes, files).unwrap_err();
    assert_eq!(error.code, ExitCode::Definition, "{error}");
    error.message
}

fn wrong(old: &str, new: &str) -> String {
    refused(&[(old, new)], &[])
}

const GP_CONTACTS: &str = "[[table]]\nid = \"gp-contacts\"\nversion = \"1\"\n";

/// The message less its line and column, which move with the shipped text.
fn said(message: &str) -> String {
    let mut parts = message.splitn(4, ':');
    let (file, line, column) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    assert!(line.parse::<u32>().is_ok() && column.parse::<u32>().is_ok(), "no place: {message}");
    assert_eq!(file, "mine.toml");
    parts.next().unwrap().trim().to_string()
}

#[test]
fn a_fault_has_file_line_and_column() {
    assert_eq!(
        wrong("id = \"gp-activity\"\nversion = \"1\"", "id = \"gp-activity\"\nverson = \"1\""),
        "mine.toml:3:1: unknown key `verson`; did you mean `version`? Known: id, version, title, description, geography, contact-types, features, age-groups, policy, reject-limit, gates, from, to, source, table, register-table"
    );
}

#[test]
fn unknown_names_are_told_with_the_known_ones() {
    assert_eq!(
        said(&wrong(
            "share.numerator = { contact-types = [\"e-consultation\"] }",
            "share.numerator = { contact-types = [\"e-consultaton\"] }"
        )),
        "unknown contact type `e-consultaton`; did you mean `e-consultation`? Known: home-visit, physical-consultation, e-consultation, meeting, dialogue-meeting, other-body, simple-present, simple-remote, nurse-home-visit, nurse-consultation, nurse-group, nurse-meeting, nurse-simple, nurse-remote, administrative, unclassified, consultation, simple-contact, collaboration, contact"
    );
    assert_eq!(
        said(&wrong("with = [\"spirometry\"]", "with = [\"spirometri\"]")),
        "unknown feature `spirometri`; did you mean `spirometry`? Known: time-supplement, nurse-time-supplement, nurse-travel, medication-review, diabetes-annual-control, spirometry, talk-therapy, interdisciplinary-meeting, specialist-supplement, sick-note"
    );
    assert_eq!(
        said(&wrong("periods = [\"month\", \"quarter\"", "periods = [\"month\", \"quater\"")),
        "unknown name `quater`; did you mean `quarter`? Known: month, quarter, tertial, year"
    );
    assert_eq!(
        said(&wrong("practice-types = [\"FALE\", \"FALO\"]", "practice-types = [\"FALE\", \"LEVA\"]")),
        "unknown practice type of service gp `LEVA`; Known: FALE, FALO, FATU, KOFA"
    );
    assert_eq!(
        said(&wrong("id = \"innbyggere\"", "id = \"innbygere\"")),
        "unknown source `innbygere`; did you mean `innbyggere`? Known: regning, takst, diagnose, kontrakt, kontrakt_lege, medlemskap, opphold, nokkel, innbyggere"
    );
    assert_eq!(
        said(&wrong("policy = \"standard\"", "policy = \"strickt\"")),
        "unknown list `strickt`; did you mean `strict`? Known: standard, strict, thorough; or write lists/policies/strickt.toml beside it"
    );
    assert_eq!(
        said(&wrong("contact-types = \"kprstat\"", "contact-types = \"../../etc/passwd\"")),
        "unknown list `../../etc/passwd`; Known: ekspertutvalget, fhi, helsedirektoratet-rapport, helsedirektoratet-statistikk, kprstat, skde, ssb; or write lists/contact-types/ID.toml beside it"
    );
}

#[test]
fn ids_are_kebab_case_and_used_once() {
    assert_eq!(
        said(&wrong("id = \"gp-time-use\"", "id = \"gp_time_use\"")),
        "expected an id of small letters, digits and hyphens (kebab-case)"
    );
    assert_eq!(
        said(&wrong("id = \"gp-time-use\"", "id = \"gp-contacts\"")),
        "the id `gp-contacts` is used twice; give each its own"
    );
    assert_eq!(
        said(&wrong("id = \"spirometry\"", "id = \"home-visit\"")),
        "the id `home-visit` is used twice; give each its own"
    );
    assert_eq!(said(&wrong(GP_CONTACTS, &GP_CONTACTS.replace("\"1\"", "\" \""))), "expected a version, such as \"1\"");
}

#[test]
fn a_list_names_each_thing_once() {
    assert_eq!(
        said(&wrong("\"quarter\", \"tertial\"", "\"quarter\", \"quarter\"")),
        "the period is named twice; name it once"
    );
    assert_eq!(
        said(&wrong("[\"contacts\", \"doctors\"]", "[\"doctors\", \"doctors\"]")),
        "the measure is named twice; name it once"
    );
    assert_eq!(
        said(&wrong("[\"sex\", \"age-group\"]", "[\"sex\", \"sex\"]")),
        "the dimension is named twice; name it once"
    );
    assert_eq!(said(&wrong("id = \"diagnose\"", "id = \"takst\"")), "the source is named twice; name it once");
}

#[test]
fn measures_fit_the_indicators() {
    assert_eq!(
        said(&wrong("[\"contacts\", \"doctors\"]", "[\"contacts\", \"share\"]")),
        "no indicator of the table has the measure `share`"
    );
    assert_eq!(
        said(&wrong("measures = [\"mean\"]", "measures = [\"mean\", \"count\"]")),
        "no indicator of the table has the measure `count`"
    );
    let count = "count = { contact-types = [\"*\"], with = [\"spirometry\"] }";
    let share = "share.numerator = { contact-types = [\"*\"], with = [\"spirometry\"] }\nshare.denominator = { contact-types = [\"*\"] }";
    assert_eq!(
        said(&wrong(count, share)),
        "no measure of the table shows the indicator `spirometry`; its kind has share"
    );
    assert_eq!(
        said(&wrong("[\"contacts\", \"doctors\"]", "[\"contacts\", \"per-1000\"]")),
        "a rate per resident needs place = \"residence\""
    );
    assert_eq!(
        said(&wrong("dimensions = [\"sex\", \"age-group\"]", "dimensions = [\"sex\", \"day-type\"]")),
        "patients have one sex and age group in a period, but no other dimension; leave the measure or the dimension"
    );
    assert_eq!(said(&wrong("dimensions = [\"hour\"]", "")), "an indicator by-hour needs the dimension hour");
    assert_eq!(
        said(&wrong("dimensions = [\"icpc2-chapter\"]", "dimensions = [\"hour\"]")),
        "the dimension hour is for indicators by-hour"
    );
}

#[test]
fn municipality_detail_is_of_the_tables_periods() {
    assert_eq!(
        said(&wrong(
            "dimensions = [\"icpc2-chapter\"]",
            "dimensions = [\"icpc2-chapter\"]\nmunicipality-detail = [\"month\"]"
        )),
        "municipality-detail names a period that the table does not have"
    );
}

#[test]
fn an_indicator_is_of_one_kind() {
    let two = "count = { contact-types = [\"home-visit\"] }\nby-hour = { contact-types = [\"home-visit\"] }";
    let want = "expected exactly one of count, share, days, per-day, by-hour";
    assert_eq!(said(&wrong("count = { contact-types = [\"home-visit\"] }", two)), want);
    assert_eq!(said(&wrong("count = { contact-types = [\"home-visit\"] }", "")), want);
}

#[test]
fn something_is_counted() {
    let spirometry = "count = { contact-types = [\"*\"], with = [\"spirometry\"] }";
    assert_eq!(
        said(&wrong(spirometry, "count = { contact-types = [] }")),
        "expected at least one contact type; `*` is all"
    );
    let both =
        "count = { contact-types = [\"*\"], with = [\"spirometry\"], without = [\"sick-note\", \"spirometry\"] }";
    assert_eq!(said(&wrong(spirometry, both)), "the feature stands under with and without; nothing has both");
}

#[test]
fn the_written_documentation_names_every_key() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/README.md")).unwrap();
    let known = |message: String| message.split_once("Known: ").unwrap().1.to_string();
    let keys = [
        wrong("reject-limit = 0.01", "nothing = 1"),
        wrong(GP_CONTACTS, &format!("{GP_CONTACTS}nothing = 1\n")),
        wrong("[[source]]\n", "[[source]]\nnothing = 1\n"),
        wrong("[[table.indicator]]\n", "[[table.indicator]]\nnothing = 1\n"),
        wrong("with = [\"spirometry\"]", "nothing = 1"),
        wrong("at-least = 5", "nothing = 1"),
    ];
    for key in keys.map(known).join(", ").split(", ") {
        let named = [
            format!("`{key}`"),
            format!("`{key} ="),
            format!("`[[{key}]]`"),
            format!("`[[table.{key}]]`"),
            format!(" {key} ="),
        ];
        assert!(named.iter().any(|form| readme.contains(form)), "{key} is not in pipelines/README.md");
    }
}

#[test]
fn a_numerator_is_part_of_its_denominator() {
    let want = "the numerator must be the denominator with one condition more: fewer contact types, one feature, hours or weekend";
    let denominator = "share.denominator = { contact-types = [\"e-consultation\"] }";
    for other in [
        "share.denominator = { contact-types = [\"meeting\"] }",
        "share.denominator = { contact-types = [\"consultation\"] }",
        "share.denominator = { contact-types = [\"e-consultation\"], outside-hours = true }",
        "share.denominator = { contact-types = [\"e-consultation\"], with = [\"time-supplement\"] }",
    ] {
        assert_eq!(said(&wrong(denominator, other)), want, "{other}");
    }
}

#[test]
fn a_table_and_a_pipeline_are_not_empty() {
    assert_eq!(
        said(&wrong("measures = [\"contacts\", \"patients\", \"per-1000\"]\ncontact-types = [\"*\"]", "measures = []")),
        "the table has no indicators; add contact-types or [[table.indicator]]"
    );
    assert_eq!(
        said(&wrong("periods = [\"month\", \"quarter\", \"tertial\", \"year\"]", "periods = []")),
        "expected at least one of month, quarter, tertial, year"
    );
    let head = super::super::shipped::list("gp-activity.toml").unwrap();
    let tables = &head[head.find("[[table]]").unwrap()..];
    assert_eq!(wrong(tables, ""), "mine.toml: the pipeline has no tables; add [[table]] or [[register-table]]");
}

#[test]
fn tables_have_their_sources() {
    assert_eq!(
        said(&wrong("[[source]]\nid = \"innbyggere\"", "")),
        "a rate needs the source innbyggere; add [[source]] id = \"innbyggere\""
    );
    assert_eq!(
        said(&wrong("[[source]]\nid = \"diagnose\"", "")),
        "the dimension icpc2-chapter needs the source diagnose; add [[source]] id = \"diagnose\""
    );
    assert_eq!(
        said(&wrong("[[source]]\nid = \"takst\"", "")),
        "a table of contacts needs the source takst; add [[source]] id = \"takst\""
    );
}

#[test]
fn sources_are_files_of_the_delivery() {
    assert_eq!(
        said(&wrong("id = \"takst\"", "id = \"takst\"\nfiles = [\"../takst.csv\"]")),
        "expected a file name, with * and ? for any letters, of the delivery's own folder"
    );
    assert_eq!(
        said(&wrong("id = \"takst\"", "id = \"takst\"\ndialect = { delimiter = \"|\" }")),
        "delimiter: expected \";\", \",\" or a tab"
    );
    assert_eq!(
        said(&wrong("id = \"takst\"", "id = \"takst\"\ndialect = { encoding = \"ebcdic\" }")),
        "encoding: expected \"utf-8\" or \"iso-8859-1\""
    );
}

#[test]
fn months_and_limits_are_sound() {
    assert_eq!(
        said(&wrong("reject-limit = 0.01", "reject-limit = 0.01\nfrom = \"2024-13\"")),
        "expected a month as YYYY-MM"
    );
    assert_eq!(
        said(&wrong("reject-limit = 0.01", "reject-limit = 0.01\nfrom = \"2024-02\"\nto = \"2024-01\"")),
        "the last month is before the first; mend from or to"
    );
    assert_eq!(
        said(&wrong("reject-limit = 0.01", "reject-limit = 2.0")),
        "expected a share from 0 to 1 (0.01 is one percent)"
    );
    assert_eq!(said(&wrong("service = \"gp\"", "service = \"gp\"\nsince = \"2024\"")), "expected a month as YYYY-MM");
}

#[test]
fn a_table_tightens_a_threshold_and_never_loosens_it() {
    let with = |policy: &str| varied(&[(GP_CONTACTS, &format!("{GP_CONTACTS}policy = {policy}\n"))], &[]);
    let tight = with("{ min-patients = 10, dominance-percent = 75, width = 2 }").unwrap();
    let (own, general) = (&table_of(&tight, "gp-contacts").policy, &tight.policy);
    assert_eq!((own.min_patients, own.dominance_percent, own.width, own.min_doctors), (10, 75, 2, 3));
    assert_eq!((general.min_patients, general.dominance_percent), (5, 85));
    let wrong = |policy: &str| said(&with(policy).unwrap_err().message);
    let thresholds = [
        ("min-patients", 4, 5),
        ("min-doctors", 2, 3),
        ("dominance-percent", 86, 85),
        ("p-percent", 9, 10),
        ("min-residents", 4, 5),
        ("saturated-residents", 19, 20),
        ("width", 1, 2),
        ("width-percent", 9, 10),
        ("width-dominance-percent", 14, 15),
        ("pool-volume", 49, 50),
    ];
    for (name, loose, policy) in thresholds {
        assert_eq!(
            wrong(&format!("{{ {name} = {loose} }}")),
            format!(
                "{name} = {loose} is looser than the policy's {policy}; a table may tighten a threshold, never loosen it"
            )
        );
    }
}

#[test]
fn a_missing_definition_is_told_without_its_folder() {
    let error = Pipeline::read(std::path::Path::new("/nowhere/at/all.toml")).unwrap_err();
    assert_eq!(error.message, "all.toml: no such pipeline definition; give the path of a .toml file");
    assert_eq!(
        Pipeline::shipped("gp-activty").unwrap_err().message,
        "unknown pipeline `gp-activty`; did you mean `gp-activity`? Known: after-discharge, continuity, gp-activity, gp-register, primary-health-team"
    );
    assert!(Pipeline::shipped("lists/policies/strict").is_err());
}
