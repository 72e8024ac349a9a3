//! What tables tell together that neither of them shows.
//!
//! In: a table and those that it stands beside. Out: further quantities, and tables that nobody
//! publishes: what can be had by subtraction. Counts nothing.

use super::quantities::residuals;
use super::types::{IndicatorValue, Measure, Pipeline, Predicate, Table};
use crate::domain::{Error, PeriodKind, Result};

impl Table {
    /// Adds what is left of quantities of other tables when those of this one are taken away, and
    /// the other way round.
    pub fn add_rests_beside(&mut self, others: &[&Table]) {
        let all: Vec<Predicate> = others.iter().flat_map(|other| other.quantities.iter().cloned()).collect();
        let sets = others.iter().map(|other| other.quantities.clone()).chain([all]);
        let own = self.quantities.clone();
        for set in sets {
            let together: Vec<Predicate> = own.iter().chain(&set).cloned().collect();
            for rest in residuals(&together) {
                if !self.quantities.contains(&rest) && !residuals(&set).contains(&rest) {
                    self.quantities.push(rest);
                }
            }
        }
    }

    /// Tables of the finest ages, places and periods that this one and others tell apart, of what
    /// this one counts, and of the rests of it: by residence with patients, where it shows them.
    pub fn implied_beside(&self, others: &[&Table]) -> Vec<Table> {
        let is_counted = |at: &usize| self.is_published(*at);
        let (counted, rests): (Vec<usize>, Vec<usize>) = (0..self.quantities.len()).partition(is_counted);
        let persons = |measure: &&Measure| **measure == Measure::Patients || **measure == Measure::PatientsPer100;
        let patients = self.measures.iter().find(persons).map(|_| Measure::Patients);
        let with = [Measure::Contacts].into_iter().chain(patients).collect();
        let made = [("counts", counted, with), ("rests", rests, vec![Measure::Contacts])];
        let made = made.into_iter().filter(|(_, quantities, _)| !quantities.is_empty());
        let table = |(name, quantities, measures): (&str, Vec<usize>, Vec<Measure>)| Table {
            id: format!("{}.{name}", self.id),
            quantities: quantities.into_iter().map(|at| self.quantities[at].clone()).collect(),
            indicators: Vec::new(),
            measures,
            periods: self.periods_beside(others),
            municipality_detail: self.municipality_detail_beside(others),
            ..self.clone()
        };
        made.map(table).collect()
    }

    /// The table's kinds of periods, and months where quarters and tertials cut each other.
    fn periods_beside(&self, others: &[&Table]) -> Vec<PeriodKind> {
        let has = |kind: PeriodKind| {
            let more = others.iter().filter(|other| self.dimensions.iter().all(|of| other.dimensions.contains(of)));
            self.periods.contains(&kind) || more.clone().any(|other| other.periods.contains(&kind))
        };
        let cut = has(PeriodKind::Quarter) && has(PeriodKind::Tertial) && !self.periods.contains(&PeriodKind::Month);
        self.periods.iter().copied().chain(cut.then_some(PeriodKind::Month)).collect()
    }

    fn municipality_detail_beside(&self, others: &[&Table]) -> Vec<PeriodKind> {
        let month = self.periods_beside(others).into_iter().filter(|kind| !self.periods.contains(kind));
        self.municipality_detail.iter().copied().chain(month).collect()
    }

    /// Whether contacts of this table and of another are the same contacts.
    pub fn counts_like(&self, other: &Table) -> bool {
        self.service == other.service && self.practice_types == other.practice_types && self.since == other.since
    }

    /// Whether every indicator is a count of contacts or a share of them.
    pub fn is_of_counts(&self) -> bool {
        let counts =
            |value: &IndicatorValue| matches!(value, IndicatorValue::Count { .. } | IndicatorValue::Share { .. });
        self.indicators.iter().all(|indicator| counts(&indicator.value))
    }
}

impl Pipeline {
    /// Refuses tables that cannot be held beside published ones.
    ///
    /// # Errors
    /// Exit code 10.
    pub fn is_own(&self) -> Result<()> {
        match self.tables.iter().find(|table| !table.is_of_counts()) {
            None => Ok(()),
            Some(table) => Err(Error::definition(format!(
                "table {}: expected counts of contacts or shares of them; means over doctors and tables of registers \
                 cannot be held beside what is published",
                table.id
            ))),
        }
    }

