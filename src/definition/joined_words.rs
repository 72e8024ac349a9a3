//! Tables of joined registers in words, in bokmål and English.
//!
//! In: a table, an indicator. Out: text for people. Never decides anything.

use super::joined::{Component, Continuity, Family, Index, Joined, Merging, RelationFigure, Tariff, Window};
use super::joined_list_words;
use super::types::{Pipeline, Table};
use crate::domain::{Language, PeriodKind};

/// The lines before the indicators: what is counted, where, when, how it is protected.
pub(super) fn frame(pipeline: &Pipeline, table: &Table, family: Family, language: Language) -> Vec<(String, String)> {
    let say = |nb: &str, en: &str| language.of(nb, en).to_string();
    let mut lines = vec![
        (say("Grunnlag", "Made of"), basis(family, language).into()),
        (say("Sted", "Place"), place(pipeline, family, language)),
        (say("Perioder", "Periods"), periods(table, language)),
    ];
    let by: Vec<String> = table.dimensions.iter().map(|&of| language.dimension(of).to_string()).collect();
    if !by.is_empty() {
        lines.push((say("Fordelt på", "By"), format!("{}.", language.all(&by))));
    }
    lines.push((say("Vern", "Protection"), protection(table, family, language)));
    lines
}

fn basis(family: Family, language: Language) -> &'static str {
    match family {
        Family::Lists => language.of(
            "fastlegeregisteret den 1. i hver måned. En liste er en kontrakt med en rad som gjelder den dagen (av flere den med seneste gyldig_fra); den har lege når en lege som ikke er vikar, gjelder den dagen. En person på to lister regnes på den med seneste fra.",
            "the fastlege register on the 1st of each month. A list is a contract with a row valid that day (of several the one with the latest gyldig_fra); it has a doctor when one who is no substitute is valid that day. A person on two lists is on the one with the latest fra.",
        ),
        Family::Relation => language.of(
            "personer som 31. desember er på en liste med lege; årene regnes fra det seneste av personens sammenhengende medlemskap og legens start på listen.",
            "persons on a list with a doctor on 31 December; years are from the later of the person's unbroken membership and the doctor's start on the list.",
        ),
        Family::Continuity => language.of(
            "kontakter i fastlegetjenesten og listen som personen var på den dagen. Delingen med og uten lege gjelder kontakter, ikke personer; den som ikke er på en liste, er bare med i totalen.",
            "contacts in general practice, and the list that the person was on that day. With and without a doctor splits contacts, not persons; a person on no list is in the total only.",
        ),
        Family::PersonMonths => language.of(
            "kontakter av personer som er på en liste den 1. i måneden, og månedene som personer er på en liste den 1.; om listen har lege den dagen.",
            "contacts of persons on a list on the 1st of the month, and the months in which persons are on a list on the 1st; by whether the list has a doctor that day.",
        ),
        Family::Discharges => language.of(
            "døgnopphold i Norsk pasientregister, koblet til personens kontakter. En utskriving er fra et opphold som ikke følges av et nytt innen timene nedenfor, i live, av en bosatt i en kjent kommune.",
            "inpatient stays of the Norwegian Patient Registry, linked with the person's contacts. A discharge is of a stay not followed by another within the hours below, alive, of a resident of a known municipality.",
        ),
        Family::Practices => language.of(
            "praksisens lister og regninger; en kontakt er på listen når personen er det den dagen.",
            "the practice's lists and bills; a contact is of the list when the person is on it that day.",
        ),
        Family::Teams => language.of(
            "kontakter etter om praksisen har en kontrakt med primærhelseteam den dagen, og innbyggere på praksisenes lister den 1. i måneden.",
            "contacts by whether the practice has a contract with a primary health team that day, and inhabitants of the practices' lists on the 1st of the month.",
        ),
    }
}

