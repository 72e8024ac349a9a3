//! Nights on a stage that was damaged: each held beside a run without one, and the log says so.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::night_tests::World;
use crate::synth::Dirt;

/// What a night logs, whichever of its threads.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Does some work, and gives the lines that it logged.
    fn of<T: Send>(work: impl FnOnce() -> T + Send) -> (T, Vec<String>) {
        let log = Log::default();
        let to = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
        let dispatch = tracing::Dispatch::new(subscriber);
        let threads = rayon::ThreadPoolBuilder::new().num_threads(3);
        // For as long as the thread lives.
        let hear = move |_| std::mem::forget(tracing::dispatcher::set_default(&dispatch));
        let done = threads.start_handler(hear).build().unwrap().install(work);
        let text = String::from_utf8(std::mem::take(&mut *log.0.lock().unwrap())).unwrap();
        (done, text.lines().map(String::from).collect())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn says_made_again(log: &[String], file: &str) -> bool {
    log.iter().any(|line| line.contains(file) && line.contains("it is made again"))
}

/// The files of a kind.
fn of_kind(world: &World, kind: &str) -> Vec<PathBuf> {
    world.stage_files().into_iter().filter(|path| name(path).starts_with(kind)).collect()
}

/// Makes bytes to damage a file with, of its own and of another's.
type Damage = fn(Vec<u8>, Vec<u8>) -> Vec<u8>;

/// Bytes of that part of a staged file, of its first table with one, as the footer says.
fn part(bytes: &[u8], label: &str) -> Option<std::ops::Range<usize>> {
    let length = u64::from_le_bytes(bytes[bytes.len() - 24..bytes.len() - 16].try_into().unwrap()) as usize;
    let footer: serde_json::Value = serde_json::from_slice(&bytes[bytes.len() - 32 - length..][..length]).unwrap();
    let ending = format!("-{label}");
    let (_, part) = footer["parts"].as_object()?.iter().find(|(name, _)| name.ends_with(&ending))?;
    let at = part["at"].as_u64().unwrap() as usize;
    Some(at..at + part["bytes"].as_u64().unwrap() as usize)
}

#[test]
fn whatever_becomes_of_a_file_of_any_kind_it_is_noticed_and_made_again() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02"].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 4, 20));
    // Read on a night that changes nothing.
    let kinds = ["cells-", "contacts-", "diagnose-", "identifiers", "night-", "regning-", "takst-"];
    let ways: [(&str, Damage); 4] = [
        ("cut", |bytes, _| bytes[..bytes.len() * 2 / 3].to_vec()),
        ("empty", |_, _| Vec::new()),
        ("another's", |_, other| other),
        ("a bit turned in the footer", |mut bytes, _| {
            let at = bytes.len() - 40;
            bytes[at] ^= 4;
            bytes
        }),
    ];
    for kind in kinds {
        for (what, damage) in ways {
            let path = of_kind(&world, kind).remove(0);
            let other = of_kind(&world, if kind == "cells-" { "contacts-" } else { "cells-" }).remove(0);
            fs::write(&path, damage(fs::read(&path).unwrap(), fs::read(&other).unwrap())).unwrap();
            let (_, log) = Log::of(|| world.check(&format!("{kind} {what}"), (2023, 4, 20)));
            assert!(says_made_again(&log, &name(&path)), "{kind} {what}: {log:?}");
        }
    }
}

#[test]
fn damage_to_who_is_in_the_cells_of_a_period_has_it_counted_anew_in_the_same_run() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02", "2023m03."].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 5, 15));
    let kept = world.folder.path().join("kept");
    fs::create_dir(&kept).unwrap();
    let stage = world.folder.path().join("stage");
    world.stage_files().iter().for_each(|path| _ = fs::copy(path, kept.join(name(path))).unwrap());
    world.deliver("2023m03-endringer");
    let turned = world.check("late credits and corrections", (2023, 5, 15)).turned;
    assert!(!turned.is_empty());
    for label in ["alone", "doctors", "persons-0", "pairs-0", "persons-1", "pairs-1", "levels", "days"] {
        world.stage_files().iter().for_each(|path| fs::remove_file(path).unwrap());
        for entry in fs::read_dir(&kept).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            if let Some(part) = name(&path).starts_with("cells-").then(|| part(&bytes, label)).flatten() {
                bytes[(part.start + part.end) / 2] ^= 1;
            }
            fs::write(stage.join(name(&path)), bytes).unwrap();
        }
        let (ways, log) = Log::of(|| world.check(label, (2023, 5, 15)));
        assert_eq!(ways.turned, [], "{label}");
        assert!(turned.iter().all(|period| ways.counted.contains(period)), "{label}: {ways:?}");
        let told = log.iter().filter(|line| line.contains("cells-") && line.contains("it is made again")).count();
        assert!(told >= turned.len(), "{label}: a line for every period: {log:?}");
    }
}

#[test]
fn a_damaged_stage_is_noticed_and_made_again() {
    let world = World::new(Dirt::Clean);
    ["innbyggere", "2023m01", "2023m02"].iter().for_each(|word| world.deliver(word));
    world.check("the first night", (2023, 4, 20));
    let kinds = ["cells-", "contacts-", "diagnose-", "identifiers", "night-", "regning-", "takst-"];
    for (number, kind) in kinds.iter().enumerate() {
        let named = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(kind);
        let paths = world.stage_files();
        let path = paths.iter().find(named).expect("a file of every kind");
        let mut bytes = fs::read(path).unwrap();
        match number % 3 {
            0 => bytes.iter_mut().step_by(997).for_each(|byte| *byte ^= 0x40),
            1 => bytes[0] ^= 1,
            _ => bytes.truncate(bytes.len() / 2),
        }
        fs::write(path, bytes).unwrap();
        if number == 3 {
            world.deliver("2023m03");
        }
        world.check(&format!("a damaged file {kind}"), (2023, 4, 20 + number as u32));
    }
    let all = world.stage_files();
    all.iter().step_by(2).for_each(|path| fs::remove_file(path).unwrap());
    world.check("every second file is gone", (2023, 5, 2));
    let all = world.stage_files();
    let (one, other) = (&all[1], &all[3]);
    fs::copy(one, other).unwrap();
    world.check("a file under the name of another", (2023, 5, 2));
}
