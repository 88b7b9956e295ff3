//! The navigation: the pages of an office by what they serve, from finding somebody to showing that it worked.

use super::shell::Shell;

/// A step with its pages: name in texts, address.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

const GROUPS: [Group; 6] = [
    (
        "find",
        &[
            ("people", "/people"),
            ("imports", "/imports"),
            ("portrait", "/portrait"),
            ("visits", "/visits"),
            ("tips", "/tips"),
        ],
    ),
    ("match", &[("offers", "/offers"), ("match", "/match"), ("measures", "/measures"), ("packs", "/packs")]),
    ("reach", &[("messages", "/messages"), ("places", "/places"), ("tours", "/tours")]),
    (
        "deliver",
        &[("cases", "/cases"), ("classes", "/classes"), ("payments", "/payments"), ("supplies", "/supplies")],
    ),
    (
        "check",
        &[
            ("checks", "/checks"),
            ("findings", "/findings"),
            ("providers", "/providers"),
            ("notes", "/notes"),
            ("journal", "/journal"),
        ],
    ),
    (
        "show",
        &[
            ("outcomes", "/outcomes"),
            ("commitments", "/commitments"),
            ("meetings", "/meetings"),
            ("reports", "/reports"),
            ("board", "/board"),
        ],
    ),
];

/// Pages that only supervisors see.
const SUPERVISORS: [&str; 2] = ["notes", "journal"];

/// A step as the layout shows it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name in texts.
    pub key: &'static str,
    /// Whether the page that is shown belongs to it.
    pub now: bool,
    /// Its first page.
    pub first: &'static str,
    /// Its pages: name in texts, address, whether it is the one that is shown.
    pub pages: Vec<(&'static str, &'static str, bool)>,
}

impl Shell {
    /// The navigation of whoever is logged in.
    pub fn steps(&self) -> Vec<Step> {
        let step = |(key, pages): &Group| {
            let seen = pages.iter().filter(|(name, _)| self.supervisor || !SUPERVISORS.contains(name));
            let pages: Vec<_> = seen.map(|(name, path)| (*name, *path, *name == self.nav)).collect();
            Step {
                key,
                now: pages.iter().any(|(.., now)| *now),
                first: pages.first().map_or("/", |(_, path, _)| path),
                pages,
            }
        };
        GROUPS.iter().map(step).collect()
    }
}
