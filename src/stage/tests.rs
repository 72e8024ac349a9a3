//! What is written comes back, and nothing else does.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn stage(folder: &std::path::Path) -> Stage {
    Stage::open(folder).unwrap().unwrap()
}

fn write(stage: &Stage, key: &Key) {
    let mut writer = stage.create(key).unwrap();
    writer.part("first", b"one").unwrap();
    writer.part("second", b"two").unwrap();
    writer.finish(&["needed.stage"]).unwrap();
}

#[test]
fn parts_come_back_and_only_under_the_facts_they_rest_on() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path());
    let key = stage.key("rows", &["a", "bc"]);
    assert!(stage.read(&key).is_none());
    write(&stage, &key);
    let stored = stage.read(&key).unwrap();
    assert_eq!((stored.part("first").unwrap(), stored.part("second").unwrap()), (b"one".to_vec(), b"two".to_vec()));
    assert_eq!(stored.meta::<Vec<String>>().unwrap(), ["needed.stage"]);
    assert_ne!(stage.key("rows", &["ab", "c"]), key);
    assert!(stage.read(&stage.key("rows", &["ab", "c"])).is_none());
}

#[test]
fn every_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path());
    let key = stage.key("rows", &["a"]);
    write(&stage, &key);
    let place = folder.path().join(&key.name);
    let sound = std::fs::read(&place).unwrap();
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        std::fs::write(&place, bytes).unwrap();
        let read = stage.read(&key).map(|stored| (stored.part("first"), stored.part("second")));
        let both = matches!(&read, Some((Ok(first), Ok(second))) if first == b"one" && second == b"two");
        assert!(!both, "byte {at}");
    }
    for length in 0..sound.len() {
        std::fs::write(&place, &sound[..length]).unwrap();
        assert!(stage.read(&key).is_none(), "cut to {length}");
    }
}

#[test]
fn a_file_under_the_name_of_another_is_foreign_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path());
    let (mine, other) = (stage.key("rows", &["a"]), stage.key("rows", &["b"]));
    write(&stage, &mine);
    std::fs::rename(folder.path().join(&mine.name), folder.path().join(&other.name)).unwrap();
    assert!(stage.read(&other).is_none());
    assert!(!folder.path().join(&other.name).exists());
}

#[test]
fn a_sweep_leaves_what_a_root_needs() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(folder.path());
    let (kept, gone) = (stage.key("rows", &["a"]), stage.key("rows", &["b"]));
    write(&stage, &kept);
    write(&stage, &gone);
    let root = stage.create(&stage.root("gp-activity", &[])).unwrap();
    root.finish(&serde_json::json!({ "needs": [kept.name.clone()] })).unwrap();
    write(&stage, &stage.hashes("gp-activity"));
    std::fs::write(folder.path().join("begun-1.stage"), "half").unwrap();
    std::fs::write(folder.path().join("letter.txt"), "of somebody").unwrap();
    stage.sweep();
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let roots = ["hashes-gp-activity.stage", "night-gp-activity.stage"].map(String::from);
    let mut expected = vec!["letter.txt".to_string(), "lock".into(), kept.name];
    expected.extend(roots);
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn a_folder_with_other_files_is_no_stage_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("letter.txt"), "of somebody").unwrap();
    assert!(Stage::open(folder.path()).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn a_stage_is_the_owners_alone_and_one_runs_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("stage");
    let held = stage(&place);
    assert!(Stage::open(&place).unwrap().is_none());
    let key = held.key("rows", &[]);
    write(&held, &key);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&place.join(&key.name))), (0o700, 0o600));
    drop(held);
    assert!(Stage::open(&place).unwrap().is_some());
}
