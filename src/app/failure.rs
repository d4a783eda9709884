//! How a command of the command line ends.

use std::fmt::Display;
use std::process::ExitCode;

use super::terminal::harmless;

/// Why a command failed: one sentence, a hint, an exit code.
#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    hint: String,
    code: u8,
}

impl Failure {
    /// The work failed: exit code 1.
    pub(super) fn work(message: impl Display, hint: &str) -> Self {
        Self { message: format!("{message}"), hint: hint.to_owned(), code: 1 }
    }

    /// Wrong use or configuration: exit code 2.
    pub(super) fn usage(message: impl Display, hint: &str) -> Self {
        Self { message: format!("{message}"), hint: hint.to_owned(), code: 2 }
    }

    /// The user stopped it: exit code 130, nothing to be said.
    pub(super) fn stopped() -> Self {
        Self { message: String::new(), hint: String::new(), code: 130 }
    }

    /// What happened, without the hint.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Says it on stderr.
    #[expect(clippy::print_stderr, reason = "errors of the command line go to stderr")]
    pub(super) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("error: {}", harmless(&self.message));
        }
        if !self.hint.is_empty() {
            eprintln!("hint: {}", harmless(&self.hint));
        }
        ExitCode::from(self.code)
    }
}

/// What every command of the command line gives back.
pub(super) type Outcome = Result<(), Failure>;

/// Writes a line for people to stdout; a closed pipe ends the command quietly.
pub(super) fn say(text: &str) -> Outcome {
    say_exactly(&harmless(text))
}

/// Writes a line for programs to stdout, as it is.
pub(super) fn say_exactly(text: &str) -> Outcome {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| pipe_closed(&error))
}

/// Writes a line to stderr that is no error.
#[expect(clippy::print_stderr, reason = "what is beside the output goes to stderr")]
pub(super) fn note(text: &str) {
    eprintln!("note: {}", harmless(text));
}

/// A failed write to stdout.
pub(super) fn pipe_closed(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure { message: String::new(), hint: String::new(), code: 0 };
    }
    Failure::work(format!("the output could not be written: {error}"), "")
}
