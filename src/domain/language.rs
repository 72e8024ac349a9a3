//! Texts in bokmål and English.

use std::str::FromStr;

/// A text in bokmål and English.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub nb: String,
    pub en: String,
}

impl Text {
    /// The text in a language.
    pub fn in_language(&self, language: Language) -> &str {
        language.of(&self.nb, &self.en)
    }
}

/// The languages that texts are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Bokmål.
    Nb,
    En,
}

impl Language {
    /// One of two phrases.
    pub fn of<'t>(self, nb: &'t str, en: &'t str) -> &'t str {
        match self {
            Language::Nb => nb,
            Language::En => en,
        }
    }
}

impl FromStr for Language {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nb" => Ok(Language::Nb),
            "en" => Ok(Language::En),
            _ => Err(format!("`{text}`: expected nb or en")),
        }
    }
}
