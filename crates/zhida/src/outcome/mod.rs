//! Outcomes 就业成效: work that somebody found after a class, or a business begun: claimed by the person, the employer or an officer;
//! shown by evidence, or by a match with an extract of the social insurance; verified by somebody else; looked at again after some
//! months. Rates count what is verified, by definitions that stand on the pages.

mod acts;
mod audit;
mod count;
mod entity;
mod extract;
mod noun;
mod pages;
mod store;

pub use acts::{Shown, claim, evidence, follow_up, tell, verify};
pub use audit::audited;
pub use count::{Rate, rate};
pub use entity::insured::Model as Insured;
pub use entity::outcome::Model as Outcome;
pub use extract::{Extract, Register, Taken, extract, take};
pub use noun::NOUN;
pub use pages::routes;
pub use store::{all, insured, of_cases};
