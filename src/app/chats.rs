//! `switchboard chats`: what is in the store.

use clap::Subcommand;
use jiff::tz::TimeZone;

use super::backend;
use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, say, say_exactly};
use crate::protocol::{AnswerStatus, Cast, ChatId, ChatSummary, Message, Part, Role, Timestamp};
use crate::store::{Paths, StoreError, StoreHandle};

/// What can be done with chats.
#[derive(Debug, Subcommand)]
pub(super) enum ChatsCommand {
    /// List them, newest first
    List(JsonFlag),
    /// Print the visible path of one
    Show {
        /// The chat's id
        id: String,
        #[command(flatten)]
        flag: JsonFlag,
    },
    /// Delete one; the window can restore it for a while
    Delete {
        /// The chat's id
        id: String,
        #[command(flatten)]
        flag: JsonFlag,
    },
}

pub(super) async fn run(paths: &Paths, command: ChatsCommand) -> Outcome {
    let store = backend::store_for_command(paths)?;
    let done = match command {
        ChatsCommand::List(flag) => list(&store, flag).await,
        ChatsCommand::Show { id, flag } => show(&store, &id, flag).await,
        ChatsCommand::Delete { id, flag } => delete(&store, &id, flag).await,
    };
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the store did not close well");
    }
    done
}

fn failed(error: StoreError) -> Failure {
    Failure::work(error, "See `switchboard doctor`")
}

async fn list(store: &StoreHandle, flag: JsonFlag) -> Outcome {
    let chats = store.list_chats().await.map_err(failed)?;
    if flag.json {
        let text = serde_json::to_string(&chats).map_err(|error| Failure::work(error, ""))?;
        return say_exactly(&text);
    }
    for chat in chats {
        let pin = if chat.pinned { " (pinned)" } else { "" };
        say(&format!("{}  {}  {}{pin}", chat.id, time(chat.updated), chat.title))?;
    }
    Ok(())
}

async fn find(store: &StoreHandle, id: &str) -> Result<ChatSummary, Failure> {
    let hint = "List the chats with `switchboard chats list`";
    let chat: ChatId =
        id.parse().map_err(|_bad| Failure::usage(format!("{id:?} is not a chat id"), hint))?;
    let found = store.chat(chat).await.map_err(failed)?;
    found.ok_or_else(|| Failure::usage(format!("there is no chat {id}"), hint))
}

async fn show(store: &StoreHandle, id: &str, flag: JsonFlag) -> Outcome {
    let chat = find(store, id).await?;
    let leaf = store.page(chat.id, None, 1).await.map_err(failed)?.messages.pop();
    let messages = match leaf {
        Some(leaf) => store.path(leaf.id).await.map_err(failed)?,
        None => Vec::new(),
    };
    if flag.json {
        let value = serde_json::json!({"chat": chat, "messages": messages});
        return say_exactly(&value.to_string());
    }
    let left = store.left_open(chat.id).await.map_err(failed)?;
    let cast = match chat.bot {
        Some(_) => store.cast(chat.id).await.map_err(failed)?,
        None => None,
    };
    say(&format!("# {}", chat.title))?;
    for message in messages {
        let is_left = message.answer.as_ref().is_some_and(|answer| left.contains(&answer.run));
        let open = if is_left { LEFT_OPEN } else { "arriving" };
        say(&format!("\n## {}\n", who(&message, cast.as_deref(), open)))?;
        for part in &message.parts {
            say(&text_of(part))?;
        }
    }
    Ok(())
}

/// What is said of an answer that runs on at its provider, while nobody here reads it.
const LEFT_OPEN: &str = "not finished; it goes on when Switchboard is open";

/// Who says it, and how it stands; `open` says it of an answer that has not ended.
fn who(message: &Message, cast: Option<&Cast>, open: &str) -> String {
    let speaker = message.bot.as_ref().zip(cast).map(|(bot, cast)| cast.name_of(bot));
    let name = match (&message.answer, message.role) {
        (Some(answer), _) if speaker.is_some() => {
            format!("{} · {}", speaker.unwrap_or_default(), answer.model)
        }
        (None, Role::Assistant) if speaker.is_some() => speaker.unwrap_or_default().to_owned(),
        (Some(answer), _) => answer.model.to_string(),
        (None, Role::User) => "You".to_owned(),
        (None, Role::System) => "System".to_owned(),
        (None, Role::Assistant) => "Assistant".to_owned(),
    };
    let mut line = format!("{name} · {}", time(message.created));
    if let Some(answer) = &message.answer {
        if let Some(tokens) = answer.usage.total_tokens() {
            line.push_str(&format!(" · {tokens} tok"));
        }
        if let Some(cost) = answer.usage.cost_usd {
            line.push_str(&format!(" · ${cost:.4}"));
        }
        if answer.one_off {
            line.push_str(" · this message only");
        }
        let status = match answer.status {
            AnswerStatus::Complete => return line,
            AnswerStatus::Open => open,
            AnswerStatus::Stopped => "stopped",
            AnswerStatus::Interrupted => "interrupted",
            AnswerStatus::Failed => "failed",
        };
        line.push_str(" · ");
        line.push_str(status);
    }
    line
}

fn text_of(part: &Part) -> String {
    match part {
        Part::Text { text } => text.clone(),
        Part::Thinking { text, .. } => format!("(thinking) {text}"),
        Part::ToolCall { tool, args, .. } => format!("(calls {tool}) {args}"),
        Part::ToolResult { result, success, .. } => {
            let how = if *success { "result" } else { "failed" };
            format!("({how}) {result}")
        }
        Part::Image { alt, .. } => format!("(image) {alt}"),
        Part::File { name, .. } => format!("(file) {name}"),
        Part::Notice { message, .. } => format!("(note) {message}"),
    }
}

async fn delete(store: &StoreHandle, id: &str, flag: JsonFlag) -> Outcome {
    let chat = find(store, id).await?;
    store.delete_chat(chat.id).await.map_err(failed)?;
    if flag.json {
        return say_exactly(&serde_json::json!({"deleted": chat.id}).to_string());
    }
    say(&format!("{:?} is deleted", chat.title))
}

fn time(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => String::new(),
    }
}
