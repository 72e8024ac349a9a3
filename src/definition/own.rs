//! A researcher's own table: from what was asked for to a definition.
//!
//! In: indicators, measures, dimensions and the like by name. Out: the text of a definition, as
//! anybody could have written it, and the [`Pipeline`] that it means. Never sees data.

use std::collections::BTreeSet;

use toml::{Table as Block, Value};

use super::shipped;
use super::types::{AgeGroups, Dimension, Level, Measure, Pipeline, PlaceBasis};
use crate::domain::{Error, Month, PeriodKind, Result, Service};

/// What a table of one's own is to hold.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Id of the table and of its definition.
    pub id: String,
    /// Contact types, sums, or indicators of the definitions that come with the program.
    pub indicators: Vec<String>,
    /// None: contacts, or shares where the indicators are shares.
    pub measures: Vec<Measure>,
    pub by: Level,
    pub periods: Vec<PeriodKind>,
    /// Besides age.
    pub dimensions: Vec<Dimension>,
    /// Groups as `0-15,16-66,67+`, or the id of a list; none: not by age.
    pub ages: Option<String>,
    pub from: Option<Month>,
    pub to: Option<Month>,
    pub service: Service,
    pub place: PlaceBasis,
    /// Ids of lists; none: the default ones.
    pub geography: Option<String>,
    pub contact_types: Option<String>,
    pub policy: Option<String>,
}

/// Where an indicator is looked for that is no contact type or sum.
const SHIPPED: &str = "gp-activity.toml";
/// Id of the age groups that were written out.
const OWN_AGES: &str = "own";

impl Asked {
    /// The definition that says the same, and the lists of its own: names and texts.
    ///
    /// # Errors
    /// Exit code 2 for age groups that are none, 10 for a contact-type list that is not known.
    pub fn definition(&self) -> Result<Vec<(String, String)>> {
        let mut files = Vec::new();
        let ages = match &self.ages {
            Some(text) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                let groups = AgeGroups::written(OWN_AGES, text)?;
                files.push((format!("lists/age-groups/{OWN_AGES}.toml"), ages_text(&groups)?));
                Some(OWN_AGES.to_string())
            }
            other => other.clone(),
        };
        let mut root = Block::new();
        let words = |nb: &str, en: &str| Value::Table([pair("nb", nb), pair("en", en)].into_iter().collect());
        root.extend([pair("id", &self.id), pair("version", "1")]);
        root.insert("title".into(), words("Egen tabell", "A table of one's own"));
        root.insert("description".into(), words("Laget på forespørsel.", "Made on request."));
        let lists = [("contact-types", &self.contact_types), ("geography", &self.geography), ("policy", &self.policy)];
        let named = lists.into_iter().chain([("age-groups", &ages)]);
        root.extend(named.filter_map(|(key, id)| Some(pair(key, id.as_deref()?))));
        let months = [("from", self.from), ("to", self.to)];
        root.extend(months.into_iter().filter_map(|(key, month)| Some(pair(key, &month?.to_string()))));
        let mut table = self.table()?;
        let sources = self.sources(&table).into_iter().map(|id| Value::Table([pair("id", id)].into_iter().collect()));
        root.insert("source".into(), Value::Array(sources.collect()));
        table.insert("title".into(), words("Egen tabell", "A table of one's own"));
        table.insert("description".into(), words("Laget på forespørsel.", "Made on request."));
        root.insert("table".into(), Value::Array(vec![Value::Table(table)]));
        let text = toml::to_string(&root).map_err(|_| Error::bug("the definition cannot be written as TOML"))?;
        files.push((format!("{}.toml", self.id), text));
        Ok(files)
    }

    /// The pipeline that the definition means.
    ///
    /// # Errors
    /// Those of [`Asked::definition`], and exit code 10 for names that are not known.
    pub fn pipeline(&self) -> Result<Pipeline> {
        let files: Vec<(String, Vec<u8>)> =
            self.definition()?.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        Pipeline::from_files(&files)
    }

    fn table(&self) -> Result<Block> {
        let mut table = Block::new();
        table.extend([pair("id", &self.id), pair("version", "1"), pair("service", self.service.name())]);
        table.extend([("place".to_string(), word(&self.place)?), ("by".to_string(), word(&self.by)?)]);
        table.insert("periods".into(), Value::Array(self.periods.iter().map(word).collect::<Result<_>>()?));
        let age = self.ages.iter().map(|_| Dimension::AgeGroup);
        let dimensions: BTreeSet<Dimension> = self.dimensions.iter().copied().chain(age).collect();
        table.insert("dimensions".into(), Value::Array(dimensions.iter().map(word).collect::<Result<_>>()?));
        let (mut types, mut blocks) = (Vec::new(), Vec::new());
        for id in &self.indicators {
            match shipped_indicator(id)? {
                Some(block) => blocks.push(block),
                None => types.push(Value::String(id.clone())),
            }
        }
        let shares = blocks.iter().any(|block| block.contains_key("share"));
        let counts = !types.is_empty() || blocks.iter().any(|block| block.contains_key("count"));
        let default = [(counts, Measure::Contacts), (shares, Measure::Share)];
        let default = default.into_iter().filter(|(has, _)| *has).map(|(_, measure)| measure).collect();
        let measures = if self.measures.is_empty() { default } else { self.measures.clone() };
        table.insert("measures".into(), Value::Array(measures.iter().map(word).collect::<Result<_>>()?));
        table.insert("contact-types".into(), Value::Array(types));
        table.insert("indicator".into(), Value::Array(blocks.into_iter().map(Value::Table).collect()));
        Ok(table)
    }

    fn sources(&self, table: &Block) -> Vec<&'static str> {
        let has = |key: &str, words: &[&str]| {
            table[key].as_array().into_iter().flatten().any(|of| of.as_str().is_some_and(|of| words.contains(&of)))
        };
        let diagnose = has("dimensions", &["icpc2-chapter"]).then_some("diagnose");
        let residents = has("measures", &["per-1000", "patients-per-100"]).then_some("innbyggere");
        ["regning", "takst"].into_iter().chain(diagnose).chain(residents).collect()
    }
}

