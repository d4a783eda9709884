//! The budgets of the design, measured: `cargo bench`, or `cargo bench -- frames store …`.
//!
//! Each figure is a ratio against something measured in the same run, or a count. Nothing here
//! passes or fails by time. `--full` searches 1,000,000 messages instead of 100,000.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark"
)]

mod desk;
mod flood;
mod frames;
mod gallery;
mod gateway;
mod links;
mod picker;
mod send;
mod server;
mod start;
mod store;
mod stream;
mod world;

use std::time::Duration;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("--serve") => return server::serve(),
        Some("--baseline") => return stream::baseline(&args[1]),
        _ => {}
    }
    let full = args.iter().any(|arg| arg == "--full");
    let wanted: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|arg| *arg == name);
    println!("{:<74} {:>14} {:>12}", "what", "measured", "budget");
    if runs("frames") {
        frames::run();
    }
    if runs("picker") {
        picker::run();
    }
    if runs("gallery") {
        gallery::run();
    }
    if runs("send") {
        send::run();
    }
    if runs("stream") {
        stream::run();
    }
    if runs("flood") {
        flood::run();
    }
    if runs("store") {
        store::run(full);
    }
    if runs("gateway") {
        gateway::run();
    }
    if runs("links") {
        links::run();
    }
    if runs("start") {
        start::run();
    }
}

/// Prints one figure beside its budget.
pub(crate) fn report(what: &str, measured: &str, budget: &str) {
    println!("{what:<74} {measured:>14} {budget:>12}");
}

/// The value that `share` of all lie below.
pub(crate) fn percentile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort_unstable();
    let last = samples.len().saturating_sub(1);
    let place = (last as f64 * share).round();
    samples[place as usize]
}

pub(crate) fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(1e-12)
}

pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
