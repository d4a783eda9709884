//! What the user asked for, applied to the state.

mod bots;
mod chats;
mod compare;
mod draft;
mod editor;
mod opening;
mod reading;
mod send;
mod servers;
mod settings;
mod time;
mod usage;

pub(super) use editor::told as editor_told;
pub(super) use opening::leave;
pub(super) use time::list_chats;
pub use time::{save_all_drafts, start, tick};
pub(super) use usage::load as load_usage;

use self::send::Again;
use super::apply::{load_end, load_older, push_toast};
use super::model::{Effect, FocusTarget, HandleContext, Overlay, Page, ToastAction};
use super::{
    AppState, ImageState, Loading, PickerPurpose, ProviderForm, SettingsTab, ToastLevel, UiCommand,
};
use crate::protocol::{BackendCommand, ChatId, Message, MessageId, QueryId, StopMode, Timestamp};

/// Applies one command of the user and says what is to be done.
pub fn handle(state: &mut AppState, command: UiCommand, context: HandleContext) -> Vec<Effect> {
    let mut effects = carry_out(state, command, context);
    effects.extend(opening::leave(state));
    effects
}

fn carry_out(state: &mut AppState, command: UiCommand, context: HandleContext) -> Vec<Effect> {
    match command {
        UiCommand::NewChat => chats::new_chat(state),
        UiCommand::OpenChat(chat) => chats::open(state, chat),
        UiCommand::NextChat => chats::neighbour(state, 1),
        UiCommand::PreviousChat => chats::neighbour(state, -1),
        UiCommand::SearchChats => focus(state, FocusTarget::ChatSearch),
        UiCommand::FocusComposer => focus(state, FocusTarget::Composer),
        UiCommand::ToggleSidebar => settings::toggle_sidebar(state),
        UiCommand::OpenPalette => toggle_overlay(state, Overlay::Palette),
        UiCommand::OpenPicker => toggle_overlay(state, Overlay::Picker(PickerPurpose::Message)),
        UiCommand::OpenSettings(tab) => open_settings(state, tab),
        UiCommand::OpenHelp(page) => open_help(state, page),
        UiCommand::Escape => escape(state),
        UiCommand::CloseOverlay => close_overlay(state),
        UiCommand::DraftChanged(text) => draft::set_text(state, text, context.now),
        UiCommand::Send { text } => send::send(state, text, context),
        UiCommand::Stop(mode) => send::stop(state, mode),
        UiCommand::RetryNow => send::retry_now(state),
        UiCommand::Regenerate { answer, model } => {
            send::regenerate(state, Again::by(answer, model), context)
        }
        UiCommand::RegenerateWith { answer } => {
            toggle_overlay(state, Overlay::Picker(PickerPurpose::Answer(answer)))
        }
        UiCommand::Continue { answer } => send::go_on(state, answer, context),
        UiCommand::EditMessage { message, text } => send::edit(state, message, text, context),
        UiCommand::SelectBranch { message, step } => select_branch(state, message, step),
        UiCommand::KeepAnswer(message) => compare::keep(state, message),
        UiCommand::SetCovered { message, covered } => compare::cover(state, message, covered),
        UiCommand::MakeRoom { answer } => send::make_room(state, answer, context),
        UiCommand::AnswerAnyway { answer } => send::answer_anyway(state, answer, context),
        UiCommand::Pick(purpose) => toggle_overlay(state, Overlay::Picker(purpose)),
        UiCommand::LoadOlder => older(state),
        UiCommand::EditQueued { message, text } => send::edit_queued(state, message, text),
        UiCommand::RemoveQueued(message) => send::remove_queued(state, message),
        UiCommand::SendQueuedNow(message) => send::send_queued_now(state, message),
        UiCommand::CopyText(text) => vec![Effect::Copy(text)],
        UiCommand::CopyLastAnswer => copy_last_answer(state, context.now),
        UiCommand::LoadImage(url) => load_image(state, url),
        UiCommand::AskLink(url) => toggle_overlay(state, Overlay::Link(url)),
        UiCommand::OpenLink(url) => open_link(state, url),
        UiCommand::Draft(command) => draft::handle(state, command, context),
        UiCommand::Bots(command) => bots::handle(state, command, context),
        UiCommand::Editor(command) => editor::handle(state, command, context),
        UiCommand::Servers(command) => servers::handle(state, command, context),
        UiCommand::ChooseModel { model, scope } => {
            draft::choose_model(state, (model, scope), context)
        }
        UiCommand::ToggleFavourite(model) => settings::toggle_favourite(state, model),
        UiCommand::SetDefaultModel(model) => settings::set_default_model(state, model),
        UiCommand::RenameChat { chat, title } => chats::rename(state, chat, &title),
        UiCommand::PinChat { chat, pinned } => chats::pin(state, chat, pinned),
        UiCommand::DeleteChat(chat) => chats::delete(state, chat, context.now),
        UiCommand::RestoreChat(chat) => chats::restore(state, chat),
        UiCommand::EditProvider(form) => edit_provider(state, form),
        UiCommand::SaveProvider { config, key } => settings::save_provider(state, config, key),
        UiCommand::RemoveProvider(provider) => settings::remove_provider(state, &provider),
        UiCommand::RefreshModels(provider) => {
            vec![Effect::Backend(BackendCommand::RefreshModels { provider })]
        }
        UiCommand::SetTheme(theme) => settings::set_theme(state, theme),
        UiCommand::SetTextSize(percent) => settings::set_text_size(state, percent),
        UiCommand::TextLarger => settings::step_text_size(state, 10),
        UiCommand::TextSmaller => settings::step_text_size(state, -10),
        UiCommand::TextReset => settings::set_text_size(state, 100),
        UiCommand::SetMaxTurns(turns) => settings::set_max_turns(state, turns),
        UiCommand::SetFallback(fallback) => settings::set_fallback(state, fallback),
        UiCommand::SetDefaultParams(params) => settings::set_default_params(state, params),
        UiCommand::EditModel { model, edit } => settings::edit_model(state, model, edit),
        UiCommand::LoadUsage(range) => usage::load(state, range),
        UiCommand::ChangeBudget => usage::change_budget(state),
        UiCommand::SetBudget(budget) => usage::set_budget(state, budget),
        UiCommand::SetTitleModel(model) => usage::set_title_model(state, model),
        UiCommand::DismissToast(id) => dismiss(state, id),
        UiCommand::OpenDataFolder => vec![Effect::OpenFolder(state.data_dir.as_ref().clone())],
        UiCommand::OpenConfigFolder => vec![Effect::OpenFolder(state.config_dir.as_ref().clone())],
        UiCommand::Quit => vec![Effect::Quit],
    }
}

