//! Words and buttons for everything that can go wrong: the one table.

mod servers;

pub use servers::{
    for_error_on, found, link, link_sentence, link_short, seconds_left, server_error,
};

use super::{SettingsTab, ToastLevel, UiCommand};
use crate::protocol::{ErrorInfo, ErrorKind, NoticeCode, ProviderId, Timestamp};

/// What the user is told of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub title: String,
    /// What was kept and what to do.
    pub body: String,
}

/// The words for a failed or broken answer. Buttons are the same for all: Retry, Use another
/// model, Details.
pub fn for_error(error: &ErrorInfo) -> Words {
    let (title, body) = own_row(error).unwrap_or_else(|| error_row(error.kind));
    let title = match error.status {
        Some(status) => format!("{title} ({status})"),
        None => title.to_owned(),
    };
    Words { title, body: body.to_owned() }
}

/// The words for a list of models that could not be fetched: no model was asked for.
pub fn for_list(error: &ErrorInfo) -> Words {
    let words = for_error(error);
    match error.kind {
        ErrorKind::NotFound => {
            Words { title: "No list of models at this address".to_owned(), ..words }
        }
        ErrorKind::Auth
        | ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::ContextTooLong
        | ErrorKind::BadRequest
        | ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::Protocol
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => words,
    }
}

/// Failures that were found here, before anything was sent.
fn own_row(error: &ErrorInfo) -> Option<(&'static str, &'static str)> {
    if error.is_missing_key() {
        return Some((
            "The provider has no key yet",
            "Your message is saved. Enter the provider's key in Settings, then retry.",
        ));
    }
    error.is_certificate_file().then_some((
        "The certificate file cannot be used",
        "Your message is saved. Choose another certificate file for the provider in Settings, then retry.",
    ))
}

/// The failure in one sentence for the command line: what happened, then what the provider said,
/// where that says more.
pub fn sentence(error: &ErrorInfo) -> String {
    sentence_of(for_error(error).title, error)
}

/// The same for a list of models that could not be fetched.
pub fn list_sentence(error: &ErrorInfo) -> String {
    sentence_of(for_list(error).title, error)
}

fn sentence_of(title: String, error: &ErrorInfo) -> String {
    let said = error.message.trim();
    let begins = |text: &str, with: &str| text.to_lowercase().starts_with(&with.to_lowercase());
    if own_row(error).is_some() {
        return said.to_owned();
    }
    if said.is_empty() {
        return title;
    }
    if begins(said, error_row(error.kind).0) {
        return said.to_owned();
    }
    format!("{title}: {said}")
}

fn error_row(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Auth => (
            "The key was not accepted",
            "Your message is saved. Check the provider's key and credit in Settings, then retry.",
        ),
        ErrorKind::RateLimited => (
            "The provider is rate-limiting",
            "Your message is saved. Wait a little and retry, or use another model.",
        ),
        ErrorKind::Overloaded => (
            "The provider is overloaded or failed",
            "Your message is saved. Retry later, or use another model.",
        ),
        ErrorKind::ContextTooLong => (
            "The chat is too long for this model",
            "Everything is kept. Leave out or summarise what is oldest, or use a model with more room.",
        ),
        ErrorKind::BadRequest => (
            "The provider did not accept the request",
            "Your message is saved. Details show what it said; another model may take it.",
        ),
        ErrorKind::NotFound => (
            "The model was not found",
            "Your message is saved. The model may have been renamed or removed, or the provider's address is wrong; choose another model or check the address.",
        ),
        ErrorKind::Network => (
            "The connection failed",
            "What arrived is kept. Check the network and the provider's address, then retry.",
        ),
        ErrorKind::Timeout => (
            "The answer stopped arriving",
            "What arrived is kept. Retry, or raise idle_timeout_s for slow models.",
        ),
        ErrorKind::Protocol => (
            "The server's answer could not be read",
            "What arrived is kept. Check the provider's address, and that it speaks the API that is set for it.",
        ),
        ErrorKind::Refused => (
            "The model declined to answer",
            "What arrived is kept. Rephrase the message, or use another model.",
        ),
        ErrorKind::Cancelled => ("The answer was cancelled", "What arrived is kept."),
        ErrorKind::OverBudget => (
            "Your budget is used up",
            "Your message is saved and nothing was sent. Answer anyway, or raise the budget in Settings.",
        ),
    }
}

