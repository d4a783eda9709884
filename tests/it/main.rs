//! Tests of the whole, against real servers, databases and windows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "these are tests"
)]

#[path = "../support/lib.rs"]
#[allow(dead_code, unused_imports, reason = "shared by several kinds of tests")]
mod support;

mod anthropic;
mod architecture;
mod bots;
mod budget;
mod catalogue;
mod command_line;
mod engine;
mod gateway;
mod http_options;
mod link;
mod net;
mod real_window;
mod remote;
mod responses;
mod schedules;
mod smoke;
mod soak;
mod switching;
mod templates;
mod window;
mod wire;
