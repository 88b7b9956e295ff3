//! Calls 采购公告 for providers: need, budget and criteria are public, providers bid until a day, whoever has papers that are missing
//! or have run out is out, reviewers are drawn by lot and do not see one another's scores, the ranking is public for some days,
//! objections are answered, and somebody else than whoever called decides, with reasons. A contract keeps the price, the seats and the parts
//! of the price to which classes and payments are held.

mod acts;
mod contract;
mod contract_pages;
mod entity;
mod intake;
mod pages;
mod public;
mod store;

pub use acts::{NewBid, NewTender, bid, decide, draw, object, open, publish};
pub use contract::{NewContract, Payee, sign};
pub use entity::bid::Model as Bid;
pub use entity::contract::Model as Contract;
pub use entity::tender::Model as Tender;
pub use intake::{Intake, intake};
pub use store::{all_contracts, bids, chosen, contract, contracts, find};

use axum::Router;

use crate::app::App;

/// The pages of calls.
pub fn routes() -> Router<App> {
    pages::routes().merge(contract_pages::routes()).merge(public::routes())
}
