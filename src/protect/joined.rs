//! Tables of joined registers: which figures are hidden, with proof where they are made of counts.
//!
//! In: figures with the counts that they are made of, the policy and the ledger. Out:
//! [`Protected`]. Counts that add up (numerators, the rests of their denominators, denominators)
//! are systems as those of contacts are: whoever reads a figure is taken to know all its counts, so
//! a figure is hidden where one of them is. Means of indices and medians are no counts; a pattern
//! hides them (`joined_means`). Public facts are shown.

use super::certificate::Certificate;
use super::joined_means::{Means, with_companions};
use super::joined_rows::{add_loss, rows};
use super::kept::KeptMoves;
use super::ledger::{Before, Ledger, Names, Noted, Seen};
use super::primary::Reason;
use super::protected::Protected;
use super::rows::Decisions;
use super::run::{prove, seen};
use super::shared;
use super::system::{Source, State};
use crate::aggregate::{Axes, Sparse, TableCells};
use crate::codes::Geography;
use crate::definition::{Family, JoinedFigure, JoinedSystem, Labels, Pipeline, SystemCounts, Table};
use crate::domain::{Error, Result};
use crate::registers::{JoinedTable, SystemCells};
use crate::relations::{JoinedView, Relations, Universe, describe_joined};

/// Decides what of tables of joined registers may be published, and proves it.
///
/// # Guarantee
/// Every numerator, rest of a denominator and denominator that is unsafe in itself (PROTECTION 2)
/// is hidden with every figure that tells of it; for each there are other complete tables, as
/// [`super::protect`] says of contacts. A mean or median of few persons or doctors is hidden, and
/// of no sum of places exactly one. What an earlier release of the same OUT hid stays hidden. The
/// same input gives the same output.
///
/// # Not guaranteed
/// There is no proof for means and medians, nor that labels which are counted apart but nearly add up
/// leave their denominators open: a pattern hides none of them alone. Systems are proved one by one:
/// that those followed up within 7 days are among those within 14 is not used, for who is counted
/// differs by window.
pub fn protect_joined(
    tables: &[JoinedTable],
    pipeline: &Pipeline,
    geography: &Geography,
    as_of: i32,
    ledger: &Ledger,
) -> Result<Protected> {
    let parts: Vec<Part<'_>> =
        tables.iter().filter(|table| !table.periods.is_empty()).flat_map(Part::of(pipeline)).collect();
    let views: Vec<JoinedView<'_>> = parts.iter().map(Part::view).collect();
    let relations = describe_joined(&views, pipeline, geography)?;
    let run = Run { pipeline, geography, as_of, ledger };
    let mut protected = run.start(relations);
    let mut certificate = Certificate::default();
    let mut decided: Vec<Decisions> = Vec::new();
    let mut hidden: Vec<Vec<usize>> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let twin = (0..at).find(|&other| part.has_denominators_of(&parts[other]));
        hidden.push(match twin {
            Some(twin) => hidden[twin].clone(),
            None => run.hidden_together(at, &parts, &protected)?,
        });
        decided.push(run.decide((at, part), &hidden[at], &mut certificate, &mut protected)?);
    }
    for table in tables {
        let of_table = parts.iter().zip(&decided).filter(|(part, _)| part.cells.table == table.table);
        run.add_table(table, &of_table.collect::<Vec<_>>(), &mut protected);
    }
    protected.certificate = certificate.finish(&protected.relations, &pipeline.policy)?;
    Ok(protected)
}

/// The quantity of a share that is its denominator.
const DENOMINATOR: usize = 2;

/// A system of a table with its counts.
struct Part<'a> {
    table: &'a Table,
    system: JoinedSystem,
    cells: TableCells,
}

impl<'a> Part<'a> {
    /// The parts of a table.
    fn of(pipeline: &'a Pipeline) -> impl Fn(&JoinedTable) -> Vec<Part<'a>> {
        move |joined: &JoinedTable| {
            let table = &pipeline.tables[joined.table];
            let part = |(system, counts): (JoinedSystem, &SystemCells)| {
                let cells = cells(joined, &system, counts);
                Part { table, system, cells }
            };
            table.joined_systems().into_iter().zip(&joined.systems).map(part).collect()
        }
    }

    fn view(&self) -> JoinedView<'_> {
        JoinedView { table: self.cells.table, system: &self.system, axes: &self.cells.axes }
    }

    /// Units whose denominator is hidden; where labels are counted apart, those of which anything is.
    fn hidden_denominators(&self, decisions: &Decisions) -> Vec<usize> {
        let units = 0..self.cells.axes.len() / self.cells.axes.quantities;
        let first = if self.is_apart() { 0 } else { DENOMINATOR };
        let is_hidden = |&unit: &usize| {
            (first..=DENOMINATOR).any(|quantity| decisions.states[self.position(unit, quantity)] == State::Hidden)
        };
        units.filter(is_hidden).collect()
    }

