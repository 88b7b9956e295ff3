//! Values that check themselves: money, days, regions, positions and the numbers on people's papers.
//!
//! | type | is | standard |
//! |---|---|---|
//! | [`Fen`] | money in whole fen | – |
//! | [`Day`] | a civil date in Asia/Shanghai | GB/T 7408 |
//! | [`Window`] | from a day until before another | – |
//! | [`RegionCode`] | province, city, county, town, village | GB/T 2260, GB/T 10114 |
//! | [`LonLat`] | a position, WGS 84, longitude first | RFC 7946 |
//! | [`Datum`], [`shifted`], [`gcj02`], [`wgs84`] | from and to the datums of maps in China | – |
//! | [`IdNumber`] | a resident's identity number | GB 11643 |
//! | [`CreditCode`] | an organisation's unified social credit code | GB 32100 |
//! | [`Phone`] | a mobile number | – |
//! | [`Period`] | a month or a year | – |
//! | [`Quantity`] | how much of something, in thousandths | – |
//! | [`Figure`], [`Said`] | a promised or stated number with how it is meant | – |
//!
//! Nothing here reads a file, a clock or a database.

mod chinese;
mod credit;
mod datum;
mod day;
mod figure;
mod identity;
mod money;
mod period;
mod phone;
mod place;
mod quantity;
mod region;

pub use chinese::{Found, figures, number as chinese_number};
pub use credit::{CreditCode, CreditCodeError};
pub use datum::{Datum, Shifted, gcj02, shifted, wgs84};
pub use day::{Day, DayError, Window};
pub use figure::{Comparator, Figure, Force, Said, rounded};
pub use identity::{IdNumber, IdNumberError, Sex};
pub use money::{Fen, FenError};
pub use period::{Period, PeriodError};
pub use phone::{Phone, PhoneError};
pub use place::{LonLat, LonLatError};
pub use quantity::{Quantity, QuantityError};
pub use region::{RegionCode, RegionError, RegionLevel};

#[cfg(test)]
mod tests;
