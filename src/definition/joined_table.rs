//! Tables of joined registers: from what is written to what it means.
//!
//! In: a `[[register-table]]` and the lists of its pipeline. Out: [`Table`], complete. Refuses what
//! cannot be counted or published as written.

use std::collections::BTreeSet;

use super::fault::Written;
use super::joined::{
    Component, Family, Index, Joined, ListFigure, ListQuantity, Merging, RelationFigure, Tariff, Window,
};
use super::joined_written::{
    ComponentText, CountText, FeesText, FollowUpText, GrantText, IndexText, JoinedIndicatorText, JoinedTableText,
    MostUsedText, QuantityText, RatioText, ReadmissionText, TariffText, YearsText,
};
use super::lists::fresh_id;
use super::table::{Lists, feature_set, once, tightened, type_sets, version};
use super::types::{Indicator, IndicatorValue, Level, Measure, PlaceBasis, SmallPlaces, Table};
use super::written::Word;
use crate::domain::{PeriodKind, Result, Service};

/// Hours between two stays that make them two, where a table does not say.
const MERGE_HOURS: u32 = 8;

/// A table as it is meant.
pub(super) fn joined_table(lists: &Lists<'_>, text: JoinedTableText, used: &mut BTreeSet<String>) -> Result<Table> {
    let written = &lists.written;
    let id = fresh_id(written, &text.id, used)?;
    let indicators = indicators(lists, &text)?;
    let family = one_family(written, &text, &indicators)?;
    let periods = periods(written, &text, family)?;
    let mut measures: Vec<Measure> =
        indicators.iter().filter_map(|of| of.value.joined()).flat_map(Joined::measures).copied().collect();
    measures.sort_unstable();
    measures.dedup();
    Ok(Table {
        id,
        version: version(written, &text.version)?,
        title: text.title,
        description: text.description,
        since: None,
        service: Service::Gp,
        practice_types: None,
        place: PlaceBasis::Residence,
        by: Level::Municipality,
        municipality_detail: periods.clone(),
        periods,
        dimensions: family.dimensions().to_vec(),
        measures,
        small_places: SmallPlaces::Hide,
        quantities: Vec::new(),
        indicators,
        policy: tightened(written, lists.policy, text.policy.as_ref())?,
    })
}

fn indicators(lists: &Lists<'_>, text: &JoinedTableText) -> Result<Vec<Indicator>> {
    let build = Build { lists, stays: Merging { hours: text.merge_hours.unwrap_or(MERGE_HOURS) } };
    let mut used = BTreeSet::new();
    let indicator = |of: &JoinedIndicatorText| {
        let id = fresh_id(&lists.written, &of.id, &mut used)?;
        let value = IndicatorValue::Joined(build.value(of)?);
        Ok(Indicator { id, title: of.title.clone(), description: of.description.clone(), value })
    };
    text.indicator.iter().map(indicator).collect()
}

fn one_family(written: &Written<'_>, text: &JoinedTableText, indicators: &[Indicator]) -> Result<Family> {
    let mut families = indicators.iter().filter_map(|of| of.value.joined()).map(Joined::family);
    let Some(first) = families.next() else {
        return Err(written.at_word(&text.id, "the table has no indicators; add [[register-table.indicator]]"));
    };
    if families.any(|other| other != first) {
        return Err(written.at_word(
            &text.id,
            "the indicators of a table are of one kind (lists, years with a doctor, continuity, person-months, discharges, own list, teams); make a table of each",
        ));
    }
    Ok(first)
}

fn periods(written: &Written<'_>, text: &JoinedTableText, family: Family) -> Result<Vec<PeriodKind>> {
    let periods = once(written, text.periods.get_ref(), "period")?;
    let fits = match family {
        Family::Lists => periods == [PeriodKind::Month],
        Family::Relation | Family::Continuity => periods == [PeriodKind::Year],
        _ => !periods.is_empty(),
    };
    if fits {
        return Ok(periods);
    }
    Err(written.at_word(
        &text.periods,
        "expected month alone for lists as of the 1st, year alone for continuity and years with a doctor, else at least one of month, quarter, tertial, year",
    ))
}

struct Build<'a> {
    lists: &'a Lists<'a>,
    stays: Merging,
}

