//! Layouts 布局 of networks: where people work, who is within reach of what, and plans which places stay, rise, move, close or are
//! built, each with its reasons and a bound that no plan exceeds. An approved plan becomes commitments with a unit, a person
//! and a day.
//!
//! What goes into a plan is kept as the files that `zhida site plan` reads, so that anybody can run it and check the answer.

mod approve;
mod area;
mod demand;
mod entity;
mod files;
mod forms;
mod new_page;
mod reach_page;
mod run;
mod scores_page;
mod show_page;
mod store;

pub use demand::take;
pub use run::run;
pub use store::NewDemand;

use axum::Router;
use zhida_pack::Network;
use zhida_pack::layout::Spec;

use crate::app::App;
use crate::problem::Problem;

/// The pages of layouts.
pub fn routes() -> Router<App> {
    reach_page::routes().merge(scores_page::routes()).merge(new_page::routes()).merge(show_page::routes())
}

/// The network whose places are planned, by the kind of its places, and what its plans begin with; the first that has some
/// where none is named.
fn planned<'a>(app: &'a App, kind: &str) -> Result<(&'a Network, &'a Spec), Problem> {
    let all = app.packs().filter_map(|p| p.network.as_ref().zip(p.layout.as_ref()));
    all.into_iter().find(|(n, _)| kind.is_empty() || n.kind == kind).ok_or(Problem::NotFound)
}
