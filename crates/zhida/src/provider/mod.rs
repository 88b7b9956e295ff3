//! Providers 合作单位: organisations that run what the office buys, with their papers, teachers and record. A paper that has run out
//! blocks. Officers of the county keep them; who they are and what they show is public, contacts are not.

mod entity;
mod noun;
mod pages;
mod store;

pub use entity::paper::Model as Paper;
pub use entity::provider::Model as Provider;
pub use entity::teacher::Model as Teacher;
pub use noun::NOUN;
pub use pages::routes;
pub use store::{
    Flaw, NewPaper, NewProvider, add_paper, add_teacher, all, by_code, create, find, flaws, of_ids, papers,
    teachers,
};

use zhida_pack::{Pack, Providers};

use crate::app::App;

/// What the packs say of providers: the first pack that does.
pub fn rules(app: &App) -> Option<(&Pack, &Providers)> {
    app.packs().find_map(|p| p.providers.as_ref().map(|rules| (p, rules)))
}
