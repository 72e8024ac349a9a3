//! Hashes of files that nobody has written since they were hashed.
//!
//! In: the files of a delivery, what the last night noted of its own. Out: hashes that need not be
//! made again. A file is told by its place on the disk, its length, and the times of its last write
//! and its last change; the latter no program can set. Whatever is read is hashed in the same run: a
//! hash is recalled for a file that stays closed, and for no other. Never trusts the times of a disk
//! that is not known to keep them.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::bytes::hash;
use super::inputs::{FileInput, Inputs};
use crate::domain::{Error, Result};

/// A file changed again within the same tick of the clock looks unchanged; a tick is some
/// milliseconds.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// File systems of this machine that note every change: ext2 to ext4, XFS, Btrfs, F2FS, ZFS, tmpfs,
/// overlayfs (the kernel's `magic.h`; ZFS' own). Those of other machines have other clocks.
const KEEPS_TIMES: [i64; 7] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630];

/// Device, inode, length; seconds and nanoseconds of the last write, and of the last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Settled([i64; 7]);

impl Settled {
    /// Of a file that is not hashed yet; none where a later write might go unnoticed.
    pub fn of(path: &Path, data: &Metadata, now: SystemTime) -> Option<Settled> {
        let is_local = || rustix::fs::statfs(path).is_ok_and(|of| KEEPS_TIMES.contains(&of.f_type));
        (has_settled(data, now) && is_local()).then(|| {
            let (device, inode, length) = (data.dev() as i64, data.ino() as i64, data.len() as i64);
            Settled([device, inode, length, data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()])
        })
    }
}

fn has_settled(data: &Metadata, now: SystemTime) -> bool {
    let Ok(seconds) = u64::try_from(data.ctime()) else { return false };
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds + 1);
    now.duration_since(changed).is_ok_and(|since| since >= SETTLED_AFTER)
}

/// The hashes of some files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted(Vec<(Settled, String)>);

impl Inputs {
    /// Recalls the hashes of files that are as they were when they were noted.
    pub fn recall(&self, noted: &Noted) {
        let noted: BTreeMap<Settled, &String> = noted.0.iter().map(|(of, sha256)| (*of, sha256)).collect();
        for file in self.every_file() {
            let Some(sha256) = file.settled.and_then(|of| noted.get(&of)) else { continue };
            if file.sha256.set(String::clone(sha256)).is_ok() {
                file.is_recalled.store(true, Relaxed);
            }
        }
    }

    /// What the next night may recall.
    pub fn noted(&self) -> Noted {
        let of = |file: &FileInput| Some((file.settled?, file.sha256.get()?.clone()));
        let mut noted: Vec<_> = self.every_file().filter_map(of).collect();
        noted.sort();
        noted.dedup();
        Noted(noted)
    }
}

/// Hashes files whose hash was recalled, before they are read.
///
/// # Errors
/// A file whose bytes are other ones.
pub(super) fn confirm<'f>(files: impl ParallelIterator<Item = &'f FileInput>) -> Result<()> {
    let recalled = files.filter(|file| file.is_recalled.load(Relaxed));
    recalled.try_for_each(|file| {
        let found = Default::default();
        hash(&file.path, &found)?;
        if found.get() != file.sha256.get() {
            return Err(Error::input(format!(
                "{}: the file has other bytes than when it was hashed last, although it was not written since; look \
                 at the disk, have it delivered again, and run again",
                file.name
            )));
        }
        file.is_recalled.store(false, Relaxed);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};

    use super::*;

    const LATER: Duration = Duration::from_secs(3600);

    fn settled(path: &Path, after: Duration) -> Option<Settled> {
        Settled::of(path, &std::fs::metadata(path).unwrap(), SystemTime::now() + after)
    }

    #[test]
    fn a_file_written_anew_is_another_even_with_its_length_and_time_of_writing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "one").unwrap();
        let before = settled(&path, LATER).unwrap();
        assert_eq!(settled(&path, LATER), Some(before));
        let written = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(&path, "two").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_times(FileTimes::new().set_modified(written)).unwrap();
        let data = std::fs::metadata(&path).unwrap();
        assert_eq!((data.len(), data.modified().unwrap()), (3, written));
        assert_ne!(settled(&path, LATER), Some(before));
    }

    #[test]
    fn a_file_that_was_just_written_has_not_settled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "one").unwrap();
        assert_eq!(settled(&path, Duration::ZERO), None);
        assert!(settled(&path, Duration::from_secs(4)).is_some());
    }

    #[test]
    fn the_times_of_a_disk_that_is_none_are_not_trusted() {
        // Made up by the kernel when it is asked.
        assert_eq!(settled(Path::new("/proc/version"), LATER), None);
    }
}
