//! A disk that fails where a test says so.
//!
//! In: `disk.c`, built once by the C compiler and preloaded, so that it stands between the program
//! and the C library. Out: the operations of a command in their order, or a command that meets a
//! fault at one of them. The program has no hook for it: what is tested is what is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Whether an operation changes the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Read,
    Write,
}

/// What happens at an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The process is killed right before it.
    Kill,
    /// It fails once, with EIO.
    Error,
    /// It fails once, with EACCES.
    Denied,
    /// The disk is full from here on.
    Full,
    /// The disk can only be read from here on.
    ReadOnly,
    /// Half of a write comes to the disk, which is full from there on.
    Torn,
    /// Half of a write comes to the disk, and the rest may follow. No failure.
    Short,
    /// Somebody else appends to the file that is about to be read.
    Grows,
    /// Somebody else cuts it off.
    Shrinks,
    /// Somebody else removes it.
    Vanishes,
}

impl Kind {
    /// What a disk does.
    pub const OF_DISK: [Kind; 7] =
        [Kind::Kill, Kind::Error, Kind::Denied, Kind::Full, Kind::ReadOnly, Kind::Torn, Kind::Short];
    /// What others do to a file of the delivery.
    pub const OF_OTHERS: [Kind; 3] = [Kind::Grows, Kind::Shrinks, Kind::Vanishes];

    /// Its name in disk.c.
    fn name(self) -> &'static str {
        match self {
            Kind::Kill => "kill",
            Kind::Error => "EIO",
            Kind::Denied => "EACCES",
            Kind::Full => "ENOSPC",
            Kind::ReadOnly => "EROFS",
            Kind::Torn => "torn",
            Kind::Short => "short",
            Kind::Grows => "grow",
            Kind::Shrinks => "shrink",
            Kind::Vanishes => "vanish",
        }
    }

    /// Whether it can happen at an operation.
    pub fn strikes(self, at: &Operation) -> bool {
        let changes = ["mode", "remove", "rename"].contains(&&*at.name);
        let takes_room = at.side == Side::Write && !changes && at.name != "lock";
        match self {
            Kind::Kill => at.side == Side::Write,
            Kind::Error => true,
            Kind::Denied | Kind::ReadOnly => changes || takes_room,
            Kind::Full => takes_room,
            Kind::Torn | Kind::Short => at.name == "write",
            Kind::Grows | Kind::Shrinks | Kind::Vanishes => at.name == "read" || at.name == "open",
        }
    }
}

/// One operation, as it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub side: Side,
    pub name: String,
    pub path: PathBuf,
    /// Where a rename goes to; where a link leads to.
    pub other: PathBuf,
    pub failed: bool,
    /// What was written.
    pub bytes: Vec<u8>,
}

/// A fault at the `at`-th operation of a side, from 1.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub side: Side,
    pub at: usize,
    pub kind: Kind,
}

/// The library, built when it is first asked for.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{}.so", std::process::id()));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/operations/disk.c");
        let compiler = std::env::var("CC").unwrap_or("cc".into());
        let mut build = Command::new(&compiler);
        build.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).args(["-ldl", "-lpthread"]);
        assert!(build.status().is_ok_and(|built| built.success()), "{compiler}: the C compiler built no library");
        library
    })
}

/// Lets a command meet a fault below a folder.
pub fn spoil(command: &mut Command, below: &Path, fault: Fault) {
    let side = if fault.side == Side::Read { "read" } else { "write" };
    command.env("LD_PRELOAD", library()).env("FAULT_UNDER", below).env("FAULT_SIDE", side);
    command.env("FAULT_AT", fault.at.to_string()).env("FAULT_KIND", fault.kind.name());
}

/// Lets a command work on a file system that keeps no rights.
pub fn take_rights(command: &mut Command, below: &Path) {
    command.env("LD_PRELOAD", library()).env("FAULT_UNDER", below).env("FAULT_KIND", "no-rights");
}

/// Lets the clock jump by years while a command runs.
pub fn set_clock(command: &mut Command) {
    command.env("LD_PRELOAD", library()).env("FAULT_CLOCK", "jumps");
}

/// Runs a command undisturbed and gives its operations below a folder.
pub fn watch(command: &mut Command, below: &Path) -> Vec<Operation> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let done = command.env("LD_PRELOAD", library()).env("FAULT_UNDER", below).env("FAULT_LOG", log.path()).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{}", super::small::said(&done));
    let operations = read(&fs::read(log.path()).unwrap());
    assert!(operations.len() > 20, "the library is not between: is the program linked statically?");
    operations
}

fn read(mut log: &[u8]) -> Vec<Operation> {
    let mut operations = Vec::new();
    while let Some(end) = log.iter().position(|&byte| byte == b'\n') {
        let line = std::str::from_utf8(&log[..end]).unwrap();
        let fields: Vec<&str> = line.split('\t').collect();
        let [side, name, path, other, result, bytes] = fields[..] else { panic!("the log has a line `{line}`") };
        let bytes = end + 1 + bytes.parse::<usize>().unwrap();
        operations.push(Operation {
            side: if side == "read" { Side::Read } else { Side::Write },
            name: name.into(),
            path: path.into(),
            other: other.into(),
            failed: result.starts_with('-'),
            bytes: log[end + 1..bytes].to_vec(),
        });
        log = &log[bytes..];
    }
    operations
}
