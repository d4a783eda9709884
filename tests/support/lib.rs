//! What the tests share: a real server on loopback whose answers are scripted, faults included.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a harness that cannot start fails its test"
)]

pub(crate) mod anthropic;
pub(crate) mod completions;
mod desk;
mod faults;
pub(crate) mod gate;
pub(crate) mod histories;
pub(crate) mod proxy;
mod request;
pub(crate) mod responses;
mod script;
pub(crate) mod serve;
mod server;
mod sse;
mod window;

pub(crate) use desk::{Desk, Told, model, now, provider};
pub(crate) use faults::{Fault, fault, faults};
pub(crate) use request::Request;
pub(crate) use script::{Script, Signal};
pub(crate) use server::Server;
pub(crate) use sse::{completion, delta, failure, finish, sse, sse_without_done, thinking, usage};
pub(crate) use window::{FAILED, Place, STILL, Window};
