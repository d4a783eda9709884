//! Reducers, from the outside: commands and events in, state and effects out.

mod draft;
mod editor;
mod needs;
mod opening;
mod params;
mod resumed;
mod servers;

use super::*;
use crate::protocol::*;

mod bots;
mod compare;

const NOW: Timestamp = Timestamp(1_795_220_000_000);

fn at(ms: u64) -> HandleContext {
    HandleContext { now: NOW.plus_ms(ms), ids: IdSource }
}

fn state() -> AppState {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    state.chats = Some(Vec::new());
    state
}

fn model(name: &str) -> ModelId {
    ModelId::new("mock", name)
}

fn commands(effects: Vec<Effect>) -> Vec<BackendCommand> {
    let backend = effects.into_iter().filter_map(|effect| match effect {
        Effect::Backend(command) => Some(command),
        Effect::SaveSettings
        | Effect::Copy(_)
        | Effect::OpenUrl(_)
        | Effect::OpenFolder(_)
        | Effect::PickFiles(_)
        | Effect::ReadFiles(..)
        | Effect::PickBots
        | Effect::ExportBot(..)
        | Effect::Quit => None,
    });
    backend.collect()
}

fn send(state: &mut AppState, text: &str) -> SendRequest {
    let effects = handle(state, UiCommand::Send { text: text.to_owned() }, at(0));
    let found = commands(effects).into_iter().find_map(|command| {
        let BackendCommand::Send(request) = command else { return None };
        Some(*request)
    });
    found.expect("a message is sent")
}

fn summary(chat: ChatId, title: &str) -> ChatSummary {
    ChatSummary {
        bot: None,
        server: None,
        test: false,
        id: chat,
        title: title.to_owned(),
        pinned: false,
        unread: false,
        model: None,
        last_model: None,
        created: NOW,
        updated: NOW,
        messages: 1,
        options: ChatOptions::default(),
    }
}

fn answer_to(request: &SendRequest) -> Message {
    Message {
        parent: Some(request.message),
        answer: Some(Answer {
            one_off: request.one_off,
            ..Answer::open(request.model.clone(), request.run)
        }),
        ..Message::new(request.answer, request.chat, Role::Assistant, NOW, Vec::new())
    }
}

/// Tells the state that a sent message's run began.
fn start_run(state: &mut AppState, request: &SendRequest) {
    let question = state.conversations[&request.chat].message(request.message).unwrap().clone();
    let (question, answer) = (Box::new(question), Box::new(answer_to(request)));
    apply(state, BackendEvent::RunStarted { run: request.run, question, answer }, NOW);
}

fn event(request: &SendRequest, seq: u64, event: StreamEvent) -> BackendEvent {
    let (chat, run) = (request.chat, request.run);
    BackendEvent::Run(RunEvent { resume: None, chat, run, seq: Seq(seq), at: NOW, event })
}

fn text(request: &SendRequest, content: &str, offset: u64) -> StreamEvent {
    StreamEvent::Message {
        role: Role::Assistant,
        content: content.to_owned(),
        message_id: request.answer,
        offset,
    }
}

fn done(request: &SendRequest) -> StreamEvent {
    StreamEvent::Done {
        status: RunStatus::Complete,
        message_id: request.answer,
        reply_to_id: Some(request.message),
    }
}

fn shown(state: &AppState) -> Vec<String> {
    state.conversation().unwrap().messages.iter().map(Message::text).collect()
}

#[test]
fn a_sent_message_is_shown_at_once_and_its_draft_is_gone() {
    let mut state = state();
    handle(&mut state, UiCommand::DraftChanged("Hi".to_owned()), at(0));
    let request = send(&mut state, "Hi");
    assert_eq!(shown(&state), ["Hi"]);
    assert_eq!(state.open_chat(), Some(request.chat));
    assert_eq!(*state.draft(), Draft::default());
    assert_eq!(state.new_draft, Draft::default());
}

#[test]
fn a_blank_message_is_not_sent() {
    let mut state = state();
    let effects = handle(&mut state, UiCommand::Send { text: " \n".to_owned() }, at(0));
    assert!(effects.is_empty());
    assert_eq!(state.page, Page::Welcome);
}

#[test]
fn events_append_to_their_answer_once_and_in_order() {
    let mut state = state();
    let request = send(&mut state, "Hi");
    start_run(&mut state, &request);
    for (seq, content, offset) in [(1, "Hel", 0), (2, "lo", 3), (2, "lo", 3), (1, "Hel", 0)] {
        let told = event(&request, seq, text(&request, content, offset));
        apply(&mut state, told, NOW);
    }
    assert_eq!(shown(&state), ["Hi", "Hello"]);
    apply(&mut state, event(&request, 3, done(&request)), NOW);
    assert!(!state.conversation().unwrap().is_running());
    assert!(state.running.is_empty());
}