fn focus(state: &mut AppState, target: FocusTarget) -> Vec<Effect> {
    state.overlay = Overlay::Nothing;
    match target {
        FocusTarget::Composer => return_to_chat(state),
        FocusTarget::ChatSearch => state.settings.appearance.sidebar = true,
        FocusTarget::Settings
        | FocusTarget::Budget
        | FocusTarget::Form
        | FocusTarget::FormTop
        | FocusTarget::FormProblem => {}
    }
    state.request_focus(target);
    Vec::new()
}

fn toggle_overlay(state: &mut AppState, overlay: Overlay) -> Vec<Effect> {
    if state.overlay == overlay {
        return close_overlay(state);
    }
    if matches!(overlay, Overlay::Picker(_) | Overlay::Params) {
        return_to_chat(state);
    }
    state.overlay = overlay;
    Vec::new()
}

fn close_overlay(state: &mut AppState) -> Vec<Effect> {
    editor::overlay_closes(state);
    state.overlay = Overlay::Nothing;
    let target = if state.page == Page::Editor { FocusTarget::Form } else { FocusTarget::Composer };
    state.request_focus(target);
    Vec::new()
}

fn open_page(state: &mut AppState, page: Page) -> Vec<Effect> {
    state.overlay = Overlay::Nothing;
    match state.page {
        Page::Welcome | Page::Chat(_) => state.back = std::mem::replace(&mut state.page, page),
        // Who looks something up while editing goes on editing.
        Page::Editor if matches!(page, Page::Settings(_) | Page::Help(_)) => {
            state.back = std::mem::replace(&mut state.page, page);
        }
        Page::Gallery | Page::Editor | Page::Settings(_) | Page::Help(_) => state.page = page,
    }
    Vec::new()
}

/// The keyboard goes along: what had it is out of sight.
fn open_settings(state: &mut AppState, tab: SettingsTab) -> Vec<Effect> {
    state.request_focus(FocusTarget::Settings);
    match tab {
        SettingsTab::Usage => usage::open(state),
        SettingsTab::Providers
        | SettingsTab::Models
        | SettingsTab::Servers
        | SettingsTab::Appearance
        | SettingsTab::Shortcuts
        | SettingsTab::Data
        | SettingsTab::About => open_page(state, Page::Settings(tab)),
    }
}