    /// Whether no relation adds up its labels, though their denominators nearly add up.
    fn is_apart(&self) -> bool {
        self.system.labels == Labels::Apart && self.system.counted == SystemCounts::Share
    }

    /// Whether its totals are those of the whole country: contacts of persons on lists are nearly so,
    /// and are hidden where those are, but say nothing of them.
    fn is_of_country(&self) -> bool {
        self.table.family() == Some(Family::Teams)
    }

    /// Whether its denominators are those of another share of the table: one quantity, one decision.
    fn has_denominators_of(&self, other: &Part<'_>) -> bool {
        let is_share = |part: &Part<'_>| part.system.counted == SystemCounts::Share;
        let of = |part: &Part<'_>| {
            let all = part.cells.contacts.iter().skip(DENOMINATOR).step_by(part.cells.axes.quantities);
            all.map(|count| (count.value, count.patients)).collect::<Vec<_>>()
        };
        self.cells.table == other.cells.table && is_share(self) && is_share(other) && of(self) == of(other)
    }

    /// Positions along place, period and label, then quantity.
    fn position(&self, unit: usize, quantity: usize) -> usize {
        unit * self.cells.axes.quantities + quantity
    }
}

fn cells(joined: &JoinedTable, system: &JoinedSystem, counts: &SystemCells) -> TableCells {
    TableCells {
        table: joined.table,
        axes: Axes {
            places: joined.places.clone(),
            periods: joined.periods.clone(),
            dimensions: joined.labels.clone(),
            quantities: system.counted.len(),
        },
        contacts: counts.counts.clone().into(),
        patients: Sparse::default(),
        residents: counts.residents.clone(),
        means: Sparse::default(),
    }
}

struct Run<'a> {
    pipeline: &'a Pipeline,
    geography: &'a Geography,
    as_of: i32,
    ledger: &'a Ledger,
}

