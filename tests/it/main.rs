//! Tests of the whole, against real servers, databases and windows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

#[path = "../support/lib.rs"]
#[allow(dead_code, unused_imports, reason = "shared by several kinds of tests")]
mod support;

mod net;
