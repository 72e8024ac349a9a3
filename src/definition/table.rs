//! Tables and indicators: from what is written to what it means.
//!
//! In: a table's text and the lists of its pipeline. Out: [`Table`], complete. Refuses what cannot
//! be counted, published or protected as written.

use std::collections::BTreeSet;

use toml::Spanned;

use crate::codes::practice_types;
use crate::domain::{Error, Month, PeriodKind, Result};

use super::fault::{Written, find};
use super::lists::{ALL, fresh_id};
use super::quantities::{Quantities, complement};
use super::types::{
    ContactTypes, Dimension, FeatureSet, Features, Indicator, IndicatorValue, Level, Measure, PerDoctor, PlaceBasis,
    Policy, Predicate, SmallPlaces, Table, Text, TypeSet,
};
use super::written::{IndicatorText, PredicateText, ShareText, TableText, ThresholdsText, Word};
use crate::domain::Language;

/// What a table is read against.
pub(super) struct Lists<'a> {
    pub written: Written<'a>,
    pub contact_types: &'a ContactTypes,
    pub features: &'a Features,
    pub policy: &'a Policy,
}

/// A table as it is meant.
pub(super) fn table(lists: &Lists<'_>, text: TableText, used: &mut BTreeSet<String>) -> Result<Table> {
    let written = &lists.written;
    let id = fresh_id(written, &text.id, used)?;
    let periods = once(written, text.periods.get_ref(), "period")?;
    if periods.is_empty() {
        return Err(written.at_word(&text.periods, "expected at least one of month, quarter, tertial, year"));
    }
    let mut dimensions = once(written, &text.dimensions, "dimension")?;
    dimensions.sort_unstable();
    let (indicators, quantities) = indicators(lists, &text)?;
    let measures = measures(written, &text, &indicators, &dimensions)?;
    let small_places = text.small_places.unwrap_or(match text.place {
        PlaceBasis::Practice => SmallPlaces::Pool,
        PlaceBasis::Residence => SmallPlaces::Hide,
    });
    Ok(Table {
        municipality_detail: municipality_detail(written, &text, &periods)?,
        since: text.since.as_ref().map(|since| month(written, since)).transpose()?,
        practice_types: practice_codes(written, &text)?,
        policy: tightened(written, lists.policy, text.policy.as_ref())?,
        id,
        version: version(written, &text.version)?,
        title: text.title,
        description: text.description,
        service: text.service,
        place: text.place,
        by: text.by.unwrap_or(Level::Municipality),
        periods,
        dimensions,
        measures,
        small_places,
        quantities,
        indicators,
    })
}

pub(super) fn version(written: &Written<'_>, version: &Word) -> Result<String> {
    match version.get_ref().trim() {
        "" => Err(written.at_word(version, "expected a version, such as \"1\"")),
        text => Ok(text.into()),
    }
}

/// A month as `YYYY-MM`.
pub(super) fn month(written: &Written<'_>, word: &Word) -> Result<Month> {
    word.get_ref().parse().map_err(|_| written.at_word(word, "expected a month as YYYY-MM"))
}

pub(super) fn once<T: Copy + PartialEq>(written: &Written<'_>, list: &[Spanned<T>], what: &str) -> Result<Vec<T>> {
    let mut seen = Vec::new();
    for item in list {
        if seen.contains(item.get_ref()) {
            return Err(written.at_word(item, format!("the {what} is named twice; name it once")));
        }
        seen.push(*item.get_ref());
    }
    Ok(seen)
}

fn municipality_detail(written: &Written<'_>, text: &TableText, periods: &[PeriodKind]) -> Result<Vec<PeriodKind>> {
    let Some(detail) = &text.municipality_detail else { return Ok(periods.to_vec()) };
    if let Some(strange) = detail.iter().find(|kind| !periods.contains(kind.get_ref())) {
        return Err(written.at_word(strange, "municipality-detail names a period that the table does not have"));
    }
    once(written, detail, "period")
}

