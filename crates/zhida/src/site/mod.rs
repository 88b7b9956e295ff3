//! Where service points should stand, as files say it: tables of places and people, hours, roads, layout plans. What the
//! command line and the pages read alike, so that an answer of one is checked by the other.

mod datum;
mod hours;
pub mod layout;
mod roads;

pub(crate) use datum::mixed;
pub(crate) use hours::{Hours, Open};
pub(crate) use roads::roads;

/// Degrees that can be, with a guess at what was meant where they cannot.
pub(crate) fn degrees([lon, lat]: [f64; 2]) -> Result<(), String> {
    if lon.abs() <= 180.0 && lat.abs() <= 90.0 {
        return Ok(());
    }
    let hint = if lon.abs() <= 90.0 && lat.abs() <= 180.0 {
        "they look exchanged: the longitude comes first"
    } else if lon.abs() >= 1e6 && lat.abs() >= 1e6 {
        "they look like degrees × 1,000,000: divide them"
    } else {
        "coordinates in a plane are read with --planar"
    };
    Err(format!("{lon}, {lat} are no longitude and latitude in degrees; {hint}"))
}
