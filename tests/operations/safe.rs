//! What a run refuses, and what it never touches: a restricted area that others could see, files
//! of the delivery, files outside a definition's folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

use super::disk::{Side, take_rights, watch};
use super::injected::one_thread;
use super::small::{Place, said};

const DAY: &str = "2023-05-02";

fn refused(run: &Output, code: i32, words: &str) {
    assert_eq!(run.status.code(), Some(code), "{}", said(run));
    assert!(said(run).contains(words), "{}", said(run));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_restricted_area_inside_a_public_one_is_refused() {
    let place = Place::new();
    place.release(DAY);
    let inside = place.run("out/public/more", DAY, &[]).output().unwrap();
    refused(&inside, 15, "would lie inside a public one");
    assert!(!place.path("out/public/more").exists());

    fs::create_dir_all(place.path("linked/public/hidden")).unwrap();
    symlink("public/hidden", place.path("linked/restricted")).unwrap();
    let linked = place.run("linked", DAY, &[]).output().unwrap();
    refused(&linked, 15, "would lie inside a public one");
}

#[test]
fn a_restricted_area_that_others_can_enter_is_refused() {
    let place = Place::new();
    place.release(DAY);
    let restricted = place.path("out/restricted");
    for open in [0o755, 0o701, 0o777] {
        set_mode(&restricted, open);
        let run = place.run("out", "2023-05-12", &[]).output().unwrap();
        refused(&run, 15, "others than the owner can enter the restricted area");
    }
    // A group's rights, as a set-group-id folder above gives them, are taken away.
    set_mode(&restricted, 0o770);
    place.release("2023-05-12");
    assert_eq!(mode(&restricted), 0o700);
}

#[test]
fn a_file_system_that_keeps_no_rights_is_refused() {
    let place = Place::new();
    fs::create_dir_all(place.path("out/restricted")).unwrap();
    set_mode(&place.path("out/restricted"), 0o750);
    let mut run = place.run("out", DAY, &[]);
    take_rights(&mut run, &place.path("out"));
    refused(&run.output().unwrap(), 15, "others than the owner can enter the restricted area");
    assert!(!place.path("out/public/latest/gp-activity").exists());
}

#[test]
fn files_of_the_delivery_are_opened_for_reading_alone() {
    let place = Place::new();
    let delivery = place.path("delivery");
    let operations = watch(&mut one_thread(&place, "out", DAY), &delivery);
    let written: Vec<_> = operations.iter().filter(|operation| operation.side == Side::Write).collect();
    assert!(written.is_empty(), "{written:?}");
}

#[test]
fn a_definition_does_not_leave_its_folder() {
    let place = Place::new();
    fs::write(place.path("secret.toml"), "secret = 4711\n").unwrap();
    fs::create_dir_all(place.path("own/lists/policies")).unwrap();
    let shipped = fs::read_to_string(place.path("gp-activity.toml")).unwrap();
    let mine = place.path("own/gp-activity.toml");
    let check = |policy: &str| {
        fs::write(&mine, shipped.replace("policy = \"standard\"", &format!("policy = \"{policy}\""))).unwrap();
        super::small::kprstat(["check", mine.to_str().unwrap()])
    };
    assert!(check("standard").status.success(), "{}", said(&check("standard")));
    symlink(place.path("secret.toml"), place.path("own/lists/policies/linked.toml")).unwrap();
    let outside = place.path("secret");
    for policy in ["linked", "../../../secret", outside.to_str().unwrap(), "lists/../../secret"] {
        let run = check(policy);
        assert_eq!(run.status.code(), Some(10), "{policy}: {}", said(&run));
        assert!(!said(&run).contains("4711"), "{policy}: {}", said(&run));
    }
}