#[test]
fn late_event_of_a_cancelled_run_is_ignored() {
    let mut state = state();
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, done(&first)), NOW);
    let second = send(&mut state, "two");
    start_run(&mut state, &second);
    apply(&mut state, event(&first, 2, text(&first, "late", 0)), NOW);
    assert_eq!(shown(&state), ["one", "", "two", ""]);
    assert!(state.conversation().unwrap().is_running());
}

#[test]
fn a_message_sent_while_an_answer_streams_waits() {
    let mut state = state();
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    let second = send(&mut state, "two");
    assert_eq!(shown(&state), ["one", ""]);
    let waiting: Vec<_> = state.conversation().unwrap().queue.iter().map(|item| item.id).collect();
    assert_eq!(waiting, [second.message]);
}

#[test]
fn a_message_that_was_not_kept_returns_to_the_composer() {
    let mut state = state();
    let request = send(&mut state, "precious");
    handle(&mut state, UiCommand::DraftChanged("more".to_owned()), at(1));
    let (chat, message, draft) = (request.chat, request.message, request.into());
    apply(&mut state, BackendEvent::NotSent { chat, message, draft }, NOW);
    assert_eq!(state.page, Page::Welcome, "there is no such chat");
    assert_eq!(state.draft().text, "precious\n\nmore");
    let saved = commands(tick(&mut state, NOW.plus_ms(60_000)).0);
    let [BackendCommand::SaveDraft { chat: None, draft }] = &saved[..] else { panic!("{saved:?}") };
    assert_eq!(draft.text, "precious\n\nmore");
}

#[test]
fn a_model_for_the_next_message_goes_with_that_message_only() {
    let mut state = state();
    let scope = ModelScope::ThisChat;
    handle(&mut state, UiCommand::ChooseModel { model: model("a"), scope }, at(0));
    let first = send(&mut state, "one");
    assert_eq!((first.model, first.one_off, first.chat_model), (model("a"), false, model("a")));
    let summary = ChatSummary { model: Some(model("a")), ..summary(first.chat, "one") };
    apply(&mut state, BackendEvent::ChatChanged(summary), NOW);
    let scope = ModelScope::NextMessage;
    handle(&mut state, UiCommand::ChooseModel { model: model("b"), scope }, at(0));
    assert_eq!(state.next_model(), (model("b"), true));
    let second = send(&mut state, "two");
    assert_eq!((second.model, second.one_off), (model("b"), true));
    assert_eq!(state.next_model(), (model("a"), false));
}

#[test]
fn an_edited_message_is_answered_by_who_answered_it_before() {
    let mut state = state();
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, done(&first)), NOW);
    let answered = &mut state.conversations.get_mut(&first.chat).unwrap().messages[1];
    answered.answer.as_mut().unwrap().model = model("b");
    let edit = UiCommand::EditMessage { message: first.message, text: "one, changed".to_owned() };
    let sent = commands(handle(&mut state, edit, at(5)));
    let [BackendCommand::Send(request)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&request.model, request.place), (&model("b"), Place::Under(None)));
}

#[test]
fn escape_closes_what_is_on_top_then_stops_then_stops_now() {
    let mut state = state();
    let request = send(&mut state, "Hi");
    start_run(&mut state, &request);
    handle(&mut state, UiCommand::OpenPalette, at(0));
    assert!(commands(handle(&mut state, UiCommand::Escape, at(0))).is_empty());
    assert_eq!(state.overlay, Overlay::Nothing);
    let mut modes = Vec::new();
    for _ in 0..2 {
        for command in commands(handle(&mut state, UiCommand::Escape, at(0))) {
            if let BackendCommand::Stop { mode, .. } = command {
                modes.push(mode);
            }
        }
    }
    assert_eq!(modes, [StopMode::Graceful, StopMode::Now]);
}

#[test]
fn settings_lead_back_to_the_chat_they_were_opened_from() {
    let mut state = state();
    let request = send(&mut state, "Hi");
    handle(&mut state, UiCommand::OpenSettings(SettingsTab::Providers), at(0));
    handle(&mut state, UiCommand::OpenSettings(SettingsTab::About), at(0));
    handle(&mut state, UiCommand::Escape, at(0));
    assert_eq!(state.page, Page::Chat(request.chat));
}

#[test]
fn a_regenerated_answer_takes_the_place_of_the_old_one() {
    let mut state = state();
    let first = send(&mut state, "Hi");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, text(&first, "old", 0)), NOW);
    apply(&mut state, event(&first, 2, done(&first)), NOW);
    let again = handle(&mut state, UiCommand::Regenerate { answer: None, model: None }, at(5));
    let Some(BackendCommand::Regenerate(request)) = commands(again).pop() else {
        panic!("an answer is asked for")
    };
    assert_eq!((request.question, request.model), (first.message, first.model.clone()));
    let question = Box::new(state.conversation().unwrap().messages[0].clone());
    let mut answer = Box::new(answer_to(&first));
    answer.id = request.answer;
    answer.siblings = Siblings { index: 1, count: 2 };
    apply(&mut state, BackendEvent::RunStarted { run: request.run, question, answer }, NOW);
    assert_eq!(shown(&state), ["Hi", ""]);
    let last = state.conversation().unwrap().messages[1].siblings;
    assert_eq!(last, Siblings { index: 1, count: 2 });
}

