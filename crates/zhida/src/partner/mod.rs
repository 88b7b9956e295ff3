//! Partners 共建单位: an organisation outside the office logs in and sees its own part, nothing else: the places that it keeps
//! with others, what it has to do there, what is to be put right by it, the commitments that it leads or shares.

mod pages;

pub use pages::routes;
