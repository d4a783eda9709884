//! Commands about remote servers.

use secrecy::SecretString;
use serde_json::Value;

use super::super::apply::push_toast;
use super::super::model::{Effect, FocusTarget, HandleContext, Overlay, Page, ToastLevel};
use super::super::opening::Values;
use super::super::servers::keep;
use super::super::{
    AppState, Consent, Conversation, LoadingAgent, Outcome, ServerCommand, ServerForm, SettingsTab,
};
use super::chats;
use crate::protocol::{
    BackendCommand, BotColor, BotIcon, BotId, BotVersion, ChatBot, ChatId, ChatOptions,
    ChatSummary, KeyChange, ModelId, RemoteCommand, ServerConfig, ServerId, Timestamp, ToolCallId,
};

/// Applies a command about remote servers.
pub(super) fn handle(
    state: &mut AppState,
    command: ServerCommand,
    context: HandleContext,
) -> Vec<Effect> {
    match command {
        ServerCommand::Edit(form) => edit(state, form),
        ServerCommand::Save { config, token } => save(state, config, token),
        ServerCommand::Test { config, token } => test(state, config, token),
        ServerCommand::Pair { config, code } => pair(state, config, code),
        ServerCommand::Remove(server) => remove(state, server),
        ServerCommand::LinkNow(server) => {
            vec![Effect::Backend(BackendCommand::Remote(RemoteCommand::LinkNow { server }))]
        }
        ServerCommand::ChooseModel { server, model } => choose_model(state, server, model),
        ServerCommand::Start { server, bot, answers } => {
            start(state, server, (bot, answers), context)
        }
        ServerCommand::StopLoading => stop_loading(state),
        ServerCommand::LoadChats(server) => {
            vec![Effect::Backend(BackendCommand::Remote(RemoteCommand::LoadChats { server }))]
        }
        ServerCommand::Answer { call, consent, args } => {
            answer(state, call.as_ref(), (consent, args), context.now)
        }
    }
}

fn edit(state: &mut AppState, form: ServerForm) -> Vec<Effect> {
    let closes = form == ServerForm::Closed;
    if state.servers.form != form {
        state.servers.tried = None;
        state.servers.paired = None;
        state.servers.form = form;
    }
    if closes {
        return Vec::new();
    }
    super::open_page(state, Page::Settings(SettingsTab::Servers))
}

fn save(state: &mut AppState, config: ServerConfig, token: KeyChange) -> Vec<Effect> {
    keep(state, config.clone());
    vec![
        Effect::SaveSettings,
        Effect::Backend(BackendCommand::Remote(RemoteCommand::Save { config, token })),
    ]
}

fn test(state: &mut AppState, config: ServerConfig, token: KeyChange) -> Vec<Effect> {
    let query = state.next_query();
    state.servers.tried = Some((query, None));
    state.servers.paired = None;
    vec![Effect::Backend(BackendCommand::Remote(RemoteCommand::Test { query, config, token }))]
}

fn pair(state: &mut AppState, config: ServerConfig, code: SecretString) -> Vec<Effect> {
    let query = state.next_query();
    state.servers.paired = Some((query, None));
    state.servers.tried = None;
    state.servers.pairing = Some(config.clone());
    vec![Effect::Backend(BackendCommand::Remote(RemoteCommand::Pair { query, config, code }))]
}

fn remove(state: &mut AppState, server: ServerId) -> Vec<Effect> {
    state.settings.servers.retain(|known| known.id != server);
    if state.servers.form == ServerForm::Server(server.clone()) {
        state.servers.form = ServerForm::Closed;
    }
    vec![
        Effect::SaveSettings,
        Effect::Backend(BackendCommand::Remote(RemoteCommand::Remove { server })),
    ]
}

/// The chat to come lives on the server whose model answers it.
fn choose_model(state: &mut AppState, server: ServerId, model: ModelId) -> Vec<Effect> {
    state.overlay = Overlay::Nothing;
    state.request_focus(FocusTarget::Composer);
    if state.open_chat().is_none() {
        state.servers.new_chat = Some(server);
        state.new_chat_model = Some(model);
        state.new_draft.model = None;
        state.new_draft.compare.clear();
    }
    Vec::new()
}