#[test]
fn an_answer_to_an_older_question_is_dropped() {
    let mut state = state();
    let chat = IdSource.chat(NOW);
    let first = commands(handle(&mut state, UiCommand::OpenChat(chat), at(0)));
    let Some(BackendCommand::LoadMessages { query: old, .. }) = first.first() else {
        panic!("the chat is loaded")
    };
    let page = MessagePage::default();
    let late = |query| BackendEvent::Messages {
        query,
        chat,
        page: page.clone(),
        draft: Draft { text: "kept".to_owned(), ..Draft::default() },
        queue: Vec::new(),
    };
    apply(&mut state, late(QueryId(old.0 + 1)), NOW);
    assert_ne!(state.conversation().unwrap().loading, Loading::Nothing);
    apply(&mut state, late(*old), NOW);
    assert_eq!(state.conversation().unwrap().loading, Loading::Nothing);
    assert_eq!(state.draft().text, "kept");
}

#[test]
fn a_draft_is_saved_once_typing_rests() {
    let mut state = state();
    handle(&mut state, UiCommand::DraftChanged("a".to_owned()), at(0));
    handle(&mut state, UiCommand::DraftChanged("ab".to_owned()), at(100));
    let (effects, next) = tick(&mut state, NOW.plus_ms(200));
    assert!(effects.is_empty());
    assert_eq!(next, Some(NOW.plus_ms(300)));
    let (effects, next) = tick(&mut state, NOW.plus_ms(300));
    let saved = commands(effects);
    let [BackendCommand::SaveDraft { chat: None, draft }] = saved.as_slice() else {
        panic!("{saved:?}")
    };
    assert_eq!((draft.text.as_str(), next), ("ab", None));
}

#[test]
fn a_deleted_chat_can_be_brought_back_from_its_toast() {
    let mut state = state();
    let request = send(&mut state, "Hi");
    let deleted = commands(handle(&mut state, UiCommand::DeleteChat(request.chat), at(0)));
    assert!(matches!(deleted[..], [BackendCommand::DeleteChat { .. }]));
    assert_eq!(state.page, Page::Welcome);
    let undo = state.toasts[0].actions[0].command.clone();
    let restored = commands(handle(&mut state, undo, at(0)));
    assert!(matches!(restored[..], [BackendCommand::RestoreChat { .. }]));
    assert!(state.toasts.is_empty());
}

#[test]
fn a_change_before_the_first_list_does_not_hide_the_other_chats() {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    let asked = commands(start(&mut state));
    let summary = summary(IdSource.chat(NOW), "new");
    let again = commands(apply(&mut state, BackendEvent::ChatChanged(summary), NOW));
    assert_eq!(state.chats, None);
    assert!(matches!(again[..], [BackendCommand::ListChats { .. }]));
    let Some(BackendCommand::ListChats { query }) = asked.first() else { panic!("{asked:?}") };
    apply(&mut state, BackendEvent::Chats { query: *query, chats: Vec::new() }, NOW);
    assert_eq!(state.chats, None, "the older list is not the one that is waited for");
}

#[test]
fn every_error_kind_has_words_of_its_own() {
    let kinds = [
        ErrorKind::Auth,
        ErrorKind::RateLimited,
        ErrorKind::Overloaded,
        ErrorKind::ContextTooLong,
        ErrorKind::BadRequest,
        ErrorKind::NotFound,
        ErrorKind::Network,
        ErrorKind::Timeout,
        ErrorKind::Protocol,
        ErrorKind::Refused,
        ErrorKind::Cancelled,
    ];
    let titles: std::collections::HashSet<_> =
        kinds.iter().map(|kind| words::for_error(&ProviderError::new(*kind, "x")).title).collect();
    assert_eq!(titles.len(), kinds.len());
}

#[test]
fn every_shortcut_belongs_to_one_command() {
    let mut seen = std::collections::HashMap::new();
    for command in UiCommand::palette() {
        if let Some(shortcut) = command.shortcut() {
            let other = seen.insert(shortcut, command.label());
            assert_eq!(other, None, "{shortcut} is also {}", command.label());
        }
    }
}

#[test]
fn what_was_spent_is_asked_for_once_when_the_day_ends() {
    let mut state = state();
    let midnight = NOW.plus_ms(5_000);
    let spent = Spent { day_usd: 4.0, month_usd: 9.0, until: Some(midnight) };
    apply(&mut state, BackendEvent::Spent(spent), NOW);
    assert_eq!(tick(&mut state, NOW).1, Some(midnight));
    let asked = commands(tick(&mut state, midnight).0);
    assert!(matches!(asked[..], [BackendCommand::LoadUsage { .. }]), "{asked:?}");
    let (effects, next) = tick(&mut state, midnight);
    assert!(effects.is_empty() && next.is_none());
}
