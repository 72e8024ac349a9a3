//! A series of monthly releases, carried to another place and made again there.
//!
//! In: `KPRSTAT_SERIES`, the number of releases; 6 where it is not set. Out: nothing.

use std::fs;
use std::path::{Path, PathBuf};

use super::small::{Place, copy, files, kprstat, said, text};

/// Fewest releases of a series.
const FEWEST: usize = 6;

/// The 5th of the month after next: by then the month and those before it are published.
fn as_of(month: usize) -> String {
    let month = month + 2;
    format!("{}-{:02}-05", 2023 + month / 12, month % 12 + 1)
}

/// Makes one release again in a folder of its own, and gives its public files.
fn again(place: &Place, release: &Path, to: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let made = place.reproduce(release, &place.path("elsewhere/delivered"), to);
    assert!(made.status.success(), "{}: {}", release.display(), said(&made));
    files(&place.path(to).join("public/releases").join(release.file_name().unwrap()))
}

#[test]
fn any_release_of_a_series_is_made_again_elsewhere_byte_for_byte() {
    let number: usize = std::env::var("KPRSTAT_SERIES").map_or(FEWEST, |number| number.parse().unwrap());
    let last = format!("{}-{:02}", 2023 + (number - 1) / 12, (number - 1) % 12 + 1);
    let place = Place::until(&last);
    let releases: Vec<PathBuf> = (0..number).map(|month| place.release(&as_of(month))).collect();

    // Nothing is left where it was.
    copy(&place.path("out"), &place.path("elsewhere/out"));
    copy(&place.path("delivery"), &place.path("elsewhere/delivered"));
    let published: Vec<_> = releases.iter().map(|release| files(release)).collect();
    fs::remove_dir_all(place.path("out")).unwrap();
    fs::remove_dir_all(place.path("delivery")).unwrap();
    let copied = |release: &PathBuf| place.path("elsewhere/out/public/releases").join(release.file_name().unwrap());

    for (number, release) in releases.iter().enumerate() {
        let made = again(&place, &copied(release), &format!("again-{number}"));
        assert!(made == published[number], "{}: from the ledger beside it", release.display());
    }

    // From public files alone the last of them brings all others back.
    copy(&place.path("elsewhere/out/public/releases"), &place.path("public-alone"));
    let newest = place.path("public-alone").join(releases[number - 1].file_name().unwrap());
    let made = again(&place, &newest, "chain");
    assert!(made == published[number - 1], "the last, from public files alone");
    for (release, published) in releases.iter().zip(&published) {
        let made = files(&place.path("chain/public/releases").join(release.file_name().unwrap()));
        assert!(made == *published, "{}: made again on the way", release.display());
    }

    // The series tells of each month in which releases it was provisional.
    let told = kprstat(["diff", "--series", text(&place.path("elsewhere/out/public")), "--format", "json"]);
    let series: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(series["releases"].as_array().unwrap().len(), number, "{}", said(&told));
    let months = series["tables"][0]["periods"].as_array().unwrap();
    assert_eq!(months.len(), number);
    for (at, month) in months.iter().enumerate() {
        let vintages = month["vintages"].as_array().unwrap();
        assert!(vintages[..at].iter().all(|of| of.is_null()) && vintages[at]["provisional"] == true, "{month}");
        // Final when the as-of day is later than six months after the month: from the fifth release after.
        let is_final = |of: &serde_json::Value| of["provisional"] == false;
        assert_eq!(vintages.iter().position(is_final), (at + 5 < number).then_some(at + 5), "{month}");
    }
}