fn place(pipeline: &Pipeline, family: Family, language: Language) -> String {
    let (nb, en) = match family {
        Family::Lists | Family::Relation | Family::PersonMonths => {
            ("kontraktens kommune", "the municipality of the contract")
        }
        Family::Continuity => (
            "bostedet ved kontakten; for mål på personer bostedet ved personens siste kontakt med fastlege",
            "the residence at the contact; for measures of persons that at the person's last contact in general practice",
        ),
        Family::Discharges => ("bostedet ved oppholdet", "the residence at the stay"),
        Family::Practices => ("praksisen; bare i det skjermede området", "the practice; in the restricted area only"),
        Family::Teams => ("landet", "the country"),
    };
    let geography = &pipeline.geography;
    match (family, language) {
        (Family::Practices | Family::Teams, _) => format!("{}.", language.of(nb, en)),
        (_, Language::Nb) => {
            format!("{nb}; landet, fylker og kommuner, omkodet etter {geography}; ukjent sted er 9999.")
        }
        (_, Language::En) => {
            format!("{en}; the country, counties and municipalities, recoded by {geography}; an unknown place is 9999.")
        }
    }
}

fn periods(table: &Table, language: Language) -> String {
    let kinds: Vec<String> = table.periods.iter().map(|&kind: &PeriodKind| language.period(kind).into()).collect();
    let kinds = language.all(&kinds);
    let waits = table.indicators.iter().filter_map(|of| of.value.joined()).any(Joined::waits_for_the_month_after);
    match (language, waits) {
        (Language::Nb, false) => format!(
            "{kinds}. Vises når det er gått 30 dager etter slutten; endelig seks måneder etter den siste måneden."
        ),
        (Language::En, false) => {
            format!("{kinds}. Shown 30 days after the end; final six months after the last month.")
        }
        (Language::Nb, true) => format!(
            "{kinds}. Vises når det er gått 60 dager etter slutten og måneden etter er levert; endelig seks måneder etter den siste måneden."
        ),
        (Language::En, true) => format!(
            "{kinds}. Shown 60 days after the end, when the month after has been delivered; final six months after the last month."
        ),
    }
}

fn protection(table: &Table, family: Family, language: Language) -> String {
    if family.is_restricted() {
        return language.of("vises bare i det skjermede området.", "in the restricted area only.").into();
    }
    let (id, version, most, doctors) = (
        &table.policy.id,
        &table.policy.version,
        table.policy.min_patients.saturating_sub(1),
        table.policy.min_doctors,
    );
    let own = match language {
        Language::Nb => format!(
            "Regler {id}, versjon {version}: skjult er tall som hviler på 1 til {most} personer eller på kontakter med færre enn {doctors} leger, og det andre tall som kunne røpe dem; et mønster, uten bevis. 0 vises."
        ),
        Language::En => format!(
            "Policy {id}, version {version}: hidden are figures that rest on 1 to {most} persons or on contacts with fewer than {doctors} doctors, and what else could tell them; a pattern, without proof. 0 is shown."
        ),
    };
    let more = match family {
        Family::Lists => language.of(
            " Antall lister og leger er offentlige og vises; det som er laget av innbyggere, skjules sammen.",
            " Numbers of lists and doctors are public and shown; what is made of inhabitants is hidden together.",
        ),
        _ => language.of(
            " En andel skjules også der telleren eller resten av nevneren er et slikt tall.",
            " A share is hidden too where its numerator, or the rest of its denominator, is such a number.",
        ),
    };
    own + more
}

