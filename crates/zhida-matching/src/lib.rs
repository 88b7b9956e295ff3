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

pub use allocate::{AllocateError, Allocation, Edge, allocate};
pub use demands::{Demands, Proven, Step, StepProblem, allocate_under, step_problem};
pub use fairness::{Group, Selection, selection};
pub use quotas::{Governed, Quota, QuotaError, Rules, allocate_governed, governed_bound};
pub use rank::{
    BLOCK, Best, EachPair, Eligibility, Offer, Party, Pool, Ranking, Scored, Term, TermKind, WHOLE, rank,
    score,
};
pub use stable::{Claim, Stable, lottery, stable};
pub use verify::{Flaw, verify};

#[cfg(test)]
mod tests;
