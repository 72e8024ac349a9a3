//! A country of a few hundred made-up persons, written by hand, and what a table says of it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::program::{kprstat, said, text};

/// So many persons of an age, living somewhere, with a consultation each in a month of 2024.
pub struct Group {
    pub place: &'static str,
    pub age: i32,
    pub persons: usize,
    /// None: spread over the year.
    pub month: Option<u32>,
}

pub fn group(place: &'static str, age: i32, persons: usize) -> Group {
    Group { place, age, persons, month: None }
}

/// A folder with a delivery of 2024 in it.
pub struct Country {
    folder: tempfile::TempDir,
}

impl Country {
    pub fn of(groups: &[Group]) -> Self {
        let country = Country { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(country.path("delivery")).unwrap();
        let mut bills = String::from(
            "enkeltregning_lnr;kpr_lnr;behandler_lnr;praksis_lnr;praksistype;praksiskommune;tidspunkt;registrert;status;\
             krediterer_lnr;kjonn;fodselsaar;kommunenr;kommunenr_pb;egenandel;refusjon\n",
        );
        let mut lines = String::from("enkeltregning_lnr;takstkode;antall;belop\n");
        let mut number = 0;
        for group in groups {
            for person in 0..group.persons {
                number += 1;
                let month = group.month.unwrap_or(person as u32 % 12 + 1);
                let (born, sex, doctor) = (2024 - group.age, person % 2 + 1, number % 5 + 1);
                let _ = writeln!(
                    bills,
                    "{number};{number};{doctor};1;FALE;{place};2024-{month:02}-10T10:00:00;2024-{month:02}-11;godkjent;;\
                     {sex};{born};{place};;100;100",
                    place = group.place
                );
                let _ = writeln!(lines, "{number};2ad;1;100");
            }
        }
        fs::write(country.path("delivery/regning-2024.csv"), bills).unwrap();
        fs::write(country.path("delivery/takst-2024.csv"), lines).unwrap();
        country
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Releases a table of contacts by age with the keys given, and gives its public folder.
    pub fn publish(&self, out: &str, keys: &str) -> PathBuf {
        let shipped = fs::read_to_string("pipelines/gp-activity.toml").unwrap();
        let head = shipped.split("[[source]]\n").next().unwrap();
        let sources = "[[source]]\nid = \"regning\"\n[[source]]\nid = \"takst\"\n";
        let table = format!(
            "[[table]]\nid = \"by-age\"\nversion = \"1\"\ntitle = {{ nb = \"A\", en = \"A\" }}\n\
             description = {{ nb = \"A\", en = \"A\" }}\nservice = \"gp\"\nplace = \"residence\"\n{keys}\n"
        );
        let definition = self.path(&format!("{out}.toml"));
        fs::write(&definition, format!("{head}{sources}{table}")).unwrap();
        let (delivery, to) = (self.path("delivery"), self.path(out));
        let words = ["--delivery", text(&delivery), "--as-of", "2025-08-01", "--out", text(&to)];
        let run = kprstat(["run", text(&definition)].into_iter().chain(words));
        assert!(run.status.success(), "{}", said(&run));
        fs::canonicalize(to.join("public/latest/gp-activity")).unwrap()
    }

    /// Makes a table of one's own of consultations.
    pub fn table(&self, out: &str, words: &[&str]) -> Output {
        let (delivery, to) = (self.path("delivery"), self.path(out));
        let paths = ["--delivery", text(&delivery), "--as-of", "2025-08-01", "--out", text(&to)];
        kprstat(["table"].into_iter().chain(words.iter().copied()).chain(paths))
    }

    /// The same, made: its public folder.
    pub fn made(&self, out: &str, words: &[&str]) -> PathBuf {
        let made = self.table(out, words);
        assert!(made.status.success(), "{}", said(&made));
        let releases = self.path(out).join("public/releases");
        let first = String::from_utf8_lossy(&made.stdout).lines().next().unwrap().to_string();
        releases.join(first.strip_prefix("Made ").unwrap())
    }
}

/// Contacts by (period, place, age group); none where hidden.
pub type Cells = BTreeMap<(String, String, String), Option<u64>>;

/// Reads the contacts of a table.
pub fn cells(release: &Path, table: &str) -> Cells {
    let text = fs::read_to_string(release.join(format!("data/{table}.csv"))).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (value, keys) = (at("value"), ["period", "geo", "age_group"].map(at));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let [period, place, age] = keys.map(|at| fields[at].to_string());
        ((period, place, age), fields[value].parse::<f64>().ok().map(|value| value as u64))
    };
    lines.map(row).collect()
}

/// The contacts of a cell; none where hidden.
pub fn cell(cells: &Cells, period: &str, place: &str, age: &str) -> Option<u64> {
    let key = (period.to_string(), place.to_string(), age.to_string());
    *cells.get(&key).unwrap_or_else(|| panic!("no row {key:?}"))
}
