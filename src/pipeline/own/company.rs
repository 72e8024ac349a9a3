//! A table of one's own with everything that it is held beside, before anything is counted.
//!
//! In: the table's definition, the published releases. Out: [`Company`]: parts, each counted by
//! its own ages and places, and the finest ages and places that all parts are made of. Reads
//! nothing and counts nothing.

use crate::aggregate::Pools;
use crate::codes::{Geography, Meeting};
use crate::definition::{AgeGroups, Pipeline, SourceUse, Table};
use crate::domain::{Error, PlaceIndex, Result};

use super::published::Published;

/// Tables that are counted by one set of ages and places.
pub struct Part<'a> {
    /// The definition of its tables alone.
    pub pipeline: Pipeline,
    pub geography: Geography,
    /// By place of the meeting: the place here.
    pub places: Vec<PlaceIndex>,
    /// By place here: the places of the meeting that it is made of.
    pub leaves: Vec<Vec<u16>>,
    /// By finest age group: the group here.
    pub ages: Vec<u8>,
    /// The releases of its tables, the newest first; none: they are not published.
    pub published: Vec<&'a Published>,
    /// The names that its tables have where they are published.
    pub names: Vec<String>,
}

/// The table and what it is held beside.
pub struct Company<'a> {
    /// What is published already, the table itself, and what nobody publishes but both tell together.
    pub parts: Vec<Part<'a>>,
    /// Position of the table's own part.
    pub own: usize,
    pub meeting: Meeting,
    pub ages: AgeGroups,
    /// The sources of all parts.
    pub sources: Vec<SourceUse>,
}

