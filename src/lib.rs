//! Switchboard: a desktop chat in which every message can go to another model.
//!
//! The map of the house stands in `ARCHITECTURE.md`.

pub mod agent;
pub mod app;
pub mod net;
pub mod protocol;
pub mod state;
pub mod store;
pub mod ui;