fn practice_codes(written: &Written<'_>, text: &TableText) -> Result<Option<Vec<String>>> {
    let Some(codes) = &text.practice_types else { return Ok(None) };
    let of_service = practice_types().iter().filter(|of| of.service == text.service);
    let known: Vec<&str> = of_service.map(|of| of.code.as_str()).collect();
    let kind = format!("practice type of service {}", text.service.name());
    let mut used = BTreeSet::new();
    for code in codes {
        find(written, &kind, code, known.iter().copied())?;
        if !used.insert(code.get_ref().clone()) {
            return Err(written.at_word(code, "the practice type is named twice; name it once"));
        }
    }
    Ok(Some(used.into_iter().collect()))
}

fn indicators(lists: &Lists<'_>, text: &TableText) -> Result<(Vec<Indicator>, Vec<Predicate>)> {
    let mut build = Build { lists, quantities: Quantities::default(), counted: Vec::new() };
    let (mut indicators, mut used) = (Vec::new(), BTreeSet::new());
    for word in &text.contact_types {
        for (id, title, types) in build.named_types(word)? {
            if !used.insert(id.clone()) {
                return Err(lists.written.at_word(word, format!("the id `{id}` is used twice; give each its own")));
            }
            let description = described(lists.contact_types, types);
            let quantity = build.counted(of_types(types));
            indicators.push(Indicator { id, title, description, value: IndicatorValue::Count { quantity } });
        }
    }
    for written in &text.indicator {
        let id = fresh_id(&lists.written, &written.id, &mut used)?;
        let value = build.value(written)?;
        let (title, description) = (written.title.clone(), written.description.clone());
        indicators.push(Indicator { id, title, description, value });
    }
    if indicators.is_empty() {
        return Err(lists
            .written
            .at_word(&text.id, "the table has no indicators; add contact-types or [[table.indicator]]"));
    }
    let counted = std::mem::take(&mut build.counted);
    build.quantities.add_residuals(&counted);
    Ok((indicators, build.quantities.list))
}

// What an indicator made of a contact type or sum counts.
fn described(list: &ContactTypes, types: TypeSet) -> Text {
    let phrase = |language: Language| language.contacts_of(list, types) + ".";
    Text { nb: capital(&phrase(Language::Nb)), en: capital(&phrase(Language::En)) }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn of_types(types: TypeSet) -> Predicate {
    Predicate { types, with: 0, without: 0, outside_hours: None, weekend: None }
}

struct Build<'a> {
    lists: &'a Lists<'a>,
    quantities: Quantities,
    // Positions of what is counted for publication, alone or within a share.
    counted: Vec<usize>,
}

impl Build<'_> {
    fn counted(&mut self, predicate: Predicate) -> usize {
        let at = self.quantities.add(predicate);
        self.counted.push(at);
        at
    }

    fn value(&mut self, text: &IndicatorText) -> Result<IndicatorValue> {
        let written = &self.lists.written;
        match (&text.count, &text.share, &text.days, &text.per_day, &text.by_hour) {
            (Some(count), None, None, None, None) => {
                let predicate = self.predicate(count)?;
                Ok(IndicatorValue::Count { quantity: self.counted(predicate) })
            }
            (None, Some(share), None, None, None) => self.share(&text.id, share),
            (None, None, Some(days), None, None) => {
                let quantity = self.averaged(&days.of)?;
                Ok(IndicatorValue::PerDoctor(PerDoctor::Days { quantity, at_least: days.at_least }))
            }
            (None, None, None, Some(of), None) => {
                Ok(IndicatorValue::PerDoctor(PerDoctor::PerDay { quantity: self.averaged(of)? }))
            }
            (None, None, None, None, Some(of)) => {
                Ok(IndicatorValue::PerDoctor(PerDoctor::ByHour { quantity: self.averaged(of)? }))
            }
            _ => Err(written.at_word(&text.id, "expected exactly one of count, share, days, per-day, by-hour")),
        }
    }

    fn averaged(&mut self, text: &PredicateText) -> Result<usize> {
        let predicate = self.predicate(text)?;
        Ok(self.quantities.add(predicate))
    }

    fn share(&mut self, id: &Word, text: &ShareText) -> Result<IndicatorValue> {
        let (numerator, denominator) = (self.predicate(&text.numerator)?, self.predicate(&text.denominator)?);
        let rest = complement(&numerator, &denominator).ok_or_else(|| {
            self.lists.written.at_word(
                id,
                "the numerator must be the denominator with one condition more: fewer contact types, one feature, hours or weekend",
            )
        })?;
        let (numerator, denominator) = (self.counted(numerator), self.counted(denominator));
        Ok(IndicatorValue::Share { numerator, complement: self.counted(rest), denominator })
    }

    fn predicate(&self, text: &PredicateText) -> Result<Predicate> {
        let types = type_sets(self.lists, &text.contact_types)?;
        let (with, without) = (feature_set(self.lists, &text.with)?, feature_set(self.lists, &text.without)?);
        if let Some(word) =
            text.without.iter().find(|word| text.with.iter().any(|other| other.get_ref() == word.get_ref()))
        {
            return Err(self
                .lists
                .written
                .at_word(word, "the feature stands under with and without; nothing has both"));
        }
        Ok(Predicate { types, with, without, outside_hours: text.outside_hours, weekend: text.weekend })
    }

    // Every type and sum for `*`, else the one named.
    fn named_types(&self, word: &Word) -> Result<Vec<(String, Text, TypeSet)>> {
        let list = self.lists.contact_types;
        let leaves = list.types.iter().zip(0..).map(|(of, bit)| (of.id.clone(), of.title.clone(), 1 << bit));
        let all = leaves.chain(list.sums.iter().map(|sum| (sum.id.clone(), sum.title.clone(), sum.members)));
        if word.get_ref() == ALL {
            return Ok(all.collect());
        }
        type_set(self.lists, word)?;
        Ok(all.filter(|(id, _, _)| id == word.get_ref()).collect())
    }
}

