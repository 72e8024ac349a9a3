//! The definitions and lists of pipelines/, compiled in, so that they are found wherever the
//! program runs. A list beside a pipeline definition comes before the one of the same name here.
//!
//! In: a name. Out: a text. Never reads a file when the program runs.

macro_rules! lists {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../pipelines/", $name)))),*]
    };
}

/// Every definition and list by its path under pipelines/, in byte order.
pub(super) const LISTS: &[(&str, &str)] = lists![
    "after-discharge.toml",
    "continuity.toml",
    "gp-activity.toml",
    "gp-register.toml",
    "lists/age-groups/kprstat.toml",
    "lists/contact-types/ekspertutvalget.toml",
    "lists/contact-types/fhi.toml",
    "lists/contact-types/helsedirektoratet-rapport.toml",
    "lists/contact-types/helsedirektoratet-statistikk.toml",
    "lists/contact-types/kprstat.csv",
    "lists/contact-types/kprstat.toml",
    "lists/contact-types/skde.toml",
    "lists/contact-types/ssb.toml",
    "lists/features/kprstat.csv",
    "lists/features/kprstat.toml",
    "lists/features/primary-health-team.csv",
    "lists/features/primary-health-team.toml",
    "lists/geography/recode-2020.csv",
    "lists/geography/recode-2020.toml",
    "lists/policies/standard.toml",
    "lists/policies/strict.toml",
    "lists/policies/thorough.toml",
    "primary-health-team.toml",
];

/// The text of a definition or list.
pub(super) fn list(name: &str) -> Option<&'static str> {
    LISTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &std::path::Path, under: &str, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{under}{}", entry.file_name().into_string().unwrap());
            match entry.path() {
                path if path.is_dir() => names(&path, &format!("{name}/"), into),
                path if path.extension().is_some_and(|e| e == "toml" || e == "csv") => into.push(name),
                _ => {}
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let mut found = Vec::new();
        names(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines"), "", &mut found);
        found.sort();
        let compiled: Vec<_> = LISTS.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(compiled, found);
    }
}
