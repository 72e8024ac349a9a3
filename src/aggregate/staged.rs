//! Cells by period, kept from night to night: only periods whose contacts have changed are counted.
//!
//! In: contacts by month, residents, the definition. Out: [`Cells`], the same as of a count of all
//! contacts. The cells of a period are found under the contacts that made them: a period with
//! other contacts is another one. What is not found is made by `renew`.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::axes::{Selection, Span};
use super::blocks::Block;
use super::cells::{Cells, TableCells};
use super::contributors::{Contributors, PARTS};
use super::count::{Counted, Run, has_rate, prepare};
use super::kept::Rows;
use super::lone::Alone;
use super::pools::{Pools, pooled_tables, splice};
use super::residents::layer;
use super::sparse::Sparse;
use super::touched::Touched;
use super::workload::means_of;
use crate::codes::Geography;
use crate::contacts::{Change, Contacts, MonthFile, Months, Residents};
use crate::definition::Pipeline;
use crate::domain::{Error, Month, Period, Result};
use crate::stage::{Key, Stored};

/// All that counting needs, where contacts are kept by month.
pub struct Night<'a> {
    pub months: &'a Months<'a>,
    /// What has changed since the last run, where that is known.
    pub change: Option<&'a Change>,
    pub residents: &'a Residents,
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    /// Days since 1970-01-01.
    pub as_of: i32,
}

/// Cells under way, with the names of the files that they are kept in.
pub struct NightCells {
    pub cells: Cells,
    /// Who is alone in some cell. Who is alone in a cell of a pool is so in one of its municipalities.
    alone: Alone,
    pub kept: Vec<String>,
    pub ways: Ways,
    /// What was found touched, for the tables that are counted again with pools.
    pub(super) touched: Option<Touched>,
}

/// How the cells of each period were made; once more for the tables with pools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// As they were kept.
    pub kept: Vec<Period>,
    /// From what was kept and what has changed.
    pub turned: Vec<Period>,
    /// From all contacts.
    pub counted: Vec<Period>,
}

/// The cells of all tables.
pub fn count_night(night: &Night) -> Result<NightCells> {
    let tables: Vec<usize> = (0..night.pipeline.tables.len()).collect();
    let mut made = NightCells {
        cells: Cells { tables: Vec::new() },
        alone: Alone::default(),
        kept: Vec::new(),
        ways: Ways::default(),
        touched: None,
    };
    made.cells.tables = night.tables(&tables, Selection::All, &mut made)?;
    Ok(made)
}

/// Adds the pools, as [`super::with_pools`] does.
pub fn with_pools_night(mut made: NightCells, pools: &Pools, night: &Night) -> Result<NightCells> {
    let pooled = pooled_tables(&made.cells, night.pipeline);
    if !pools.is_empty() && !pooled.is_empty() {
        let added = night.tables(&pooled, Selection::Pools(pools), &mut made)?;
        splice(&mut made.cells, &pooled, added);
    }
    let Ways { kept, turned, counted } = &made.ways;
    let (kept, turned, counted) = (kept.len(), turned.len(), counted.len());
    tracing::debug!(kept, turned, counted, "made the cells of periods");
    Ok(made)
}

/// The rows of periods, by position of the table in the pipeline.
pub type Kept = BTreeMap<Period, BTreeMap<usize, Rows>>;

/// The blocks of a period by position of the table in the pipeline.
pub type Blocks = BTreeMap<usize, Block>;

/// The tables of one counting.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    pub counted: &'a [Counted],
    pub selection: Selection<'a>,
}

impl Tables<'_> {
    /// Positions in the pipeline of the tables that have a period.
    pub fn with(&self, period: Period) -> Vec<usize> {
        let has = |table: &&Counted| table.axes.periods.contains(&period);
        self.counted.iter().filter(has).map(|table| table.table).collect()
    }
}