fn edit_provider(state: &mut AppState, form: ProviderForm) -> Vec<Effect> {
    let closes = form == ProviderForm::Closed;
    state.provider_form = form;
    if closes { Vec::new() } else { open_page(state, Page::Settings(SettingsTab::Providers)) }
}

fn open_help(state: &mut AppState, page: Option<String>) -> Vec<Effect> {
    let known = page.filter(|id| state.help.iter().any(|help| help.id == id));
    let id = known.unwrap_or_else(|| "getting-started".to_owned());
    open_page(state, Page::Help(id))
}

fn return_to_chat(state: &mut AppState) {
    if matches!(state.page, Page::Gallery | Page::Settings(_) | Page::Help(_)) {
        state.page = state.back.clone();
    }
}

fn escape(state: &mut AppState) -> Vec<Effect> {
    if state.overlay != Overlay::Nothing {
        return close_overlay(state);
    }
    if matches!(state.page, Page::Gallery | Page::Settings(_) | Page::Help(_)) {
        return focus(state, FocusTarget::Composer);
    }
    match state.conversation().and_then(|conversation| conversation.runs().next()) {
        Some(run) if run.stop.is_none() => send::stop(state, StopMode::Graceful),
        Some(_) => send::stop(state, StopMode::Now),
        None => Vec::new(),
    }
}

fn select_branch(state: &mut AppState, message: MessageId, step: i32) -> Vec<Effect> {
    let Some(chat) = state.open_chat() else { return Vec::new() };
    if state.running.contains(&chat) {
        return Vec::new();
    }
    let query = begin_end_query(state, chat);
    vec![Effect::Backend(BackendCommand::SelectBranch {
        query,
        chat,
        message,
        step,
        limit: super::apply::PAGE,
    })]
}

fn begin_end_query(state: &mut AppState, chat: ChatId) -> QueryId {
    let query = state.next_query();
    if let Some(conversation) = state.conversations.get_mut(&chat) {
        conversation.loading = Loading::End(query);
    }
    query
}

fn older(state: &mut AppState) -> Vec<Effect> {
    let Some(conversation) = state.conversation() else { return Vec::new() };
    let wanted = conversation.has_older && conversation.loading == Loading::Nothing;
    match conversation.messages.front() {
        Some(first) if wanted => {
            let (chat, before) = (conversation.chat, first.id);
            vec![load_older(state, chat, before)]
        }
        Some(_) | None => Vec::new(),
    }
}

fn copy_last_answer(state: &mut AppState, now: Timestamp) -> Vec<Effect> {
    let text =
        state.conversation().and_then(|conversation| conversation.last_answer()).map(Message::text);
    match text {
        Some(text) if !text.is_empty() => {
            info(state, "Answer copied", now);
            vec![Effect::Copy(text)]
        }
        Some(_) | None => Vec::new(),
    }
}

fn info(state: &mut AppState, title: &str, now: Timestamp) {
    let words = (ToastLevel::Info, title.to_owned(), String::new(), Vec::<ToastAction>::new());
    push_toast(state, words, String::new(), now);
}

fn load_image(state: &mut AppState, url: String) -> Vec<Effect> {
    if matches!(state.images.get(&url), Some(ImageState::Loading | ImageState::Loaded(_))) {
        return Vec::new();
    }
    state.images.insert(url.clone(), ImageState::Loading);
    vec![Effect::Backend(BackendCommand::LoadImage { url })]
}

fn open_link(state: &mut AppState, url: String) -> Vec<Effect> {
    close_overlay(state);
    vec![Effect::OpenUrl(url)]
}

fn dismiss(state: &mut AppState, id: u64) -> Vec<Effect> {
    state.toasts.retain(|toast| toast.id != id);
    Vec::new()
}

/// Used by the sub-modules: shows a chat and asks for what is not there yet.
fn show_chat(state: &mut AppState, chat: ChatId) -> Vec<Effect> {
    state.page = Page::Chat(chat);
    state.overlay = Overlay::Nothing;
    state.request_focus(FocusTarget::Composer);
    let conversation =
        state.conversations.entry(chat).or_insert_with(|| super::Conversation::new(chat));
    let waits = matches!(conversation.loading, Loading::End(_));
    if waits || conversation.is_running() && !conversation.messages.is_empty() {
        return Vec::new();
    }
    vec![load_end(state, chat)]
}
