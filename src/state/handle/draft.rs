//! The message to come: its text, whom it goes to, how it is answered, what goes with it.

use super::super::apply::push_toast;
use super::super::model::{Effect, FocusTarget, HandleContext, Overlay, PickerPurpose, ToastLevel};
use super::super::{AppState, DraftCommand, ModelScope, ParamsScope};
use super::{chats, close_overlay, reading, send, toggle_overlay};
use crate::protocol::{ChatId, Draft, Fallback, ModelId, Params, Timestamp};

/// Applies a command about the message to come.
pub(super) fn handle(
    state: &mut AppState,
    command: DraftCommand,
    context: HandleContext,
) -> Vec<Effect> {
    let open = state.open_chat();
    match command {
        DraftCommand::NextFavourite => cycle(state, 1, context.now),
        DraftCommand::PreviousFavourite => cycle(state, -1, context.now),
        DraftCommand::OpenCompare if state.is_room() => {
            let body = "Each of its members answers with a model of its own, one after the other.";
            tell(state, ("Models are not compared in a room", body), context.now);
            Vec::new()
        }
        DraftCommand::OpenCompare | DraftCommand::ToggleCompared(_) | DraftCommand::OpenParams
            if state.server_id_here().is_some() =>
        {
            let body = "What answers there, and how, is set on the server.";
            tell(state, ("This chat lives on a server", body), context.now);
            Vec::new()
        }
        DraftCommand::OpenCompare => toggle_overlay(state, Overlay::Picker(PickerPurpose::Compare)),
        DraftCommand::ToggleCompared(model) => toggle_compared(state, model, context.now),
        DraftCommand::EndComparison => {
            draft_mut(state, open, context.now).compare.clear();
            Vec::new()
        }
        DraftCommand::OpenParams => toggle_overlay(state, Overlay::Params),
        DraftCommand::SetParams { scope, params } => {
            set_params(state, scope, params, context.now);
            Vec::new()
        }
        DraftCommand::SetFallback(fallback) => {
            set_fallback(state, fallback, context.now);
            Vec::new()
        }
        DraftCommand::PickFiles => pick_files(state),
        DraftCommand::AttachFiles { chat, paths } => reading::files(state, chat, paths),
        DraftCommand::ReadBegan { id, chat } => {
            state.reading.push((id, chat));
            Vec::new()
        }
        DraftCommand::Attach { id, read } => reading::done(state, id, read, context),
        DraftCommand::StopReading => reading::stop(state),
        DraftCommand::RemoveAttachment(place) => {
            let draft = draft_mut(state, open, context.now);
            if place < draft.attachments.len() {
                draft.attachments.remove(place);
            }
            Vec::new()
        }
        DraftCommand::NoFileDialog => {
            let body = "Drop the file on the window, or paste a picture.";
            tell(state, ("The file dialog could not be opened", body), context.now);
            Vec::new()
        }
    }
}

/// The draft of a chat, or of the chat to come, marked as changed.
pub(super) fn draft_mut(state: &mut AppState, chat: Option<ChatId>, now: Timestamp) -> &mut Draft {
    match chat.and_then(|chat| state.conversations.get_mut(&chat)) {
        Some(conversation) => {
            conversation.draft_dirty.get_or_insert(now);
            &mut conversation.draft
        }
        None => {
            state.new_draft_dirty.get_or_insert(now);
            &mut state.new_draft
        }
    }
}

pub(super) fn set_text(state: &mut AppState, text: String, now: Timestamp) -> Vec<Effect> {
    let open = state.open_chat();
    draft_mut(state, open, now).text = text;
    Vec::new()
}

pub(super) fn choose_model(
    state: &mut AppState,
    (model, scope): (ModelId, ModelScope),
    context: HandleContext,
) -> Vec<Effect> {
    let overlay = std::mem::replace(&mut state.overlay, Overlay::Nothing);
    state.request_focus(FocusTarget::Composer);
    if let Overlay::Picker(purpose) = overlay
        && let Some(again) = send::picked(purpose, &model)
    {
        return send::regenerate(state, again, context);
    }
    let open = state.open_chat();
    if open.is_none() {
        state.servers.new_chat = None;
    }
    let scope = match scope {
        // The default is one of this computer's models.
        ModelScope::Default if state.server_id_here().is_some() => ModelScope::ThisChat,
        ModelScope::NextMessage | ModelScope::ThisChat | ModelScope::Default => scope,
    };
    match (scope, open) {
        (ModelScope::NextMessage, _) => {
            draft_mut(state, open, context.now).model = Some(model);
            Vec::new()
        }
        (ModelScope::ThisChat, Some(chat)) => {
            draft_mut(state, open, context.now).model = None;
            chats::set_model(state, chat, model)
        }
        (ModelScope::ThisChat, None) => {
            draft_mut(state, None, context.now).model = None;
            state.new_chat_model = Some(model);
            Vec::new()
        }
        (ModelScope::Default, _) => set_default(state, &model, context.now),
    }
}

