//! What the message to come asks of a model, and what a model lacks for it.

use super::{AppState, Conversation};
use crate::protocol::{Cast, Draft, Message, ModelId, ModelInfo, Part};

/// What a picture takes, in tokens: about what the providers count for a middling one.
const IMAGE_TOKENS: u64 = 1_000;

/// What a message asks of the model that answers it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Needs {
    /// A picture would be sent.
    pub images: bool,
    /// Tools would be offered. Calls in the history do not need them: they are sent as they are.
    pub tools: bool,
    /// Tokens that would be sent, about; 0 where nothing is known.
    pub tokens: u64,
}

impl Needs {
    /// What the message in the composer asks for, with the chat that it follows.
    pub fn of(draft: &Draft, conversation: Option<&Conversation>) -> Self {
        let path = conversation.map(Self::of_path).unwrap_or_default();
        let images = draft.attachments.iter().any(is_image);
        let attached: u64 = draft.attachments.iter().map(part_tokens).sum();
        Self {
            images: path.images || images,
            tools: false,
            tokens: path.tokens.saturating_add(tokens_of(&draft.text) + attached),
        }
    }

    /// What the chat as it stands asks for, as when an answer is made again.
    pub fn of_path(conversation: &Conversation) -> Self {
        let seen = seen_by_the_model(conversation);
        let images = seen.clone().any(|message| message.parts.iter().any(is_image));
        let counted = seen.rev().find_map(|message| {
            let answer = message.answer.as_ref()?;
            answer.context.map(|context| context.used).or_else(|| answer.usage.total_tokens())
        });
        // Before the first answer what the bot is told is all there is.
        let told = || conversation.cast.as_ref().map_or(0, |cast| told_tokens(cast));
        Self { images, tools: false, tokens: counted.unwrap_or_else(told) }
    }

    /// Why a model cannot answer, in a few words; `None` where it can, or nobody knows.
    pub fn lacking(&self, model: &ModelInfo) -> Option<String> {
        if self.images && model.abilities.vision == Some(false) {
            return Some("takes no images".to_owned());
        }
        if self.tools && model.abilities.tools == Some(false) {
            return Some("calls no tools".to_owned());
        }
        let room = model.context.filter(|room| *room > 0 && *room < self.tokens)?;
        Some(format!("too small: {} of {}", short(self.tokens), short(room)))
    }
}

impl AppState {
    /// What the message in the composer asks of the model that answers it.
    pub fn needs(&self) -> Needs {
        Needs::of(self.draft(), self.conversation())
    }

    /// Of the models that answer the next message, those that would not see a picture attached to
    /// it.
    pub fn blind_models(&self) -> Vec<ModelId> {
        if !self.draft().attachments.iter().any(is_image) {
            return Vec::new();
        }
        let mut models = self.compared();
        models.insert(0, self.next_model().0);
        let is_blind = |info: &ModelInfo| info.abilities.vision == Some(false);
        models.retain(|model| self.model(model).is_some_and(is_blind));
        models
    }
}

/// A guess at the tokens of a text: four characters each.
pub fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

/// What a bot is told; in a room, what all are told and the one who is told most.
fn told_tokens(cast: &Cast) -> u64 {
    let members = cast.room.iter().flat_map(|room| &room.members);
    let most = members.map(|member| tokens_of(&member.instructions)).max();
    tokens_of(&cast.instructions) + most.unwrap_or(0)
}

fn part_tokens(part: &Part) -> u64 {
    match part {
        Part::Text { text } | Part::File { text, .. } => tokens_of(text),
        Part::Image { .. } => IMAGE_TOKENS,
        Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Notice { .. } => 0,
    }
}

/// Whether it is a picture whose bytes go along. Addresses in answers are not sent as pictures.
fn is_image(part: &Part) -> bool {
    matches!(part, Part::Image { url, .. } if url.starts_with("data:"))
}

/// The loaded messages that a request would hold: those behind the last notice that keeps the
/// start of the chat from the model.
fn seen_by_the_model(
    conversation: &Conversation,
) -> impl DoubleEndedIterator<Item = &Message> + Clone {
    let covered = conversation.messages.iter().rev().find_map(|message| {
        message.parts.iter().rev().find_map(|part| match part {
            Part::Notice { covers: Some(covers), .. } if !covers.undone => Some(covers.through),
            Part::Notice { .. }
            | Part::Text { .. }
            | Part::Thinking { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Image { .. }
            | Part::File { .. } => None,
        })
    });
    let first = covered
        .and_then(|through| conversation.messages.iter().position(|known| known.id == through))
        .map_or(0, |at| at + 1);
    conversation.messages.range(first..)
}

/// `12k`, `1.5M`.
fn short(tokens: u64) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        1_000..1_000_000 => format!("{}k", tokens / 1_000),
        _ => format!("{}.{}M", tokens / 1_000_000, tokens % 1_000_000 / 100_000),
    }
}