impl Night<'_> {
    fn tables(&self, tables: &[usize], selection: Selection, made: &mut NightCells) -> Result<Vec<TableCells>> {
        let none = Contacts::default();
        let span = Span::of(self.pipeline, self.months.span(), self.as_of);
        let run = self.run(&none, None);
        let counted: Vec<Counted> = tables.iter().map(|&at| prepare(&run, at, span, selection)).collect();
        let periods: BTreeSet<Period> = counted.iter().flat_map(|table| table.axes.periods.iter().copied()).collect();
        let mut kept = Kept::new();
        let mut missing = Vec::new();
        let all = Tables { counted: &counted, selection };
        let periods: Vec<Period> = periods.into_iter().collect();
        let find = |&period: &Period| {
            let key = self.key(period, selection, &self.months.list);
            let stored = self.months.stage.read(&key);
            (period, key.name, stored.and_then(|stored| rows_of(&stored, &all.with(period))))
        };
        let found: Vec<_> = periods.par_iter().map(find).collect();
        for (period, name, rows) in found {
            made.kept.push(name);
            match rows {
                Some(rows) => {
                    kept.insert(period, rows);
                    made.ways.kept.push(period);
                }
                None => missing.push(period),
            }
        }
        kept.extend(self.renew(&missing, all, made)?);
        if let Selection::All = selection {
            let rows = kept.values().flat_map(BTreeMap::values);
            made.alone = Alone::of(rows.filter_map(Rows::alone).flatten());
        }
        let alone = &made.alone;
        counted.into_par_iter().map(|table| self.assemble(table, &kept, alone)).collect()
    }

    /// A count of some contacts, of some periods alone.
    pub fn run<'r>(&'r self, contacts: &'r Contacts, only: Option<&'r [Period]>) -> Run<'r> {
        let (residents, pipeline, geography) = (self.residents, self.pipeline, self.geography);
        Run { only, ..Run::of_all(contacts, residents, pipeline, (geography, self.as_of)) }
    }

    /// What the cells of a period rest on: the definition, the places counted, the contacts of its
    /// months.
    pub fn key(&self, period: Period, selection: Selection, months: &BTreeMap<Month, MonthFile>) -> Key {
        let mut facts = self.months.facts.clone();
        // Of contacts at one moment the last is told by the order of bills.
        facts.push(format!("{}", self.months.bills.all_integers()));
        facts.push(format!("{:?} {}", period.kind, period.first.0));
        if let Selection::Pools(pools) = selection {
            facts.push(format!("{pools:?}"));
        }
        let months = months.range(period.first..=period.last());
        facts.extend(months.map(|(month, file)| format!("{} {}", month.0, file.contents)));
        self.months.stage.key("cells", &facts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Keeps the cells of a period, and who is in them; the rows of the cells.
    pub fn keep(&self, (period, tables): (Period, Tables), blocks: Blocks) -> Result<BTreeMap<usize, Rows>> {
        let mut writer = self.months.stage.create(&self.key(period, tables.selection, &self.months.list))?;
        let mut kept = BTreeMap::new();
        for (table, block) in blocks {
            let rows = Rows::of(&block)?;
            for (label, rows) in rows.parts() {
                writer.rows(&format!("{table}-{label}"), rows)?;
            }
            let contributors = block.contributors.map(|all| all.into_rows(&block.contacts)).transpose()?;
            for (label, rows) in PARTS.into_iter().zip(contributors.into_iter().flatten()) {
                writer.rows(&format!("{table}-{label}"), &rows)?;
            }
            kept.insert(table, rows);
        }
        writer.finish(&())?;
        Ok(kept)
    }

    /// A table from the blocks of its periods.
    fn assemble(&self, counted: Counted, kept: &Kept, alone: &Alone) -> Result<TableCells> {
        let table = &self.pipeline.tables[counted.table];
        let none = Contacts::default();
        let residents = if has_rate(table) { layer(&self.run(&none, None), table, &counted) } else { Vec::new() };
        let (cells, means) = (counted.axes.len(), means_of(table, &counted.axes));
        let of_place = counted.axes.of_place();
        let mut made = TableCells {
            table: counted.table,
            contacts: Sparse::empty(cells, of_place),
            patients: Sparse::empty(if counted.has_patients { cells } else { 0 }, of_place),
            residents,
            means: Sparse::empty(means, means.checked_div(counted.axes.places.len()).unwrap_or(0)),
            axes: counted.axes,
        };
        for (at, period) in made.axes.periods.clone().into_iter().enumerate() {
            let rows = kept.get(&period).and_then(|rows| rows.get(&made.table));
            let put = rows.and_then(|rows| rows.put(&mut made, at, alone));
            put.ok_or_else(|| Error::bug("the cells of a period do not fit their table"))?;
        }
        Ok(made)
    }
}

/// The rows of some tables in a period; none where they are damaged, which the stage then knows.
fn rows_of(stored: &Stored, tables: &[usize]) -> Option<BTreeMap<usize, Rows>> {
    tables.iter().map(|&table| Some((table, Rows::read(stored, table).ok()?))).collect()
}

/// The cells of a table in a period with who is in them; none where they are damaged, which the
/// stage then knows.
pub fn read_whole(stored: &Stored, table: usize) -> Option<Block> {
    let part = |part: &&str| stored.rows(&format!("{table}-{part}")).ok();
    let whole = || {
        let block = Rows::read(stored, table).ok()?.block()?;
        let parts = PARTS.iter().map(part).collect::<Option<Vec<_>>>()?;
        let contributors = Contributors::from_rows(&parts, [&block.contacts, &block.patients])?;
        Some(Block { contributors: Some(contributors), ..block })
    };
    let found = whole();
    if found.is_none() {
        stored.note_damage();
    }
    found
}
