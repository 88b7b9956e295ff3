//! Programmes: the terms under which offers reach parties. Everybody may read the rules, in words and as text.

mod clauses;
mod eligibility;
mod pages;
mod trial;

pub use clauses::{Clauses, Reach, Verdict, excluded, open_on};
pub use eligibility::{Advice, Eligibility, Reason, advise, assess, explain};
pub use pages::routes;
