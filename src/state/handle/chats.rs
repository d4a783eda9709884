//! Opening, naming, pinning and deleting chats.

use super::super::apply::push_toast;
use super::super::model::{Effect, FocusTarget, Overlay, Page, ToastAction, ToastLevel};
use super::super::{AppState, UiCommand};
use super::show_chat;
use crate::protocol::{BackendCommand, ChatId, ChatSummary, ModelId, StopMode, Timestamp};

pub(super) fn new_chat(state: &mut AppState) -> Vec<Effect> {
    state.page = Page::Welcome;
    state.overlay = Overlay::Nothing;
    state.request_focus(FocusTarget::Composer);
    Vec::new()
}

pub(super) fn open(state: &mut AppState, chat: ChatId) -> Vec<Effect> {
    let mut effects = show_chat(state, chat);
    if let Some(summary) = summary_mut(state, chat)
        && summary.unread
    {
        summary.unread = false;
        effects.push(Effect::Backend(BackendCommand::MarkRead { chat }));
    }
    effects
}

pub(super) fn neighbour(state: &mut AppState, step: isize) -> Vec<Effect> {
    let Some(chats) = &state.chats else { return Vec::new() };
    let mut order: Vec<&ChatSummary> = chats.iter().collect();
    order.sort_by_key(|chat| !chat.pinned);
    let here = state.open_chat().and_then(|open| order.iter().position(|chat| chat.id == open));
    let next = match here {
        Some(here) => here.checked_add_signed(step),
        None => Some(0),
    };
    match next.and_then(|at| order.get(at)) {
        Some(chat) => {
            let id = chat.id;
            open(state, id)
        }
        None => Vec::new(),
    }
}

pub(super) fn set_model(state: &mut AppState, chat: ChatId, model: ModelId) -> Vec<Effect> {
    if let Some(summary) = summary_mut(state, chat) {
        summary.model = Some(model.clone());
    }
    vec![Effect::Backend(BackendCommand::SetChatModel { chat, model })]
}

pub(super) fn rename(state: &mut AppState, chat: ChatId, title: &str) -> Vec<Effect> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Vec::new();
    }
    if let Some(summary) = summary_mut(state, chat) {
        summary.title.clone_from(&title);
    }
    vec![Effect::Backend(BackendCommand::RenameChat { chat, title })]
}

pub(super) fn pin(state: &mut AppState, chat: ChatId, pinned: bool) -> Vec<Effect> {
    if let Some(summary) = summary_mut(state, chat) {
        summary.pinned = pinned;
    }
    vec![Effect::Backend(BackendCommand::PinChat { chat, pinned })]
}

pub(super) fn delete(state: &mut AppState, chat: ChatId, now: Timestamp) -> Vec<Effect> {
    let title = state.summary(chat).map_or_else(String::new, |summary| summary.title.clone());
    let server = state.summary(chat).and_then(|summary| summary.server.as_ref());
    let (words, body) = match server.map(|server| state.server_name(server)) {
        None => ("Chat deleted".to_owned(), title),
        Some(server) => ("Chat removed from this computer".to_owned(), stays(&title, server)),
    };
    let mut effects = Vec::new();
    if state.running.contains(&chat) {
        effects.push(Effect::Backend(BackendCommand::Stop { chat, mode: StopMode::Now }));
    }
    effects.push(Effect::Backend(BackendCommand::DeleteChat { chat }));
    if let Some(chats) = &mut state.chats {
        chats.retain(|summary| summary.id != chat);
    }
    if state.open_chat() == Some(chat) {
        state.page = Page::Welcome;
    }
    let undo = ToastAction { label: "Undo", command: UiCommand::RestoreChat(chat) };
    push_toast(state, (ToastLevel::Info, words, body, vec![undo]), String::new(), now);
    effects
}

/// What becomes of a chat that is removed here and lives on a server.
fn stays(title: &str, server: &str) -> String {
    let fate =
        format!("It stays on {server}, and is listed again when something new happens in it");
    if title.is_empty() { fate } else { format!("{title}. {fate}") }
}

pub(super) fn restore(state: &mut AppState, chat: ChatId) -> Vec<Effect> {
    let is_undo =
        |action: &ToastAction| matches!(action.command, UiCommand::RestoreChat(id) if id == chat);
    state.toasts.retain(|toast| !toast.actions.iter().any(is_undo));
    vec![Effect::Backend(BackendCommand::RestoreChat { chat })]
}

pub(super) fn summary_mut(state: &mut AppState, chat: ChatId) -> Option<&mut ChatSummary> {
    let is_it = |summary: &&mut ChatSummary| summary.id == chat;
    match state.test.iter_mut().find(is_it) {
        Some(test) => Some(test),
        None => state.chats.as_mut()?.iter_mut().find(is_it),
    }
}
