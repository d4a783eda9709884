//! Sending, stopping, answering again, and the queue.

use super::super::apply::push_toast;
use super::super::model::{Effect, HandleContext, Page, ToastLevel};
use super::super::{AppState, Conversation, PickerPurpose};
use super::{reading, servers};
use crate::protocol::{
    Alternative, BackendCommand, ChatId, ChatOptions, ChatSummary, Draft, MakeRoom, Message,
    MessageId, ModelId, Part, Place, RegenerateRequest, Role, SendRequest, ServerId, Siblings,
    StopMode,
};

/// Shows the message at once and hands it on. Nothing here depends on the length of the chat.
pub(super) fn send(state: &mut AppState, text: String, context: HandleContext) -> Vec<Effect> {
    if state.is_reading() {
        return reading::hold(state, text, context.now);
    }
    if text.trim().is_empty() && state.draft().attachments.is_empty() {
        return Vec::new();
    }
    if refuse_on_server(state, context) {
        return Vec::new();
    }
    let (model, one_off) = state.next_model();
    let also = state.compared();
    let server = state.server_id_here().cloned();
    let waits = !state.is_linked();
    let choice = Choice {
        server,
        options: state.options_for(std::iter::once(&model).chain(&also), &state.draft().params),
        chat_options: state.chat_options().clone(),
        chat_model: state.chat_model(),
        model,
        one_off,
        also,
    };
    let open = state.open_chat();
    let chat = open.unwrap_or_else(|| context.ids.chat(context.now));
    if let (None, Some(server)) = (open, &choice.server) {
        let title = text.split_whitespace().take(8).collect::<Vec<_>>().join(" ");
        let summary = servers::begun(chat, title, server, context.now);
        let model = Some(choice.chat_model.clone());
        servers::insert(state, ChatSummary { model, ..summary });
    }
    let draft = take_draft(state, open, chat);
    let Some(conversation) = state.conversations.get_mut(&chat) else { return Vec::new() };
    let words = Words { text, attachments: draft.attachments };
    let place = place_of_next(conversation);
    let request = new_request(conversation.chat, place, words, choice, context);
    if conversation.is_running() || waits {
        conversation.queue.push(request.clone().into());
    } else {
        let parent = conversation.messages.back().map(|message| message.id);
        conversation.messages.push_back(user_message(&request, parent));
    }
    // Models that are compared stay so until the user ends it, with the choice that goes with them.
    let rest = match request.also.is_empty() {
        true => Draft::default(),
        false => Draft { model: draft.model, compare: draft.compare, ..Draft::default() },
    };
    let mut effects = vec![Effect::Backend(BackendCommand::Send(Box::new(request)))];
    if open.is_none() {
        let forget = BackendCommand::SaveDraft { chat: None, draft: Draft::default() };
        effects.push(Effect::Backend(forget));
    }
    if open.is_some() || rest != Draft::default() {
        let kept = BackendCommand::SaveDraft { chat: Some(chat), draft: rest.clone() };
        effects.push(Effect::Backend(kept));
    }
    conversation.draft = rest;
    effects
}

/// Below answers that stand side by side, the message names the one that is kept: it may reach the
/// store before the choice does.
fn place_of_next(conversation: &Conversation) -> Place {
    match conversation.compared() {
        Some(_) => Place::Under(conversation.messages.back().map(|kept| kept.id)),
        None => Place::AtLeaf,
    }
}

/// Takes the draft out of the composer. Without an open chat, one begins.
fn take_draft(state: &mut AppState, open: Option<ChatId>, chat: ChatId) -> Draft {
    if open.is_none() {
        state.conversations.insert(chat, Conversation::new(chat));
        state.page = Page::Chat(chat);
        state.new_draft_dirty = None;
        state.new_chat_model = None;
        state.servers.new_chat = None;
        state.new_options = ChatOptions::default();
        return std::mem::take(&mut state.new_draft);
    }
    let Some(conversation) = state.conversations.get_mut(&chat) else { return Draft::default() };
    conversation.draft_dirty = None;
    std::mem::take(&mut conversation.draft)
}

/// Who shall answer and how, and what the chat's own choices are.
struct Choice {
    server: Option<ServerId>,
    model: ModelId,
    one_off: bool,
    chat_model: ModelId,
    also: Vec<ModelId>,
    options: ChatOptions,
    chat_options: ChatOptions,
}

/// What a message says.
struct Words {
    text: String,
    attachments: Vec<Part>,
}