/// What a command line says below the error of this provider: one hint.
pub fn hint(error: &ErrorInfo, provider: &ProviderId) -> String {
    if error.is_missing_key() {
        return format!("Enter it: switchboard providers add {provider} --key-stdin");
    }
    if error.is_certificate_file() {
        return format!("Name another file: switchboard providers add {provider} --ca-file FILE");
    }
    if error.kind == ErrorKind::Auth {
        return format!("Check the key with `switchboard providers test {provider}`");
    }
    hint_row(error.kind).to_owned()
}

fn hint_row(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "Check the provider's key",
        ErrorKind::RateLimited | ErrorKind::Overloaded => "Try again later, or another --model",
        ErrorKind::ContextTooLong => "Use a model with a larger context, or a new chat",
        ErrorKind::BadRequest => "Try another --model",
        ErrorKind::NotFound => "List the models with `switchboard models`",
        ErrorKind::Network => "Check the network and the address with `switchboard doctor`",
        ErrorKind::Timeout => "Try again; config.toml's chat.idle_timeout_s sets the patience",
        ErrorKind::Protocol => {
            "Check the address, and that it speaks the API of the provider's kind"
        }
        ErrorKind::Refused => "Rephrase the message, or try another --model",
        ErrorKind::Cancelled => "What arrived is kept",
        ErrorKind::OverBudget => {
            "Add --over-budget, raise [budget] in config.toml, or use a free model"
        }
    }
}

/// How old a list of models is: `list of 3 days ago`.
pub fn list_age(listed: Option<Timestamp>, now: Timestamp) -> String {
    const HOUR_MS: u64 = 60 * 60 * 1_000;
    let Some(listed) = listed else { return "list of an unknown day".to_owned() };
    if listed > now {
        return "list of a day that is still to come: a clock was wrong".to_owned();
    }
    match now.ms_since(listed) / HOUR_MS {
        0 => "list of this hour".to_owned(),
        1 => "list of an hour ago".to_owned(),
        hours @ 2..48 => format!("list of {hours} hours ago"),
        hours => format!("list of {} days ago", hours / 24),
    }
}

