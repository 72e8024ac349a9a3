//! Code lists through time: geography, practice types, ICPC-2 chapters, the form of takst codes.
//!
//! In: the lists under schemas/codes/ (compiled in), and a recoding list that a definition brings.
//! Out: look-ups. An unknown code is never guessed: it is unknown, and counted as such.

mod embedded;
mod geography;
mod meeting;
mod practice;
mod rows;
mod takst;
mod through_time;

pub use embedded::{LISTS, list};
pub use geography::{County, GEOGRAPHIES, Geography, GeographyLists, Municipality};
pub use meeting::Meeting;
pub use practice::{Chapter, PracticeType, chapters, practice_types};
pub use rows::{Listed, rows};
pub use takst::{is_l_code, normalise_takst};
pub use through_time::{PlaceName, place_in};

/// The 17 ICPC-2 chapters, in order of the letter.
pub const CHAPTERS: [&str; 17] = ["A", "B", "D", "F", "H", "K", "L", "N", "P", "R", "S", "T", "U", "W", "X", "Y", "Z"];

/// Index after the last chapter: no diagnosis, another code system or no such letter (`none`).
pub const NO_CHAPTER: u8 = 17;