    /// The tables of a published pipeline that count the same contacts as tables here.
    ///
    /// # Errors
    /// Exit code 10 where they count by other lists, or other contacts of the same service: what
    /// both say together could not be worked out.
    pub fn tables_beside<'p>(&self, published: &'p Pipeline) -> Result<Vec<&'p Table>> {
        let of_service = |other: &&Table| self.tables.iter().any(|table| table.service == other.service);
        let others: Vec<&Table> = published.tables.iter().filter(|t| t.is_of_counts()).filter(of_service).collect();
        let types = |of: &Pipeline| (of.contact_types.takster.clone(), of.contact_types.types.len());
        let features = |of: &Pipeline| (of.features.takster.clone(), of.features.ids.clone());
        let like = |list: &str, mine: &str, theirs: &str| {
            Error::definition(format!(
                "the {list} of the table are by the list {mine}, those of {} by {theirs}, and what both say together \
                 cannot be worked out; use {theirs} for the table too",
                published.id
            ))
        };
        if !others.is_empty() && types(self) != types(published) {
            return Err(like("contact types", &self.contact_types.id, &published.contact_types.id));
        }
        if !others.is_empty() && features(self) != features(published) {
            return Err(like("features", &self.features.id, &published.features.id));
        }
        let strange = |other: &&&Table| {
            self.tables.iter().any(|table| table.service == other.service && !table.counts_like(other))
        };
        match others.iter().find(strange) {
            None => Ok(others),
            Some(other) => Err(Error::definition(format!(
                "table {} of {} counts other contacts of the same service (practice-types or since), and what both say \
                 together cannot be worked out; count the same",
                other.id, published.id
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Asked;
    use crate::definition::types::{Dimension, Level, PlaceBasis};
    use crate::domain::Service;

    fn own(indicator: &str, dimension: Dimension, periods: &[PeriodKind]) -> Pipeline {
        let asked = Asked {
            id: "own".into(),
            indicators: vec![indicator.into()],
            measures: Vec::new(),
            by: Level::Municipality,
            periods: periods.to_vec(),
            dimensions: vec![dimension],
            ages: None,
            from: None,
            to: None,
            service: Service::Gp,
            place: PlaceBasis::Residence,
            geography: None,
            contact_types: None,
            policy: None,
        };
        asked.pipeline().unwrap()
    }

    #[test]
    fn consultations_less_those_of_a_table_of_ones_own_are_a_quantity() {
        let published = Pipeline::shipped("gp-activity").unwrap();
        let mut pipeline = own("e-consultation", Dimension::Icpc2Chapter, &[PeriodKind::Year]);
        let others = pipeline.tables_beside(&published).unwrap();
        let ids: Vec<&str> = others.iter().map(|table| table.id.as_str()).collect();
        assert!(ids.contains(&"gp-diagnoses"));
        assert!(!ids.contains(&"legevakt-contacts") && !ids.contains(&"gp-workload"), "{ids:?}");
        let types = |id: &str| published.contact_types.sums.iter().find(|sum| sum.id == id).unwrap().members;
        let e = pipeline.tables[0].quantities[0].types;
        let rest = Predicate { types: types("consultation") & !e, ..pipeline.tables[0].quantities[0].clone() };
        assert!(!pipeline.tables[0].quantities.contains(&rest));
        pipeline.tables[0].add_rests_beside(&others);
        assert!(pipeline.tables[0].quantities.contains(&rest), "home visits and physical consultations together");
    }

    #[test]
    fn quarters_beside_tertials_imply_months() {
        let published = Pipeline::shipped("gp-activity").unwrap();
        let pipeline = own("consultation", Dimension::Sex, &[PeriodKind::Quarter]);
        let others = pipeline.tables_beside(&published).unwrap();
        let implied = pipeline.tables[0].implied_beside(&others);
        assert_eq!(implied[0].periods, [PeriodKind::Quarter, PeriodKind::Month]);
        assert!(implied.iter().all(|table| table.indicators.is_empty()), "nobody publishes it");
        let by_year = own("consultation", Dimension::Sex, &[PeriodKind::Year]);
        assert_eq!(by_year.tables[0].implied_beside(&others)[0].periods, [PeriodKind::Year]);
    }

    #[test]
    fn contacts_by_other_lists_are_not_held_beside_each_other() {
        let published = Pipeline::shipped("gp-activity").unwrap();
        let mut pipeline = own("consultation", Dimension::Sex, &[PeriodKind::Year]);
        pipeline.contact_types.takster.pop();
        let error = pipeline.tables_beside(&published).unwrap_err();
        assert!(
            error.message.starts_with("the contact types of the table are by the list kprstat"),
            "{}",
            error.message
        );
        let means = Pipeline { tables: vec![published.tables.last().unwrap().clone()], ..published };
        assert!(means.is_own().unwrap_err().message.contains("means over doctors"));
    }
}