impl Run<'_> {
    /// Nothing decided yet.
    fn start(&self, relations: Relations) -> Protected {
        let mut ledger = self.ledger.clone();
        ledger.releases.push(self.as_of);
        Protected {
            public: Vec::new(),
            restricted: Vec::new(),
            relations,
            certificate: Certificate::default(),
            ledger,
            loss: Default::default(),
        }
    }

    /// Units whose denominator is hidden by any of the shares that have the same denominators, and of those
    /// whose labels are counted apart the companions: each is decided again with what the others hide,
    /// until none hides more.
    fn hidden_together(&self, at: usize, parts: &[Part<'_>], protected: &Protected) -> Result<Vec<usize>> {
        let alike: Vec<usize> =
            (0..parts.len()).filter(|&other| parts[at].has_denominators_of(&parts[other])).collect();
        let is_apart = parts[at].is_apart();
        let mut hidden = Vec::new();
        while alike.len() > 1 || is_apart {
            let before = hidden.clone();
            for &other in &alike {
                let part = (other, &parts[other]);
                let decisions = self.prove(part, &hidden, &mut Certificate::default(), protected)?.0;
                hidden = parts[other].hidden_denominators(&decisions);
            }
            if is_apart {
                let denominators = (&parts[at].cells, DENOMINATOR);
                hidden = with_companions(denominators, &hidden, self.geography, &parts[at].table.policy);
            }
            if hidden == before {
                break;
            }
        }
        Ok(hidden)
    }

    /// Decides a part in which some denominators are hidden already.
    fn prove(
        &self,
        (at, part): (usize, &Part<'_>),
        hidden: &[usize],
        certificate: &mut Certificate,
        protected: &Protected,
    ) -> Result<(Decisions, KeptMoves)> {
        let universe = &protected.relations.universes[at];
        let [view] = &universe.views[..] else { return Err(Error::bug("a system of joined registers has one view")) };
        let names = self.names(part, universe);
        let mut before = self.before(&names, part);
        for &unit in hidden {
            let nothing = || Before::nothing(part.cells.axes.len(), self.pipeline.policy.width);
            before.get_or_insert_with(nothing).set(part.position(unit, DENOMINATOR), Seen::Hidden as u8);
        }
        let source = Source { view, table: part.table, cells: &part.cells, before };
        let kept = self.ledger.moves.get(&universe.id);
        let (mut decided, kept) = prove((at, universe), &[source], certificate, kept)?;
        let decisions = decided.pop().ok_or_else(|| Error::bug("a system of joined registers was not decided"))?;
        Ok((decisions, kept))
    }

    fn names<'n>(&'n self, part: &'n Part<'_>, universe: &'n Universe) -> Names<'n> {
        let quantities = quantities(universe);
        Names { table: &universe.id, axes: &part.cells.axes, geography: self.geography, quantities }
    }

    fn decide(
        &self,
        (at, part): (usize, &Part<'_>),
        hidden: &[usize],
        certificate: &mut Certificate,
        protected: &mut Protected,
    ) -> Result<Decisions> {
        let (mut decisions, kept) = self.prove((at, part), hidden, certificate, protected)?;
        let universe = protected.relations.universes[at].clone();
        let names = self.names(part, &universe);
        let seen: Vec<u8> = (0..part.cells.axes.len()).map(|at| seen(&decisions, &part.cells, at) as u8).collect();
        let told = std::mem::take(&mut decisions.told);
        protected.ledger.note(&names, &Noted { seen, told, as_of: self.as_of });
        protected.ledger.moves.insert(universe.id.clone(), kept);
        if part.is_of_country() {
            protected.ledger.note_country(&decisions, &part.cells, &self.shared(part));
        }
        Ok(decisions)
    }

    /// What earlier releases did, those of other pipelines in the country among them.
    fn before(&self, names: &Names<'_>, part: &Part<'_>) -> Option<Before> {
        let width = self.pipeline.policy.width;
        let before = self.ledger.before(names, width);
        self.ledger.with_country(before, &part.cells.axes, (&self.shared(part), width))
    }

    /// Names that tables of other pipelines know the part's quantities by.
    fn shared(&self, part: &Part<'_>) -> Vec<Option<String>> {
        match &part.system.counted {
            SystemCounts::Contacts { service, predicates } => shared::names(self.pipeline, *service, predicates),
            counted => vec![None; counted.len()],
        }
    }

    fn add_table(&self, table: &JoinedTable, parts: &[(&Part<'_>, &Decisions)], protected: &mut Protected) {
        let definition = &self.pipeline.tables[table.table];
        let mut reasons = vec![Reason::Shown; table.cells.len()];
        for (part, decisions) in parts {
            decide_figures(table, part, decisions, &mut reasons);
        }
        let is_mean = |column: usize| {
            let column = table.columns[column];
            column.group.is_some() && !parts.iter().any(|(part, _)| part.system.figure(column.indicator).is_some())
        };
        let means: Vec<usize> = (0..table.columns.len()).filter(|&column| is_mean(column)).collect();
        let means = Means { table, definition, columns: &means, geography: self.geography };
        means.hide((self.ledger, self.as_of), &mut reasons, &mut protected.ledger);
        let made = rows(table, &reasons, self.as_of);
        add_loss(&mut protected.loss, definition, &made.0);
        protected.public.push(made.0);
        protected.restricted.push(made.1);
    }
}

/// Names of the quantities, by the codes that they are made of.
fn quantities(universe: &Universe) -> Vec<String> {
    let code = |&(dim, code): &(usize, u16)| {
        let dim = &universe.dims[dim];
        format!("{}={}", dim.id, dim.codes[usize::from(code)].id)
    };
    let views = universe.views.iter().flat_map(|view| &view.quantities);
    views.map(|quantity| quantity.codes.iter().map(code).collect::<Vec<_>>().join(" ")).collect()
}

/// Why each figure of a part is hidden.
fn decide_figures(table: &JoinedTable, part: &Part<'_>, decisions: &Decisions, reasons: &mut [Reason]) {
    let counts = &part.cells.contacts;
    for (at, reason) in reasons.iter_mut().enumerate() {
        let (unit, column) = (at / table.columns.len(), table.columns[at % table.columns.len()]);
        let Some(figure) = part.system.figure(column.indicator) else { continue };
        let of = |quantity: &usize| part.position(unit, *quantity);
        let is_hidden = |at: &usize| decisions.states[*at] == State::Hidden && counts[*at].value > 0;
        let parts: Vec<usize> = figure.quantities().iter().map(of).collect();
        if let Some(&first) = parts.iter().find(|at| is_hidden(at)) {
            *reason = strongest(figure, &parts, first, decisions, &of);
        }
    }
}

/// The strongest reason of what a hidden figure tells of, the rest of a share among it.
fn strongest(
    figure: &JoinedFigure,
    parts: &[usize],
    first: usize,
    decisions: &Decisions,
    of: &dyn Fn(&usize) -> usize,
) -> Reason {
    let rest = match figure {
        JoinedFigure::Share { complement, .. } => Some(of(complement)),
        _ => None,
    };
    let reasons = parts.iter().copied().chain(rest).map(|at| decisions.reasons[at]);
    let primary = reasons.filter(|reason| reason.is_primary()).min();
    primary.unwrap_or(decisions.reasons[first])
}
