//! The delivery as a whole: its files one after the other, their rows made in parallel.
//!
//! In: the arguments. Out: the files, and a report of what is in them. Memory is bounded by the
//! blocks under way, not by the number of months.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

use super::bills::{self, BillRows, MonthPlan};
use super::blemishes::{self, Blemishes, Takes};
use super::dirt::{self, BillSheets, DirtyMonth, Planted, TextFaults};
use super::files::{DeliveryFile, Encoded, Form, Sheet, encode};
use super::forms::Forms;
use super::people::Block;
use super::rows::{Bill, Diagnosis, Line, Row};
use super::world::World;
use super::{Dirt, SynthArgs, SynthFormat, episodes, registers, residents, stays};
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
    /// How often each kind of dirt was planted: `regning:bad-date`, `form:gzip` …; empty for a
    /// clean delivery. A kind that is a row class (`regning:superseded`) counts rows of that class
    /// over and above the clean delivery's, as of a day after the last registration.
    pub planted: Planted,
    /// The latest day on which anything may be registered, in days since 1970-01-01.
    pub last_registration: i32,
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
    let mut country = Country {
        world: &world,
        folder: &args.out,
        forms: Forms::new(args.format, args.dirt),
        format: args.format,
        dirt: args.dirt,
        report: SynthReport::default(),
    };
    country.bills()?;
    country.residents()?;
    country.registers()?;
    country.hospital()?;
    country.report.planted.append(&mut country.forms.used);
    country.report.last_registration = blemishes::last_registration(args.to);
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
    forms: Forms,
    format: SynthFormat,
    dirt: Dirt,
    report: SynthReport,
}

/// A block's rows of the three bill sources, ready for their files.
struct EncodedBlock {
    bills: Encoded,
    lines: Encoded,
    diagnoses: Encoded,
    changes: Vec<(Month, BillRows)>,
    planted: Planted,
}

/// The forms of a month's three files.
struct BillForms {
    bills: Form,
    lines: Form,
    diagnoses: Form,
}

struct BillFiles {
    bills: DeliveryFile,
    lines: DeliveryFile,
    diagnoses: DeliveryFile,
}

/// What is gathered while months are written.
#[derive(Default)]
struct Gathered {
    /// Rows that come in a later month's files.
    changes: BTreeMap<Month, BillRows>,
    planted: Planted,
}

/// What makes the rows to plant at the end of a file.
type Planting<R> = fn(&World, Takes) -> Blemishes<R>;

