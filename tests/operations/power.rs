//! The power fails: what was brought to the disk is there afterwards, and nothing else is.
//!
//! In: the operations of an undisturbed run. Out: for every state that the disk can be in, a run
//! from that state. Two disks keep their word and no more: on both a file holds what was in it when
//! it was synced last; a folder has the names that it had when it was synced last on the one, and all
//! names at once on the other, as where a journal keeps names and no content.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use super::disk::{Operation, Side, watch};
use super::faults::{is_whole, standing};
use super::injected::{one_thread, sample};
use super::small::{Place, said};

/// What a name leads to, by number.
type Names = BTreeMap<String, usize>;

#[derive(Clone)]
enum Node {
    File { now: Vec<u8>, synced: Vec<u8> },
    Folder { now: Names, synced: Names },
    Link(PathBuf),
}

/// When a name outlives a failure of the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    NamesSynced,
    NamesAtOnce,
}

/// A disk below a root, which is the node 0.
struct Disk {
    root: PathBuf,
    keeps: Keeps,
    nodes: Vec<Node>,
}

impl Disk {
    /// What stands below `root`, all of it synced.
    fn of(root: &Path, keeps: Keeps) -> Disk {
        let mut disk = Disk { root: root.to_path_buf(), keeps, nodes: Vec::new() };
        disk.add(root);
        disk
    }

    fn add(&mut self, path: &Path) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node::Link(PathBuf::new()));
        let node = if path.is_symlink() {
            Node::Link(fs::read_link(path).unwrap())
        } else if path.is_dir() {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let names: Names = entries.map(|entry| (name(&entry.path()), self.add(&entry.path()))).collect();
            Node::Folder { now: names.clone(), synced: names }
        } else {
            let bytes = fs::read(path).unwrap();
            Node::File { now: bytes.clone(), synced: bytes }
        };
        self.nodes[at] = node;
        at
    }

    /// The node that a path leads to now.
    fn find(&self, path: &Path) -> Option<usize> {
        let below = path.strip_prefix(&self.root).ok()?;
        below.components().try_fold(0, |at, part| match &self.nodes[at] {
            Node::Folder { now, .. } => now.get(&part.as_os_str().to_string_lossy().into_owned()).copied(),
            _ => None,
        })
    }

    fn names(&mut self, folder: &Path) -> &mut Names {
        let at = self.find(folder).unwrap_or_else(|| panic!("{}: the model has no such folder", folder.display()));
        match &mut self.nodes[at] {
            Node::Folder { now, .. } => now,
            _ => panic!("{}: no folder", folder.display()),
        }
    }

    fn put(&mut self, path: &Path, node: Node) {
        let at = self.nodes.len();
        self.nodes.push(node);
        self.names(path.parent().unwrap()).insert(name(path), at);
    }

    /// Does what was done.
    fn does(&mut self, op: &Operation) {
        match op.name.as_str() {
            "create" | "truncate" => match self.find(&op.path) {
                Some(at) if op.name == "truncate" => self.nodes[at] = file(self.synced_bytes(at)),
                Some(_) => {}
                None => self.put(&op.path, file(Vec::new())),
            },
            "write" => {
                let at = self.find(&op.path);
                if let Some(Node::File { now, .. }) = at.map(|at| &mut self.nodes[at]) {
                    now.extend_from_slice(&op.bytes);
                }
            }
            "mkdir" => self.put(&op.path, Node::Folder { now: Names::new(), synced: Names::new() }),
            "symlink" => self.put(&op.path, Node::Link(op.other.clone())),
            "remove" => drop(self.names(op.path.parent().unwrap()).remove(&name(&op.path))),
            "rename" => {
                let moved = self.names(op.path.parent().unwrap()).remove(&name(&op.path));
                self.names(op.other.parent().unwrap()).insert(name(&op.other), moved.expect("it was there"));
            }
            "sync" => self.sync(&op.path),
            _ => {}
        }
    }

    fn synced_bytes(&self, at: usize) -> Vec<u8> {
        match &self.nodes[at] {
            Node::File { synced, .. } => synced.clone(),
            _ => Vec::new(),
        }
    }

    fn sync(&mut self, path: &Path) {
        let Some(at) = self.find(path) else { return };
        match &mut self.nodes[at] {
            Node::File { now, synced } => *synced = now.clone(),
            Node::Folder { now, synced } => *synced = now.clone(),
            Node::Link(_) => {}
        }
    }

    /// The names of a folder that are kept.
    fn kept_names<'n>(&self, now: &'n Names, synced: &'n Names) -> &'n Names {
        if self.keeps == Keeps::NamesAtOnce { now } else { synced }
    }

    /// What is found when the power is back.
    fn restore(&self, at: usize, to: &Path) {
        match &self.nodes[at] {
            Node::File { synced, .. } => {
                let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
                std::io::Write::write_all(&mut file.unwrap(), synced).unwrap();
            }
            Node::Link(leads_to) => symlink(leads_to, to).unwrap(),
            Node::Folder { now, synced } => {
                fs::DirBuilder::new().mode(0o700).create(to).unwrap();
                self.kept_names(now, synced).iter().for_each(|(name, &at)| self.restore(at, &to.join(name)));
            }
        }
    }

    /// The tree that the disk keeps, in words, to tell states apart.
    fn kept(&self, at: usize) -> String {
        match &self.nodes[at] {
            Node::File { synced, .. } => format!("{at}:{}", synced.len()),
            Node::Link(leads_to) => leads_to.display().to_string(),
            Node::Folder { now, synced } => {
                let names = self.kept_names(now, synced);
                let inside: Vec<String> = names.iter().map(|(name, &at)| format!("{name}={}", self.kept(at))).collect();
                format!("[{}]", inside.join(","))
            }
        }
    }
}

