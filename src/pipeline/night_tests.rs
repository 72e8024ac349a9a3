//! Nights one after the other on a stage, each held beside a run that has none.
//!
//! What the run without a stage counts is held behind independent engines elsewhere; here it is
//! the measure for everything that a night takes over.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::middle::{night_cells, plain_cells};
use crate::aggregate::{CellCount, Cells, MeanCell, Sparse, Ways};
use crate::codes::{Geography, practice_types};
use crate::contacts::{self, Books, Delay, Residents, Volumes, Workspace};
use crate::definition::Pipeline;
use crate::domain::{Month, Period, PeriodKind, days_from_civil};
use crate::load::{Inputs, Reject};
use crate::protect::Ledger;
use crate::stage::Stage;
use crate::synth::{Dirt, SynthArgs, SynthFormat, write_country};

/// A country, what of it is delivered, and the definition.
pub struct World {
    pub folder: tempfile::TempDir,
    pipeline: Pipeline,
    geography: Geography,
}

/// Everything that protection and the manifests are made from.
#[derive(Debug, PartialEq)]
struct Seen {
    tallies: BTreeMap<String, Vec<(String, String)>>,
    rejects: BTreeMap<String, Vec<Reject>>,
    unknown: BTreeMap<(String, String), u64>,
    delays: BTreeMap<Delay, u64>,
    volumes: Volumes,
    periods: Vec<Vec<Period>>,
    residents: Vec<Vec<u32>>,
}

type Layers = Vec<(Sparse<CellCount>, Sparse<CellCount>, Sparse<MeanCell>)>;

impl World {
    pub fn new(dirt: Dirt) -> World {
        let folder = tempfile::tempdir().unwrap();
        let args = SynthArgs {
            persons: 1200,
            from: Month::of_day(days_from_civil(2023, 1, 1)),
            to: Month::of_day(days_from_civil(2023, 5, 1)),
            seed: 11,
            format: SynthFormat::Csv,
            dirt,
            out: folder.path().join("all"),
        };
        write_country(&args).unwrap();
        fs::create_dir(folder.path().join("delivery")).unwrap();
        fs::create_dir(folder.path().join("scratch")).unwrap();
        let definition = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/gp-activity.toml");
        let pipeline = Pipeline::read(&definition).unwrap();
        let geography = pipeline.release_geography().unwrap();
        World { folder, pipeline, geography }
    }

    fn delivered(&self, name: &str) -> PathBuf {
        self.folder.path().join("delivery").join(name)
    }

    /// Delivers the files whose name holds a word.
    pub fn deliver(&self, word: &str) {
        for entry in fs::read_dir(self.folder.path().join("all")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains(word) {
                fs::copy(&path, self.delivered(&name)).unwrap();
            }
        }
    }

    /// Delivers the bytes of a file under another name; `change` may change them.
    fn again(&self, from: &str, to: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
        // Not the file of what is registered in that month of others.
        let named = |word: &str| {
            let all = fs::read_dir(self.folder.path().join("delivery")).unwrap();
            let mut names: Vec<String> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names.into_iter().find(|name| name.starts_with(word)).unwrap()
        };
        let name = named(&format!("{from}."));
        let ending = name.split_once('.').unwrap().1;
        fs::write(self.delivered(&format!("{to}.{ending}")), change(fs::read(self.delivered(&name)).unwrap())).unwrap();
    }

