//! Long work: everything that takes over a second is a task with progress, cancellable, claimed once, taken up again after
//! a restart. An officer sees the tasks of the county.

mod entity;
mod pages;
mod run;
mod store;

pub use pages::routes;
pub(crate) use run::STOPPED;
pub use run::{Job, Progress, Runner, run_now, work};
pub use store::{Task, find, open, start};

#[cfg(test)]
mod tests;