fn file(synced: Vec<u8>) -> Node {
    Node::File { now: Vec::new(), synced }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a release must not lose.
fn released(out: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = standing(out);
    found.retain(|(path, _)| !path.starts_with(".work"));
    found
}

#[test]
fn the_first_release_outlives_a_failure_of_the_power_too() {
    let place = Place::new();
    let root = place.path("");
    let mut disk = Disk::of(&root, Keeps::NamesSynced);
    let operations = watch(&mut one_thread(&place, "out", "2023-05-02"), &root);
    operations.iter().filter(|op| op.side == Side::Write && !op.failed).for_each(|op| {
        disk.does(op);
    });
    let kept = place.path("kept");
    disk.restore(0, &kept);
    assert!(released(&kept.join("out")) == released(&place.path("out")));
}

#[test]
fn when_the_power_fails_a_whole_release_stands_and_the_next_run_succeeds() {
    let place = Place::new();
    let out = place.path("out");
    assert!(one_thread(&place, "out", "2023-05-02").output().unwrap().status.success());
    let mut disks = [Keeps::NamesSynced, Keeps::NamesAtOnce].map(|keeps| Disk::of(&out, keeps));
    let known = standing(&out);
    let operations = watch(&mut one_thread(&place, "out", "2023-05-12"), &out);
    let undisturbed = standing(&out);
    let mut known = [known, undisturbed.clone()].concat();
    known.sort();
    known.dedup();

    let mut states: HashSet<String> = HashSet::new();
    let mut changes = Vec::new();
    for (number, op) in operations.iter().enumerate().filter(|(_, op)| op.side == Side::Write && !op.failed) {
        for disk in &mut disks {
            disk.does(op);
            if states.insert(disk.kept(0)) {
                let kept = place.path(&format!("{:?}-{number}", disk.keeps));
                disk.restore(0, &kept);
                changes.push((number, kept));
            }
        }
    }
    assert!(changes.len() > 50, "{} states: are files and folders synced?", changes.len());
    let kept = place.path("kept");
    disks[0].restore(0, &kept);
    assert!(released(&kept) == released(&out), "a run that has ended leaves what outlives a failure of the power");
    for (number, kept) in sample(changes, 24) {
        let after = &operations[number];
        let what = format!("the power fails after {} {}", after.name, after.path.display());
        assert!(is_whole(&kept, &known), "{what}: a release is half made or lost");
        let name = kept.file_name().unwrap().to_str().unwrap();
        let run = one_thread(&place, name, "2023-05-12").output().unwrap();
        assert!(run.status.success(), "{what}: {}", said(&run));
        assert!(standing(&kept) == undisturbed, "{what}: another byte stands in the end");
    }
}
