//! Places: somewhere on the map with a name and a kind that a pack names. Officers keep those of their region.

mod entity;
mod noun;
mod pages;
mod store;

pub use entity::Model as Place;
pub use noun::NOUN;
pub use pages::{kind_name, routes};
pub use store::{NewPlace, create, find, of_kind};
