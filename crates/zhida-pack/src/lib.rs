//! A service as files: reads a pack, checks every rule of it and runs its own cases.
//!
//! A pack is a folder (see `docs/book`): `pack.toml`, `profile.toml`, `params.toml`, `tiers.toml`, `imports/*.toml`,
//! `programmes/*.toml`, `prohibitions.toml`, `texts/*.ftl`, `cases/*.toml`. The program knows no service by name: what is particular to one
//! stands in its pack.

mod cases;
mod derive;
mod files;
mod import;
mod lint;
mod pack;
mod programme;
mod replies;

pub use cases::CaseResult;
pub use derive::derive;
pub use files::{Files, PackFault};
pub use import::{ImportColumn, ImportKind, Makes, Refusal};
pub use lint::{Note, Prohibition, Use};
pub use pack::{Pack, Tier, TierVersion, Uses};
pub use programme::{OfferKind, Programme, Stage, StageKind, TermFile, TermMeasure};
pub use replies::{Meaning, Replies};

#[cfg(test)]
mod tests;