/// A message with the ids of all that will follow from it.
fn new_request(
    chat: ChatId,
    place: Place,
    words: Words,
    choice: Choice,
    context: HandleContext,
) -> SendRequest {
    let alternative = |model| Alternative {
        model,
        run: context.ids.run(context.now),
        answer: context.ids.message(context.now),
    };
    SendRequest {
        chat,
        message: context.ids.message(context.now),
        place,
        text: words.text,
        model: choice.model,
        one_off: choice.one_off,
        chat_model: choice.chat_model,
        attachments: words.attachments,
        options: choice.options,
        chat_options: choice.chat_options,
        run: context.ids.run(context.now),
        answer: context.ids.message(context.now),
        also: choice.also.into_iter().map(alternative).collect(),
        created: context.now,
        server: choice.server,
    }
}

/// A changed version of a message: its sibling, with an answer of its own.
pub(super) fn edit(
    state: &mut AppState,
    message: MessageId,
    text: String,
    context: HandleContext,
) -> Vec<Effect> {
    let refused = refuse_while_running(state, context)
        || refuse_on_server(state, context)
        || refuse_unlinked(state, context);
    if text.trim().is_empty() || refused {
        return Vec::new();
    }
    let Some(shown) = state.conversation() else { return Vec::new() };
    let (model, chat_model) = (state.edit_model(shown, message), state.chat_model());
    let server = state.server_id_here().cloned();
    let choice = Choice {
        server,
        options: state.options_for(std::iter::once(&model), &state.draft().params),
        chat_options: state.chat_options().clone(),
        one_off: model != chat_model,
        model,
        chat_model,
        also: Vec::new(),
    };
    let Some(conversation) = open_conversation(state) else { return Vec::new() };
    let Some(place) = conversation.messages.iter().position(|known| known.id == message) else {
        return Vec::new();
    };
    let Some(old) = conversation.messages.get(place).cloned() else { return Vec::new() };
    let is_attachment = |part: &&Part| matches!(part, Part::Image { .. } | Part::File { .. });
    let attachments = old.parts.iter().filter(is_attachment).cloned().collect();
    let words = Words { text, attachments };
    if choice.server.is_some() && old.parent.is_none() && conversation.has_older {
        // What stands above it is with the server only, which alone knows what it follows.
        let request = new_request(conversation.chat, Place::AtLeaf, words, choice, context);
        let parent = conversation.messages.back().map(|message| message.id);
        conversation.messages.push_back(user_message(&request, parent));
        return vec![Effect::Backend(BackendCommand::Send(Box::new(request)))];
    }
    let request = new_request(conversation.chat, Place::Under(old.parent), words, choice, context);
    conversation.messages.truncate(place);
    conversation.generation += 1;
    let count = old.siblings.count + 1;
    let mut shown = user_message(&request, old.parent);
    shown.siblings = Siblings { index: count - 1, count };
    conversation.messages.push_back(shown);
    vec![Effect::Backend(BackendCommand::Send(Box::new(request)))]
}

/// Which answer is made again, and what is different this time.
#[derive(Clone, Debug, Default)]
pub(super) struct Again {
    /// The answer; the newest one without.
    pub(super) answer: Option<MessageId>,
    /// Who gives it, instead of who gave it before.
    pub(super) model: Option<ModelId>,
    /// How room is made for it.
    pub(super) make_room: Option<MakeRoom>,
    /// The budget is used up, and it is wanted all the same.
    pub(super) over_budget: bool,
}

impl Again {
    pub(super) fn by(answer: Option<MessageId>, model: Option<ModelId>) -> Self {
        Self { answer, model, ..Self::default() }
    }
}

/// Another answer, with the oldest messages left out.
pub(super) fn make_room(
    state: &mut AppState,
    answer: MessageId,
    context: HandleContext,
) -> Vec<Effect> {
    let make_room = Some(MakeRoom::LeaveOut);
    regenerate(state, Again { make_room, ..Again::by(Some(answer), None) }, context)
}

/// The answer that the budget did not allow.
pub(super) fn answer_anyway(
    state: &mut AppState,
    answer: MessageId,
    context: HandleContext,
) -> Vec<Effect> {
    regenerate(state, Again { over_budget: true, ..Again::by(Some(answer), None) }, context)
}

/// What a model that was picked for an answer does.
pub(super) fn picked(purpose: PickerPurpose, model: &ModelId) -> Option<Again> {
    let model = model.clone();
    let answer = purpose.answer();
    match purpose {
        PickerPurpose::Message | PickerPurpose::Compare => None,
        PickerPurpose::Answer(_) | PickerPurpose::MoreRoom(_) => {
            Some(Again::by(answer, Some(model)))
        }
        PickerPurpose::Summary(_) => {
            let make_room = Some(MakeRoom::Summarise(model));
            Some(Again { make_room, ..Again::by(answer, None) })
        }
    }
}

