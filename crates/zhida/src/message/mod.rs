//! Messages: written to an outbox in the transaction of the act they belong to, delivered by a worker. Officers see what
//! was sent and whether it arrived; the text itself is sealed.

mod channel;
mod deliver;
mod entity;
mod noun;
mod pages;
mod store;

pub use channel::Envelope;
pub use deliver::{round, work};
pub use entity::{Model as Message, State};
pub use noun::NOUN;
pub use pages::{Signed, routes, signed};
pub use store::{
    NewMessage, Queued, answered, aware, by_reply, by_token, counts, of_cases, opened, queue, reach,
    reassign, stop, tally,
};
