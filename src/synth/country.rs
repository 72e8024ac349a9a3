//! The delivery as a whole: its files one after the other, their rows made in parallel.
//!
//! In: the arguments. Out: the files, and a report of what is in them. Memory is bounded by the
//! blocks under way, not by the number of months.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::bills::{self, BillRows, MonthPlan};
use super::files::{DeliveryFile, Encoded, Form, Sheet, encode};
use super::parquet_out::ParquetForm;
use super::people::Block;
use super::rows::{Bill, Diagnosis, Line, Row};
use super::world::World;
use super::{SynthArgs, SynthFormat, episodes, registers, residents, stays};
use crate::domain::{Error, Month, Result};

/// Blocks of persons under way at once.
const CHUNK: u32 = 32;

const NOTE: &str = "SYNTHETIC DATA. SYNTETISKE DATA.\n\n\
    Everything in this folder is drawn by chance by `kprstat synth`. No row is of a real person,\n\
    doctor or practice, and no number is a real identifier.\n\
    Alt i denne mappen er trukket tilfeldig av `kprstat synth`. Ingen rad gjelder en virkelig\n\
    person, lege eller praksis, og ingen tall er virkelige identifikatorer.\n";

/// A file of the delivery and its rows, the header not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynthFile {
    pub source: &'static str,
    pub name: String,
    pub rows: u64,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SynthReport {
    /// In the order of writing.
    pub files: Vec<SynthFile>,
    /// How often each kind of dirt was planted.
    pub planted: BTreeMap<&'static str, u64>,
}

impl SynthReport {
    /// Rows of a source, all files together.
    pub fn rows(&self, source: &str) -> u64 {
        self.files.iter().filter(|file| file.source == source).map(|file| file.rows).sum()
    }
}

/// Writes a synthetic country's delivery into `args.out`.
///
/// Errors: usage, where the arguments make no country or the folder is not empty; output, where a
/// file cannot be written.
pub fn write_country(args: &SynthArgs) -> Result<SynthReport> {
    let world = World::new(args)?;
    prepare(&args.out)?;
    let form = match args.format {
        SynthFormat::Csv => Form::plain_csv(),
        SynthFormat::Parquet => Form::Parquet(ParquetForm::default()),
    };
    let mut country = Country { world: &world, folder: &args.out, form, report: SynthReport::default() };
    country.bills()?;
    country.residents()?;
    country.registers()?;
    country.hospital()?;
    Ok(country.report)
}

fn prepare(folder: &Path) -> Result<()> {
    let fault = |why: std::io::Error| Error::output(format!("{}: cannot be made ({why})", folder.display()));
    std::fs::create_dir_all(folder).map_err(fault)?;
    if std::fs::read_dir(folder).map_err(fault)?.next().is_some() {
        let message = format!("--out {}: expected a new or empty folder", folder.display());
        return Err(Error::usage(message));
    }
    std::fs::write(folder.join("SYNTHETIC.txt"), NOTE).map_err(fault)
}

struct Country<'a> {
    world: &'a World,
    folder: &'a Path,
    form: Form,
    report: SynthReport,
}

/// A block's rows of the three bill sources, ready for their files.
struct EncodedBlock {
    bills: Encoded,
    lines: Encoded,
    diagnoses: Encoded,
    changes: Vec<(Month, BillRows)>,
}

struct BillFiles {
    bills: DeliveryFile,
    lines: DeliveryFile,
    diagnoses: DeliveryFile,
}