impl Country<'_> {
    fn open<R: Row>(&self, stem: &str, form: &Form) -> Result<DeliveryFile> {
        DeliveryFile::create::<R>(self.folder, &format!("{}-{stem}", R::SOURCE), form)
    }

    fn close<R: Row>(&mut self, file: DeliveryFile) -> Result<()> {
        let (name, rows) = file.close()?;
        self.report.files.push(SynthFile { source: R::SOURCE, name, rows });
        Ok(())
    }

    fn write_all<R: Row>(&mut self, stem: &str, rows: Vec<R>) -> Result<()> {
        let form = self.forms.next(R::SOURCE)?;
        self.write_sheet(stem, &Sheet::clean(rows), &form, None)
    }

    fn write_sheet<R: Row>(
        &mut self,
        stem: &str,
        sheet: &Sheet<R>,
        form: &Form,
        dirt: Option<Blemishes<R>>,
    ) -> Result<()> {
        let mut file = self.open::<R>(stem, form)?;
        file.write(encode(sheet, form)?)?;
        self.blemish(&mut file, form, dirt)?;
        self.close::<R>(file)
    }

    fn blemish<R: Row>(&mut self, file: &mut DeliveryFile, form: &Form, dirt: Option<Blemishes<R>>) -> Result<()> {
        let Some(dirt) = dirt else { return Ok(()) };
        add(&mut self.report.planted, dirt.planted);
        file.write(encode(&dirt.sheet, form)?)
    }

    /// The rows to plant at the end of a file, in a messy delivery.
    fn dirt<R>(&self, form: &Form, of: impl Fn(&World, Takes) -> Blemishes<R>) -> Option<Blemishes<R>> {
        let takes = if form.takes_any_text() { Takes::AnyText } else { Takes::ValuesOnly };
        (self.dirt == Dirt::Messy).then(|| of(self.world, takes))
    }

    /// Bills by month of treatment, then by month of registration what was credited or corrected.
    fn bills(&mut self) -> Result<()> {
        let mut gathered = Gathered::default();
        for month in (self.world.span.from.0..=self.world.span.to.0).map(Month) {
            self.month(month, &mut gathered)?;
            // Nothing that is done later is registered in this month.
            let changes = gathered.changes.remove(&month);
            changes.map_or(Ok(()), |rows| self.changes(month, rows))?;
        }
        add(&mut self.report.planted, gathered.planted);
        gathered.changes.into_iter().try_for_each(|(month, rows)| self.changes(month, rows))
    }

    /// What is registered in a month about bills of earlier files.
    fn changes(&mut self, month: Month, rows: BillRows) -> Result<()> {
        let stem = format!("{}-endringer", label(month));
        self.write_all(&stem, rows.bills)?;
        self.write_all(&stem, rows.lines)?;
        self.write_all(&stem, rows.diagnoses)
    }

    fn month(&mut self, month: Month, gathered: &mut Gathered) -> Result<()> {
        let plan = MonthPlan::new(month);
        let stem = label(month);
        let forms = BillForms {
            bills: self.forms.next(Bill::SOURCE)?,
            lines: self.forms.next(Line::SOURCE)?,
            diagnoses: self.forms.next(Diagnosis::SOURCE)?,
        };
        let mut files = BillFiles {
            bills: self.open::<Bill>(&stem, &forms.bills)?,
            lines: self.open::<Line>(&stem, &forms.lines)?,
            diagnoses: self.open::<Diagnosis>(&stem, &forms.diagnoses)?,
        };
        let mut ready = self.chunk(&plan, &forms, 0)?;
        for chunk in 1..=self.world.blocks().div_ceil(CHUNK) {
            let (written, next) = rayon::join(|| files.write(ready, gathered), || self.chunk(&plan, &forms, chunk));
            written?;
            ready = next?;
        }
        self.close::<Bill>(files.bills)?;
        self.close::<Line>(files.lines)?;
        self.close::<Diagnosis>(files.diagnoses)
    }

    /// The blocks of a chunk, in order; none beyond the last.
    fn chunk(&self, plan: &MonthPlan, forms: &BillForms, chunk: u32) -> Result<Vec<EncodedBlock>> {
        blocks(self.world, chunk).into_par_iter().map(|number| self.block(plan, forms, number)).collect()
    }

    fn block(&self, plan: &MonthPlan, forms: &BillForms, number: u32) -> Result<EncodedBlock> {
        let (world, month) = (self.world, plan.calendar.month);
        let block = Block::new(world, number);
        let visits = stays::visits_near(world, month, number, &block);
        let made = bills::month(world, plan, number, &block, &visits);
        let made = match self.dirt {
            Dirt::Clean => clean(made),
            Dirt::Messy => dirt::plant(world, month, number, made, self.text_faults(forms)),
        };
        Ok(EncodedBlock {
            bills: encode(&made.sheets.bills, &forms.bills)?,
            lines: encode(&made.sheets.lines, &forms.lines)?,
            diagnoses: encode(&made.sheets.diagnoses, &forms.diagnoses)?,
            changes: made.changes,
            planted: made.planted,
        })
    }

    fn text_faults(&self, forms: &BillForms) -> TextFaults {
        TextFaults {
            bills: forms.bills.takes_any_text(),
            lines: forms.lines.takes_any_text(),
            diagnoses: forms.diagnoses.takes_any_text(),
            extra_field: self.format == SynthFormat::Csv,
        }
    }

    /// A file whose rows are made block by block.
    fn stream<R: Row>(
        &mut self,
        stem: &str,
        make: impl Fn(u32) -> Vec<R> + Sync,
        dirt: Option<Planting<R>>,
    ) -> Result<()> {
        let form = self.forms.next(R::SOURCE)?;
        let mut file = self.open::<R>(stem, &form)?;
        let chunk = |chunk: u32| -> Result<Vec<Encoded>> {
            let made = |number| encode(&Sheet::clean(make(number)), &form);
            blocks(self.world, chunk).into_par_iter().map(made).collect()
        };
        let mut ready = chunk(0)?;
        for at in 1..=self.world.blocks().div_ceil(CHUNK) {
            let write = || ready.into_iter().try_for_each(|encoded| file.write(encoded));
            let (written, next) = rayon::join(write, || chunk(at));
            written?;
            ready = next?;
        }
        let dirt = dirt.and_then(|of| self.dirt(&form, of));
        self.blemish(&mut file, &form, dirt)?;
        self.close::<R>(file)
    }

    /// The residents of each year; in a messy delivery a preliminary count too.
    fn residents(&mut self) -> Result<()> {
        for year in self.world.span.from.year()..=self.world.span.to.year() {
            let rows = residents::year(self.world, year);
            if self.dirt == Dirt::Messy {
                let form = self.forms.next("innbyggere")?;
                let dirt = self.dirt(&form, |_, takes| blemishes::residents(&rows, takes));
                self.write_sheet(&format!("{year}-forelopig"), &Sheet::default(), &form, dirt)?;
            }
            self.write_all(&year.to_string(), rows)?;
        }
        Ok(())
    }

    /// The fastlege register with its history, as it stands after the last month.
    fn registers(&mut self) -> Result<()> {
        let (world, stem) = (self.world, label(self.world.span.to));
        let form = self.forms.next("kontrakt")?;
        let dirt = self.dirt(&form, blemishes::contracts);
        self.write_sheet(&stem, &Sheet::clean(registers::contracts(world)), &form, dirt)?;
        let form = self.forms.next("kontrakt_lege")?;
        let dirt = self.dirt(&form, blemishes::contract_doctors);
        self.write_sheet(&stem, &Sheet::clean(registers::contract_doctors(world)), &form, dirt)?;
        self.stream(&stem, |number| registers::members(world, number), Some(blemishes::members))
    }

    fn hospital(&mut self) -> Result<()> {
        let world = self.world;
        for month in (world.span.from.0..=world.span.to.0).map(Month) {
            let first = month == world.span.from;
            let dirt = first.then_some(blemishes::episodes as Planting<_>);
            self.stream(&label(month), |number| episodes::month(world, month, number), dirt)?;
        }
        self.stream(&label(world.span.to), |number| episodes::keys(world, number), Some(blemishes::keys))
    }
}

