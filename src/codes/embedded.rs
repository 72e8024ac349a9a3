//! The lists of schemas/codes, compiled in.
//!
//! In: a name. Out: the list's text. Never reads a file when the program runs.

macro_rules! lists {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../schemas/codes/", $name)))),*]
    };
}

/// Every compiled-in list by its path under schemas/codes, in byte order.
pub const LISTS: &[(&str, &str)] = lists![
    "geo/changes.csv",
    "geo/city_districts.csv",
    "geo/counties.csv",
    "geo/county_changes.csv",
    "geo/county_tiles.csv",
    "geo/municipalities.csv",
    "geo/municipality_centroids.csv",
    "geo/national_pyramid.csv",
    "geo/population.csv",
    "geo/population_totals.csv",
    "geo/recode_2024.csv",
    "geo/special.csv",
    "icpc2_chapters.csv",
    "pht_model.csv",
    "praksistype.csv",
];

/// The text of a compiled-in list (`geo/population.csv`).
pub fn list(name: &str) -> Option<&'static str> {
    LISTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/codes");
        let mut names = Vec::new();
        for folder in ["", "geo/"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name.ends_with(".csv") {
                    names.push(format!("{folder}{name}"));
                }
            }
        }
        names.sort();
        let compiled: Vec<_> = LISTS.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(compiled, names);
    }

    #[test]
    fn an_unknown_list_is_none() {
        assert!(list("geo/moons.csv").is_none());
    }
}
