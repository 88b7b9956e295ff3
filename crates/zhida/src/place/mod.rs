//! Places: somewhere on the map with a name and a kind that a pack names. Officers keep those of their region.

mod entity;
mod forms;
mod hours;
mod imported;
mod noun;
mod pages;
mod store;

pub use entity::Model as Place;
pub use hours::{Hours, Now, Unread, is_holiday, is_working_weekend};
pub use imported::{HANGING, change_many, remove_import};
pub use noun::NOUN;
pub use pages::{kind_name, routes};
pub use store::{
    Link, Listing, NewPlace, PHOTOS, add_photos, all, all_in_counties, by_code, close, create, drop_photo,
    find, kept, kept_in_counties, mapped_count, of_id, of_ids, of_kind, of_partner, on_the_map, public,
    renew_link, seen,
};
