//! Parties: the people (and the firms) that a service is for. Officers see those of their region; numbers are masked until
//! somebody gives a reason for looking.

mod entity;
mod facts;
mod filter;
mod fingerprint;
mod forms;
mod noun;
mod occupation;
mod occupation_pages;
mod pages;
mod snapshot;
mod store;
mod tier;
mod title;

pub use entity::State;
pub use facts::{Conflict, Held, Sheet, cell_of, cells_of, json_of, known};
pub use filter::{Condition, Filter};
pub(crate) use filter::{buckets, groups};
pub use fingerprint::{Identity, Numbers};
pub use noun::NOUN;
pub use occupation::{Guess, Occupations};
pub use pages::routes;
pub(crate) use pages::{chips, kinds, seen, tier_name};
pub use snapshot::{Person, Snapshot, Snapshots};
pub use store::{
    Brief, Contact, Found, NewParty, TierSpan, add_sheets, briefs, by_identity, by_phone, contacts,
    create_many, find, firm, identities, learn, merge, names, profiles, remove_import, same_phone,
    tier_history, update_identity,
};
pub(crate) use tier::reason;
pub use tier::{Change, recompute};

#[cfg(test)]
mod tests;
