//! Applying a run's events to its answer.
//!
//! One function for three readers: the window (live), the store (when a run ends and its
//! journal becomes parts) and recovery (after a crash). So they cannot disagree.

use super::{
    Answer, AnswerStatus, ContextUse, ErrorInfo, Message, NotificationLevel, Part, RunStatus,
    StreamEvent, Timestamp, Usage,
};

/// What an event did to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The part with this index was appended to or added.
    Part(usize),
    /// Something besides the parts changed: usage, status, error.
    Answer,
    /// Nothing: the event was known already or says nothing about content.
    Nothing,
}

impl Message {
    /// Applies one event, in order. Applying a delta twice changes nothing.
    pub fn apply(&mut self, event: &StreamEvent, at: Timestamp) -> Applied {
        let started = self.created;
        match event {
            StreamEvent::Message { content, offset, .. } => {
                let applied = self.append_text(content, *offset, at);
                self.note_first_token(applied, at, started);
                applied
            }
            StreamEvent::Thinking { content, offset, opaque } => {
                let applied = self.append_thinking(content, *offset, opaque.as_ref(), at);
                self.note_first_token(applied, at, started);
                applied
            }
            StreamEvent::ToolStart { id, tool, args } => {
                let known = self
                    .parts
                    .iter()
                    .any(|part| matches!(part, Part::ToolCall { id: call, .. } if call == id));
                if known {
                    return Applied::Nothing;
                }
                self.push(
                    Part::ToolCall { id: id.clone(), tool: tool.clone(), args: args.clone() },
                    at,
                )
            }
            StreamEvent::ToolEnd { id, result, success, elapsed_ms } => self.push(
                Part::ToolResult {
                    id: id.clone(),
                    result: result.clone(),
                    success: *success,
                    elapsed_ms: *elapsed_ms,
                },
                at,
            ),
            StreamEvent::Notification { level, code, message, covers } => self.push(
                Part::Notice {
                    level: *level,
                    code: code.clone(),
                    message: message.clone(),
                    covers: covers.clone(),
                },
                at,
            ),
            StreamEvent::ModelFallback { old_model, new_model, reason } => {
                if let Some(answer) = &mut self.answer {
                    answer.model = new_model.clone();
                }
                let message = format!("{new_model} answered instead of {old_model}: {reason}");
                self.push(
                    Part::Notice {
                        level: NotificationLevel::Info,
                        code: "model_fallback".to_owned(),
                        message,
                        covers: None,
                    },
                    at,
                )
            }
            StreamEvent::Context { used_tokens, limit_tokens, estimated } => {
                match &mut self.answer {
                    Some(answer) => {
                        let (used, limit) = (*used_tokens, *limit_tokens);
                        answer.context = Some(ContextUse { used, limit, estimated: *estimated });
                        Applied::Answer
                    }
                    None => Applied::Nothing,
                }
            }
            StreamEvent::Usage { .. } | StreamEvent::Error { .. } | StreamEvent::Done { .. } => {
                self.close_thinking(at);
                match &mut self.answer {
                    Some(answer) => apply_to_answer(answer, event, at.ms_since(started)),
                    None => Applied::Nothing,
                }
            }
            StreamEvent::State { .. } | StreamEvent::ApprovalNeeded { .. } => Applied::Nothing,
        }
    }

    fn note_first_token(&mut self, applied: Applied, at: Timestamp, started: Timestamp) {
        if applied != Applied::Nothing
            && let Some(answer) = &mut self.answer
            && answer.first_token_ms.is_none()
        {
            answer.first_token_ms = Some(at.ms_since(started));
        }
    }

    fn append_text(&mut self, content: &str, offset: u64, at: Timestamp) -> Applied {
        if let Some(Part::Text { text }) = self.parts.last_mut() {
            let added = append_at(text, content, offset);
            return if added { Applied::Part(self.parts.len() - 1) } else { Applied::Nothing };
        }
        if offset != 0 || content.is_empty() {
            return Applied::Nothing;
        }
        self.push(Part::Text { text: content.to_owned() }, at)
    }

    fn append_thinking(
        &mut self,
        content: &str,
        offset: u64,
        data: Option<&serde_json::Value>,
        at: Timestamp,
    ) -> Applied {
        if let Some(Part::Thinking { text, opaque, .. }) = self.parts.last_mut() {
            let added = append_at(text, content, offset);
            if let Some(data) = data {
                *opaque = Some(data.clone());
            }
            let changed = added || data.is_some();
            return if changed { Applied::Part(self.parts.len() - 1) } else { Applied::Nothing };
        }
        if offset != 0 || (content.is_empty() && data.is_none()) {
            return Applied::Nothing;
        }
        let text = content.to_owned();
        self.push(Part::Thinking { text, started: at, ended: None, opaque: data.cloned() }, at)
    }

    fn push(&mut self, part: Part, at: Timestamp) -> Applied {
        self.close_thinking(at);
        self.parts.push(part);
        Applied::Part(self.parts.len() - 1)
    }

    fn close_thinking(&mut self, at: Timestamp) {
        if let Some(Part::Thinking { ended, .. }) = self.parts.last_mut()
            && ended.is_none()
        {
            *ended = Some(at);
        }
    }
}

/// Appends the part of `content` that lies beyond what is there. A gap is never papered over.
fn append_at(text: &mut String, content: &str, offset: u64) -> bool {
    let have = text.len() as u64;
    if offset > have {
        return false;
    }
    let known = usize::try_from(have - offset).unwrap_or(usize::MAX);
    match content.get(known..) {
        Some(new) if !new.is_empty() => {
            text.push_str(new);
            true
        }
        Some(_) | None => false,
    }
}

fn apply_to_answer(answer: &mut Answer, event: &StreamEvent, elapsed_ms: u64) -> Applied {
    match event {
        StreamEvent::Usage {
            prompt_tokens,
            completion_tokens,
            cached_tokens,
            cache_write_tokens,
            total_cost,
            totals: _,
        } => {
            answer.usage = Usage {
                prompt_tokens: *prompt_tokens,
                completion_tokens: *completion_tokens,
                cached_tokens: *cached_tokens,
                cache_write_tokens: *cache_write_tokens,
                cost_usd: *total_cost,
            };
        }
        StreamEvent::Error { message, code, kind, status, retry_after_ms, retryable } => {
            if *retryable {
                return Applied::Nothing;
            }
            answer.error = Some(ErrorInfo {
                kind: *kind,
                status: *status,
                code: code.clone(),
                message: message.clone(),
                retry_after_ms: *retry_after_ms,
            });
        }
        StreamEvent::Done { status, .. } => {
            answer.duration_ms = Some(elapsed_ms);
            answer.status = match status {
                RunStatus::Complete => AnswerStatus::Complete,
                RunStatus::Stopped => AnswerStatus::Stopped,
                RunStatus::Interrupted => AnswerStatus::Interrupted,
                RunStatus::Failed => AnswerStatus::Failed,
            };
        }
        StreamEvent::State { .. }
        | StreamEvent::Thinking { .. }
        | StreamEvent::Message { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::ToolEnd { .. }
        | StreamEvent::ApprovalNeeded { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. } => return Applied::Nothing,
    }
    Applied::Answer
}
