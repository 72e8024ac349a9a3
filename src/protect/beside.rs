//! Tables protected together with others that are published already.
//!
//! In: the cells of all of them, the relations between all of them, and what was published of the
//! others. Out: [`Protected`]. What others show is known and cannot be hidden; what they hide stays
//! hidden; only the new tables give way.

use super::certificate::Certificate;
use super::ledger::{Before, Ledger, Seen};
use super::loss::Loss;
use super::protected::Protected;
use super::rows::{Decided, Decisions};
use super::run::prove;
use super::system::Source;
use crate::aggregate::{Cells, TableCells};
use crate::definition::Pipeline;
use crate::domain::{Error, Result};
use crate::relations::{Relations, View};

/// New tables and those that they stand beside.
pub struct Beside<'a> {
    /// Of all tables.
    pub cells: &'a Cells,
    /// The definitions of all tables.
    pub pipeline: &'a Pipeline,
    pub relations: Relations,
    /// By table of `cells`, by row-major position: what was published; none: the table is new.
    pub published: &'a [Option<Vec<Seen>>],
    /// Days since 1970-01-01.
    pub as_of: i32,
}

/// Decides what of the new tables may be published beside the others, and proves it.
///
/// # Guarantee
/// That of [`super::protect`], for every unsafe count of all the tables together, against somebody
/// who knows everything that the others show, at the values that it has now. A count that the
/// others hide is hidden.
///
/// For a count that the others hide and that no move is found for within what they hide, there is
/// no proof here: the others had one, and the audit of all together shows whether it still holds.
///
/// # Not guaranteed
/// What two values of one count, of releases of different days, say of other counts.
///
/// # Errors
/// Exit code 13 where no pattern in the new tables protects.
pub fn protect_beside(of: Beside<'_>) -> Result<Protected> {
    let mut certificate = Certificate::default();
    let mut decisions: Vec<Option<Decisions>> = of.cells.tables.iter().map(|_| None).collect();
    for (at, universe) in of.relations.universes.iter().enumerate() {
        let positions: Vec<usize> = universe.views.iter().map(|view| of.position(view)).collect::<Result<_>>()?;
        let sources: Vec<Source<'_>> =
            universe.views.iter().zip(&positions).map(|(view, &at)| of.source(view, at)).collect();
        let (made, _) = prove((at, universe), &sources, &mut certificate, None)?;
        for (made, at) in made.into_iter().zip(positions) {
            decisions[at] = Some(made);
        }
    }
    of.finish(decisions, certificate)
}

impl Beside<'_> {
    fn position(&self, view: &View) -> Result<usize> {
        let is = |table: &TableCells| self.pipeline.tables[table.table].id == view.table;
        let found = self.cells.tables.iter().position(is);
        found.ok_or_else(|| Error::bug(format!("table {}: it has no cells", view.table)))
    }

    fn source<'s>(&'s self, view: &'s View, at: usize) -> Source<'s> {
        let cells = &self.cells.tables[at];
        let before = self.published[at].as_deref().map(Before::published);
        Source { view, table: &self.pipeline.tables[cells.table], cells, before }
    }

    fn finish(self, decisions: Vec<Option<Decisions>>, certificate: Certificate) -> Result<Protected> {
        let (mut public, mut restricted, mut loss) = (Vec::new(), Vec::new(), Loss::default());
        for (cells, decisions) in self.cells.tables.iter().zip(decisions) {
            let Some(decisions) = decisions else { continue };
            let table = &self.pipeline.tables[cells.table];
            let decided = Decided { table, cells, decisions: &decisions, as_of: self.as_of };
            let rows = decided.rows();
            loss.add(&decided);
            public.push(rows.0);
            restricted.push(rows.1);
        }
        let certificate = certificate.finish(&self.relations, &self.pipeline.policy)?;
        Ok(Protected { public, restricted, relations: self.relations, certificate, ledger: Ledger::default(), loss })
    }
}