/// What an indicator is made of: name and phrase.
pub(super) fn parts(pipeline: &Pipeline, joined: &Joined, language: Language) -> Vec<(String, String)> {
    let say = |nb: &str, en: &str| language.of(nb, en).to_string();
    let types = |counted| language.contacts_of(&pipeline.contact_types, counted);
    let (numerator, denominator) = (say("Teller", "Numerator"), say("Nevner", "Denominator"));
    match joined {
        Joined::Lists(figure) => joined_list_words::parts(figure, language),
        Joined::Relation(figure) => vec![(say("Regnes ut", "Computed"), relation(*figure, language))],
        Joined::OwnDoctor { counted } => vec![
            (
                numerator,
                say(
                    "nevnerens kontakter med en lege på personens liste den dagen, ikke vikar",
                    "the denominator's contacts with a doctor of the person's list that day, no substitute",
                ),
            ),
            (denominator, types(*counted) + language.of(", av personer på en liste", ", of persons on a list")),
        ],
        Joined::MostUsedDoctor { counted, years } => vec![
            (
                numerator,
                say(
                    "hver persons kontakter med den legen som personen hadde flest med, summert",
                    "each person's contacts with the doctor that the person had most with, summed",
                ),
            ),
            (
                denominator,
                format!(
                    "{} ({} {})",
                    types(*counted),
                    years,
                    language.of("år til og med året", "years up to the year")
                ),
            ),
        ],
        Joined::Index { index, counted, at_least } => vec![
            (say("Regnes ut", "Computed"), index_of(*index, language).into()),
            (
                say("Over", "Over"),
                format!(
                    "{} {at_least} {}",
                    language.of("personer med minst", "persons with at least"),
                    types(*counted)
                ),
            ),
        ],
        Joined::PersonMonths { counted, service } => vec![
            (numerator, format!("{}, {}", types(*counted), language.service(*service))),
            (
                denominator,
                say(
                    "måneder som personer var på en liste den 1., delt på 1 000",
                    "months in which persons were on a list on the 1st, by 1 000",
                ),
            ),
        ],
        Joined::FollowUp { stays, counted, services, window } => {
            let services: Vec<String> = services.iter().map(|&of| language.service(of).to_string()).collect();
            let (types, services) = (types(*counted), language.any(&services));
            let followed = language.of("utskrivinger fulgt av", "discharges followed by");
            vec![
                (numerator, format!("{followed} {types} ({services}) {}", window_of(*window, language))),
                (
                    denominator,
                    say(
                        "utskrivinger der personen verken ble lagt inn igjen eller døde i tiden; hvert tidsrom har sin egen nevner",
                        "discharges after which the person was neither readmitted nor died in that time; each window has its own denominator",
                    ),
                ),
                merged(*stays, language),
            ]
        }
        Joined::Readmission { stays, from_hours, to_days, ages } => vec![
            (
                numerator,
                match language {
                    Language::Nb => format!(
                        "utskrivinger fulgt av et akutt døgnopphold fra {from_hours} timer til utgangen av dag {to_days}"
                    ),
                    Language::En => format!(
                        "discharges followed by an acute inpatient stay from {from_hours} hours to the end of day {to_days}"
                    ),
                },
            ),
            (
                denominator,
                match language {
                    Language::Nb => format!(
                        "utskrivinger av personer på {} til {} år (utskrivingsår minus fødselsår)",
                        ages.0, ages.1
                    ),
                    Language::En => format!(
                        "discharges of persons aged {} to {} (year of discharge less year of birth)",
                        ages.0, ages.1
                    ),
                },
            ),
            merged(*stays, language),
        ],
        Joined::BeforeAcute { stays, service, hours } => vec![
            (
                numerator,
                match language {
                    Language::Nb => format!(
                        "nevnerens opphold med en kontakt ({}) i de {hours} timene før",
                        language.service(*service)
                    ),
                    Language::En => format!(
                        "the denominator's stays with a contact ({}) in the {hours} hours before",
                        language.service(*service)
                    ),
                },
            ),
            (denominator, say("akutte døgnopphold, hvordan de enn endte", "acute inpatient stays, whatever their end")),
            merged(*stays, language),
        ],
        Joined::OwnList { counted } => vec![
            (
                numerator,
                say(
                    "nevnerens kontakter som var med praksisen",
                    "the denominator's contacts that were with the practice",
                ),
            ),
            (
                denominator,
                types(*counted)
                    + language.of(", av personer på praksisens lister", ", of persons on the practice's lists"),
            ),
        ],
        Joined::Fees { service, tariffs } => {
            let titles = &pipeline.features.titles;
            let tariff =
                |of: &Tariff| format!("{}: {} kr", language.titles(of.feature, titles.iter()).join(", "), of.kroner);
            let all: Vec<String> = tariffs.iter().map(tariff).collect();
            let each = language.of("en takst teller én gang i en kontakt", "a code counts once a contact");
            vec![(say("Priset", "Priced"), format!("{} ({}; {each})", all.join("; "), language.service(*service)))]
        }
        Joined::Grant { components, .. } => {
            let all: Vec<String> = components.iter().map(|of| component(of, language)).collect();
            vec![(say("Kroner per listeinnbygger og år", "Kroner per list inhabitant and year"), all.join("; "))]
        }
        Joined::Team { counted, service, .. } => vec![(
            say("Telles", "Counted"),
            format!(
                "{}, {}; {}",
                types(*counted),
                language.service(*service),
                language.of(
                    "og per 1 000 listeinnbyggere (gjennomsnitt av den 1. i månedene)",
                    "and per 1 000 list inhabitants (the mean of the 1sts of the months)"
                )
            ),
        )],
    }
}

