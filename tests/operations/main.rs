//! What an operator does with releases: make one again from its manifest, hold two beside each
//! other, take one back, remove old ones, let a delivery through a gate, stop and kill runs.
//!
//! In: a small synthetic delivery, a definition of one table, the built program. It never links
//! the crate.

mod canary;
mod disk;
mod faults;
mod hostile;
mod injected;
mod meddled;
mod nightly;
mod power;
#[path = "../program/mod.rs"]
mod program;
mod safe;
mod series;
mod small;

use std::fs;

use small::{Place, copy, files, kprstat, said, text};

#[test]
fn a_release_of_a_series_is_made_again_byte_for_byte_or_what_differs_is_named() {
    let place = Place::new();
    let releases = ["2023-05-02", "2023-05-20", "2023-06-15"].map(|day| place.release(day));
    let last = &releases[2];
    // The files lie in two folders and have other names.
    let moved = place.path("moved");
    for (number, (_, bytes)) in files(&place.path("delivery")).into_iter().enumerate() {
        let folder = moved.join((number % 2).to_string());
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("file-{number}")), bytes).unwrap();
    }
    let made = place.reproduce(last, &moved, "again");
    assert!(made.status.success(), "{}", said(&made));
    let again = place.path("again/public/releases").join(last.file_name().unwrap());
    assert!(files(&again) == files(last), "from the ledger in the restricted area");

    // On a machine that has public files alone, the releases before are made first.
    copy(&place.path("out/public/releases"), &place.path("elsewhere"));
    let made = place.reproduce(&place.path("elsewhere").join(last.file_name().unwrap()), &moved, "chain");
    assert!(made.status.success(), "{}", said(&made));
    assert!(files(&place.path("chain/public/releases")) == files(&place.path("elsewhere")), "all three, byte for byte");

    let alone = place.path("alone").join(last.file_name().unwrap());
    copy(last, &alone);
    let refused = place.reproduce(&alone, &moved, "never");
    assert_eq!(refused.status.code(), Some(11), "{}", said(&refused));
    assert!(said(&refused).contains("ledger of earlier releases, which is not at hand"), "{}", said(&refused));

    let spoilt = place.path("delivery/takst-2023m02.csv");
    fs::write(&spoilt, fs::read(&spoilt).unwrap().repeat(2)).unwrap();
    let refused = place.reproduce(last, &place.path("delivery"), "spoilt");
    assert_eq!(refused.status.code(), Some(11), "{}", said(&refused));
    assert!(said(&refused).contains("1 of the") && said(&refused).contains("takst-2023m02.csv"), "{}", said(&refused));
    assert!(!place.path("spoilt").exists(), "nothing is made of half the inputs");

    let policy = alone.join("metadata/definition/lists/policies/standard.toml");
    fs::write(&policy, fs::read_to_string(&policy).unwrap() + "\n# changed\n").unwrap();
    let refused = place.reproduce(&alone, &moved, "changed");
    assert_eq!(refused.status.code(), Some(10), "{}", said(&refused));
    assert!(said(&refused).contains("standard.toml: differs"), "{}", said(&refused));

    let manifest = alone.join("manifest.json");
    let other = fs::read_to_string(&manifest).unwrap().replace("\"kprstat 0.", "\"kprstat 99.");
    fs::write(&manifest, other).unwrap();
    let refused = place.reproduce(&alone, &moved, "version");
    assert_eq!(refused.status.code(), Some(10), "{}", said(&refused));
    assert!(said(&refused).contains("was made by kprstat 99."), "{}", said(&refused));
}

#[test]
fn releases_are_compared_taken_back_and_pruned() {
    let place = Place::new();
    let releases = ["2023-05-02", "2023-05-20", "2023-06-15"].map(|day| place.release(day));
    let diff = kprstat(["diff", text(&releases[0]), text(&releases[2]), "--format", "json"]);
    let revision: serde_json::Value = serde_json::from_slice(&diff.stdout).unwrap();
    let periods = revision["tables"][0]["periods"].as_array().unwrap();
    assert_eq!(periods.len(), 3, "{}", said(&diff));
    let changed = |period: &serde_json::Value| period["measures"]["contacts"]["changed"].as_u64();
    assert!(periods.iter().filter_map(changed).sum::<u64>() > 0, "late bills change cells");

    let out = place.path("out");
    let words = ["rollback", "gp-activity", "--out", text(&out), "--reason", "wrong delivery"];
    let back = kprstat(words);
    assert!(back.status.success(), "{}", said(&back));
    let leads_to = || fs::canonicalize(out.join("public/latest/gp-activity")).unwrap();
    assert_eq!(leads_to(), fs::canonicalize(&releases[1]).unwrap());
    let again = place.run("out", "2023-06-15", &[]).output().unwrap();
    assert!(again.status.success() && said(&again).contains("was withdrawn and stays so"), "{}", said(&again));
    assert_eq!(leads_to(), fs::canonicalize(&releases[1]).unwrap());

    let pruned = kprstat(["prune", "--keep", "1", "--out", text(&out)]);
    assert!(pruned.status.success(), "{}", said(&pruned));
    assert!(!releases[0].exists() && releases[1].exists() && releases[2].exists(), "{}", said(&pruned));
    let made = place.reproduce(&releases[1], &place.path("delivery"), "again");
    assert!(made.status.success(), "its ledger was kept: {}", said(&made));
}