impl<'a> Company<'a> {
    /// Finds what a table is to be held beside.
    ///
    /// # Errors
    /// Exit code 10 where what both say together could not be worked out.
    pub fn of(own: &Pipeline, published: &'a [Published]) -> Result<Company<'a>> {
        own.is_own()?;
        let mut groups = Vec::new();
        for group in self::groups(published) {
            let tables: Vec<Table> = own.tables_beside(&group[0].pipeline)?.into_iter().cloned().collect();
            groups.extend((!tables.is_empty()).then_some((group, tables)));
        }
        let geography = own.release_geography()?;
        let others: Vec<&Geography> = groups.iter().map(|(group, _)| &group[0].geography).collect();
        let meeting = Meeting::of(&geography, &others);
        let groupings = groups.iter().map(|(group, _)| &group[0].pipeline.age_groups).chain([&own.age_groups]);
        let ages = AgeGroups::cut(&groupings.collect::<Vec<_>>());
        let mut company = Company { parts: Vec::new(), own: groups.len(), meeting, ages, sources: own.sources.clone() };
        let mut beside = Vec::new();
        for (at, (group, tables)) in groups.into_iter().enumerate() {
            company.add_published(at, &group, &tables);
            beside.extend(tables);
        }
        company.add_own(own, geography, &beside)?;
        Ok(company)
    }

    fn add_published(&mut self, at: usize, group: &[&'a Published], tables: &[Table]) {
        let newest = group[0];
        let again = self.parts.iter().filter(|part| part.pipeline.id == newest.pipeline.id).count();
        let prefix =
            if again == 0 { newest.pipeline.id.clone() } else { format!("{}-{}", newest.pipeline.id, again + 1) };
        let named = |table: &Table| Table { id: format!("{prefix}.{}", table.id), ..table.clone() };
        let pipeline = Pipeline { tables: tables.iter().map(named).collect(), ..newest.pipeline.clone() };
        for used in &newest.pipeline.sources {
            match self.sources.iter_mut().find(|own| own.source == used.source) {
                // What a definition says of its files is said by whoever says anything.
                Some(own) if own.files.is_empty() => *own = used.clone(),
                Some(_) => {}
                None => self.sources.push(used.clone()),
            }
        }
        self.add((pipeline, newest.geography.clone()), at + 1, tables);
        if let Some(part) = self.parts.last_mut() {
            part.published = group.to_vec();
        }
    }

    fn add_own(&mut self, own: &Pipeline, geography: Geography, beside: &[Table]) -> Result<()> {
        let mut pipeline = own.clone();
        let mut implied = Vec::new();
        for table in &mut pipeline.tables {
            let others: Vec<&Table> = beside.iter().filter(|other| other.service == table.service).collect();
            table.add_rests_beside(&others);
            let made = table.implied_beside(&others);
            let cut = self.ages.from != own.age_groups.from
                || self.meeting.geography.municipalities.len() != geography.municipalities.len()
                || made.iter().any(|of| of.periods.len() != table.periods.len());
            implied.extend(if cut { made } else { Vec::new() });
        }
        let names = pipeline.tables.clone();
        self.add((pipeline, geography), 0, &names);
        if !implied.is_empty() {
            let tables = implied.clone();
            let pipeline = Pipeline { tables: implied, age_groups: self.ages.clone(), ..own.clone() };
            let finest = self.meeting.geography.clone();
            self.add((pipeline, finest), usize::MAX, &tables);
        }
        let mut ids: Vec<&String> = self.tables().map(|(_, table)| &table.id).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => Err(Error::definition(format!("two tables have the id {}; give the table another", pair[0]))),
        }
    }

    /// Adds a part; `geography` is its position in the meeting, `usize::MAX` for the meeting itself.
    fn add(&mut self, (pipeline, of): (Pipeline, Geography), geography: usize, tables: &[Table]) {
        let places = match self.meeting.places.get(geography) {
            Some(places) => places.clone(),
            None => (0..of.municipalities.len() as PlaceIndex).collect(),
        };
        let mut leaves = vec![Vec::new(); of.municipalities.len()];
        for (leaf, &place) in places.iter().enumerate() {
            leaves[usize::from(place)].push(leaf as u16);
        }
        self.parts.push(Part {
            ages: pipeline.age_groups.of_finer(&self.ages),
            names: tables.iter().map(|table| table.id.clone()).collect(),
            pipeline,
            geography: of,
            places,
            leaves,
            published: Vec::new(),
        });
    }

    /// Every table with the position of its part.
    pub fn tables(&self) -> impl Iterator<Item = (usize, &Table)> {
        self.parts.iter().enumerate().flat_map(|(at, part)| part.pipeline.tables.iter().map(move |table| (at, table)))
    }

    /// Position of the first table of a part among all tables.
    pub fn first(&self, part: usize) -> usize {
        self.parts[..part].iter().map(|part| part.pipeline.tables.len()).sum()
    }

    /// All tables as one definition, with the thresholds of the table's own.
    pub fn merged(&self, own: &Pipeline) -> Pipeline {
        let tables = self.tables().map(|(_, table)| table.clone()).collect();
        Pipeline { tables, ..own.clone() }
    }

    /// What bills are read by: the finest ages and places, the sources of all parts.
    pub fn reading(&self, own: &Pipeline) -> Pipeline {
        Pipeline { age_groups: self.ages.clone(), sources: self.sources.clone(), ..own.clone() }
    }

    /// The pools of what is published by the table's own geography, if it has any.
    pub fn pools(&self) -> Option<Pools> {
        let own = &self.parts[self.own].geography;
        let of_geography = self.parts.iter().flat_map(|part| &part.published).filter(|of| of.geography.id == own.id);
        of_geography.map(|published| &published.pools).find(|pools| !pools.is_empty()).cloned()
    }

    /// The pools of a part, given those of the table's own.
    pub fn pools_of(&self, part: usize, own: &Pools) -> Pools {
        let at = &self.parts[part];
        match at.published.first() {
            Some(published) => published.pools.clone(),
            None if part == self.own => own.clone(),
            None => {
                let leaves = &self.parts[self.own].leaves;
                let cut =
                    |pool: &Vec<PlaceIndex>| pool.iter().flat_map(|&at| leaves[usize::from(at)].clone()).collect();
                own.iter().map(|(&county, pool)| (county, cut(pool))).collect()
            }
        }
    }
}

/// Releases of one definition together, the newest first.
fn groups(published: &[Published]) -> Vec<Vec<&Published>> {
    let mut newest: Vec<&Published> = published.iter().collect();
    newest.sort_by_key(|of| std::cmp::Reverse((of.as_of, of.name.release.clone())));
    let mut groups: Vec<Vec<&Published>> = Vec::new();
    for release in newest {
        let alike = |group: &&mut Vec<&Published>| group[0].pipeline.files == release.pipeline.files;
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(release),
            None => groups.push(vec![release]),
        }
    }
    groups
}
