//! Home visits: a campaign says who visits whom by when; what is found becomes facts, and a need becomes a case that
//! somebody owns. A visit is recorded on a phone, also without network.

mod entity;
mod noun;
mod pages;
mod record;
mod store;

pub use entity::visit::Model as Visit;
pub use noun::NOUN;
pub use pages::routes;
pub use record::{Found, record};
pub use store::{NewVisit, done_many, of_party, parties_with_visits, reassign, remove_import};
