//! Definitions in words: golden texts.

use super::*;
use crate::domain::ExitCode;

#[test]
fn a_table_in_english() {
    let want = "\
gp-time-use (version 1): Time use of general practitioners
Share of consultations with a time supplement (code 2cd or 2ck: more than 20 minutes).

Contacts: approved bills with a person, neither credited nor crediting, in general practice (practice types FALE, FALO, FATU and KOFA).
Place: the patient's place of residence; the country, counties and municipalities, recoded by recode-2024; an unknown place is 9999.
Periods: month, quarter, tertial and year. Shown 30 days after the end; final six months after the last month.
share: the numerator's contacts in percent of the denominator's.
Small places: All municipalities are named; unsafe numbers are hidden.
Protection: Policy standard, version 1: hidden are numbers of 1 to 4 patients, of fewer than 3 doctors, where one doctor has over 85 % of the contacts, and rates over fewer than 5 residents, and what else could tell them. 0 is shown.

Contact types: kprstat (Contact types of kprstat). A contact has the first type of the list that any of its codes gives. A consultation is a home visit, a physical consultation or an e-consultation. The codes of primary health teams and of group consultations are included.
Source: The Directorate of Health: general practice, annual report 2023, table V9.1, completed with codes and dates of validity from the tariff (Normaltariffen).
Uncertain: The last day of code 1h is uncertain.

Indicators
  time-supplement-share-consultation: Share of consultations with a time supplement
    Consultations with a time supplement in percent of consultations.
    Numerator: contacts of type “Home visit”, “Physical consultation” or “E-consultation” with “Time supplement”
    Denominator: contacts of type “Home visit”, “Physical consultation” or “E-consultation”
  time-supplement-share-physical-consultation: Share of physical consultations with a time supplement
    Physical consultations with a time supplement in percent of physical consultations.
    Numerator: contacts of type “Physical consultation” with “Time supplement”
    Denominator: contacts of type “Physical consultation”
  time-supplement-share-e-consultation: Share of e-consultations with a time supplement
    E-consultations with a time supplement in percent of e-consultations.
    Numerator: contacts of type “E-consultation” with “Time supplement”
    Denominator: contacts of type “E-consultation”

Takst codes
  Home visit (home-visit): 11ad, 11ak, 086a (from 2018-04-01), 086b (from 2018-04-01)
  Physical consultation (physical-consultation): 2ad, 2ak, 2ed, 2fk, 615, 074a (from 2018-04-01), 074b (from 2018-04-01), 074d (from 2018-04-01)
  E-consultation (e-consultation): 2ae (from 2013-01-01), 2aek (from 2020-04-01), 2aef (from 2021-07-01), 2af (2020-04-01 to 2021-06-30), 2af (from 2021-12-01), 074ae (from 2018-04-01), 074be (from 2018-04-01)
  Time supplement (time-supplement): 2cd, 2ck
";
    assert_eq!(explain_table(&shipped(), "gp-time-use", Language::En).unwrap(), want);
}

#[test]
fn an_indicator_in_bokmal() {
    let want = "\
legevakt-contacts (versjon 1): Kontakter med legevakt
Kontakter etter kontakttype, bosted, del av døgnet (dag 08-16, kveld 16-23, natt 23-08) og hverdag eller helg. Kommuner har del av døgnet og ukedag for år; ellers bare totalen.

Kontakter: godkjente regninger med en person, verken kreditert eller krediterende, i tjenesten legevakt (praksistype LEVA, LEKO og KOLE).
Sted: pasientens bosted; landet, fylker og kommuner, omkodet etter recode-2024; ukjent sted er 9999.
Perioder: måned, kvartal, tertial og år. Vises når det er gått 30 dager etter slutten; endelig seks måneder etter den siste måneden.
Fordelt på: del av døgnet (dag 08-16, kveld 16-23, natt 23-08) og hverdag eller helg; kommuner bare for år, ellers totalen.
contacts: antall kontakter.
Små kommuner: Alle kommuner er navngitt; utrygge tall er skjult.
Vern: Regler standard, versjon 1: skjult er tall for 1 til 4 pasienter, for færre enn 3 leger, der én lege har over 85 % av kontaktene, og rater over færre enn 5 innbyggere, og det andre tall som kunne røpe dem. 0 vises.

Kontakttyper: kprstat (Kontakttyper i kprstat). En kontakt har den første typen på listen som noen av takstene gir. En konsultasjon er et sykebesøk, en fysisk konsultasjon eller en e-konsultasjon. Takstene for primærhelseteam og gruppekonsultasjon er med.
Kilde: Helsedirektoratet: Allmennlegetjenesten, årsrapport 2023, tabell V9.1, supplert med takster og gyldighetsdatoer fra normaltariffen.
Usikkert: Sluttdatoen for takst 1h er usikker.

Indikatorer
  simple-contact: Enkel kontakt
    Kontakter av typen «Enkel kontakt med pasienten til stede» eller «Enkel kontakt uten pasienten til stede».
    Telles: kontakter av typen «Enkel kontakt med pasienten til stede» eller «Enkel kontakt uten pasienten til stede»

Takster
  Enkel kontakt med pasienten til stede (simple-present): 1ad, 1ak, 1e, 618, 701a
  Enkel kontakt uten pasienten til stede (simple-remote): 1bd, 1bk, 1be (til 2022-06-30), 1g, 1h (til 2017-12-31), 1i, 612a, 612b
";
    assert_eq!(explain_table(&shipped(), "legevakt-contacts/simple-contact", Language::Nb).unwrap(), want);
}

