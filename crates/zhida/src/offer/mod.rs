//! Offers: something to be had, with seats, a window, a place, a provider. Officers keep those of their county.

mod entity;
mod forms;
mod pages;
mod store;

pub use entity::Model as Offer;
pub use pages::routes;
pub use store::{NewOffer, create_many, find, list, of_programme, remove_import, taken};
