//! A summary of the start of a chat, by a model of the user's choice.

use super::run::{End, Run};
use super::turn::TurnEnd;
use crate::net::{ChatRequest, FinishReason};
use crate::protocol::{
    ErrorKind, Message, MessageId, ModelId, Params, Part, ProviderError, ProviderKind, Role, Usage,
};

const INSTRUCTIONS: &str = "You summarise the beginning of a conversation between a user and an \
    assistant, so that the assistant can go on with it without having seen it. Keep what later \
    messages may build on: what the user wants, decisions and their reasons, facts, names, \
    numbers, file names, code that was agreed on, and open questions. Leave out greetings and \
    detours. Write at most 500 words, in the language of the conversation, without an introduction.";

/// The window of a model that tells none.
const USUAL_WINDOW: u64 = 16_000;

/// Bytes that are at least one token, in nearly any text.
const BYTES_PER_TOKEN: u64 = 3;

impl Run {
    /// Asks a model for a summary of these messages, which follow what `before` sums up already.
    /// Where they do not fit at once, piece by piece, each with the summary so far.
    pub(super) async fn summarise(
        &mut self,
        by: &ModelId,
        before: Option<String>,
        messages: &[Message],
    ) -> Result<String, End> {
        let provider = self.provider(&by.provider).await.map_err(|end| failed(by, end))?;
        if provider.config().kind == ProviderKind::Guide {
            let message = "The guide is not a language model";
            let error = ProviderError::new(ErrorKind::BadRequest, message);
            return Err(failed(by, End::Failed(error)));
        }
        self.check_budget(by, provider.config()).await?;
        let model = self.providers.model(by);
        let window = model.context.unwrap_or(USUAL_WINDOW);
        let bytes = usize::try_from(window / 2 * BYTES_PER_TOKEN).unwrap_or(usize::MAX);
        let mut summary = before;
        for piece in pieces(messages, bytes.max(1_000)) {
            let request = ChatRequest {
                aside: true,
                params: Params { system: Some(INSTRUCTIONS.to_owned()), ..Params::default() },
                ..ChatRequest::new(
                    model.clone(),
                    vec![self.asking(summary.as_deref(), &piece)],
                    self.sink.answer_id(),
                    self.limits.idle_timeout(provider.config()),
                )
            };
            self.aside = Some(String::new());
            let own = std::mem::take(&mut self.usage);
            let end = self.turn(provider.as_ref(), request).await;
            let text = self.aside.take().unwrap_or_default();
            self.count_aside(by, own).await;
            summary = Some(finished(end, &text).map_err(|end| failed(by, end))?);
        }
        summary.ok_or_else(|| failed(by, nothing_said()))
    }

    /// Books what the call took on the model that was asked, whatever came of it, and gives the
    /// run back what it took before.
    async fn count_aside(&mut self, by: &ModelId, own: Usage) {
        let mut took = std::mem::replace(&mut self.usage, own);
        took.add(&std::mem::take(&mut self.turn_usage));
        if took == Usage::default() {
            return;
        }
        let (now, chat) = ((self.clock.now)(), self.sink.answer().chat);
        if let Err(error) = self.store.add_usage(now, by.clone(), chat, took).await {
            tracing::warn!(%error, "what a summary took is not kept");
        }
    }

    fn asking(&self, before: Option<&str>, piece: &str) -> Message {
        let text = match before {
            Some(before) => format!(
                "This is the summary so far:\n\n{before}\n\nThe conversation went on:\n\n{piece}\n\n\
                 Write one summary of all of it."
            ),
            None => format!("The conversation:\n\n{piece}\n\nSummarise it."),
        };
        let answer = self.sink.answer();
        Message::new(
            MessageId(uuid::Uuid::nil()),
            answer.chat,
            Role::User,
            answer.created,
            vec![Part::Text { text }],
        )
    }
}

fn finished(end: TurnEnd, text: &str) -> Result<String, End> {
    match end {
        TurnEnd::Finished(FinishReason::ContentFilter) => {
            let message = "the provider's content filter ended it";
            Err(End::Failed(ProviderError::new(ErrorKind::Refused, message)))
        }
        TurnEnd::Finished(FinishReason::Stop | FinishReason::Length | FinishReason::ToolCalls) => {
            let text = text.trim();
            if text.is_empty() { Err(nothing_said()) } else { Ok(text.to_owned()) }
        }
        TurnEnd::Stopped(wish) => Err(End::Stopped(wish)),
        TurnEnd::Failed(error) => Err(End::Failed(error)),
    }
}

fn nothing_said() -> End {
    End::Failed(ProviderError::new(ErrorKind::Protocol, "the summary is empty"))
}

/// Says whose failure it is: the answering model was not asked at all.
fn failed(by: &ModelId, end: End) -> End {
    match end {
        End::Failed(error) => {
            let message =
                format!("The start was not summarised, {by} could not do it: {}", error.message);
            End::Failed(ProviderError { message, ..error })
        }
        End::Complete(_) | End::Stopped(_) => end,
    }
}

/// The messages as text, in pieces of at most so many bytes. Nothing is left out.
fn pieces(messages: &[Message], bytes: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for message in messages {
        let text = written_out(message);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let room = bytes.saturating_sub(piece.len());
            if rest.len() > room && !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
                continue;
            }
            let end = rest.floor_char_boundary(room.max(4));
            let (head, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
            piece.push_str(head);
            rest = tail;
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

fn written_out(message: &Message) -> String {
    let parts: Vec<String> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text } => Some(text.clone()),
            Part::ToolCall { tool, args, .. } => Some(format!("[calls {tool} with {args}]")),
            Part::ToolResult { result, .. } => Some(format!("[is told: {result}]")),
            Part::Image { alt, .. } => Some(format!("[an image: {alt}]")),
            Part::File { name, text } => Some(format!("[the file {name}]\n{text}")),
            Part::Thinking { .. } | Part::Notice { .. } => None,
        })
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    let who = match message.role {
        Role::System => "Instructions",
        Role::User => "User",
        Role::Assistant => "Assistant",
    };
    format!("{who}: {}\n\n", parts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ChatId, Timestamp};

    fn said(role: Role, text: &str) -> Message {
        Message::new(
            MessageId(uuid::Uuid::nil()),
            ChatId(uuid::Uuid::nil()),
            role,
            Timestamp(0),
            vec![Part::Text { text: text.to_owned() }],
        )
    }

    #[test]
    fn pieces_together_are_the_whole_and_none_is_too_long() {
        let messages = [
            said(Role::User, "Grüße"),
            said(Role::Assistant, &"langes Wörterbuch ".repeat(9)),
            said(Role::User, "kurz"),
        ];
        let whole: String = messages.iter().map(written_out).collect();
        for bytes in [10, 17, 50, 100, 1_000] {
            let pieces = pieces(&messages, bytes);
            assert_eq!(pieces.concat(), whole, "{bytes}");
            assert!(pieces.iter().all(|piece| piece.len() <= bytes), "{bytes}: {pieces:?}");
        }
        assert_eq!(pieces(&messages, 1_000).len(), 1);
        assert_eq!(pieces(&[], 10), Vec::<String>::new());
    }
}