#[test]
fn conditions_are_told() {
    let text = |name: &str, language| explain_table(&shipped(), name, language).unwrap();
    let outside = text("e-consultation-outside-hours-share", Language::En);
    assert!(outside.contains(
        "    Numerator: contacts of type “E-consultation” outside hours (before 08, from 16, Saturday, Sunday)\n    Denominator: contacts of type “E-consultation”\n"
    ));
    let weekend = text("weekend-e", Language::Nb);
    assert!(weekend.contains("    Telles: kontakter av typen «E-konsultasjon» i helgen\n"));
    assert!(weekend.contains("Fordelt på: klokketime.\n"));
    assert!(weekend.contains(
        "Små kommuner: Kommuner med færre enn 50 kontakter i en måned, eller med for få pasienter eller leger, er slått sammen til «Øvrige kommuner» i fylket.\n"
    ));
    let days = text("days-with-five-physical", Language::En);
    assert!(days.contains("    Days with at least 5: contacts of type “Physical consultation”\n"));
    let sick = text("sick-note", Language::En);
    assert!(sick.contains("    Counted: contacts of every type with “Sick note”\n"));
    assert!(sick.contains("  Administrative work (administrative): 5, 7, 8, h1, 2kd, every other L code\n"));
    assert!(sick.contains("  Sick note (sick-note): l1\n"));
}

#[test]
fn unknown_and_ambiguous_names_are_told() {
    let wrong = |name: &str| {
        let error = explain_table(&shipped(), name, Language::En).unwrap_err();
        assert_eq!(error.code, ExitCode::Definition);
        error.message
    };
    assert_eq!(
        wrong("gp-time-uses"),
        "unknown table or indicator `gp-time-uses`; did you mean `gp-time-use`? Known: gp-contacts, gp-contacts-age-sex, gp-contacts-by-practice, gp-e-consultation, gp-time-use, gp-activities, gp-diagnoses, legevakt-contacts, gp-workload"
    );
    assert_eq!(wrong("gp-diagnoses/contact"), "unknown indicator `contact`; Known: consultation");
    assert_eq!(
        wrong("simple-contact"),
        "several tables have the indicator `simple-contact`; name one: gp-contacts/simple-contact, gp-contacts-age-sex/simple-contact, gp-contacts-by-practice/simple-contact, legevakt-contacts/simple-contact"
    );
}

#[test]
fn definitions_of_a_consultation_stand_side_by_side() {
    let text = explain_consultations(None, Language::En).unwrap();
    let (legend, matrix) = text.split_once("\ntakst").unwrap();
    assert!(legend.starts_with(
        "Definitions of a consultation. Choose one by contact-types in the definition.\n\n1 kprstat: Contact types of kprstat\n  A consultation is "
    ));
    assert!(legend.contains("\n6 skde: SKDE (assumed)\n"));
    assert!(legend.contains("\n  Uncertain: Assumed: the wording has not been found. "));
    let want = "   1  2  3  4  5  6  7
086a    x  .  .  .  .  .  .  Home visit
086b    x  .  .  .  .  .  .  Home visit
11ad    x  x  .  x  .  x  .  Home visit
11ak    x  x  .  x  .  x  .  Home visit
074a    x  .  x  x  .  .  .  Physical consultation
074b    x  .  x  x  .  .  .  Physical consultation
074d    x  .  x  x  .  .  .  Physical consultation
2ad     x  x  x  x  x  x  x  Physical consultation
2ak     x  x  x  x  x  x  x  Physical consultation
2ed     x  x  x  x  x  .  x  Physical consultation
2fk     x  x  x  x  .  x  .  Physical consultation
615     x  x  x  x  .  .  .  Physical consultation
074ae   x  .  x  x  .  .  .  E-consultation
074be   x  .  x  x  .  .  .  E-consultation
2ae     x  x  x  x  x  x  x  E-consultation
2aef    x  x  x  x  .  x  x  E-consultation
2aek    x  x  x  x  x  x  x  E-consultation
2af     x  x  .  .  x  .  x  E-consultation

x: makes the contact a consultation. A contact has the first contact type that any of its codes gives.
";
    assert_eq!(matrix, want);
}

