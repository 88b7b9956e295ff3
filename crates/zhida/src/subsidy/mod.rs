//! Subsidies 培训补贴: the parts of a class's price that are owed to its provider for each person, worked out from attendance and
//! verified work: proposed by one, checked by another, paid in a batch. A person, a class and a part are paid once; what is
//! not due says why.

mod acts;
mod due;
mod entity;
mod pages;
mod store;

pub use acts::{decide, pay, propose};
pub use pages::routes;
pub use store::checked;
