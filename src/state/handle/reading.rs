//! Files and pictures that are read for a message, which waits for them.

use std::path::PathBuf;

use super::super::apply::push_toast;
use super::super::model::{Effect, FocusTarget, HandleContext, Page, ToastLevel};
use super::super::{AppState, NotAttached, ReadId};
use super::draft::draft_mut;
use super::send;
use crate::protocol::{ChatId, Part, Timestamp};

/// How many attachments a message has at most, and how large they are together, in bytes: all of
/// them are kept with the draft.
const MOST_ATTACHMENTS: usize = 10;
const MOST_BYTES: usize = 28 * 1_024 * 1_024;

impl AppState {
    /// Whether something is being read for the message in the composer.
    pub fn is_reading(&self) -> bool {
        let open = self.open_chat();
        self.reading.iter().any(|(_, chat)| *chat == open)
    }

    /// Whether that message is sent as soon as all of it is in.
    pub fn is_held(&self) -> bool {
        self.held.contains(&self.open_chat())
    }
}

/// Reads files for a message.
pub(super) fn files(
    state: &mut AppState,
    chat: Option<ChatId>,
    paths: Vec<PathBuf>,
) -> Vec<Effect> {
    if paths.is_empty() {
        return Vec::new();
    }
    state.counter += 1;
    let id = ReadId::Files(state.counter);
    state.reading.push((id, chat));
    vec![Effect::ReadFiles(id, paths)]
}

/// Keeps a message back while something is read for it.
pub(super) fn hold(state: &mut AppState, text: String, now: Timestamp) -> Vec<Effect> {
    let open = state.open_chat();
    state.held.insert(open);
    draft_mut(state, open, now).text = text;
    Vec::new()
}

/// The message goes without what is still being read, when the user sends it.
pub(super) fn stop(state: &mut AppState) -> Vec<Effect> {
    let open = state.open_chat();
    state.reading.retain(|(_, chat)| *chat != open);
    state.held.remove(&open);
    Vec::new()
}

/// Something was read. What nobody waits for any more is dropped. A message that was kept back
/// goes out with the last of it, unless some could not be attached: then the user decides.
pub(super) fn done(
    state: &mut AppState,
    id: ReadId,
    read: Vec<Result<Part, NotAttached>>,
    context: HandleContext,
) -> Vec<Effect> {
    let Some(at) = state.reading.iter().position(|(known, _)| *known == id) else {
        return Vec::new();
    };
    let (_, chat) = state.reading.remove(at);
    if chat.is_some_and(|chat| !state.conversations.contains_key(&chat)) {
        return Vec::new();
    }
    if !attach(state, chat, read, context.now) {
        state.held.remove(&chat);
    }
    let waits = state.reading.iter().any(|(_, other)| *other == chat);
    if waits || !state.held.remove(&chat) {
        return Vec::new();
    }
    send_from(state, chat, context)
}

/// Sends what stands in the composer of a chat, whatever is on screen.
fn send_from(state: &mut AppState, chat: Option<ChatId>, context: HandleContext) -> Vec<Effect> {
    let text = draft_mut(state, chat, context.now).text.clone();
    let there = chat.map_or(Page::Welcome, Page::Chat);
    if state.page == there {
        return send::send(state, text, context);
    }
    let here = std::mem::replace(&mut state.page, there.clone());
    let effects = send::send(state, text, context);
    let sent = std::mem::replace(&mut state.page, here);
    if state.back == there {
        state.back = sent;
    }
    effects
}

/// What was read goes with the message; what could not be is told in one toast: false
/// then.
fn attach(
    state: &mut AppState,
    chat: Option<ChatId>,
    read: Vec<Result<Part, NotAttached>>,
    now: Timestamp,
) -> bool {
    let draft = draft_mut(state, chat, now);
    let mut refused: Vec<NotAttached> = Vec::new();
    for part in read {
        let part = match part {
            Ok(part) => part,
            Err(not) => {
                refused.push(not);
                continue;
            }
        };
        let bytes: usize = draft.attachments.iter().chain([&part]).map(bytes_of).sum();
        let too_many = draft.attachments.len() >= MOST_ATTACHMENTS;
        if too_many || bytes > MOST_BYTES {
            let reason = if too_many {
                format!("A message has at most {MOST_ATTACHMENTS} attachments")
            } else {
                "Together the attachments are too large".to_owned()
            };
            refused.push(NotAttached { name: name_of(&part).to_owned(), reason });
        } else {
            draft.attachments.push(part);
        }
    }
    if state.open_chat() == chat {
        state.request_focus(FocusTarget::Composer);
    }
    if refused.is_empty() {
        return true;
    }
    let title = match refused.as_slice() {
        [one] => format!("“{}” was not attached", one.name),
        several => format!("{} files were not attached", several.len()),
    };
    let lines: Vec<String> = match refused.as_slice() {
        [one] => vec![one.reason.clone()],
        several => several.iter().map(|not| format!("{}: {}", not.name, not.reason)).collect(),
    };
    let words = (ToastLevel::Warning, title, lines.join("\n"), Vec::new());
    push_toast(state, words, String::new(), now);
    false
}

fn bytes_of(part: &Part) -> usize {
    match part {
        Part::Image { url, .. } => url.len(),
        Part::Text { text } | Part::File { text, .. } => text.len(),
        Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Notice { .. } => 0,
    }
}

fn name_of(part: &Part) -> &str {
    match part {
        Part::Image { alt, .. } => alt,
        Part::File { name, .. } => name,
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Notice { .. } => "",
    }
}
