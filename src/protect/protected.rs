//! What leaves the room: public rows rebuilt from optional values, and the restricted truth.

use std::ops::Range;

use super::certificate::Certificate;
use super::ledger::Ledger;
use super::loss::Loss;
use crate::aggregate::Place;
use crate::definition::Measure;
use crate::domain::Period;
use crate::relations::Relations;

/// SDMX CL_OBS_STATUS as used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObsStatus {
    /// A
    Final,
    /// P
    Provisional,
    /// Q, suppressed; conf_status C
    Suppressed,
    /// M, nothing to divide by
    Undefined,
}

/// One table as published, a column a field; all columns have one length, and the rows are in no
/// order yet (`publish` sorts them by the keys).
#[derive(Debug, Clone)]
pub struct PublicTable {
    /// Position in `Pipeline::tables`.
    pub table: usize,
    /// The codes that `place`, `period`, `dimensions` and `indicator` point into.
    pub places: Vec<Place>,
    pub periods: Vec<Period>,
    /// Labels of each dimension of the table.
    pub labels: Vec<Vec<String>>,
    pub place: Vec<u16>,
    pub period: Vec<u16>,
    /// One vector a dimension.
    pub dimensions: Vec<Vec<u8>>,
    /// Position in `Table::indicators`.
    pub indicator: Vec<u16>,
    pub measure: Vec<Measure>,
    /// None where suppressed or undefined: built so, never masked.
    pub value: Vec<Option<f64>>,
    pub status: Vec<ObsStatus>,
}

/// The same keys with the truth, for the restricted area; `places` holds all municipalities.
#[derive(Debug, Clone)]
pub struct RestrictedTable {
    pub keys: PublicTable,
    /// Numbers of contributors; none for undefined contributors.
    pub n_patients: Vec<Option<u32>>,
    pub n_doctors: Vec<Option<u32>>,
    /// Shares of the largest contributor, 0 to 1; none where nothing was counted.
    pub largest_doctor_share: Vec<Option<f64>>,
    pub largest_patient_share: Vec<Option<f64>>,
    /// Empty where shown; else `patients`, `doctors`, `dominance`, `complement`, `residents`,
    /// `secondary`, `pooled`, `finer` (places finer than the table has), `derived` or `ledger`.
    pub reason: Vec<&'static str>,
}

/// What may be published, with its proof. Only [`super::protect`] makes one.
#[derive(Debug, Clone)]
pub struct Protected {
    pub(super) public: Vec<PublicTable>,
    pub(super) restricted: Vec<RestrictedTable>,
    pub(super) relations: Relations,
    pub(super) certificate: Certificate,
    pub(super) ledger: Ledger,
    pub(super) loss: Loss,
}

impl Protected {
    /// Some tables alone, by position in the pipeline, to be published by themselves with the
    /// relations between them. The proof is that of the whole.
    pub fn apart(&self, tables: Range<usize>, relations: Relations) -> Protected {
        let (mut public, mut restricted) = (self.public.clone(), self.restricted.clone());
        public.retain(|table| tables.contains(&table.table));
        restricted.retain(|table| tables.contains(&table.keys.table));
        Protected { public, restricted, relations, ..self.clone() }
    }
    /// The tables as published.
    pub fn public(&self) -> &[PublicTable] {
        &self.public
    }
    /// The same tables with the truth. Restricted.
    pub fn restricted(&self) -> &[RestrictedTable] {
        &self.restricted
    }
    /// Which published quantity is a sum of which. Public.
    pub fn relations(&self) -> &Relations {
        &self.relations
    }
    /// The files that prove the protection. Restricted.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
    /// The decisions to start the next release from. Restricted.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// Totals of what was hidden. Public, but for `country_totals`.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }
}
