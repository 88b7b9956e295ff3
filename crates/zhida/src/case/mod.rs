//! Cases: one party and one offer on their way through a programme's stages. A matching run proposes them, a supervisor
//! approves, the person answers; officers of the region move them on.

mod answer;
mod approve;
mod compare_page;
mod entity;
mod forms;
mod grant;
mod invite;
mod matching;
mod moves;
mod noun;
mod open;
mod pages;
mod public;
mod run_pages;
mod store;

pub use approve::approve;
pub use entity::{Case, Proposal, Run};
pub use grant::{facts_of, why};
pub use invite::gives_words;
pub use matching::{Outcome, run};
pub use moves::{Step, open_need, step, steps};
pub use noun::NOUN;
pub use open::{NewCase, open_many, tell};
pub use pages::routes;
pub use store::{
    arrivals, at_stages, board, by_id, by_ids, due, hand_over, latest_run, of_offers, of_party,
    offers_with_cases, parties_with_cases, reassign, tally,
};