impl BillFiles {
    fn write(&mut self, blocks: Vec<EncodedBlock>, gathered: &mut Gathered) -> Result<()> {
        for block in blocks {
            self.bills.write(block.bills)?;
            self.lines.write(block.lines)?;
            self.diagnoses.write(block.diagnoses)?;
            for (month, rows) in block.changes {
                gathered.changes.entry(month).or_default().append(rows);
            }
            add(&mut gathered.planted, block.planted);
        }
        Ok(())
    }
}

fn clean(made: bills::BlockMonth) -> DirtyMonth {
    let sheets = BillSheets {
        bills: Sheet::clean(made.rows.bills),
        lines: Sheet::clean(made.rows.lines),
        diagnoses: Sheet::clean(made.rows.diagnoses),
    };
    DirtyMonth { sheets, changes: made.changes, planted: Planted::new() }
}

fn add(planted: &mut Planted, more: Planted) {
    for (kind, times) in more {
        *planted.entry(kind).or_default() += times;
    }
}

/// The blocks of persons of a chunk.
fn blocks(world: &World, chunk: u32) -> Range<u32> {
    chunk * CHUNK..((chunk + 1) * CHUNK).min(world.blocks())
}

/// A month as it stands in file names.
fn label(month: Month) -> String {
    format!("{:04}m{:02}", month.year(), month.number())
}
