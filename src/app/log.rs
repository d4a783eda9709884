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

/// How a log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// Logs to stderr as a server does: what happens, and when.
pub(super) fn of_server(verbose: u8, format: LogFormat) {
    let verbose = verbose.saturating_add(1);
    match format {
        LogFormat::Text => to_stderr(verbose),
        LogFormat::Json => install(
            tracing_subscriber::fmt()
                .with_env_filter(filter(verbose))
                .with_writer(std::io::stderr)
                .event_format(JsonLine)
                .finish(),
        ),
    }
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

/// What a program reads: one JSON object per line.
struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
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
        let mut fields = Fields::default();
        event.record(&mut fields);
        fields.0.insert("time".to_owned(), jiff::Timestamp::now().to_string().into());
        let level = event.metadata().level().as_str().to_lowercase();
        fields.0.insert("level".to_owned(), level.into());
        fields.0.insert("target".to_owned(), event.metadata().target().into());
        writeln!(writer, "{}", serde_json::Value::Object(fields.0))
    }
}

/// All that an event tells, by name.
#[derive(Default)]
struct Fields(serde_json::Map<String, serde_json::Value>);

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }
}

/// The sentence of an event, and behind it what else it tells.
#[derive(Default)]
struct Said {
    message: String,
    fields: String,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Without the quotes of a program.
        self.record_debug(field, &format_args!("{value}"));
    }

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
