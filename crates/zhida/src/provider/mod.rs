//! Providers 合作单位: organisations that run what the office buys, with their papers, teachers and record. A paper that has run out
//! blocks. Officers of the county keep them; who they are and what they show is public, contacts are not.

mod entity;
mod pages;
mod store;

pub use entity::paper::Model as Paper;
pub use entity::provider::Model as Provider;
pub use entity::teacher::Model as Teacher;
pub use pages::routes;
pub use store::{
    Flaw, NewPaper, NewProvider, add_paper, add_teacher, all, bar, by_code, create, find, flaws,
    keep_records, known_or_new, of_ids, papers, teachers,
};

use zhida_pack::{Pack, Providers};

use crate::app::App;
use crate::finding::About;
use crate::problem::Problem;
use crate::texts::T;

/// What the packs say of providers: the first pack that does.
///
/// # Errors
/// No pack does.
pub fn rules(app: &App) -> Result<(&Pack, &Providers), Problem> {
    app.packs().find_map(|p| p.providers.as_ref().map(|rules| (p, rules))).ok_or(Problem::NotFound)
}

/// The rules alone.
///
/// # Errors
/// As [`rules`].
pub fn terms(app: &App) -> Result<&Providers, Problem> {
    rules(app).map(|(_, terms)| terms)
}

/// What keeps a provider out, in words.
pub fn words(app: &App, t: &T, flaw: &Flaw) -> String {
    let label = rules(app).ok().and_then(|(_, rules)| rules.papers.iter().find(|p| p.code == flaw.what));
    let what = label.map_or_else(|| flaw.what.clone(), |p| p.label.get(t.lang).to_owned());
    t.ab(&flaw.key, what, &flaw.day)
}

impl From<&Provider> for About {
    fn from(p: &Provider) -> Self {
        Self { kind: "provider".to_owned(), id: p.id.to_string(), name: p.name.clone(), ..Self::default() }
    }
}
