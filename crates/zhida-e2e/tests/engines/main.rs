//! The engines' commands on plain files, as their contract says: keys, exit codes, places of faults.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod folder;
mod layout;
mod matching;
mod rules;
mod siting;
