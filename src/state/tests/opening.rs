//! Chats that begin with a bot.

use std::sync::Arc;

use super::*;

fn bot(version: &str) -> Bot {
    Bot {
        version: version.parse().unwrap(),
        instructions: "Help with {{topic}}".to_owned(),
        seeds: vec![Seed { role: Role::Assistant, content: "Hello".to_owned(), member: None }],
        ..Bot::blank("helper".into(), "Helper")
    }
}

fn asking(version: &str) -> Bot {
    let topic = Variable {
        name: "topic".to_owned(),
        label: "What about?".to_owned(),
        kind: VariableKind::Text,
        default: None,
        choices: Vec::new(),
    };
    Bot { variables: vec![topic], ..bot(version) }
}

fn tell(state: &mut AppState, bot: Bot) {
    let bots = vec![Arc::new(BotEntry::new(bot, BotOrigin::Own))];
    apply(state, BackendEvent::Bots(Arc::new(Library { bots, problems: Vec::new() })), NOW);
}

fn ask(state: &mut AppState, command: BotCommand) -> Vec<BackendCommand> {
    commands(handle(state, UiCommand::Bots(command), at(0)))
}

fn begun(commands: &[BackendCommand]) -> StartChat {
    let [BackendCommand::StartChat(start)] = commands else { panic!("{commands:?}") };
    start.as_ref().clone()
}

/// The store tells that the chat is there.
fn stored(state: &mut AppState, chat: ChatId) -> Vec<BackendCommand> {
    let summary = state.summary(chat).unwrap().clone();
    commands(apply(state, BackendEvent::ChatChanged(summary), NOW))
}

fn with(bot: &str, topic: &str) -> BotCommand {
    BotCommand::StartWith { bot: bot.into(), values: vec![("topic".into(), topic.into())] }
}

#[test]
fn a_bot_that_asks_nothing_begins_at_once_and_all_is_on_screen() {
    let mut state = state();
    tell(&mut state, bot("1.0"));
    let sent = ask(&mut state, BotCommand::Start("helper".into()));
    let start = begun(&sent);
    assert_eq!(state.page, Page::Chat(start.chat));
    let open = state.conversation().unwrap();
    assert_eq!(open.messages, start.seeds);
    assert_eq!(open.cast.as_deref(), Some(&start.cast));
    assert_eq!(open.loading, Loading::Nothing);
    assert_eq!(state.chats.as_ref().unwrap()[0].bot, Some(start.bot));
}

#[test]
fn what_a_bot_wants_to_know_is_asked_first_and_checked() {
    let mut state = state();
    tell(&mut state, asking("1.0"));
    assert!(ask(&mut state, BotCommand::Start("helper".into())).is_empty());
    assert_eq!(state.overlay, Overlay::StartBot("helper".into()));
    assert!(ask(&mut state, with("helper", " ")).is_empty());
    assert_eq!(state.overlay, Overlay::StartBot("helper".into()));
    assert_eq!(state.starting.problems.len(), 1);
    let start = begun(&ask(&mut state, with("helper", "bees")));
    assert_eq!(start.cast.instructions, "Help with bees");
    assert_eq!(
        (state.overlay.clone(), state.starting.clone()),
        (Overlay::Nothing, Starting::default())
    );
}

#[test]
fn the_model_of_a_bot_stands_between_the_chats_and_the_default() {
    let mut state = state();
    state.settings.default_model = Some(model("default"));
    tell(&mut state, bot("1.0"));
    let chat = begun(&ask(&mut state, BotCommand::Start("helper".into()))).chat;
    assert_eq!(state.chat_model(), model("default"));
    let summary = state.chats.as_mut().unwrap().iter_mut().find(|known| known.id == chat).unwrap();
    summary.bot.as_mut().unwrap().model = Some(model("bots"));
    assert_eq!(state.next_model(), (model("bots"), false));
    state.chats.as_mut().unwrap()[0].model = Some(model("chats"));
    assert_eq!(state.next_model(), (model("chats"), false));
}

