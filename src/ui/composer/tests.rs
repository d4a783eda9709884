use egui::{Event, ImeEvent, Key, Modifiers, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::ComposerView;
use crate::protocol::{BackendEvent, Draft, IdSource, ModelId, ModelInfo, Part, StopMode};
use crate::state::{
    AppState, DraftCommand, HandleContext, Overlay, Page, PickerPurpose, UiCommand,
};
use crate::ui::samples::{self, Driven, NOW};
use crate::ui::theme::{self, Mode};

type Composer = Harness<'static, Driven<ComposerView>>;

fn composer(state: AppState) -> Composer {
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 600.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<ComposerView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                driven.view.composer_ui(ui, &driven.state, NOW, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

fn type_text(harness: &mut Composer, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

fn press(harness: &mut Composer, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

fn sent_texts(harness: &Composer) -> Vec<&str> {
    harness
        .state()
        .sent
        .iter()
        .filter_map(|command| {
            let UiCommand::Send { text } = command else { return None };
            Some(text.as_str())
        })
        .collect()
}

#[test]
fn enter_sends_once_and_empties_the_field() {
    let mut harness = composer(samples::chat());
    type_text(&mut harness, "Hello");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(sent_texts(&harness), ["Hello"]);
    assert_eq!(harness.get_by_label("Message").value().as_deref(), Some(""));
    type_text(&mut harness, "Again");
    assert_eq!(harness.state().state.draft().text, "Again", "the cursor stays in the field");
}

#[test]
fn what_is_typed_in_the_frame_of_enter_is_sent_with_it() {
    let mut harness = composer(samples::chat());
    let enter = Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    let events = &mut harness.input_mut().events;
    events.extend([Event::Text("g".to_owned()), Event::Text("o".to_owned()), enter]);
    harness.run();
    assert_eq!(sent_texts(&harness), ["go"]);
    assert_eq!(harness.state().state.draft().text, "");
}

#[test]
fn shift_enter_makes_a_line_and_does_not_send() {
    let mut harness = composer(samples::chat());
    type_text(&mut harness, "one");
    press(&mut harness, Modifiers::SHIFT, Key::Enter);
    type_text(&mut harness, "two");
    assert_eq!(harness.state().state.draft().text, "one\ntwo");
    assert!(sent_texts(&harness).is_empty());
}

#[test]
fn blank_text_is_never_sent() {
    let mut harness = composer(samples::chat());
    type_text(&mut harness, "  ");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_label("Send").click();
    harness.run();
    assert!(sent_texts(&harness).is_empty());
    assert_eq!(harness.state().state.draft().text, "  ");
    type_text(&mut harness, "now");
    harness.get_by_label("Send").click();
    harness.run();
    assert_eq!(sent_texts(&harness), ["  now"]);
}

#[test]
fn enter_belongs_to_the_input_method_while_it_composes() {
    let mut harness = composer(samples::chat());
    let preedit = |text: &str| {
        Event::Ime(ImeEvent::Preedit { text: text.to_owned(), active_range_chars: None })
    };
    harness.event(preedit("ö"));
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(sent_texts(&harness).is_empty());
    let in_one_frame = [
        Event::Ime(ImeEvent::Commit("ü".to_owned())),
        Event::Key {
            key: Key::Enter,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        },
    ];
    harness.input_mut().events.extend(in_one_frame);
    harness.run();
    assert!(sent_texts(&harness).is_empty(), "the Enter that commits does not send");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(sent_texts(&harness), ["ü"]);
}

#[test]
fn the_text_follows_the_chat() {
    let mut harness = composer(samples::chat());
    type_text(&mut harness, "for the chat");
    harness.state_mut().state.page = Page::Welcome;
    harness.run();
    assert_eq!(harness.get_by_label("Message").value().as_deref(), Some(""));
    type_text(&mut harness, "new");
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert!(!harness.state().state.new_draft.text.contains("chat"), "undo stays in the chat");
}

#[test]
fn a_huge_paste_is_folded_and_sent_whole() {
    let mut harness = composer(samples::chat());
    type_text(&mut harness, "Look: ");
    let paste = "0123456789abcde\n".repeat(65_536);
    harness.event(Event::Paste(paste.clone()));
    harness.run();
    harness.get_by_label("1,048,582 characters · 65,537 lines");
    type_text(&mut harness, "what is it?");
    let field = harness.get_by_label("Message").value();
    assert_eq!(field.as_deref(), Some("what is it?"), "only what follows is laid out");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(sent_texts(&harness), [format!("Look: {paste}what is it?")]);
}

#[test]
fn long_text_can_be_folded_opened_and_removed() {
    let mut harness = composer(samples::chat());
    harness.event(Event::Paste("line\n".repeat(60)));
    harness.run();
    harness.get_by_label("Fold").click();
    harness.run();
    type_text(&mut harness, "tail");
    harness.get_by_label("Edit").click();
    harness.run();
    let text = format!("{}tail", "line\n".repeat(60));
    assert_eq!(harness.get_by_label("Message").value(), Some(text));
    harness.get_by_label("Clear").click();
    harness.run();
    assert_eq!(harness.state().state.draft().text, "");
}

#[test]
fn while_an_answer_runs_typing_queues_and_stop_stops() {
    let mut harness = composer(samples::queued(&[]));
    assert!(harness.query_by_label("Send").is_none());
    harness.get_by_label("Stop").click();
    harness.run();
    assert!(matches!(harness.state().sent.last(), Some(UiCommand::Stop(StopMode::Graceful))));
    harness.get_by_label("Stop now").click();
    harness.run();
    assert!(matches!(harness.state().sent.last(), Some(UiCommand::Stop(StopMode::Now))));
    type_text(&mut harness, "Next");
    harness.get_by_label("Queue message").click();
    harness.run();
    assert_eq!(sent_texts(&harness), ["Next"]);
    harness.get_by_label("Waiting");
}

#[test]
fn waiting_messages_can_be_edited_sent_and_removed() {
    let mut harness = composer(samples::queued(&["First"]));
    harness.get_by_label("Edit waiting message").click();
    harness.run();
    type_text(&mut harness, " of all");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let queue = |harness: &Composer| {
        let conversation = harness.state().state.conversation().unwrap();
        conversation.queue.iter().map(|item| item.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(queue(&harness), ["First of all"]);
    harness.get_by_label("Edit waiting message").click();
    harness.run();
    type_text(&mut harness, "!");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(queue(&harness), ["First of all"], "Escape keeps the old text");
    assert!(harness.query_by_label("Waiting message").is_none());
    harness.get_by_label("Send now").click();
    harness.run();
    assert!(matches!(harness.state().sent.last(), Some(UiCommand::SendQueuedNow(_))));
    harness.get_by_label("Remove waiting message").click();
    harness.run();
    assert!(queue(&harness).is_empty());
}

#[test]
fn the_chip_names_the_model_and_says_when_it_is_gone() {
    let mut harness = composer(samples::chat());
    harness.get_by_label("Model: Claude Sonnet 5.5").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["OpenPicker"]);
    let gone = "openrouter/gone".parse().unwrap();
    let state = &mut harness.state_mut().state;
    let chat = state.open_chat().unwrap();
    state.conversations.get_mut(&chat).unwrap().draft.model = Some(gone);
    harness.run();
    harness.get_by_label("Model: gone (missing)");
    harness.get_by_label("next message");
    type_text(&mut harness, "all the same");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(sent_texts(&harness), ["all the same"], "it never keeps a message back");
}

/// The draft of the chat on screen.
fn draft(harness: &mut Composer) -> &mut Draft {
    let state = &mut harness.state_mut().state;
    let chat = state.open_chat().unwrap();
    &mut state.conversations.get_mut(&chat).unwrap().draft
}

#[test]
fn compared_models_are_chips_that_can_be_taken_out() {
    let mut harness = composer(samples::chat());
    draft(&mut harness).compare = vec!["ollama/qwen3:8b".parse().unwrap()];
    harness.run();
    harness.get_by_label("Take qwen3:8b out of the comparison").click();
    harness.run();
    assert!(harness.state().state.compared().is_empty());
    harness.get_by_label("Compare").click();
    harness.run();
    let open = Overlay::Picker(PickerPurpose::Compare);
    assert_eq!(harness.state().state.overlay, open);
}

#[test]
fn chips_go_into_further_rows_where_there_is_no_room() {
    let mut harness = composer(samples::chat());
    let top = |harness: &Composer, label: &str| harness.get_by_label(label).rect().top();
    assert_eq!(top(&harness, "Compare"), top(&harness, "Model: Claude Sonnet 5.5"));
    let others = ["openrouter/anthropic/claude-sonnet-5", "openrouter/sonar", "openrouter/terra"];
    draft(&mut harness).compare = others.iter().map(|id| id.parse().unwrap()).collect();
    harness.set_size(vec2(560.0, 600.0));
    harness.run();
    harness.run();
    let (model, compare) = ("Model: Claude Sonnet 5.5", "Compare");
    assert!(top(&harness, compare) > top(&harness, model) + 20.0);
    let send = harness.get_by_label("Send").rect();
    assert!(!send.intersects(harness.get_by_label(compare).rect()));
}

#[test]
fn attachments_are_named_and_removed_and_sent_without_text() {
    let mut harness = composer(samples::chat());
    let picture = Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: "a.png".into() };
    let file = Part::File { name: "notes.md".to_owned(), text: "x".repeat(2_048) };
    draft(&mut harness).attachments = vec![picture, file];
    harness.run();
    harness.get_by_label("notes.md");
    harness.get_by_label("2 KB");
    harness.get_by_label("Remove a.png").click();
    harness.run();
    assert_eq!(draft(&mut harness).attachments.len(), 1);
    harness.get_by_label("Send").click();
    harness.run();
    assert_eq!(sent_texts(&harness), [""]);
}

#[test]
fn a_message_waits_in_sight_for_a_file_that_is_read() {
    let mut harness = composer(samples::chat());
    let state = &mut harness.state_mut().state;
    let (chat, paths) = (state.open_chat(), vec!["/tmp/a.png".into()]);
    let read = UiCommand::Draft(DraftCommand::AttachFiles { chat, paths });
    let context = HandleContext { now: NOW, ids: IdSource };
    crate::state::handle(state, read, context);
    harness.run();
    harness.get_by_label("Reading…");
    type_text(&mut harness, "Look");
    let send = UiCommand::Send { text: "Look".to_owned() };
    crate::state::handle(&mut harness.state_mut().state, send, context);
    harness.run();
    harness.get_by_label("Reading… It is sent with the message");
    harness.get_by_label("Stop reading").click();
    harness.run();
    assert!(harness.query_by_label("Stop reading").is_none());
    assert_eq!(draft(&mut harness).text, "Look");
}

#[test]
fn a_pasted_picture_is_attached() {
    let mut harness = composer(samples::chat());
    let picture = std::sync::Arc::new(egui::ColorImage::filled([2, 2], egui::Color32::WHITE));
    harness.event(Event::PasteImage(picture));
    let attached = |harness: &mut Composer| !draft(harness).attachments.is_empty();
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !attached(&mut harness) && std::time::Instant::now() < patience {
        harness.step();
        std::thread::yield_now();
    }
    let [Part::Image { url, .. }] = &draft(&mut harness).attachments[..] else {
        panic!("no picture")
    };
    assert!(url.starts_with("data:image/png;base64,"));
}

#[test]
fn a_system_prompt_is_never_hidden() {
    let mut harness = composer(samples::chat());
    assert!(harness.query_by_label("System prompt").is_none());
    harness.state_mut().state.settings.chat.params.system = Some("Be brief".to_owned());
    harness.run();
    harness.get_by_label("System prompt").click();
    harness.run();
    assert_eq!(harness.state().state.overlay, Overlay::Params);
}

/// Another provider has a model with the name of one of Ollama's.
fn with_namesakes() -> AppState {
    let mut state = samples::chat();
    let mut other = state.providers[1].clone();
    other.config.id = "cloud".into();
    other.config.name = "Cloud".to_owned();
    let namesake = ModelInfo::unknown(ModelId::new("cloud", "qwen3:8b"));
    other.models = vec![namesake];
    let changed = BackendEvent::ProviderChanged(other);
    crate::state::apply(&mut state, changed, NOW);
    state
}

#[test]
fn models_of_one_name_are_told_apart_by_their_providers() {
    let mut state = with_namesakes();
    let chat = state.open_chat().unwrap();
    let draft = Draft {
        model: Some(ModelId::new("ollama", "qwen3:8b")),
        compare: vec![
            ModelId::new("cloud", "qwen3:8b"),
            ModelId::new("ollama", "hermes-sonnet:8b"),
        ],
        ..Draft::default()
    };
    state.conversations.get_mut(&chat).unwrap().draft = draft;
    let mut harness = composer(state);
    harness.get_by_label("Model: qwen3:8b (Ollama)");
    harness.get_by_label("Take qwen3:8b (Cloud) out of the comparison");
    harness.get_by_label("Take hermes-sonnet:8b out of the comparison");
    let gone = BackendEvent::ProviderRemoved("cloud".into());
    crate::state::apply(&mut harness.state_mut().state, gone, NOW);
    harness.run();
    harness.get_by_label("Model: qwen3:8b");
}

#[test]
fn who_will_not_see_a_picture_is_said_before_it_is_sent() {
    let mut state = samples::chat();
    state.providers[1].models[1].abilities.vision = Some(false);
    let chat = state.open_chat().unwrap();
    let picture = Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: "a".to_owned() };
    let draft = Draft {
        model: Some(ModelId::new("ollama", "qwen3:8b")),
        attachments: vec![picture],
        ..Draft::default()
    };
    state.conversations.get_mut(&chat).unwrap().draft = draft;
    let mut harness = composer(state);
    harness.get_by_label("qwen3:8b will not see the picture");
    let open = harness.state_mut().state.conversations.get_mut(&chat).unwrap();
    open.draft.attachments.clear();
    harness.run();
    assert!(harness.query_by_label_contains("will not see").is_none());
}

#[test]
fn a_remote_chat_says_that_its_server_is_away_and_shows_what_waits() {
    let mut harness = composer(samples::remote(samples::waiting()));
    harness.get_by_label("Home is not reachable. What you send waits here and is sent once");
    assert!(harness.query_by_label("Compare").is_none(), "a server answers as it is set there");
    type_text(&mut harness, "Water the plants");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_label("Waits for Home");
    assert!(harness.query_by_label("Send now").is_none(), "it goes out by itself");
    harness.get_by_label("Edit waiting message").click();
    harness.run();
    type_text(&mut harness, ", please");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let texts = |harness: &Composer| -> Vec<String> {
        let conversation = harness.state().state.conversation().unwrap();
        conversation.queue.iter().map(|item| item.text.clone()).collect()
    };
    assert_eq!(texts(&harness), ["Water the plants, please"]);
    harness.get_by_label("Remove waiting message").click();
    harness.run();
    assert!(texts(&harness).is_empty());
    harness.get_by_label("Connect now").click();
    harness.run();
    assert!(
        harness.state().asked().contains(&"Servers(LinkNow(Some(ServerId(\"home\"))))".to_owned())
    );
}

#[test]
fn who_is_not_let_in_is_led_to_the_settings() {
    let link = crate::protocol::LinkState::Denied { message: "revoked".to_owned() };
    let mut harness = composer(samples::remote(link));
    harness.get_by_label("Home does not let you in. What you send waits here and is sent once");
    harness.get_by_label("Open settings").click();
    harness.run();
    let state = &harness.state().state;
    assert_eq!(state.page, Page::Settings(crate::state::SettingsTab::Servers));
    assert_eq!(state.servers.form, crate::state::ServerForm::Server("home".into()));
}

#[test]
fn a_remote_chat_of_which_nothing_is_kept_says_so() {
    for (is_removed, words) in [
        (false, "Home is not reachable. Nothing of this chat is kept here yet"),
        (true, "Nothing of this chat is kept here yet. home is not among your servers any more"),
    ] {
        let mut state = samples::remote(samples::waiting());
        let chat = state.open_chat().unwrap();
        state.conversations.insert(chat, crate::state::Conversation::new(chat));
        state.chats.as_mut().unwrap()[0].messages = 2;
        if is_removed {
            state.servers.all.clear();
            state.settings.servers.clear();
        }
        let harness = composer(state);
        harness.get_by_label(words);
    }
}

/// The chat on the server was begun with a bot, whose agent is loading.
fn loading(link: crate::protocol::LinkState) -> AppState {
    let mut state = samples::remote(link);
    let chat = state.open_chat().unwrap();
    state.servers.loading.push(crate::state::LoadingAgent { chat, since: NOW });
    state
}

#[test]
fn before_its_agent_is_loaded_a_chat_takes_what_is_typed_and_sends_nothing() {
    let mut harness = composer(loading(samples::waiting()));
    harness.get_by_label("Home is not reachable. You can send as soon as the agent is loaded");
    type_text(&mut harness, "Water the plants");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(sent_texts(&harness).is_empty());
    assert!(harness.state().state.toasts.is_empty());
    assert_eq!(harness.state().state.draft().text, "Water the plants");
    let send = harness.get_by_label("Send");
    assert!(send.accesskit_node().is_disabled());
    send.hover();
    harness.run();
    let reason = "The agent is still being loaded";
    assert!(harness.get_all_by_label(reason).count() > 1, "as a tooltip, and beside the button");
    harness.state_mut().state.servers.loading.clear();
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(sent_texts(&harness), ["Water the plants"]);
}

#[test]
fn the_box_of_a_remote_chat_says_who_gets_the_message_and_where() {
    let hint = |change: &dyn Fn(&mut AppState)| {
        let mut state = samples::remote(samples::linked());
        change(&mut state);
        super::hint(&state)
    };
    assert_eq!(hint(&|_| {}), "Message Home · Home decides who answers");
    let model = |state: &mut AppState| {
        let summary = &mut state.chats.as_mut().unwrap()[0];
        summary.model = Some(ModelId::new("local", "llama"));
    };
    assert_eq!(hint(&model), "Message Llama 4 Home on Home");
    let bot = |state: &mut AppState| {
        // Begun before the server's list was there.
        state.chats.as_mut().unwrap()[0].bot = Some(crate::protocol::ChatBot {
            id: "gardener".into(),
            version: crate::protocol::BotVersion::FIRST,
            name: "gardener".to_owned(),
            icon: crate::protocol::BotIcon::default(),
            color: crate::protocol::BotColor::default(),
            model: None,
            room: false,
        });
    };
    assert_eq!(hint(&bot), "Message Gardener on Home");
}
