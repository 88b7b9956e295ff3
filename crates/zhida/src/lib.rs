//! Zhida (直达): find the people whom a service is for, match each with what fits, reach them, deliver, check, show.
//!
//! The library behind the one binary. Modules in the order in which they may know each other:

pub mod account;
pub mod app;
pub mod case;
pub mod check;
pub mod cli;
pub mod clock;
pub mod commitment;
pub mod config;
pub mod db;
pub mod demo;
pub mod document;
pub mod finding;
pub mod ids;
pub mod import;
pub mod journal;
pub mod layout;
pub mod ledger;
pub mod letter;
pub mod measure;
pub mod meeting;
pub mod message;
pub mod network;
pub mod note;
pub mod offer;
pub mod party;
pub mod payment;
pub mod photo;
pub mod place;
pub mod problem;
pub mod programme;
pub mod regions;
pub mod report;
mod rows;
pub mod runners;
pub mod show;
pub mod site;
pub mod supply;
pub mod task;
pub mod texts;
pub mod tip;
pub mod tour;
pub mod unit;
pub mod visit;
pub mod web;
