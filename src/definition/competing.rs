//! All lists of contact types, to be set side by side: which definitions of a consultation there are.
//!
//! In: a folder of definitions, or none. Out: every list that it and the program have, by id.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;

use super::fault::Written;
use super::lists;
use super::tree::{Reader, Tree};
use super::types::ContactTypes;
use crate::domain::Result;

impl ContactTypes {
    /// Every list of contact types in `folder/lists/contact-types/` and in the program, by id.
    ///
    /// # Errors
    /// Exit code 10 for a faulty list.
    pub fn all_lists(folder: Option<&Path>) -> Result<Vec<ContactTypes>> {
        let tree = || folder.map_or(Tree::Kept(BTreeMap::new()), |folder| Tree::Folder(folder.into()));
        let nowhere = Written { name: "lists/contact-types", text: "" };
        let ids = Reader::new(tree()).ids("contact-types");
        let read = |id| lists::contact_types(&mut Reader::new(tree()), &nowhere, &Spanned::new(0..0, id));
        ids.into_iter().map(read).collect()
    }
}