fn pair(key: &str, text: &str) -> (String, Value) {
    (key.into(), Value::String(text.into()))
}

fn word(of: &impl serde::Serialize) -> Result<Value> {
    Value::try_from(of).map_err(|_| Error::bug("a name cannot be written as TOML"))
}

fn ages_text(groups: &AgeGroups) -> Result<String> {
    let title = |text: &str| Value::String(text.into());
    let titles: Block = [("nb".to_string(), title("Egne aldersgrupper")), ("en".to_string(), title("Own age groups"))]
        .into_iter()
        .collect();
    let from = groups.from.iter().map(|&age| Value::Integer(age.into())).collect();
    let list: Block =
        [pair("id", &groups.id), ("title".to_string(), Value::Table(titles)), ("from".to_string(), Value::Array(from))]
            .into_iter()
            .collect();
    toml::to_string(&list).map_err(|_| Error::bug("the age groups cannot be written as TOML"))
}

/// The block of an indicator of the shipped definition; none where it has none of that id.
fn shipped_indicator(id: &str) -> Result<Option<Block>> {
    let text = shipped::list(SHIPPED).unwrap_or_default();
    let root: Block = toml::from_str(text).map_err(|_| Error::bug("the shipped definition cannot be read"))?;
    let tables = root["table"].as_array().into_iter().flatten();
    let indicators = tables.filter_map(|table| table.get("indicator")?.as_array()).flatten();
    let found = indicators.filter_map(Value::as_table).find(|block| block["id"].as_str() == Some(id));
    // A home visit is a contact type as well.
    let is_plain =
        |block: &&Block| block.get("count").is_some_and(|count| count.as_table().is_some_and(|c| c.len() == 1));
    Ok(found.filter(|block| !is_plain(block)).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked {
            id: "own".into(),
            indicators: vec!["e-consultation".into(), "sick-note".into()],
            measures: Vec::new(),
            by: Level::County,
            periods: vec![PeriodKind::Year],
            dimensions: vec![Dimension::Sex],
            ages: Some("0-15,16-66,67+".into()),
            from: None,
            to: Month::new(2024, 12).into(),
            service: Service::Gp,
            place: PlaceBasis::Residence,
            geography: None,
            contact_types: None,
            policy: Some("strict".into()),
        }
    }

    #[test]
    fn what_is_asked_for_is_a_definition() {
        let pipeline = asked().pipeline().unwrap();
        let table = &pipeline.tables[0];
        assert_eq!(pipeline.age_groups.labels, ["0-15", "16-66", "67+"]);
        assert_eq!((pipeline.policy.id.as_str(), pipeline.to), ("strict", Some(Month::new(2024, 12))));
        assert_eq!((table.by, &table.dimensions[..]), (Level::County, &[Dimension::Sex, Dimension::AgeGroup][..]));
        let ids: Vec<&str> = table.indicators.iter().map(|indicator| indicator.id.as_str()).collect();
        assert_eq!(ids, ["e-consultation", "sick-note"]);
        assert_eq!(table.measures, [Measure::Contacts]);
        assert!(pipeline.files.iter().any(|(name, _)| name == "lists/age-groups/own.toml"), "kept to be made again");
    }

    #[test]
    fn shares_chapters_and_rates_bring_what_they_need() {
        let share = Asked { indicators: vec!["e-consultation-share".into()], ages: None, ..asked() };
        assert_eq!(share.pipeline().unwrap().tables[0].measures, [Measure::Share]);
        let chapters = Asked { dimensions: vec![Dimension::Icpc2Chapter], ages: None, ..asked() };
        assert!(chapters.pipeline().unwrap().sources.iter().any(|used| used.source == "diagnose"));
        let rate = Asked { measures: vec![Measure::Per1000], ..asked() };
        assert!(rate.pipeline().unwrap().sources.iter().any(|used| used.source == "innbyggere"));
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        let strange = Asked { indicators: vec!["e-consultations".into()], ..asked() };
        let error = strange.pipeline().unwrap_err();
        assert!(error.message.contains("did you mean `e-consultation`?"), "{}", error.message);
    }
}
