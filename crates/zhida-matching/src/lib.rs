#![doc = include_str!("../README.md")]

mod allocate;
mod auction;
mod demands;
mod fairness;
mod quotas;
mod rank;
mod sphere;
mod stable;
mod verify;
mod watch;

pub use allocate::{AllocateError, Allocation, Edge, allocate};
pub use demands::{Demands, Proven, Step, allocate_under};
pub use fairness::{Group, Selection, selection};
pub use quotas::{
    Governed, GovernedStep, Quota, QuotaError, Rules, StepPrices, allocate_governed, governed_bound,
};
pub use rank::{
    BLOCK, Best, EachPair, Eligibility, Offer, Party, Pool, Ranking, Scored, Term, TermKind, WHOLE, rank,
    score,
};
pub use stable::{Claim, Stable, lottery, stable};
pub use verify::{Flaw, quota_bound, tier_bounds, verify};
pub use watch::{Stage, Watch};

#[cfg(test)]
mod tests;