/// Another answer to the same question.
pub(super) fn regenerate(
    state: &mut AppState,
    again: Again,
    context: HandleContext,
) -> Vec<Effect> {
    // Of answers side by side, one may be made again while the others are on their way.
    let ended_beside = state
        .conversation()
        .zip(again.answer)
        .is_some_and(|(open, answer)| open.has_ended_beside(answer));
    if !ended_beside && refuse_while_running(state, context) {
        return Vec::new();
    }
    if state.server_id_here().is_some() {
        return ask_again(state, again, context);
    }
    let chat_model = state.chat_model();
    let Some(conversation) = state.conversation() else { return Vec::new() };
    let old = match again.answer {
        Some(id) => conversation.message(id),
        None => conversation.last_answer(),
    };
    let Some(old) = old else { return Vec::new() };
    let Some(question) = old.parent else { return Vec::new() };
    let is_picked = again.model.is_some();
    let model = again
        .model
        .or_else(|| old.answer.as_ref().map(|answer| answer.model.clone()))
        .unwrap_or_else(|| chat_model.clone());
    let one_off = is_one_off(state, old, &model, is_picked);
    let bot = old.bot.clone();
    let column = old.answer.as_ref().and_then(|answer| answer.column);
    let request = RegenerateRequest {
        make_room: again.make_room,
        over_budget: again.over_budget,
        column,
        bot,
        options: options_again(state, &model),
        chat_model,
        ..new_answer(conversation.chat, question, (model, one_off), context)
    };
    vec![Effect::Backend(BackendCommand::Regenerate(Box::new(request)))]
}

/// A server takes messages and nothing else: the question is sent again, beside the one before.
fn ask_again(state: &mut AppState, again: Again, context: HandleContext) -> Vec<Effect> {
    let Some(conversation) = state.conversation() else { return Vec::new() };
    let old = match again.answer {
        Some(id) => conversation.message(id),
        None => conversation.last_answer(),
    };
    let mut question = old.and_then(|old| conversation.message(old.parent?));
    // In a room another one's answer may stand between.
    while let Some(above) = question.filter(|above| above.role != Role::User) {
        question = above.parent.and_then(|parent| conversation.message(parent));
    }
    let Some((question, text)) = question.map(|question| (question.id, question.text())) else {
        return Vec::new();
    };
    if let Some(model) = again.model {
        let chat = conversation.chat;
        super::draft::draft_mut(state, Some(chat), context.now).model = Some(model);
    }
    edit(state, question, text, context)
}

/// A new answer that goes on where another one ended.
pub(super) fn go_on(
    state: &mut AppState,
    answer: MessageId,
    context: HandleContext,
) -> Vec<Effect> {
    if refuse_while_running(state, context) {
        return Vec::new();
    }
    let chat_model = state.chat_model();
    let Some(conversation) = state.conversation() else { return Vec::new() };
    let Some(old) = conversation.message(answer) else { return Vec::new() };
    let model =
        old.answer.as_ref().map_or_else(|| chat_model.clone(), |answer| answer.model.clone());
    let one_off = is_one_off(state, old, &model, false);
    let request = RegenerateRequest {
        continues: Some(answer),
        bot: old.bot.clone(),
        options: options_again(state, &model),
        chat_model,
        ..new_answer(conversation.chat, answer, (model, one_off), context)
    };
    vec![Effect::Backend(BackendCommand::Regenerate(Box::new(request)))]
}

/// Whether a model is chosen for one answer only. In a room each member may have one of its own: there
/// it is what the user has picked, now or for the answer before.
fn is_one_off(state: &AppState, old: &Message, model: &ModelId, is_picked: bool) -> bool {
    if state.is_room() {
        return is_picked || old.answer.as_ref().is_some_and(|answer| answer.one_off);
    }
    *model != state.chat_model()
}

/// An answer that is made again is made as the composer shows it now.
fn options_again(state: &AppState, model: &ModelId) -> ChatOptions {
    state.options_for(std::iter::once(model), &state.draft().params)
}

fn new_answer(
    chat: ChatId,
    question: MessageId,
    (model, one_off): (ModelId, bool),
    context: HandleContext,
) -> RegenerateRequest {
    RegenerateRequest {
        chat,
        question,
        chat_model: model.clone(),
        model,
        one_off,
        continues: None,
        options: ChatOptions::default(),
        make_room: None,
        over_budget: false,
        column: None,
        bot: None,
        run: context.ids.run(context.now),
        answer: context.ids.message(context.now),
        created: context.now,
    }
}