/// Shows the chat at once; it can be written to as soon as its agent is ready.
fn start(
    state: &mut AppState,
    server: ServerId,
    (bot, answers): (BotId, Values),
    context: HandleContext,
) -> Vec<Effect> {
    let known = state.servers.get(&server);
    let known = known.and_then(|server| server.bots.iter().find(|known| known.id == bot));
    let name = known.map_or_else(|| bot.0.clone(), |known| known.name.clone());
    let looks = state.bots.of_server(&server, &bot).map(|entry| &entry.bot);
    let chat = context.ids.chat(context.now);
    let bot_of_chat = ChatBot {
        id: bot.clone(),
        version: looks.map_or(BotVersion::FIRST, |bot| bot.version),
        name: name.clone(),
        icon: looks.map_or(BotIcon::default(), |bot| bot.icon),
        color: looks.map_or(BotColor::default(), |bot| bot.color),
        model: None,
        room: false,
    };
    let bot_of_chat = Some(bot_of_chat);
    insert(state, ChatSummary { bot: bot_of_chat, ..begun(chat, name, &server, context.now) });
    state.conversations.insert(chat, Conversation::new(chat));
    state.servers.loading.push(LoadingAgent { chat, since: context.now });
    state.page = Page::Chat(chat);
    state.overlay = Overlay::Nothing;
    state.request_focus(FocusTarget::Composer);
    let created = context.now;
    vec![Effect::Backend(BackendCommand::Remote(RemoteCommand::OpenChat {
        chat,
        server,
        bot,
        answers,
        created,
    }))]
}

/// A chat that begins on a server, before the engine has told of it.
pub(super) fn begun(
    chat: ChatId,
    title: String,
    server: &ServerId,
    created: Timestamp,
) -> ChatSummary {
    ChatSummary {
        id: chat,
        title,
        pinned: false,
        unread: false,
        model: None,
        last_model: None,
        created,
        updated: created,
        messages: 0,
        options: ChatOptions::default(),
        bot: None,
        test: false,
        server: Some(server.clone()),
    }
}

pub(super) fn insert(state: &mut AppState, summary: ChatSummary) {
    if let Some(chats) = &mut state.chats {
        chats.insert(0, summary);
    }
}

fn stop_loading(state: &mut AppState) -> Vec<Effect> {
    let Some(chat) = state.open_chat() else { return Vec::new() };
    if state.servers.loading(chat).is_none() {
        return Vec::new();
    }
    state.servers.loading.retain(|waiting| waiting.chat != chat);
    state.conversations.remove(&chat);
    if let Some(chats) = &mut state.chats {
        chats.retain(|summary| summary.id != chat);
    }
    let mut effects = chats::new_chat(state);
    effects.push(Effect::Backend(BackendCommand::DeleteChat { chat }));
    effects
}

fn answer(
    state: &mut AppState,
    call: Option<&ToolCallId>,
    (consent, args): (Consent, Option<Value>),
    now: Timestamp,
) -> Vec<Effect> {
    if !state.is_linked() {
        let title = "The server is not reachable".to_owned();
        let body = "The tool can be answered as soon as the link is back.".to_owned();
        push_toast(state, (ToastLevel::Info, title, body, Vec::new()), String::new(), now);
        return Vec::new();
    }
    let Some(chat) = state.open_chat() else { return Vec::new() };
    let Some(conversation) = state.conversations.get_mut(&chat) else { return Vec::new() };
    let mut open = conversation.approvals.iter_mut().filter(|known| known.is_open(now));
    let Some(known) = open.find(|known| call.is_none_or(|call| known.id == *call)) else {
        return Vec::new();
    };
    known.outcome = Outcome::Answered(consent);
    let answer = known.answer(consent, args);
    vec![Effect::Backend(BackendCommand::Remote(RemoteCommand::Approve { chat, answer }))]
}
