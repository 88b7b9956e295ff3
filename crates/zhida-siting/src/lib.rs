#![doc = include_str!("../README.md")]

mod branch;
mod capacity;
mod centre;
mod cover;
mod covered;
mod dual;
mod formats;
mod gradual;
mod index;
mod interchange;
mod lists;
mod median;
mod metric;
mod model;
pub mod plan;
mod reach;
mod roads;
mod ruled;
mod setcover;
mod verify;

pub use capacity::{Assigned, Loads, capacitated};
pub use centre::centre;
pub use cover::{Worth, cover};
pub use formats::{FormatError, orlib, tsplib};
pub use gradual::gradual;
pub use index::Nearest;
pub use median::{Answer, Effort, median};
pub use metric::{EARTH, Metric, haversine};
pub use model::{Group, Report, Sites, SitingError, State, Watch};
pub use reach::Cover;
pub use roads::{Edge, Roads};
pub use setcover::set_cover;
pub use verify::{
    Flaw, Stated, verify_capacitated, verify_centre, verify_cover, verify_gradual, verify_median,
    verify_set_cover,
};

/// Whether numbers are finite and at least 0, and as many as expected.
pub(crate) fn numbers(what: &'static str, values: &[f64], expected: usize) -> Result<(), SitingError> {
    if values.len() != expected {
        return Err(SitingError::Length { what, found: values.len(), expected });
    }
    match values.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
        Some(which) => Err(SitingError::NotANumber { what, which, value: values[which] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