/// The types named, at least one.
pub(super) fn type_sets(lists: &Lists<'_>, words: &Spanned<Vec<Word>>) -> Result<TypeSet> {
    let mut types = 0;
    for word in words.get_ref() {
        types |= type_set(lists, word)?;
    }
    match types {
        0 => Err(lists.written.at_word(words, "expected at least one contact type; `*` is all")),
        types => Ok(types),
    }
}

fn type_set(lists: &Lists<'_>, word: &Word) -> Result<TypeSet> {
    let list = lists.contact_types;
    if word.get_ref() == ALL {
        return Ok(list.all());
    }
    let known = list.types.iter().map(|of| of.id.as_str()).chain(list.sums.iter().map(|sum| sum.id.as_str()));
    let at = find(&lists.written, "contact type", word, known)?;
    Ok(match at.checked_sub(list.types.len()) {
        Some(sum) => list.sums[sum].members,
        None => 1 << at,
    })
}

pub(super) fn feature_set(lists: &Lists<'_>, words: &[Word]) -> Result<FeatureSet> {
    let known = || lists.features.ids.iter().map(String::as_str);
    let bit = |word: &Word| find(&lists.written, "feature", word, known()).map(|at| 1 << at);
    words.iter().map(bit).try_fold(0, |set, bit| Ok(set | bit?))
}

fn measures(
    written: &Written<'_>,
    text: &TableText,
    indicators: &[Indicator],
    dimensions: &[Dimension],
) -> Result<Vec<Measure>> {
    let measures = once(written, text.measures.get_ref(), "measure")?;
    for measure in text.measures.get_ref() {
        let needed = |indicator: &Indicator| shows(&indicator.value, *measure.get_ref());
        if !indicators.iter().any(needed) {
            let what = format!("no indicator of the table has the measure `{}`", measure.get_ref().name());
            return Err(written.at_word(measure, what));
        }
    }
    let mute = indicators.iter().find(|indicator| !measures.iter().any(|&measure| shows(&indicator.value, measure)));
    if let Some(indicator) = mute {
        let what = format!(
            "no measure of the table shows the indicator `{}`; its kind has {}",
            indicator.id,
            kinds(&indicator.value)
        );
        return Err(written.at_word(&text.measures, what));
    }
    places_and_dimensions(written, text, indicators, dimensions)?;
    Ok(measures)
}

fn kinds(value: &IndicatorValue) -> &'static str {
    match value {
        IndicatorValue::Count { .. } => "contacts, patients, per-1000, patients-per-100, doctors",
        IndicatorValue::Share { .. } => "share",
        IndicatorValue::PerDoctor(_) | IndicatorValue::Joined(_) => "mean",
    }
}

