//! Zhida (直达): find the people whom a service is for, match each with what fits, reach them, deliver, check, show.
//!
//! The library behind the one binary. Modules in the order in which they may know each other:

pub mod ids;
pub mod clock;
pub mod config;
pub mod problem;
pub mod texts;
pub mod regions;
pub mod db;
pub mod app;
pub mod web;
pub mod journal;
pub mod task;
pub mod unit;
pub mod account;
pub mod message;
pub mod party;
pub mod offer;
pub mod programme;
pub mod case;
pub mod visit;
pub mod import;
pub mod show;
pub mod demo;
pub mod runners;
pub mod cli;
