//! Logging: to stderr for commands, to daily files for the window. Never a key, never a message.

use std::fmt;
use std::path::Path;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::terminal::harmless;

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
        .event_format(OneLine)
        .finish();
    install(subscriber);
}

/// What a person reads on stderr: how bad it is and what it is, without the names of modules.
struct OneLine;

impl<S, N> FormatEvent<S, N> for OneLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG | Level::TRACE => "debug",
        };
        let mut said = Said::default();
        event.record(&mut said);
        let line = format!("{}{}", said.message, said.fields).replace('\n', " ");
        writeln!(writer, "{level}: {}", harmless(&line))
    }
}

/// The sentence of an event, and behind it what else it tells.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "error" => self.fields.push_str(&format!(": {value:?}")),
            name => self.fields.push_str(&format!(" ({name}: {value:?})")),
        }
    }
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
