//! A table of one's own beside what is published: what could be had by subtraction is not told.
//!
//! In: a country written by hand, in which some differences are two persons. Out: nothing. Every
//! expected value is worked out from the persons planted. It never links the crate.

mod country;
#[path = "../program/mod.rs"]
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use country::{Cells, Country, Group, cell, cells, group};
use program::{copy, files, kprstat, said, text};

/// Halden (3101) and Moss (3103) of Østfold (31), Oslo (0301). Of the six-year-olds two live in
/// Halden, ten in Moss and nine in Oslo.
fn ages() -> Vec<Group> {
    let of = |place, six| [group(place, 3, 24), group(place, 6, six), group(place, 10, 24), group(place, 40, 36)];
    [of("3101", 2), of("3103", 10), of("0301", 9)].into_iter().flatten().collect()
}

const BY_AGE: &str =
    "periods = [\"year\"]\ndimensions = [\"age-group\"]\nmeasures = [\"contacts\"]\ncontact-types = [\"consultation\"]";
const OWN_AGES: [&str; 5] = ["--indicator", "consultation", "--age", "0-6,7-15,16+", "--against"];

/// Places where both tables show a count, and the difference, which is one of 1 to 4 persons.
fn told(own: &Cells, published: &Cells, (large, small): (&str, &str)) -> Vec<String> {
    let both = own.iter().filter(|((_, _, age), _)| age == large).filter_map(|((period, place, _), large)| {
        let small = published.get(&(period.clone(), place.clone(), small.to_string()))?;
        let difference = large.as_ref()?.abs_diff((*small)?);
        (1..5).contains(&difference).then(|| format!("{period} {place}: {difference}"))
    });
    both.collect()
}

