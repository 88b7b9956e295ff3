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
    HANGING, Link, Listing, NewPlace, PHOTOS, add_photos, all, all_in_counties, by_code, change_many, close,
    create, drop_photo, find, kept, kept_in_counties, mapped_count, of_id, of_ids, of_kind, on_the_map,
    remove_import, renew_link, seen,
};