/// The default for chats that name no model. Where the chat on screen names one, nothing on
/// screen changes: a toast says what did.
fn set_default(state: &mut AppState, model: &ModelId, now: Timestamp) -> Vec<Effect> {
    let effects = super::settings::set_default_model(state, model.clone());
    if state.open_chat().is_none() {
        state.new_chat_model = None;
        draft_mut(state, None, now).model = None;
    } else if state.next_model().0 != *model {
        let title = format!("New chats begin with {}", state.model_name(model));
        tell(state, (&title, "This chat keeps its own model."), now);
    }
    effects
}

/// The favourite `step` places further on answers the next message. Those that are gone are
/// stepped over.
fn cycle(state: &mut AppState, step: isize, now: Timestamp) -> Vec<Effect> {
    if state.server_id_here().is_some() {
        let body = "Choose one of the server's models in the picker.";
        tell(state, ("Favourites answer on this computer", body), now);
        return Vec::new();
    }
    let favourites: Vec<ModelId> = state
        .settings
        .favourites
        .iter()
        .filter(|favourite| state.missing(favourite).is_none())
        .cloned()
        .collect();
    let current = state.next_model().0;
    let here = favourites.iter().position(|favourite| *favourite == current);
    let count = favourites.len().cast_signed();
    let next = match here {
        Some(here) => (here.cast_signed() + step).rem_euclid(count.max(1)),
        None if step < 0 => count - 1,
        None => 0,
    };
    let chosen = usize::try_from(next).ok().and_then(|next| favourites.get(next)).cloned();
    let Some(model) = chosen else {
        let body = "The star beside a model in the picker makes it one.";
        tell(state, ("There are no favourites yet", body), now);
        return Vec::new();
    };
    let is_own = model == state.chat_model();
    let open = state.open_chat();
    draft_mut(state, open, now).model = (!is_own).then_some(model);
    Vec::new()
}

/// A model answers too, or no longer. Where the first one is taken out, the next takes its place.
fn toggle_compared(state: &mut AppState, model: ModelId, now: Timestamp) -> Vec<Effect> {
    let (first, _) = state.next_model();
    let mut compared = state.compared();
    let open = state.open_chat();
    if model == first {
        if compared.is_empty() {
            return Vec::new();
        }
        let next = compared.remove(0);
        let draft = draft_mut(state, open, now);
        draft.model = Some(next);
        draft.compare = compared;
        return Vec::new();
    }
    match compared.iter().position(|known| *known == model) {
        Some(place) => {
            compared.remove(place);
        }
        None if compared.len() + 1 >= AppState::MOST_COMPARED => {
            let title = format!("At most {} models answer at once", AppState::MOST_COMPARED);
            tell(state, (&title, "Take one out first."), now);
            return Vec::new();
        }
        None => compared.push(model),
    }
    draft_mut(state, open, now).compare = compared;
    Vec::new()
}

fn set_params(state: &mut AppState, scope: ParamsScope, params: Params, now: Timestamp) {
    match scope {
        ParamsScope::Message => {
            let open = state.open_chat();
            draft_mut(state, open, now).params = params;
        }
        ParamsScope::Chat => change_options(state, now, |options| options.params = params),
    }
}

fn set_fallback(state: &mut AppState, fallback: Option<Fallback>, now: Timestamp) {
    change_options(state, now, |options| options.fallback = fallback);
}

fn change_options(
    state: &mut AppState,
    now: Timestamp,
    change: impl FnOnce(&mut crate::protocol::ChatOptions),
) {
    match state.open_chat() {
        Some(chat) => {
            if let Some(summary) = chats::summary_mut(state, chat) {
                change(&mut summary.options);
                state.options_dirty.entry(chat).or_insert(now);
            }
        }
        None => change(&mut state.new_options),
    }
}

fn pick_files(state: &mut AppState) -> Vec<Effect> {
    super::return_to_chat(state);
    close_overlay(state);
    vec![Effect::PickFiles(state.open_chat())]
}

fn tell(state: &mut AppState, (title, body): (&str, &str), now: Timestamp) {
    let words = (ToastLevel::Info, title.to_owned(), body.to_owned(), Vec::new());
    push_toast(state, words, String::new(), now);
}