pub(super) fn stop(state: &mut AppState, mode: StopMode) -> Vec<Effect> {
    let Some(conversation) = open_conversation(state) else { return Vec::new() };
    if !conversation.is_running() {
        return Vec::new();
    }
    // A second graceful stop means: now. It is for all that answer the same question.
    let again = conversation.runs().any(|run| run.stop.is_some());
    let mode = if again { StopMode::Now } else { mode };
    conversation.runs_mut().for_each(|run| run.stop = Some(mode));
    vec![Effect::Backend(BackendCommand::Stop { chat: conversation.chat, mode })]
}

pub(super) fn retry_now(state: &AppState) -> Vec<Effect> {
    match state.conversation() {
        Some(conversation) if conversation.is_running() => {
            vec![Effect::Backend(BackendCommand::RetryNow { chat: conversation.chat })]
        }
        Some(_) | None => Vec::new(),
    }
}

pub(super) fn edit_queued(state: &mut AppState, message: MessageId, text: String) -> Vec<Effect> {
    let Some(conversation) = open_conversation(state) else { return Vec::new() };
    let Some(item) = conversation.queue.iter_mut().find(|item| item.id == message) else {
        return Vec::new();
    };
    if text.trim().is_empty() {
        return remove_queued(state, message);
    }
    item.text.clone_from(&text);
    vec![Effect::Backend(BackendCommand::EditQueued { chat: conversation.chat, message, text })]
}

pub(super) fn remove_queued(state: &mut AppState, message: MessageId) -> Vec<Effect> {
    let Some(conversation) = open_conversation(state) else { return Vec::new() };
    conversation.queue.retain(|item| item.id != message);
    vec![Effect::Backend(BackendCommand::RemoveQueued { chat: conversation.chat, message })]
}

pub(super) fn send_queued_now(state: &mut AppState, message: MessageId) -> Vec<Effect> {
    let Some(conversation) = open_conversation(state) else { return Vec::new() };
    conversation.runs_mut().for_each(|run| run.stop = Some(StopMode::Now));
    vec![Effect::Backend(BackendCommand::SendQueuedNow { chat: conversation.chat, message })]
}

fn open_conversation(state: &mut AppState) -> Option<&mut Conversation> {
    let chat = state.open_chat()?;
    state.conversations.get_mut(&chat)
}

fn refuse_while_running(state: &mut AppState, context: HandleContext) -> bool {
    let running = state.conversation().is_some_and(Conversation::is_running);
    if running {
        let title = "An answer is still on its way".to_owned();
        let body = "Stop it first, or wait for its end.".to_owned();
        push_toast(state, (ToastLevel::Info, title, body, Vec::new()), String::new(), context.now);
    }
    running
}

/// Nothing can be sent to a server that is gone, or before its agent is ready.
fn refuse_on_server(state: &mut AppState, context: HandleContext) -> bool {
    let Some(server) = state.server_id_here() else { return false };
    let (title, body) = if state.is_server_gone(server) {
        let title = format!("{} is not among your servers any more", state.server_name(server));
        (title, "Your message is kept here. Add the server again to go on with this chat.")
    } else {
        // The box of a chat whose agent is loading says so, and why its button is off.
        return state.open_chat().is_some_and(|chat| state.servers.loading(chat).is_some());
    };
    let words = (ToastLevel::Info, title, body.to_owned(), Vec::new());
    push_toast(state, words, String::new(), context.now);
    true
}

/// What was said before is changed only while its server can hear of it.
fn refuse_unlinked(state: &mut AppState, context: HandleContext) -> bool {
    let is_linked = state.is_linked();
    if !is_linked {
        let title = "The server is not reachable".to_owned();
        let body = "Try this again as soon as the link is back.".to_owned();
        push_toast(state, (ToastLevel::Info, title, body, Vec::new()), String::new(), context.now);
    }
    !is_linked
}

fn user_message(request: &SendRequest, parent: Option<MessageId>) -> Message {
    Message {
        parent,
        ..Message::new(
            request.message,
            request.chat,
            Role::User,
            request.created,
            parts_of(request),
        )
    }
}

/// Attachments stand before the text that speaks of them.
fn parts_of(request: &SendRequest) -> Vec<Part> {
    let mut parts = request.attachments.clone();
    if !request.text.trim().is_empty() || parts.is_empty() {
        parts.push(Part::Text { text: request.text.clone() });
    }
    parts
}