    pub fn stage_files(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.folder.path().join("stage")).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|e| e == "stage")).collect();
        all.sort();
        all
    }

    fn seen(&self, as_of: i32, stage: Option<&Stage>) -> crate::domain::Result<(Seen, Layers, Ways)> {
        let inputs = Inputs::open(&self.folder.path().join("delivery"), &self.pipeline, as_of)?;
        inputs.hashed()?;
        let scratch = self.folder.path().join("scratch");
        let (pipeline, geography) = (&self.pipeline, &self.geography);
        let workspace = Workspace { scratch: &scratch, memory: 1 << 22 };
        let (residents, _) = contacts::residents(&inputs, pipeline, geography)?;
        let ledger = Ledger::default();
        let Some(stage) = stage else {
            let (found, books) = contacts::build(&inputs, pipeline, geography, workspace)?;
            let volumes = Volumes::of(&found, practice_types().len(), geography.municipalities.len());
            let plain = crate::aggregate::Run::of_all(&found, &residents, pipeline, (geography, as_of));
            let cells = plain_cells(&plain, &ledger)?;
            let (seen, layers) = told(books, found.delays, volumes, cells);
            return Ok((seen, layers, Ways::default()));
        };
        let work = contacts::Work { inputs: &inputs, pipeline, geography, workspace, stage };
        let mut night = contacts::night(&work)?.expect("nothing was read before");
        let (books, delays) = (std::mem::take(&mut night.books), night.delays.clone());
        let volumes = night.months.volumes()?;
        let made = night_cells(&self.night(&night, &residents, as_of), &ledger)?;
        night.keep(pipeline, made.kept)?;
        let (seen, layers) = told(books, delays, volumes, made.cells);
        Ok((seen, layers, made.ways))
    }

    fn night<'a>(
        &'a self,
        night: &'a contacts::Night<'a>,
        residents: &'a Residents,
        as_of: i32,
    ) -> crate::aggregate::Night<'a> {
        let (pipeline, geography) = (&self.pipeline, &self.geography);
        let (months, change) = (&night.months, night.change.as_ref());
        crate::aggregate::Night { months, change, residents, pipeline, geography, as_of }
    }

    /// One night, begun again where the stage was damaged, beside a run without a stage; how the
    /// periods were made.
    pub fn check(&self, what: &str, as_of: (i32, u32, u32)) -> Ways {
        let as_of = days_from_civil(as_of.0, as_of.1, as_of.2);
        let stage = Stage::open(&self.folder.path().join("stage")).unwrap().unwrap();
        let staged = (0..50).find_map(|_| match self.seen(as_of, Some(&stage)) {
            Err(_) if stage.met_damage() => None,
            done => Some(done.unwrap()),
        });
        let (staged, staged_cells, ways) = staged.expect("a damaged stage is made again");
        let (plain, plain_cells, _) = self.seen(as_of, None).unwrap();
        assert_eq!(staged, plain, "{what}");
        assert!(staged_cells == plain_cells, "{what}: cells");
        let contacts =
            plain_cells.iter().flat_map(|table| table.0.iter()).map(|cell| u64::from(cell.value)).sum::<u64>();
        assert!(contacts > 0, "{what}: there is something to count");
        ways
    }
}

fn told(books: Books, delays: BTreeMap<Delay, u64>, volumes: Volumes, cells: Cells) -> (Seen, Layers) {
    let tally = |source: &crate::load::Scanned| -> Vec<(String, String)> {
        let files = source.files.iter().zip(&source.tally.files);
        files.map(|(file, tally)| (format!("{} {}", file.name, file.sha256), format!("{tally:?}"))).collect()
    };
    assert!(books.balance());
    let seen = Seen {
        tallies: books.sources.iter().map(|(name, source)| (name.clone(), tally(source))).collect(),
        rejects: books.sources.iter().map(|(name, source)| (name.clone(), source.rejects.clone())).collect(),
        unknown: books.unknown,
        delays,
        volumes,
        periods: cells.tables.iter().map(|table| table.axes.periods.clone()).collect(),
        residents: cells.tables.iter().map(|table| table.residents.clone()).collect(),
    };
    (seen, layers(cells))
}

/// The layers, with numbers of those who are alone in a cell in order of their first cell: which
/// number somebody has means nothing.
fn layers(cells: Cells) -> Layers {
    let mut numbers = [BTreeMap::new(), BTreeMap::new()];
    let mut number = |side: usize, of: &mut u32| {
        let next = numbers[side].len() as u32 + 1;
        *of = if *of == 0 { 0 } else { *numbers[side].entry(*of).or_insert(next) };
    };
    let mut layers = Vec::new();
    for mut table in cells.tables {
        for cell in table.contacts.iter_mut().chain(table.patients.iter_mut()) {
            number(0, &mut cell.lone_patient);
            number(1, &mut cell.lone_doctor);
        }
        for cell in table.means.iter_mut() {
            number(0, &mut cell.lone_patient);
            number(1, &mut cell.lone_doctor);
        }
        layers.push((table.contacts, table.patients, table.means));
    }
    layers
}

/// The first half of the lines of a text.
fn half(bytes: Vec<u8>) -> Vec<u8> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    lines[..lines.len() / 2].concat()
}

/// The head and the second half of the lines of a text.
fn rest(bytes: Vec<u8>) -> Vec<u8> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    [&lines[..1], &lines[lines.len() / 2..]].concat().concat()
}

