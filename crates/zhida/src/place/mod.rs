//! Places: somewhere on the map with a name and a kind that a pack names. Officers keep those of their region.

mod entity;
mod forms;
mod hours;
mod noun;
mod pages;
mod store;

pub use entity::Model as Place;
pub use hours::{Hours, Now, Unread, is_holiday, is_working_weekend};
pub use noun::NOUN;
pub use pages::{kind_name, routes};
pub use store::{
    Listing, NewPlace, all, by_code, change_many, create, find, keeper_link, kept, mapped_count, of_kind,
    on_the_map, remove_import, seen,
};
