//! Positions.

use serde::{Deserialize, Serialize};

/// A position in WGS 84 (CGCS2000 is the same for this use), degrees, longitude first as in RFC 7946.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LonLat {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

/// Why two numbers are not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LonLatError {
    /// Outside -180…180 and -90…90, or not a number.
    #[error("a position needs a longitude of -180 to 180 and a latitude of -90 to 90")]
    OutOfRange,
    /// Not two numbers with a comma between.
    #[error("a position is a longitude and a latitude with a comma between")]
    Form,
}

impl LonLat {
    /// Mean radius of the earth in metres (IUGG).
    const EARTH_METRES: f64 = 6_371_008.8;

    /// A checked position.
    ///
    /// # Errors
    /// [`LonLatError::OutOfRange`].
    pub fn new(lon: f64, lat: f64) -> Result<Self, LonLatError> {
        let inside = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
        if inside { Ok(Self { lon, lat }) } else { Err(LonLatError::OutOfRange) }
    }

    /// A position as people write it: longitude and latitude in degrees with a comma between.
    ///
    /// # Errors
    /// [`LonLatError`].
    ///
    /// ```
    /// use zhida_types::LonLat;
    /// assert_eq!(LonLat::parse("120.94, 30.52"), LonLat::new(120.94, 30.52));
    /// assert!(LonLat::parse("120.94").is_err() && LonLat::parse("north, 3").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, LonLatError> {
        let (lon, lat) = text.split_once(',').ok_or(LonLatError::Form)?;
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_no_number| LonLatError::Form);
        Self::new(number(lon)?, number(lat)?)
    }

    /// Great-circle distance in metres (haversine).
    pub fn metres_to(self, other: Self) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let dlat = (b - a) / 2.0;
        let dlon = (other.lon - self.lon).to_radians() / 2.0;
        let h = dlat.sin().powi(2) + a.cos() * b.cos() * dlon.sin().powi(2);
        2.0 * Self::EARTH_METRES * h.sqrt().min(1.0).asin()
    }
}