#[test]
fn the_list_in_use_stands_first_and_a_list_of_ones_own_is_among_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    let text = super::super::shipped::list("gp-activity.toml").unwrap();
    std::fs::write(&path, text.replace("contact-types = \"kprstat\"", "contact-types = \"own\"")).unwrap();
    std::fs::create_dir_all(folder.path().join("lists/contact-types")).unwrap();
    let own = "id = \"own\"\ntitle = { nb = \"Egen\", en = \"Own\" }\ndescription = { nb = \"Egen.\", en = \"Own.\" }\nsource = { nb = \"Oss.\", en = \"Us.\" }\nextends = \"kprstat\"\ndrop = [\"2fk\"]\n";
    std::fs::write(folder.path().join("lists/contact-types/own.toml"), own).unwrap();
    let text = explain_consultations(Some(&path), Language::Nb).unwrap();
    assert!(text.contains("\n1 own (i bruk): Egen\n  Egen.\n  Kilde: Oss.\n\n2 ekspertutvalget: "));
    assert!(text.contains("2fk     .  x  x  x  .  x  x  .  Fysisk konsultasjon\n"), "{text}");
}

#[test]
fn a_sound_definition_is_reported() {
    let pipeline = shipped();
    let report = check_report(&pipeline).unwrap();
    assert!(report.starts_with("pipeline gp-activity, version 1: Activity of general practice and emergency primary care\n\nfiles read\n  codes/geo/counties.csv ("));
    assert!(report.contains("  contact types kprstat: 16 types, 4 sums, 50 rows of codes\n"), "{report}");
    assert!(report.contains("  geography recode-2024: 360 municipalities, 18 counties, 950 known codes\n"));
    assert!(report.contains("  regning: regning.* and regning-*.* (csv, csv.gz, csv.zst, parquet)\n"));
    assert!(report.contains(
        "  gp-e-consultation 1: residence x month/quarter/tertial/year; share\n    2 indicators, 5 quantities counted: e-consultation-share, e-consultation-outside-hours-share\n"
    ));
    assert!(report.contains("  gp-diagnoses 1: residence x tertial/year x icpc2_chapter; contacts\n"));
    assert!(report.ends_with("\nno warnings\n"));
}

#[test]
fn what_looks_wrong_is_warned_of() {
    let pipeline = varied(
        &[
            ("reject-limit = 0.01", "reject-limit = 0.01\nfrom = \"2020-01\"\nto = \"2021-12\""),
            ("[[source]]\nid = \"regning\"", "[[source]]\nid = \"kontrakt\"\n[[source]]\nid = \"regning\""),
            ("service = \"legevakt\"", "service = \"legevakt\"\nsince = \"2022-01\""),
            ("contact-types = \"kprstat\"", "contact-types = \"own\""),
        ],
        &[(
            "lists/contact-types/own.toml",
            "id = \"own\"\ntitle = { nb = \"a\", en = \"a\" }\ndescription = { nb = \"a\", en = \"a\" }\nsource = { nb = \"a\", en = \"a\" }\nextends = \"kprstat\"\ndrop = [\"s4\"]\ntakster = \"own.csv\"\n",
        ), ("lists/contact-types/own.csv", "takst,contact_type,valid_from,valid_to\n2 ad,meeting,2010-01-01,\n2zz,meeting,2022-01-01,\n")],
    )
    .unwrap();
    assert_eq!(
        check_warnings(&pipeline),
        [
            "contact types: code 1h never applies: it ends 2017-12-31, before the first month",
            "contact types: code 2 ad never applies: it holds a blank",
            "contact types: code 2zz never applies: it begins 2022-01-01, after the last month",
            "contact types: no code gives the type nurse-group; it is always 0",
            "source kontrakt: no table needs it",
            "table legevakt-contacts: its since is after the last month; it is always empty",
        ]
    );
}