#[test]
fn every_night_gives_what_a_run_without_a_stage_gives() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02", "2023m03."].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 4, 20));
    world.check("the same night again", (2023, 4, 20));
    world.check("rows registered since", (2023, 5, 2));
    world.deliver("2023m04");
    world.check("a new month", (2023, 6, 1));
    world.deliver("2023m03-endringer");
    world.check("late credits and corrections", (2023, 6, 1));
    world.check("an earlier day", (2023, 4, 2));
    world.again("takst-2023m02", "takst-zz", half);
    world.check("half of the lines delivered anew", (2023, 6, 1));
    world.again("takst-2023m02", "takst-2023m02", rest);
    world.again("diagnose-2023m01", "diagnose-2023m01", half);
    world.check("two files changed", (2023, 6, 1));
    world.again("regning-2023m01", "regning-zz", rest);
    world.check("bills delivered again in a later file", (2023, 6, 1));
    world.again("takst-2023m04", "takst-00", half);
    world.check("a file before all others", (2023, 6, 1));
    fs::remove_file(world.delivered("regning-zz.csv")).unwrap();
    fs::remove_file(world.delivered("regning-2023m02.csv")).unwrap();
    world.check("files that are gone, and lines without a bill", (2023, 6, 1));
    fs::rename(world.delivered("takst-2023m03.csv"), world.delivered("takst-2023m03-b.csv")).unwrap();
    world.deliver("2023m02");
    world.deliver("2023m05");
    world.check("all at once, and a later day", (2023, 7, 4));
}

#[test]
fn dirty_deliveries_with_identifiers_of_letters_too() {
    let world = World::new(Dirt::Messy);
    ["innbyggere", "2023m01", "2023m02", "2023m03."].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 4, 20));
    world.deliver("2023m03-endringer");
    world.deliver("2023m04");
    world.check("a new month", (2023, 6, 1));
    world.check("an earlier day", (2023, 3, 10));
    world.again("takst-2023m02", "takst-zz", |bytes| bytes);
    world.again("regning-2023m01", "regning-zz", |bytes| bytes);
    world.check("files delivered twice", (2023, 6, 20));
    let text = "enkeltregning_lnr;behandler_lnr;praksis_lnr;tidspunkt;registrert;status;kpr_lnr;praksistype\n\
                regning-a;7;8;2023-04-03T10:00;2023-04-05;godkjent;person-a;FALE\n";
    fs::write(world.delivered("regning-zzz.csv"), text).unwrap();
    world.check("a bill whose number is no integer", (2023, 6, 20));
    fs::remove_file(world.delivered("regning-zzz.csv")).unwrap();
    world.deliver("2023m05");
    world.check("and without it", (2023, 7, 4));
}

#[test]
fn a_night_that_changes_nothing_makes_no_file_anew() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02", "2023m03"].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 5, 2));
    let inodes = || -> BTreeMap<PathBuf, u64> {
        use std::os::unix::fs::MetadataExt;
        let is_root = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("night-");
        let files = world.stage_files().into_iter().filter(|path| !is_root(path));
        files.map(|path| (path.clone(), fs::metadata(&path).unwrap().ino())).collect()
    };
    let before = inodes();
    world.check("the same night again", (2023, 5, 2));
    assert_eq!(inodes(), before);
    world.deliver("2023m04");
    world.check("a new month", (2023, 6, 1));
    let after = inodes();
    let rows = |path: &&PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        ["regning-", "takst-", "diagnose-"].iter().any(|kind| name.starts_with(kind))
    };
    let kept = before.iter().filter(|(path, _)| rows(path)).all(|(path, inode)| after.get(path) == Some(inode));
    assert!(kept, "no file of the delivery is read a second time");
}

#[test]
fn on_an_ordinary_night_every_period_of_before_is_turned_and_none_counted() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02", "2023m03."].iter().for_each(|word| world.deliver(word));
    let ways = world.check("the first night", (2023, 5, 15));
    assert_eq!((ways.kept.len(), ways.turned.len()), (0, 0), "there is nothing to turn");
    assert!(!ways.counted.is_empty());
    world.deliver("2023m04");
    world.deliver("2023m03-endringer");
    let ways = world.check("a new month, late credits and corrections", (2023, 6, 15));
    let new = Month::of_day(days_from_civil(2023, 4, 1));
    let (of_new, of_before): (Vec<Period>, Vec<Period>) = ways.counted.iter().partition(|period| period.contains(new));
    assert!(!of_new.is_empty());
    assert_eq!(of_before, [], "periods that no new month is in");
    let march = Period { kind: PeriodKind::Month, first: Month::of_day(days_from_civil(2023, 3, 1)) };
    assert!(ways.turned.contains(&march), "{:?}", ways.turned);
    let ways = world.check("the same again", (2023, 6, 15));
    assert_eq!((ways.turned.len(), ways.counted.len()), (0, 0));
}

#[test]
fn where_much_of_a_period_has_changed_all_of_it_is_counted() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02", "2023m03."].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 5, 15));
    world.again("regning-2023m02", "regning-2023m02", half);
    let ways = world.check("half of the bills of a month are taken back", (2023, 5, 15));
    let february = Period { kind: PeriodKind::Month, first: Month::of_day(days_from_civil(2023, 2, 1)) };
    assert!(ways.counted.contains(&february) && !ways.turned.contains(&february), "{ways:?}");
}
