//! A service as files: reads a pack, checks every rule of it and runs its own cases.
//!
//! A pack is a folder (see `docs/book`): `pack.toml`, `profile.toml`, `params.toml`, `tiers.toml`, `imports/*.toml`,
//! `programmes/*.toml`, `checklists/*.toml`, `commitments/*.toml`, `lights.toml`, `indicators.toml`, `ledger.toml`,
//! `reports/*.toml`, `tours.toml`, `network.toml`, `layout.toml`, `sanctions.toml`, `providers.toml`, `stages.toml`, `measures/*.toml`, `prohibitions.toml`, `texts/*.ftl`, `cases/*.toml`; only the first is needed. The program knows no
//! service by name: what is particular to one stands in its pack.

mod cases;
mod checklist;
mod commitments;
mod derive;
mod files;
mod goods;
mod import;
pub mod layout;
mod lint;
mod measure;
mod network;
mod pack;
mod programme;
mod providers;
mod public;
mod register;
mod replies;
mod report;
mod sanctions;
mod tours;

pub use cases::CaseResult;
pub use checklist::{
    Answer, Checklist, Choice, FindingRule, Outcome, Question, QuestionKind, Section, Severity,
};
pub use commitments::{
    Aggregate, CommitmentList, Duties, Indicator, Item, Light, Lights, Milestone, light_profile,
};
pub use derive::derive;
pub use files::{Files, PackFault};
pub use goods::{BudgetLine, Good, Goods};
pub use import::{ImportColumn, ImportKind, Makes, Refusal};
pub use lint::{Note, Prohibition, Use};
pub use measure::{
    Benefit, Gives, Measure, Novelty, Package, PackageKind, Paper, Rank, Serves, amount_of, thousandths,
};
pub use network::{
    Coded, Entry, MapApp, Named, Network, PlaceTier, Praise, STATES, Service, TierAsks, called, coded,
    in_order,
};
pub use pack::{Gate, IdentityKind, Pack, PartyKind, PlaceKind, Tier, TierVersion, Uses};
pub use programme::{OfferKind, Programme, Stage, StageKind, TermFile, TermMeasure};
pub use providers::{
    Course, DueWhen, Evidence, Outcomes, ProviderPaper, Providers, Record, Running, Subsidy, Suspect, Target,
};
pub use public::{Letter, Rectification, Settled, TipKind, Tips};
pub use replies::{Meaning, Replies};
pub use report::{Part, Report, Span};
pub use sanctions::Sanction;
pub use tours::{Encounter, Frequency, Season, Standing, TourKind, Warning, stop_profile, tour_profile};

#[cfg(test)]
mod tests;