#[test]
fn ages_that_differ_by_two_persons_from_published_ones_are_not_shown() {
    let country = Country::of(&ages());
    let published = country.publish("out", BY_AGE);
    let before = cells(&published, "by-age");
    // 24 and 2 + 24 are shown in Halden: nothing is wrong with them by themselves.
    assert_eq!((cell(&before, "2024", "3101", "0-5"), cell(&before, "2024", "3101", "6-15")), (Some(24), Some(26)));

    let alone = country.table("alone", &OWN_AGES[..4]);
    assert!(alone.status.success() && said(&alone).contains("held beside nothing"), "{}", said(&alone));

    let made = country.made("mine", &[&OWN_AGES[..], &[text(&published)]].concat());
    let own = cells(&made, "own-table");
    assert_eq!(told(&own, &before, ("0-6", "0-5")), [""; 0], "24 + 2 less 24 would be the two");
    assert_eq!(told(&own, &before, ("7-15", "6-15")), [""; 0], "2 + 24 less 24 as well");
    assert_eq!(cell(&own, "2024", "3101", "0-6"), None);
    // The total, the adults and the whole country give nothing away: 86 + 94 + 93, 3 x 36, 72 + 21.
    assert_eq!(cell(&own, "2024", "0", "total"), Some(273));
    assert_eq!(cell(&own, "2024", "3101", "16+"), Some(36));
    assert_eq!(cell(&own, "2024", "0", "0-6"), Some(93));

    // Beside nothing it shows them: 24 + 2.
    let alone = fs::read_dir(country.path("alone/public/releases")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(cell(&cells(&alone, "own-table"), "2024", "3101", "0-6"), Some(26));
}

#[test]
fn what_is_hidden_stays_hidden_and_what_is_shown_stays_so() {
    // Three of 17 years in Halden are hidden, and somebody else's with them.
    let mut groups = ages();
    groups.extend([group("3101", 17, 3), group("3103", 17, 12), group("0301", 17, 12)]);
    let country = Country::of(&groups);
    let published = country.publish("out", BY_AGE);
    let before = cells(&published, "by-age");
    assert_eq!(cell(&before, "2024", "3101", "16-19"), None);
    let words = ["--indicator", "consultation", "--age", "kprstat", "--against", text(&published)];
    let own = cells(&country.made("mine", &words), "own-table");
    assert!(own == before, "the same quantities, the same decisions");
}

/// Of 4 to 17 years less the published 6 to 15 two are 4 and two are 17.
#[test]
fn what_is_left_at_both_ends_of_a_group_is_a_count_too() {
    let of = |place, few: usize| {
        [group(place, 2, 3 * few), group(place, 4, 2 * few), group(place, 10, 24), group(place, 17, 2 * few)]
            .into_iter()
            .chain([group(place, 18, 12), group(place, 40, 36)])
    };
    let country = Country::of(&of("3101", 1).chain(of("3103", 6)).chain(of("0301", 6)).collect::<Vec<_>>());
    let published = country.publish("out", BY_AGE);
    let before = cells(&published, "by-age");
    let shown = ["0-5", "6-15", "16-19"].map(|age| cell(&before, "2024", "3101", age));
    assert_eq!(shown, [Some(5), Some(24), Some(14)], "3 + 2, 24, 2 + 12");
    let words = ["--indicator", "consultation", "--age", "0-3,4-17,18+", "--against", text(&published)];
    let own = cells(&country.made("mine", &words), "own-table");
    assert_eq!(cell(&own, "2024", "3101", "0-3"), None, "three persons");
    assert_eq!(cell(&own, "2024", "3101", "4-17"), None, "28 less 24 would be the four");
    assert_eq!(cell(&own, "2024", "3101", "18+"), None, "48 less 36 would be twelve of the fourteen of 16 to 19 years");
    assert_eq!(cell(&own, "2024", "3101", "total"), Some(79));
}

#[test]
fn contacts_and_patients_of_a_cell_are_hidden_together() {
    let country = Country::of(&ages());
    let published = country.publish("out", &BY_AGE.replace("[\"contacts\"]", "[\"contacts\", \"patients\"]"));
    let words = [&OWN_AGES[..], &[text(&published), "--measure", "contacts", "patients"]].concat();
    let made = country.made("mine", &words);
    let rows = fs::read_to_string(made.join("data/own-table.csv")).unwrap();
    let in_halden = |row: &&str| row.contains(",3101,") && row.contains(",0-6,");
    let hidden = rows.lines().filter(in_halden).filter(|row| row.ends_with(",,Q,C")).count();
    assert_eq!((rows.lines().filter(in_halden).count(), hidden), (2, 2));
}

#[test]
fn april_is_a_tertial_less_a_quarter() {
    let in_month = |place, persons, month| Group { place, age: 3, persons, month: Some(month) };
    // Two children in Halden in April.
    let spread = ["3101", "3103", "0301"].map(|place| group(place, 3, 60));
    let april = [in_month("3101", 2, 4), in_month("3103", 11, 4), in_month("0301", 12, 4)];
    let mut groups: Vec<Group> = spread.into_iter().filter(|of| of.place != "3101").chain(april).collect();
    groups.extend([1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12].map(|month| in_month("3101", 7, month)));
    let country = Country::of(&groups);
    let published = country.publish("out", &BY_AGE.replace("\"year\"", "\"tertial\""));
    let before = cells(&published, "by-age");
    // 7 in January, February and March, and 2.
    assert_eq!(cell(&before, "2024-T1", "3101", "0-5"), Some(23));
    let words =
        ["--indicator", "consultation", "--age", "kprstat", "--period", "quarter", "--against", text(&published)];
    let own = cells(&country.made("mine", &words), "own-table");
    assert_eq!(cell(&own, "2024-Q1", "3101", "0-5"), None, "23 less 21 would be April");
    assert_eq!(cell(&own, "2024-Q1", "3101", "total"), None, "they are all children");
}

/// A geography in which Rygge (0136) was joined to Halden, not to Moss: two persons live there.
#[test]
fn municipalities_that_differ_by_two_persons_are_not_shown() {
    let mut groups = ages();
    groups.push(group("0136", 40, 2));
    let country = Country::of(&groups);
    let published = country.publish("out", BY_AGE);
    let before = cells(&published, "by-age");
    assert_eq!(cell(&before, "2024", "3103", "30-49"), Some(38), "36 and Rygge's two");

    let printed =
        kprstat("table --indicator consultation --age kprstat --geography moved --print-definition".split(' '));
    assert_eq!(printed.status.code(), Some(12), "the list is not there: {}", said(&printed));
    let printed = kprstat("table --indicator consultation --age kprstat --print-definition".split(' '));
    let definition = String::from_utf8(printed.stdout).unwrap();
    let definition = definition.replacen("version = \"1\"", "version = \"1\"\ngeography = \"moved\"", 1);
    fs::write(country.path("mine.toml"), definition).unwrap();
    let lists = country.path("lists/geography");
    fs::create_dir_all(&lists).unwrap();
    let now = fs::read_to_string("schemas/codes/geo/recode_2024.csv").unwrap();
    fs::write(lists.join("moved.csv"), now.replacen("\n0136,3103,", "\n0136,3101,", 1)).unwrap();
    let list = "id = \"moved\"\ntitle = { nb = \"F\", en = \"M\" }\ndescription = { nb = \"F\", en = \"M\" }\nrecoding = \"moved.csv\"\n";
    fs::write(lists.join("moved.toml"), list).unwrap();

    let file = country.path("mine.toml");
    let made = country.made("mine", &["--definition", text(&file), "--against", text(&published)]);
    let own = cells(&made, "own-table");
    for age in ["total", "30-49"] {
        assert_eq!(told(&own, &before, (age, age)), [""; 0], "38 less 36, and 36 less 38");
    }
    assert_eq!(cell(&own, "2024", "31", "30-49"), Some(74), "the county is the same: 36 + 36 + 2");
}

#[test]
fn where_everything_is_told_already_nothing_is_made() {
    let country = Country::of(&ages());
    let published = country.publish("out", BY_AGE);
    // Somebody else has published the other ages, beside nothing.
    let ages = "id = \"other\"\ntitle = { nb = \"A\", en = \"A\" }\nfrom = [0, 7, 16]\n";
    fs::create_dir_all(country.path("lists/age-groups")).unwrap();
    fs::write(country.path("lists/age-groups/kprstat.toml"), ages.replace("other", "kprstat")).unwrap();
    let others = country.publish("others", BY_AGE);
    assert_eq!(cell(&cells(&others, "by-age"), "2024", "3101", "0-6"), Some(26));
    let made = country.table("mine", &[&OWN_AGES[..], &[text(&published), text(&others)]].concat());
    assert_eq!(made.status.code(), Some(13), "{}", said(&made));
    assert_eq!(fs::read_dir(country.path("mine/public/releases")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_table_is_made_again_byte_for_byte_and_the_second_time_is_nothing_to_do() {
    let country = Country::of(&ages());
    let published = country.publish("out", BY_AGE);
    let words = [&OWN_AGES[..], &[text(&published)]].concat();
    let made = country.made("mine", &words);
    let again = country.table("mine", &words);
    assert!(said(&again).contains("Nothing to do, it is there"), "{}", said(&again));
    assert_eq!(fs::metadata(country.path("mine/restricted")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(country.path("mine/public/latest")).unwrap().count(), 0, "latest leads nowhere");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(made.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["against"][0]["release"].as_str(), published.file_name().unwrap().to_str());

    // From a copy elsewhere.
    let copied = country.path("elsewhere").join(made.file_name().unwrap());
    copy(&made, &copied);
    let (manifest, delivery) = (copied.join("manifest.json"), country.path("delivery"));
    let reproduce = |to: &str, more: &[&str]| {
        let to = country.path(to);
        let words = ["reproduce", text(&manifest), "--delivery", text(&delivery), "--out", text(&to)];
        kprstat(words.into_iter().chain(more.iter().copied()))
    };
    let refused = reproduce("never", &[]);
    assert_eq!(refused.status.code(), Some(11), "{}", said(&refused));
    assert!(said(&refused).contains("held beside this release, which is not at hand"), "{}", said(&refused));
    let releases = country.path("out/public/releases");
    let done = reproduce("again", &["--against", text(&releases)]);
    assert!(done.status.success(), "{}", said(&done));
    assert!(files(&country.path("again/public/releases")) == files(&country.path("elsewhere")));
}
