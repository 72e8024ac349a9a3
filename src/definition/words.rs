//! The phrases that definitions are explained in, in bokmål and English.
//!
//! In: parts of a definition. Out: text for people. Never decides anything.

use crate::domain::{Language, PeriodKind, Service, iso_day};

use super::types::{
    ContactTypes, DatedTakst, Dimension, Level, Measure, PlaceBasis, Policy, SmallPlaces, Text, TypeSet,
};

impl Language {
    /// `a`, `a og b`, `a, b og c`.
    pub(super) fn list(self, items: &[String], last: (&str, &str)) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., end] => format!("{} {} {end}", first.join(", "), self.of(last.0, last.1)),
        }
    }

    pub(super) fn all(self, items: &[String]) -> String {
        self.list(items, ("og", "and"))
    }

    pub(super) fn any(self, items: &[String]) -> String {
        self.list(items, ("eller", "or"))
    }

    pub(super) fn period(self, kind: PeriodKind) -> &'static str {
        match kind {
            PeriodKind::Month => self.of("måned", "month"),
            PeriodKind::Quarter => self.of("kvartal", "quarter"),
            PeriodKind::Tertial => self.of("tertial", "tertial"),
            PeriodKind::Year => self.of("år", "year"),
        }
    }

    pub(super) fn service(self, service: Service) -> &'static str {
        match service {
            Service::Gp => self.of("fastlege", "general practice"),
            Service::Legevakt => self.of("legevakt", "emergency primary care"),
            Service::Nurse => self.of("sykepleier i primærhelseteam", "nurses in primary health teams"),
        }
    }

    /// The country and what is shown below it.
    pub(super) fn levels(self, finest: Level) -> &'static str {
        match finest {
            Level::Country => self.of("landet", "the country"),
            Level::County => self.of("landet og fylker", "the country and counties"),
            Level::Municipality => self.of("landet, fylker og kommuner", "the country, counties and municipalities"),
        }
    }

    pub(super) fn place(self, place: PlaceBasis) -> &'static str {
        match place {
            PlaceBasis::Residence => self.of("pasientens bosted", "the patient's place of residence"),
            PlaceBasis::Practice => self.of("kommunen der praksisen ligger", "the municipality of the practice"),
        }
    }

    pub(super) fn dimension(self, dimension: Dimension) -> &'static str {
        match dimension {
            Dimension::Sex => self.of("kjønn", "sex"),
            Dimension::AgeGroup => self.of("aldersgruppe", "age group"),
            Dimension::Icpc2Chapter => {
                self.of("hoveddiagnosens kapittel i ICPC-2", "ICPC-2 chapter of the main diagnosis")
            }
            Dimension::PartOfDay => self.of(
                "del av døgnet (dag 08-16, kveld 16-23, natt 23-08)",
                "part of the day (day 08-16, evening 16-23, night 23-08)",
            ),
            Dimension::DayType => self.of("hverdag eller helg", "weekday or weekend"),
            Dimension::Hour => self.of("klokketime", "clock hour"),
            Dimension::ListDoctor => self.of(
                "om personens liste har lege (with, without)",
                "whether the person's list has a doctor (with, without)",
            ),
            Dimension::Team => self.of(
                "praksiser med og uten primærhelseteam (with, without)",
                "practices with and without a primary health team (with, without)",
            ),
        }
    }

    pub(super) fn measure(self, measure: Measure) -> &'static str {
        match measure {
            Measure::Contacts => self.of("antall kontakter", "number of contacts"),
            Measure::Patients => self.of(
                "antall forskjellige personer; hver telles én gang i perioden, med sted, kjønn og alder fra sin siste kontakt av enhver type i tjenesten",
                "number of different persons; each is counted once in the period, with the place, sex and age of their last contact of any type in the service",
            ),
            Measure::Per1000 => self.of(
                "kontakter per 1 000 innbyggere 1. januar samme år; ikke omregnet til år",
                "contacts per 1 000 residents on 1 January of the year; not annualised",
            ),
            Measure::PatientsPer100 => self.of(
                "pasienter per 100 innbyggere 1. januar samme år",
                "patients per 100 residents on 1 January of the year",
            ),
            Measure::Doctors => self.of("antall forskjellige leger; kan ikke summeres", "number of different doctors; they do not add up"),
            Measure::Share => self.of("tellerens kontakter i prosent av nevnerens", "the numerator's contacts in percent of the denominator's"),
            Measure::Mean => self.of("gjennomsnitt over leger", "mean over doctors"),
            Measure::Count => self.of("antall", "number"),
            Measure::Kroner => self.of("kroner", "kroner"),
            Measure::Median => self.of("median over personer", "median over persons"),
        }
    }

    pub(super) fn small_places(self, small: SmallPlaces, policy: &Policy) -> String {
        match (small, self) {
            (SmallPlaces::Hide, Language::Nb) => "Alle kommuner er navngitt; utrygge tall er skjult.".into(),
            (SmallPlaces::Hide, Language::En) => "All municipalities are named; unsafe numbers are hidden.".into(),
            (SmallPlaces::Pool, Language::Nb) => format!(
                "Kommuner med færre enn {} kontakter i en måned, eller med for få pasienter eller leger, er slått sammen til «Øvrige kommuner» i fylket.",
                policy.pool_volume
            ),
            (SmallPlaces::Pool, Language::En) => format!(
                "Municipalities with fewer than {} contacts in a month, or too few patients or doctors, are summed as «Øvrige kommuner» of the county.",
                policy.pool_volume
            ),
        }
    }

    pub(super) fn protection(self, policy: &Policy) -> String {
        let Policy { id, version, min_patients, min_doctors, dominance_percent, min_residents, .. } = policy;
        let most = min_patients.saturating_sub(1);
        match self {
            Language::Nb => format!(
                "Regler {id}, versjon {version}: skjult er tall for 1 til {most} pasienter, for færre enn {min_doctors} leger, der én lege har over {dominance_percent} % av kontaktene, og rater over færre enn {min_residents} innbyggere, og det andre tall som kunne røpe dem. 0 vises."
            ),
            Language::En => format!(
                "Policy {id}, version {version}: hidden are numbers of 1 to {most} patients, of fewer than {min_doctors} doctors, where one doctor has over {dominance_percent} % of the contacts, and rates over fewer than {min_residents} residents, and what else could tell them. 0 is shown."
            ),
        }
    }

    /// `kontakter av typen «A» eller «B»`.
    pub(super) fn contacts_of(self, list: &ContactTypes, types: TypeSet) -> String {
        if types == list.all() {
            return self.of("kontakter av alle typer", "contacts of every type").into();
        }
        let titles = list.types.iter().map(|of| &of.title);
        format!("{} {}", self.of("kontakter av typen", "contacts of type"), self.any(&self.titles(types, titles)))
    }

    /// The titles of the members of a set, quoted.
    pub(super) fn titles<'t>(self, set: u32, all: impl Iterator<Item = &'t Text>) -> Vec<String> {
        let members = all.enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
        members.map(|(_, title)| self.quoted(title.in_language(self))).collect()
    }

    fn quoted(self, text: &str) -> String {
        match self {
            Language::Nb => format!("«{text}»"),
            Language::En => format!("“{text}”"),
        }
    }

    /// A code with its dates, where these are not those of the whole list.
    pub(super) fn takst(self, takst: &DatedTakst, first: i32) -> String {
        let code = match takst.code.as_str() {
            super::takst_index::ANY_L => self.of("alle andre L-takster", "every other L code"),
            code => code,
        };
        match (takst.from > first, takst.to < i32::MAX) {
            (false, false) => code.into(),
            (true, false) => format!("{code} ({} {})", self.of("fra", "from"), iso_day(takst.from)),
            (false, true) => format!("{code} ({} {})", self.of("til", "to"), iso_day(takst.to)),
            (true, true) => format!("{code} ({} {} {})", iso_day(takst.from), self.of("til", "to"), iso_day(takst.to)),
        }
    }
}
