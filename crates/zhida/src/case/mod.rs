//! Cases: one party and one offer on their way through a programme's stages. A matching run proposes them, a supervisor
//! approves, the person answers; officers of the region move them on.

mod answer;
mod approve;
mod compare_page;
mod entity;
mod forms;
mod invite;
mod matching;
mod moves;
mod noun;
mod pages;
mod public;
mod run_pages;
mod store;

pub use approve::approve;
pub use entity::{Case, Proposal, Run};
pub use matching::{Outcome, run};
pub use moves::{Step, open_need, step};
pub use noun::NOUN;
pub use pages::routes;
pub use store::{
    board, due, hand_over, latest_run, of_party, offers_with_cases, parties_with_cases, reassign,
};
