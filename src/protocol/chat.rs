//! What lists and pages of chats carry.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Cast, ChatBot, ChatId, Message, MessageId, ModelId, Params, Part, RunId, SendRequest, Seq,
    ServerId, Timestamp,
};

/// A chat as the sidebar shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatSummary {
    /// Its identity.
    pub id: ChatId,
    /// One line.
    pub title: String,
    /// Kept at the top.
    pub pinned: bool,
    /// Holds an answer that was not looked at.
    pub unread: bool,
    /// The chat's model, where one was chosen.
    pub model: Option<ModelId>,
    /// The model of the newest answer: colours the dot.
    pub last_model: Option<ModelId>,
    /// When it began.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Messages in it, on all branches.
    pub messages: u64,
    /// How its messages are answered.
    #[serde(default)]
    pub options: ChatOptions,
    /// The bot or room that it began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<ChatBot>,
    /// A try in the editor of bots: no list shows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The server that it lives on; this computer without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerId>,
}

/// How the messages of a chat are answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChatOptions {
    /// Request parameters.
    pub params: Params,
    /// Who answers when the model cannot; the app's own chain without.
    pub fallback: Option<Fallback>,
}

/// Who answers when a model cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fallback {
    /// The next ones, in order.
    pub models: Vec<ModelId>,
    /// Whether a dearer model, or one whose price is not known, may answer.
    pub allow_dearer: bool,
}

/// Text typed but not sent, with all that was chosen for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// What was typed.
    pub text: String,
    /// The model chosen for it, where one was.
    pub model: Option<ModelId>,
    /// Models that shall answer it too, side by side with the first.
    pub compare: Vec<ModelId>,
    /// Parameters set for it alone.
    pub params: Params,
    /// Images and files that go with it.
    pub attachments: Vec<Part>,
}

/// A stretch of the visible path of a chat, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessagePage {
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether the path goes on above the first.
    pub has_older: bool,
    /// The run of an answer that is still open, and its last event that is part of this page:
    /// only later ones are applied to it.
    pub applied: Option<(RunId, Seq)>,
    /// Where the path ends with an answer among several that were asked for at once: the others,
    /// by column, the newest of each.
    pub compared: Vec<Message>,
    /// As `applied`, for the runs of those of them that are still open.
    pub compared_applied: Vec<(RunId, Seq)>,
    /// The bot or room of the chat, with all that it is told.
    pub cast: Option<Arc<Cast>>,
}

/// A message that waits until the running answer ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueuedMessage {
    /// Becomes the id of the sent message.
    pub id: MessageId,
    /// The chat.
    pub chat: ChatId,
    /// What will be sent; editable until then.
    pub text: String,
    /// Chosen for this message.
    pub model: ModelId,
    /// Chosen for this message only.
    pub one_off: bool,
    /// Models that shall answer it too.
    #[serde(default)]
    pub also: Vec<ModelId>,
    /// How it shall be answered.
    #[serde(default)]
    pub options: ChatOptions,
    /// Images and files that go with it.
    #[serde(default)]
    pub attachments: Vec<Part>,
    /// When it was written.
    pub created: Timestamp,
}

impl From<SendRequest> for QueuedMessage {
    fn from(request: SendRequest) -> Self {
        Self {
            id: request.message,
            chat: request.chat,
            text: request.text,
            model: request.model,
            one_off: request.one_off,
            also: request.also.into_iter().map(|other| other.model).collect(),
            options: request.options,
            attachments: request.attachments,
            created: request.created,
        }
    }
}

/// A page of the bundled help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelpPage {
    /// The file's stem; links name it as `help:<id>`.
    pub id: &'static str,
    /// Its first heading.
    pub title: &'static str,
    /// Markdown, the heading included.
    pub text: &'static str,
}

/// A passage of the bundled help that fits a question.
#[derive(Clone, Debug, PartialEq)]
pub struct HelpHit {
    /// The page.
    pub page: HelpPage,
    /// The section's heading; the page's title for its first section.
    pub heading: String,
    /// The section's text, Markdown without the heading.
    pub text: String,
    /// Smaller is better (BM25 as SQLite counts it).
    pub score: f64,
}

/// Full-text search over the bundled help. The store implements it, the guide uses it.
pub trait HelpSearch: Send + Sync + std::fmt::Debug {
    /// The best passages for a question in plain words, best first.
    fn search(&self, question: &str, limit: usize) -> Vec<HelpHit>;
}