fn component(of: &Component, language: Language) -> String {
    let index = match of.index {
        Index::Given(millionths) => format!("{}", f64::from(millionths) / 1e6),
        Index::OwnListCoverage => {
            language.of("egen dekning delt på dekningen for alle", "own coverage by that of all").to_string()
        }
    };
    format!("{}: {} × {index}", of.id, of.kroner)
}

fn merged(stays: Merging, language: Language) -> (String, String) {
    let text = match language {
        Language::Nb => format!("med mindre enn {} timer mellom regnes som ett", stays.hours),
        Language::En => format!("with less than {} hours between are one", stays.hours),
    };
    (language.of("Opphold", "Stays").into(), text)
}

fn window_of(window: Window, language: Language) -> String {
    match (window, language) {
        (Window::Days(days), Language::Nb) => format!("innen {days} dager (dag 1 er dagen etter)"),
        (Window::Days(days), Language::En) => format!("within {days} days (day 1 is the day after)"),
        (Window::WorkingDays(days), Language::Nb) => {
            format!("innen {days} virkedager (norske helligdager er ikke virkedager)")
        }
        (Window::WorkingDays(days), Language::En) => {
            format!("within {days} working days (Norwegian public holidays are none)")
        }
    }
}

fn index_of(index: Continuity, language: Language) -> &'static str {
    match index {
        Continuity::Upc => language.of(
            "andelen av personens kontakter som var med den mest brukte legen; gjennomsnitt over personer",
            "the share of the person's contacts with the most used doctor; the mean over persons",
        ),
        Continuity::Coc => language.of(
            "Bice og Boxermans indeks, (Σ n² − n) / (n (n − 1)) over personens leger; gjennomsnitt over personer",
            "Bice and Boxerman's index, (Σ n² − n) / (n (n − 1)) over the person's doctors; the mean over persons",
        ),
        Continuity::Secon => language.of(
            "andelen av to kontakter etter hverandre som var med samme lege; gjennomsnitt over personer",
            "the share of two contacts in a row with the same doctor; the mean over persons",
        ),
    }
}

fn relation(figure: RelationFigure, language: Language) -> String {
    match (figure, language) {
        (RelationFigure::Median, _) => {
            language.of("median av årene (dager delt på 365,25)", "the median of the years (days by 365.25)").into()
        }
        (RelationFigure::Mean, _) => {
            language.of("gjennomsnitt av årene (dager delt på 365,25)", "the mean of the years (days by 365.25)").into()
        }
        (RelationFigure::Over(years), Language::Nb) => format!("andelen med mer enn {years} år"),
        (RelationFigure::Over(years), Language::En) => format!("the share with more than {years} years"),
    }
}
