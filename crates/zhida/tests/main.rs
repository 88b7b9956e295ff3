//! One binary for what holds across slices: every route has an owner and keeps other counties out; the schema is what the
//! entities say; slices know only what stands before them; the texts are whole.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod classes;
mod county;
mod deliver;
mod layout;
mod network;
mod office;
mod order;
mod outcomes;
mod reach;
mod routes;
mod running;
mod schema;
mod serve;
mod story;
mod tips;
mod tours;
mod ugly;
mod wording;