impl Build<'_> {
    fn value(&self, text: &JoinedIndicatorText) -> Result<Joined> {
        let mut found: Vec<Joined> = Vec::new();
        found.extend(text.count.as_ref().map(count));
        let ratios = [(Measure::Mean, &text.mean), (Measure::Share, &text.share), (Measure::Per1000, &text.per_1000)];
        found.extend(ratios.into_iter().filter_map(|(measure, of)| of.as_ref().map(|of| ratio(measure, of))));
        for made in [
            text.years_with_doctor.as_ref().map(|of| self.years(&text.id, of)),
            text.most_used_doctor.as_ref().map(|of| self.most_used(of)),
            text.index.as_ref().map(|of| self.index(of)),
            text.follow_up.as_ref().map(|of| self.follow_up(&text.id, of)),
            text.readmission.as_ref().map(|of| self.readmission(of)),
            text.fees.as_ref().map(|of| self.fees(of)),
            text.grant.as_ref().map(|of| self.grant(of)),
        ] {
            found.extend(made.transpose()?);
        }
        self.plain(text, &mut found)?;
        match found.pop() {
            Some(value) if found.is_empty() => Ok(value),
            _ => Err(self.lists.written.at_word(
                &text.id,
                "expected exactly one of count, mean, share, per-1000, years-with-doctor, own-doctor, most-used-doctor, index, person-months, follow-up, readmission, before-acute, own-list, by-team, fees, grant",
            )),
        }
    }

    // Those that are no more than contact types and a service.
    fn plain(&self, text: &JoinedIndicatorText, found: &mut Vec<Joined>) -> Result<()> {
        if let Some(of) = &text.own_doctor {
            found.push(Joined::OwnDoctor { counted: type_sets(self.lists, &of.contact_types)? });
        }
        if let Some(of) = &text.person_months {
            found
                .push(Joined::PersonMonths { counted: type_sets(self.lists, &of.contact_types)?, service: of.service });
        }
        if let Some(of) = &text.before_acute {
            found.push(Joined::BeforeAcute { stays: self.stays, service: of.service, hours: of.hours });
        }
        if let Some(of) = &text.own_list {
            found.push(Joined::OwnList { counted: type_sets(self.lists, &of.contact_types)? });
        }
        if let Some(of) = &text.by_team {
            let counted = type_sets(self.lists, &of.contact_types)?;
            let with = feature_set(self.lists, &of.with)?;
            found.push(Joined::Team { service: of.service, counted, with });
        }
        Ok(())
    }

    fn fees(&self, text: &FeesText) -> Result<Joined> {
        let tariff = |of: &TariffText| {
            let feature = feature_set(self.lists, std::slice::from_ref(&of.feature))?;
            Ok(Tariff { feature, kroner: of.kroner })
        };
        let tariffs = text.tariffs.iter().map(tariff).collect::<Result<_>>()?;
        Ok(Joined::Fees { service: text.service, tariffs })
    }

    fn grant(&self, text: &GrantText) -> Result<Joined> {
        let counted = type_sets(self.lists, &text.contact_types)?;
        let mut used = BTreeSet::new();
        let component = |of: &ComponentText| {
            let id = fresh_id(&self.lists.written, &of.id, &mut used)?;
            Ok(Component { id, kroner: of.kroner, index: self.grant_index(of)?, least: of.least, most: of.most })
        };
        Ok(Joined::Grant { components: text.components.iter().map(component).collect::<Result<_>>()?, counted })
    }

    fn grant_index(&self, text: &ComponentText) -> Result<Index> {
        match &text.index {
            Some(index) if text.own_list_coverage || !(0.0..=1_000.0).contains(index.get_ref()) => Err(self
                .lists
                .written
                .at_word(index, "expected an index from 0 to 1000, or own-list-coverage = true, not both")),
            Some(index) => Ok(Index::Given((index.get_ref() * 1e6).round() as u32)),
            None if text.own_list_coverage => Ok(Index::OwnListCoverage),
            None => Ok(Index::Given(1_000_000)),
        }
    }

    fn years(&self, id: &Word, text: &YearsText) -> Result<Joined> {
        let figure = match (text.figure, text.over) {
            (Some(Measure::Median), None) => RelationFigure::Median,
            (Some(Measure::Mean), None) => RelationFigure::Mean,
            (None, Some(years)) => RelationFigure::Over(years),
            _ => {
                let what = "years-with-doctor: expected figure = \"median\", figure = \"mean\" or over = YEARS";
                return Err(self.lists.written.at_word(id, what));
            }
        };
        Ok(Joined::Relation(figure))
    }

    fn most_used(&self, text: &MostUsedText) -> Result<Joined> {
        let years = *text.years.get_ref();
        if !(1..=10).contains(&years) {
            return Err(self.lists.written.at_word(&text.years, "expected 1 to 10 years"));
        }
        Ok(Joined::MostUsedDoctor { counted: type_sets(self.lists, &text.contact_types)?, years })
    }

    fn index(&self, text: &IndexText) -> Result<Joined> {
        let at_least = *text.at_least.get_ref();
        if at_least < 2 {
            return Err(self.lists.written.at_word(&text.at_least, "an index needs at least two contacts"));
        }
        Ok(Joined::Index { index: text.of, counted: type_sets(self.lists, &text.contact_types)?, at_least })
    }

    fn follow_up(&self, id: &Word, text: &FollowUpText) -> Result<Joined> {
        let window = match (text.days, text.working_days) {
            (Some(days @ 1..=30), None) => Window::Days(days),
            (None, Some(days @ 1..=15)) => Window::WorkingDays(days),
            _ => {
                let what = "follow-up: expected days = 1 to 30, or working-days = 1 to 15";
                return Err(self.lists.written.at_word(id, what));
            }
        };
        let counted = type_sets(self.lists, &text.contact_types)?;
        Ok(Joined::FollowUp { stays: self.stays, counted, services: text.services.clone(), window })
    }

    fn readmission(&self, text: &ReadmissionText) -> Result<Joined> {
        let ages = *text.ages.get_ref();
        if ages.0 > ages.1 || text.to_days > 30 {
            let what = "readmission: expected the lowest age first, and at most 30 days";
            return Err(self.lists.written.at_word(&text.ages, what));
        }
        Ok(Joined::Readmission { stays: self.stays, from_hours: text.from_hours, to_days: text.to_days, ages })
    }
}

fn count(text: &CountText) -> Joined {
    let less = text.less.as_ref().map(quantity);
    Joined::Lists(ListFigure::Count { of: quantity(&text.quantity), less })
}

fn ratio(measure: Measure, text: &RatioText) -> Joined {
    let (numerator, denominator) = (quantity(&text.numerator), quantity(&text.denominator));
    Joined::Lists(ListFigure::Ratio { measure, numerator, denominator })
}

fn quantity(text: &QuantityText) -> ListQuantity {
    let QuantityText { of, with_doctor, open, fixed_salary, longest_of_doctor } = *text;
    ListQuantity { of, with_doctor, open, fixed_salary, longest_of_doctor }
}
