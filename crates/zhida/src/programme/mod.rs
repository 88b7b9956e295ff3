//! Programmes: the terms under which offers reach parties. Everybody may read the rules, in words and as text.

mod eligibility;
mod pages;

pub use eligibility::{Eligibility, Reason, assess, explain};
pub use pages::routes;