#[test]
fn a_chat_left_without_a_word_goes_and_one_with_words_stays() {
    let mut state = state();
    tell(&mut state, bot("1.0"));
    let start = |state: &mut AppState| begun(&ask(state, BotCommand::Start("helper".into()))).chat;
    let leave = |state: &mut AppState| commands(handle(state, UiCommand::NewChat, at(0)));

    let empty = start(&mut state);
    assert!(leave(&mut state).is_empty(), "it is not stored yet");
    let told = stored(&mut state, empty);
    assert!(matches!(told[..], [BackendCommand::DeleteChat { chat }] if chat == empty));
    assert!(state.summary(empty).is_none() && state.toasts.is_empty());

    let typed = start(&mut state);
    stored(&mut state, typed);
    handle(&mut state, UiCommand::DraftChanged("soon".into()), at(0));
    assert!(leave(&mut state).is_empty());
    assert!(state.summary(typed).is_some());

    let used = start(&mut state);
    stored(&mut state, used);
    send(&mut state, "Hello");
    assert!(leave(&mut state).is_empty());
    assert!(state.summary(used).is_some());

    let looking = start(&mut state);
    stored(&mut state, looking);
    let settings = UiCommand::OpenSettings(SettingsTab::Providers);
    assert!(commands(handle(&mut state, settings, at(0))).is_empty(), "one comes back from there");
    handle(&mut state, UiCommand::FocusComposer, at(0));
    assert_eq!(state.open_chat(), Some(looking));
}

#[test]
fn a_chat_whose_questions_were_answered_stays_without_a_word() {
    let mut state = state();
    let mut asking = bot("1.0");
    asking.variables = vec![Variable {
        name: "facts".to_owned(),
        label: "The facts?".to_owned(),
        kind: VariableKind::Text,
        default: Some("none".to_owned()),
        choices: Vec::new(),
    }];
    tell(&mut state, asking);
    for (answer, stays) in [("none", false), ("Paris", true)] {
        let values = vec![("facts".to_owned(), answer.to_owned())];
        let start = BotCommand::StartWith { bot: "helper".into(), values };
        let chat = begun(&ask(&mut state, start)).chat;
        stored(&mut state, chat);
        handle(&mut state, UiCommand::NewChat, at(0));
        assert_eq!(state.summary(chat).is_some(), stays, "{answer}");
    }
}

#[test]
fn a_newer_version_is_offered_and_never_imposed() {
    let mut state = state();
    tell(&mut state, bot("1.0"));
    let start = begun(&ask(&mut state, BotCommand::Start("helper".into())));
    assert!(state.newer_bot().is_none());
    tell(&mut state, Bot { instructions: "Anew".to_owned(), ..bot("1.1") });
    assert_eq!(
        state.newer_bot().map(|newer| newer.bot.version.to_string()).as_deref(),
        Some("1.1")
    );
    assert_eq!(state.cast().unwrap().instructions, start.cast.instructions);

    ask(&mut state, BotCommand::KeepOlder);
    assert!(state.newer_bot().is_none());
    tell(&mut state, Bot { instructions: "Again".to_owned(), ..bot("1.2") });
    let sent = ask(&mut state, BotCommand::TakeNewer);
    let [BackendCommand::SetCast { chat, bot, cast }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(
        (*chat, bot.version.to_string(), cast.instructions.as_str()),
        (start.chat, "1.2".into(), "Again")
    );
    assert_eq!(state.cast().unwrap().as_ref(), cast.as_ref());
    assert!(state.newer_bot().is_none());
}

#[test]
fn a_newer_version_that_asks_more_asks_before_it_is_taken() {
    let mut state = state();
    tell(&mut state, bot("1.0"));
    let chat = begun(&ask(&mut state, BotCommand::Start("helper".into()))).chat;
    tell(&mut state, asking("2.0"));
    assert!(ask(&mut state, BotCommand::TakeNewer).is_empty());
    assert_eq!(state.overlay, Overlay::StartBot("helper".into()));
    let sent = ask(&mut state, with("helper", "bees"));
    assert!(matches!(&sent[..], [BackendCommand::SetCast { chat: of, .. }] if *of == chat));
    assert_eq!(state.overlay, Overlay::Nothing);
    assert_eq!(state.cast().unwrap().instructions, "Help with bees");
}

#[test]
fn an_answer_made_again_keeps_its_speaker() {
    let mut state = state();
    tell(&mut state, bot("1.0"));
    begun(&ask(&mut state, BotCommand::Start("helper".into())));
    let request = send(&mut state, "Hello");
    let question = state.conversations[&request.chat].message(request.message).unwrap().clone();
    let answer = Message { bot: Some("helper".into()), ..answer_to(&request) };
    let (question, answer) = (Box::new(question), Box::new(answer));
    apply(&mut state, BackendEvent::RunStarted { run: request.run, question, answer }, NOW);
    apply(&mut state, event(&request, 1, done(&request)), NOW);
    let again = UiCommand::Regenerate { answer: None, model: None };
    let sent = commands(handle(&mut state, again, at(1)));
    let [BackendCommand::Regenerate(again)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(again.bot, Some("helper".into()));
}
