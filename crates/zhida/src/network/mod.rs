//! Networks of places that are open to the public: which are near and open, what was seen of them (each sight with its age), what
//! people say of them. Anybody reads, checks in and rates without a login; a keeper opens and closes by a link of his own.

mod entity;
mod hsds;
mod keeper;
mod near;
mod near_page;
mod noun;
mod open_data;
mod overview;
mod place_page;
mod say;
mod standing;
mod store;
mod uptime;
mod uses;
mod watch;
mod words;

pub use near::{Maps, Spot};
pub use noun::{RATING, SIGNAL};
pub use say::see;
pub use standing::{Standing, standing};
pub use store::{Opinion, Sight, keep, rate, rated, rated_by_place, sights, visits};
pub use words::mean;

use axum::Router;

use crate::app::App;

/// The pages of networks; the map of each stands where its pack says.
pub fn routes(app: &App) -> Router<App> {
    let addresses = app.packs().filter_map(|p| p.network.as_ref());
    let router = addresses.fold(Router::new(), |router, network| near_page::map_of(router, &network.address));
    router
        .merge(place_page::routes())
        .merge(say::routes())
        .merge(keeper::routes())
        .merge(uses::routes())
        .merge(overview::routes())
        .merge(watch::routes())
        .merge(open_data::routes())
        .merge(hsds::routes())
}