/// Whether an indicator of this kind has a measure.
pub(super) fn shows(value: &IndicatorValue, measure: Measure) -> bool {
    match value {
        IndicatorValue::Count { .. } => {
            use Measure::*;
            matches!(measure, Contacts | Patients | Per1000 | PatientsPer100 | Doctors)
        }
        IndicatorValue::Share { .. } => measure == Measure::Share,
        IndicatorValue::PerDoctor(_) => measure == Measure::Mean,
        IndicatorValue::Joined(joined) => joined.measures().contains(&measure),
    }
}

fn places_and_dimensions(
    written: &Written<'_>,
    text: &TableText,
    indicators: &[Indicator],
    dimensions: &[Dimension],
) -> Result<()> {
    for measure in text.measures.get_ref() {
        let rate = matches!(measure.get_ref(), Measure::Per1000 | Measure::PatientsPer100);
        let persons = matches!(measure.get_ref(), Measure::Patients | Measure::PatientsPer100);
        if rate && text.place == PlaceBasis::Practice {
            return Err(written.at_word(measure, "a rate per resident needs place = \"residence\""));
        }
        if persons && dimensions.iter().any(|of| !matches!(of, Dimension::Sex | Dimension::AgeGroup)) {
            let what = "patients have one sex and age group in a period, but no other dimension; leave the measure or the dimension";
            return Err(written.at_word(measure, what));
        }
    }
    if let Some(strange) =
        text.dimensions.iter().find(|of| [Dimension::ListDoctor, Dimension::Team].contains(of.get_ref()))
    {
        return Err(written.at_word(strange, "the dimension is of tables of registers; use [[register-table]]"));
    }
    let by_hour = |of: &Indicator| matches!(of.value, IndicatorValue::PerDoctor(PerDoctor::ByHour { .. }));
    let has_hour = dimensions.contains(&Dimension::Hour);
    match indicators.iter().any(by_hour) {
        true if !has_hour => Err(written.at_word(&text.id, "an indicator by-hour needs the dimension hour")),
        false if has_hour => Err(written.at_word(&text.id, "the dimension hour is for indicators by-hour")),
        _ => Ok(()),
    }
}

// The policy with a table's own thresholds, each at least as strict.
pub(super) fn tightened(
    written: &Written<'_>,
    policy: &Policy,
    own: Option<&Spanned<ThresholdsText>>,
) -> Result<Policy> {
    let Some(own) = own else { return Ok(policy.clone()) };
    let (mut tight, text) = (policy.clone(), own.get_ref());
    let raised: [(&str, &mut u32, Option<u32>); 9] = [
        ("min-patients", &mut tight.min_patients, text.min_patients),
        ("min-doctors", &mut tight.min_doctors, text.min_doctors),
        ("p-percent", &mut tight.p_percent, text.p_percent),
        ("min-residents", &mut tight.min_residents, text.min_residents),
        ("saturated-residents", &mut tight.saturated_residents, text.saturated_residents),
        ("width", &mut tight.width, text.width),
        ("width-percent", &mut tight.width_percent, text.width_percent),
        ("width-dominance-percent", &mut tight.width_dominance_percent, text.width_dominance_percent),
        ("pool-volume", &mut tight.pool_volume, text.pool_volume),
    ];
    for (name, value, own_value) in raised {
        match own_value {
            Some(new) if new < *value => return Err(looser(written, own, name, new, *value)),
            Some(new) => *value = new,
            None => {}
        }
    }
    match text.dominance_percent {
        Some(new) if new > tight.dominance_percent => {
            Err(looser(written, own, "dominance-percent", new, tight.dominance_percent))
        }
        Some(new) => Ok(Policy { dominance_percent: new, ..tight }),
        None => Ok(tight),
    }
}

fn looser(written: &Written<'_>, own: &Spanned<ThresholdsText>, name: &str, new: u32, policy: u32) -> Error {
    let what = format!(
        "{name} = {new} is looser than the policy's {policy}; a table may tighten a threshold, never loosen it"
    );
    written.at_word(own, what)
}
