//! Words of the explanations in bokmål and English.
//!
//! In: values of a definition. Out: what they are called.

use crate::cli::args::Language;
use crate::definition::{Dimension, Measure, PlaceBasis, SmallPlaces, Text};
use crate::domain::{PeriodKind, Service};

impl Language {
    /// The text of this language.
    pub fn of(self, text: &Text) -> &str {
        self.pick(&text.nb, &text.en)
    }
    /// One of two.
    pub fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        if self == Language::Nb { nb } else { en }
    }
    pub fn service(self, service: Service) -> &'static str {
        match service {
            Service::Gp => self.pick("fastlege", "general practice"),
            Service::Legevakt => self.pick("legevakt", "emergency primary care (legevakt)"),
            Service::Nurse => self.pick("sykepleier i primærhelseteam", "nurse in a primary health team"),
        }
    }
    pub fn place(self, place: PlaceBasis) -> &'static str {
        match place {
            PlaceBasis::Residence => self.pick("pasientens bosted", "the patient's residence"),
            PlaceBasis::Practice => self.pick("kommunen der praksisen ligger", "the municipality of the practice"),
        }
    }
    pub fn period(self, period: PeriodKind) -> &'static str {
        match period {
            PeriodKind::Month => self.pick("måned", "month"),
            PeriodKind::Quarter => self.pick("kvartal", "quarter"),
            PeriodKind::Tertial => self.pick("tertial", "tertial (four months)"),
            PeriodKind::Year => self.pick("år", "year"),
        }
    }
    pub fn dimension(self, dimension: Dimension) -> &'static str {
        match dimension {
            Dimension::Sex => self.pick("kjønn", "sex"),
            Dimension::AgeGroup => self.pick("aldersgruppe", "age group"),
            Dimension::Icpc2Chapter => {
                self.pick("ICPC-2-kapittel for hoveddiagnosen", "ICPC-2 chapter of the main diagnosis")
            }
            Dimension::PartOfDay => self.pick(
                "del av døgnet (dag 08-16, kveld 16-23, natt 23-08)",
                "part of day (day 08-16, evening 16-23, night 23-08)",
            ),
            Dimension::DayType => self.pick("hverdag eller helg", "weekday or weekend"),
            Dimension::Hour => self.pick("klokketime (0-23)", "clock hour (0-23)"),
        }
    }
    pub fn measure(self, measure: Measure) -> &'static str {
        match measure {
            Measure::Contacts => self.pick("antall kontakter, på kontaktens sted", "number of contacts, at the contact's place"),
            Measure::Patients => self.pick(
                "antall forskjellige personer; en person har ett sted, kjønn og én aldersgruppe i en periode: de ved siste kontakt",
                "number of different persons; a person has one place, sex and age group in a period: those of the last contact",
            ),
            Measure::Doctors => self.pick("antall forskjellige leger, på kontaktens sted", "number of different doctors, at the contact's place"),
            Measure::Per1000 => self.pick("kontakter per 1 000 innbyggere 1. januar, ikke omregnet til år", "contacts per 1 000 residents on 1 January, not annualised"),
            Measure::PatientsPer100 => self.pick("pasienter per 100 innbyggere 1. januar", "patients per 100 residents on 1 January"),
            Measure::Share => self.pick("tellerens kontakter i prosent av nevnerens", "the numerator's contacts in percent of the denominator's"),
            Measure::Mean => self.pick("gjennomsnitt over leger med minst én kontakt på stedet i perioden", "mean over doctors with at least one contact in the place and period"),
            Measure::Count => self.pick("antall", "count"),
        }
    }
    pub fn small_places(self, method: SmallPlaces) -> &'static str {
        match method {
            SmallPlaces::Pool => self.pick(
                "små kommuner slås sammen til «Øvrige kommuner» i fylket; utrygge celler skjules",
                "small municipalities are summed as «Øvrige kommuner» of the county; unsafe cells are hidden",
            ),
            SmallPlaces::Hide => self.pick(
                "alle kommuner vises ved navn; utrygge celler skjules",
                "all municipalities are named; unsafe cells are hidden",
            ),
        }
    }
}
