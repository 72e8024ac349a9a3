//! The way through the room: read what the tables need, make each table.
//!
//! In: a delivery, contacts, residents, the definition. Out: [`Linked`].

use std::collections::BTreeMap;

use super::cells::{Column, JoinedCell, JoinedTable, PracticeTable};
use super::discharges::Step;
use super::grid::{Levels, Periods, months};
use super::list_days::ListDays;
use super::lists::Lists;
use super::members::Members;
use super::stays::{self, StayPart};
use super::{continuity, discharges, list_figures, person_months, practices, relation, teams};
use crate::aggregate::Span as Months;
use crate::codes::Geography;
use crate::contacts::{Contacts, Residents};
use crate::definition::{Family, Pipeline, Table};
use crate::domain::{PlaceIndex, Result};
use crate::load::{IdKind, IdSpace, Inputs, Scanned};

/// What the room works from.
pub struct Run<'a> {
    pub inputs: &'a Inputs,
    pub contacts: &'a Contacts,
    pub residents: &'a Residents,
    pub pipeline: &'a Pipeline,
    pub geography: &'a Geography,
    /// Days since 1970-01-01.
    pub as_of: i32,
}

/// What the room gives.
#[derive(Debug, Default)]
pub struct Linked {
    pub tables: Vec<JoinedTable>,
    /// For the restricted area alone.
    pub practices: Vec<PracticeTable>,
    /// The sources read here, every row in its class.
    pub sources: BTreeMap<String, Scanned>,
    /// For the restricted area: what was found on the way, by name.
    pub notes: BTreeMap<String, u64>,
}

/// What the tables are made from.
pub struct Rooms<'a> {
    pub contacts: &'a Contacts,
    pub residents: &'a Residents,
    pub lists: &'a Lists,
    pub members: &'a Members,
    pub days: &'a ListDays,
    pub levels: &'a Levels,
    pub months: Option<Months>,
    pub unknown_place: PlaceIndex,
    /// To order contracts, and to name practices, as delivered.
    pub contracts: &'a IdSpace,
    pub clinics: &'a IdSpace,
}

impl Rooms<'_> {
    /// A table whose cells are all undefined.
    pub fn empty(&self, at: usize, table: &Table, periods: &Periods, columns: Vec<Column>) -> JoinedTable {
        let two = || ["total", "with", "without"].map(String::from).to_vec();
        let mut made = JoinedTable {
            table: at,
            places: self.levels.places.clone(),
            periods: periods.all.clone(),
            labels: table.dimensions.iter().map(|_| two()).collect(),
            columns,
            cells: Vec::new(),
            systems: Vec::new(),
        };
        let cells = made.index(made.places.len(), 0, 0, 0);
        made.cells = vec![JoinedCell::default(); cells];
        made
    }
}

/// Links the registers that the pipeline's tables are made of, and makes the tables.
///
/// # Errors
/// What `load` finds wrong with a file.
pub fn link(run: &Run<'_>) -> Result<Linked> {
    let mut linked = Linked::default();
    let families: Vec<Family> = run.pipeline.tables.iter().filter_map(Table::family).collect();
    let parts = Members::parts_for(run.contacts.parts.len());
    let (mut lists, mut members) = (Lists::default(), Members::default());
    if families.iter().any(|family| family.sources().contains(&"kontrakt")) {
        let (read, books) = Lists::read(run.inputs, run.geography)?;
        lists = read;
        linked.sources.extend(books);
        let (read, scanned) = Members::read(run.inputs, &lists, parts)?;
        members = read;
        linked.sources.insert("medlemskap".into(), scanned);
        linked.notes.insert("overlapping-rows-kontrakt".into(), lists.overlapping);
        linked.notes.insert("overlapping-rows-medlemskap".into(), members.overlapping);
    }
    let mut stays = Vec::new();
    if families.contains(&Family::Discharges) {
        let (read, books) = stays::read(run.inputs, run.geography, parts)?;
        stays = read;
        linked.sources.extend(books);
    }
    let months = months(run.pipeline, run.contacts.months, run.as_of);
    // The month before the first is asked for the doctors who have come and gone.
    let days = months.map(|months| ListDays::new(&lists, &members, months.first.plus(-1), months.last));
    let rooms = Rooms {
        contacts: run.contacts,
        residents: run.residents,
        lists: &lists,
        members: &members,
        days: &days.unwrap_or_else(ListDays::none),
        levels: &Levels::new(run.geography),
        months,
        unknown_place: run.geography.unknown(),
        contracts: run.inputs.ids(IdKind::Contract),
        clinics: run.inputs.ids(IdKind::Practice),
    };
    tables(&rooms, run.pipeline, &stays, &mut linked);
    Ok(linked)
}

fn tables(rooms: &Rooms<'_>, pipeline: &Pipeline, stays: &[StayPart], linked: &mut Linked) {
    for (at, table) in pipeline.tables.iter().enumerate() {
        let Some(family) = table.family() else { continue };
        let made = match family {
            Family::Lists => list_figures::table(rooms, at, table),
            Family::Relation => relation::table(rooms, at, table),
            Family::Continuity => continuity::table(rooms, at, table),
            Family::PersonMonths => person_months::table(rooms, at, table),
            Family::Teams => teams::table(rooms, at, table),
            Family::Practices => {
                linked.practices.push(practices::table(rooms, at, table));
                continue;
            }
            Family::Discharges => {
                let (made, flow) = discharges::table(rooms, stays, at, table);
                for ((column, step), stays) in flow {
                    linked.notes.insert(flow_name(table, column, step), stays);
                }
                made
            }
        };
        linked.tables.push(made);
    }
}

/// `flow/TABLE/INDICATOR/N-STEP`: in the order in which discharges fall out.
fn flow_name(table: &Table, column: usize, step: Step) -> String {
    let indicator = table.indicators.get(column).map_or("", |of| of.id.as_str());
    format!("flow/{}/{indicator}/{}-{}", table.id, step as u8, step.name())
}