impl Country<'_> {
    fn open<R: Row>(&self, stem: &str) -> Result<DeliveryFile> {
        DeliveryFile::create::<R>(self.folder, &format!("{}-{stem}", R::SOURCE), &self.form)
    }

    fn close<R: Row>(&mut self, file: DeliveryFile) -> Result<()> {
        let (name, rows) = file.close()?;
        self.report.files.push(SynthFile { source: R::SOURCE, name, rows });
        Ok(())
    }

    fn write_all<R: Row>(&mut self, stem: &str, rows: Vec<R>) -> Result<()> {
        let mut file = self.open::<R>(stem)?;
        file.write(encode(&Sheet::clean(rows), &self.form)?)?;
        self.close::<R>(file)
    }

    /// Bills by month of treatment, then by month of registration what was credited or corrected.
    fn bills(&mut self) -> Result<()> {
        let mut changes: BTreeMap<Month, BillRows> = BTreeMap::new();
        for month in (self.world.span.from.0..=self.world.span.to.0).map(Month) {
            self.month(month, &mut changes)?;
        }
        for (month, rows) in changes {
            let stem = format!("{}-endringer", label(month));
            self.write_all(&stem, rows.bills)?;
            self.write_all(&stem, rows.lines)?;
            self.write_all(&stem, rows.diagnoses)?;
        }
        Ok(())
    }

    fn month(&mut self, month: Month, changes: &mut BTreeMap<Month, BillRows>) -> Result<()> {
        let plan = MonthPlan::new(month);
        let stem = label(month);
        let mut files = BillFiles {
            bills: self.open::<Bill>(&stem)?,
            lines: self.open::<Line>(&stem)?,
            diagnoses: self.open::<Diagnosis>(&stem)?,
        };
        let mut ready = self.chunk(&plan, 0)?;
        for chunk in 1..=self.world.blocks().div_ceil(CHUNK) {
            let (written, next) = rayon::join(|| files.write(ready, changes), || self.chunk(&plan, chunk));
            written?;
            ready = next?;
        }
        self.close::<Bill>(files.bills)?;
        self.close::<Line>(files.lines)?;
        self.close::<Diagnosis>(files.diagnoses)
    }

    /// The blocks of a chunk, in order; none beyond the last.
    fn chunk(&self, plan: &MonthPlan, chunk: u32) -> Result<Vec<EncodedBlock>> {
        let blocks = chunk * CHUNK..((chunk + 1) * CHUNK).min(self.world.blocks());
        blocks.into_par_iter().map(|number| self.block(plan, number)).collect()
    }

    fn block(&self, plan: &MonthPlan, number: u32) -> Result<EncodedBlock> {
        let block = Block::new(self.world, number);
        let visits = stays::visits_near(self.world, plan.calendar.month, number, &block);
        let made = bills::month(self.world, plan, number, &block, &visits);
        Ok(EncodedBlock {
            bills: encode(&Sheet::clean(made.rows.bills), &self.form)?,
            lines: encode(&Sheet::clean(made.rows.lines), &self.form)?,
            diagnoses: encode(&Sheet::clean(made.rows.diagnoses), &self.form)?,
            changes: made.changes,
        })
    }

    /// A file whose rows are made block by block.
    fn stream<R: Row>(&mut self, stem: &str, make: impl Fn(u32) -> Vec<R> + Sync) -> Result<()> {
        let mut file = self.open::<R>(stem)?;
        let (blocks, form) = (self.world.blocks(), &self.form);
        let chunk = |chunk: u32| -> Result<Vec<Encoded>> {
            let blocks = chunk * CHUNK..((chunk + 1) * CHUNK).min(blocks);
            blocks.into_par_iter().map(|number| encode(&Sheet::clean(make(number)), form)).collect()
        };
        let mut ready = chunk(0)?;
        for at in 1..=blocks.div_ceil(CHUNK) {
            let write = || ready.into_iter().try_for_each(|encoded| file.write(encoded));
            let (written, next) = rayon::join(write, || chunk(at));
            written?;
            ready = next?;
        }
        self.close::<R>(file)
    }

    /// The fastlege register with its history, as it stands after the last month.
    fn registers(&mut self) -> Result<()> {
        let (world, stem) = (self.world, label(self.world.span.to));
        self.write_all(&stem, registers::contracts(world))?;
        self.write_all(&stem, registers::contract_doctors(world))?;
        self.stream(&stem, |number| registers::members(world, number))
    }

    fn hospital(&mut self) -> Result<()> {
        let world = self.world;
        for month in (world.span.from.0..=world.span.to.0).map(Month) {
            self.stream(&label(month), |number| episodes::month(world, month, number))?;
        }
        self.stream(&label(world.span.to), |number| episodes::keys(world, number))
    }

    fn residents(&mut self) -> Result<()> {
        for year in self.world.span.from.year()..=self.world.span.to.year() {
            self.write_all(&year.to_string(), residents::year(self.world, year))?;
        }
        Ok(())
    }
}

impl BillFiles {
    fn write(&mut self, blocks: Vec<EncodedBlock>, changes: &mut BTreeMap<Month, BillRows>) -> Result<()> {
        for block in blocks {
            self.bills.write(block.bills)?;
            self.lines.write(block.lines)?;
            self.diagnoses.write(block.diagnoses)?;
            for (month, rows) in block.changes {
                changes.entry(month).or_default().append(rows);
            }
        }
        Ok(())
    }
}

/// A month as it stands in file names.
fn label(month: Month) -> String {
    format!("{:04}m{:02}", month.year(), month.number())
}