/// A notice as a toast: how serious, what to say, and the one button that helps.
pub(super) struct NoticeWords {
    pub(super) level: ToastLevel,
    pub(super) title: &'static str,
    pub(super) body: &'static str,
    pub(super) action: Option<(&'static str, UiCommand)>,
}

/// What happened and what to do, for the command line.
pub fn notice(code: &NoticeCode) -> (&'static str, &'static str) {
    let words = for_notice(code);
    (words.title, words.body)
}

/// The words for what concerns no single message.
pub(super) fn for_notice(code: &NoticeCode) -> NoticeWords {
    let (level, title, body) = notice_row(code);
    let title = match code {
        NoticeCode::RunsInterrupted { count: 2.. } => "Some answers had been cut off",
        NoticeCode::RunsInterrupted { .. }
        | NoticeCode::StoreUnavailable
        | NoticeCode::StoreDamaged
        | NoticeCode::StoreNewer
        | NoticeCode::WriteFailed
        | NoticeCode::ConfigUnknownKey
        | NoticeCode::ConfigValue
        | NoticeCode::ConfigUnreadable
        | NoticeCode::ConfigNotSaved
        | NoticeCode::KeyNotSaved
        | NoticeCode::Busy
        | NoticeCode::ChatMissing
        | NoticeCode::TooManyModels
        | NoticeCode::BudgetNear
        | NoticeCode::BudgetUsedUp
        | NoticeCode::PersonasUnreadable
        | NoticeCode::BotNotExported
        | NoticeCode::ServerRefused
        | NoticeCode::ServerRestored
        | NoticeCode::TokenInTheClear
        | NoticeCode::EditUnreadable
        | NoticeCode::ConfigDuplicateProvider => title,
    };
    NoticeWords { level, title, body, action: notice_action(code) }
}

const PERSONAS_UNREADABLE: (ToastLevel, &str, &str) = (
    ToastLevel::Warning,
    "personas.yaml has a mistake",
    "What it held before stays in place. Mend the line, and it is read again.",
);

const BOT_NOT_EXPORTED: (ToastLevel, &str, &str) = (
    ToastLevel::Error,
    "The bot could not be written",
    "It is unchanged. Choose another place for the file.",
);

const SERVER_REFUSED: (ToastLevel, &str, &str) =
    (ToastLevel::Warning, "The server did not do that", "Nothing was lost. Details say why.");

const CONFIG_DUPLICATE_PROVIDER: (ToastLevel, &str, &str) = (
    ToastLevel::Warning,
    "config.toml names two providers alike",
    "The first one counts. Give the other another id.",
);

const SERVER_RESTORED: (ToastLevel, &str, &str) = (
    ToastLevel::Warning,
    "A server has another history than before",
    "It was restored from a copy. What arrived here stays, but its agents do not know what it lost.",
);

const TOKEN_IN_THE_CLEAR: (ToastLevel, &str, &str) = (
    ToastLevel::Warning,
    "The token can be read on its way",
    "The address begins with ws:// and leads to another machine. Use wss:// if the server can.",
);

const EDIT_UNREADABLE: (ToastLevel, &str, &str) = (
    ToastLevel::Warning,
    "Unsaved changes of a bot cannot be read",
    "They stay in the database and are left out. The bots that were saved are unchanged.",
);

fn notice_row(code: &NoticeCode) -> (ToastLevel, &'static str, &'static str) {
    use ToastLevel::{Error, Info, Warning};
    match code {
        NoticeCode::StoreUnavailable => (
            Error,
            "The database could not be opened",
            "Chats of this session are not saved. Free the folder for writing, then start again.",
        ),
        NoticeCode::StoreDamaged => (
            Error,
            "The database is damaged",
            "It is left untouched and this session is not saved. Put a backup in its place, or move it away to start afresh.",
        ),
        NoticeCode::StoreNewer => (
            Error,
            "The database is from a newer Switchboard",
            "It is left untouched and this session is not saved. Update Switchboard to use it.",
        ),
        NoticeCode::WriteFailed => (
            Error,
            "Saving failed",
            "What is on screen is kept in memory and saved as soon as the disk takes it. Free some space.",
        ),
        NoticeCode::RunsInterrupted { .. } => (
            Info,
            "An answer had been cut off",
            "Switchboard ended before it was complete. The text is kept, with Continue below it.",
        ),
        NoticeCode::ConfigUnknownKey => {
            (Warning, "config.toml has a key that is not known", "It is ignored.")
        }
        NoticeCode::ConfigValue => (
            Warning,
            "config.toml has a value that cannot be read",
            "It is left untouched and not used. The rest counts.",
        ),
        NoticeCode::ConfigUnreadable => {
            (Error, "config.toml could not be read", "It is left untouched, and defaults are used.")
        }
        NoticeCode::ConfigNotSaved => {
            (Error, "The settings could not be saved", "They hold until Switchboard ends.")
        }
        NoticeCode::KeyNotSaved => (
            Error,
            "The key could not be saved",
            "Details say why. An environment variable works too.",
        ),
        NoticeCode::Busy => (
            Warning,
            "Switchboard is busy",
            "The last action was not carried out. Try it again in a moment.",
        ),
        NoticeCode::ChatMissing => (
            Warning,
            "That chat is no longer there",
            "It may have been deleted by another window or by the command line.",
        ),
        NoticeCode::TooManyModels => (
            Warning,
            "At most 4 models can be compared",
            "The message was not sent and is back in the composer. Take some models out.",
        ),
        NoticeCode::BudgetNear => (
            Warning,
            "80\u{a0}% of your budget is spent",
            "At its end nothing more is sent until you say so.",
        ),
        NoticeCode::BudgetUsedUp => {
            (Warning, "Your budget is used up", "Nothing that costs is sent until you say so.")
        }
        NoticeCode::ConfigDuplicateProvider => CONFIG_DUPLICATE_PROVIDER,
        NoticeCode::PersonasUnreadable => PERSONAS_UNREADABLE,
        NoticeCode::BotNotExported => BOT_NOT_EXPORTED,
        NoticeCode::ServerRefused => SERVER_REFUSED,
        NoticeCode::ServerRestored => SERVER_RESTORED,
        NoticeCode::TokenInTheClear => TOKEN_IN_THE_CLEAR,
        NoticeCode::EditUnreadable => EDIT_UNREADABLE,
    }
}

fn notice_action(code: &NoticeCode) -> Option<(&'static str, UiCommand)> {
    match code {
        NoticeCode::StoreUnavailable
        | NoticeCode::StoreDamaged
        | NoticeCode::StoreNewer
        | NoticeCode::WriteFailed => Some(("Open folder", UiCommand::OpenDataFolder)),
        NoticeCode::ConfigUnknownKey
        | NoticeCode::ConfigValue
        | NoticeCode::ConfigUnreadable
        | NoticeCode::ConfigNotSaved
        | NoticeCode::PersonasUnreadable
        | NoticeCode::ConfigDuplicateProvider => Some(("Open folder", UiCommand::OpenConfigFolder)),
        NoticeCode::KeyNotSaved => {
            Some(("Open settings", UiCommand::OpenSettings(SettingsTab::Providers)))
        }
        NoticeCode::BudgetNear | NoticeCode::BudgetUsedUp => {
            Some(("Show usage", UiCommand::OpenSettings(SettingsTab::Usage)))
        }
        NoticeCode::RunsInterrupted { .. }
        | NoticeCode::Busy
        | NoticeCode::ChatMissing
        | NoticeCode::BotNotExported
        | NoticeCode::ServerRefused
        | NoticeCode::ServerRestored
        | NoticeCode::TokenInTheClear
        | NoticeCode::EditUnreadable
        | NoticeCode::TooManyModels => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_list_is_told_in_hours_then_days() {
        const HOUR: i64 = 3_600_000;
        let now = Timestamp(1_795_000_000_000);
        let table = [
            (Some(0), "list of this hour"),
            (Some(HOUR), "list of an hour ago"),
            (Some(47 * HOUR), "list of 47 hours ago"),
            (Some(72 * HOUR), "list of 3 days ago"),
            (None, "list of an unknown day"),
            (Some(-1), "list of a day that is still to come: a clock was wrong"),
        ];
        for (before, expected) in table {
            let listed = before.map(|before| Timestamp(now.0 - before));
            assert_eq!(list_age(listed, now), expected);
        }
    }

    #[test]
    fn what_a_provider_says_is_not_said_twice() {
        let error = |kind, message: &str| ErrorInfo::new(kind, message);
        let missing = ErrorInfo::missing_key("Groq", Some("GROQ_API_KEY"));
        let table = [
            (
                error(ErrorKind::Refused, "The model declined to answer"),
                "The model declined to answer",
            ),
            (error(ErrorKind::Refused, "policy"), "The model declined to answer: policy"),
            (error(ErrorKind::Auth, "who?"), "The key was not accepted: who?"),
            (missing, "Groq has no key yet: GROQ_API_KEY is not set"),
        ];
        for (error, expected) in table {
            assert_eq!(sentence(&error), expected);
        }
    }
}
