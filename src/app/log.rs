//! Logging: to stderr for commands, to daily files for the window. Never a key, never a message.

use std::io::IsTerminal;
use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Log files kept.
const KEPT: usize = 7;

fn filter(verbose: u8) -> EnvFilter {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    // Libraries log addresses and headers: only what we say ourselves is written.
    EnvFilter::new(format!("off,switchboard={level}"))
}

/// Logs to stderr.
pub(super) fn to_stderr(verbose: u8) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(verbose))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .finish();
    install(subscriber);
}

/// Logs to `switchboard.<day>.log` in this folder; to stderr where that cannot be written.
pub(super) fn to_files(folder: &Path, verbose: u8) {
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("switchboard")
        .filename_suffix("log")
        .max_log_files(KEPT)
        .build(folder);
    match appender {
        Ok(appender) => install(
            tracing_subscriber::fmt()
                .with_env_filter(filter(verbose.max(1)))
                .with_writer(appender)
                .with_ansi(false)
                .finish(),
        ),
        Err(_) => to_stderr(verbose),
    }
}

fn install(subscriber: impl tracing::Subscriber + Send + Sync) {
    // Only a second call in one process can fail, and the first one counts.
    drop(tracing::subscriber::set_global_default(subscriber));
}
