//! Chats on remote servers.

use std::collections::BTreeMap;

use super::*;
use serde_json::json;

fn home(link: LinkState) -> ServerState {
    let config = ServerConfig {
        id: "home".into(),
        name: "Home".to_owned(),
        url: "wss://home.example".to_owned(),
        token_query: false,
        dual: false,
        ca_file: None,
    };
    let bot = RemoteBot {
        id: "gardener".into(),
        name: "Gardener".to_owned(),
        description: "Looks after the plants".to_owned(),
        template: None,
        variables: Vec::new(),
    };
    let models = vec![ModelInfo::unknown(model("far"))];
    ServerState { config, has_token: true, link, models, bots: vec![bot], has_older: false }
}

fn ready() -> LinkState {
    LinkState::Ready { since: NOW, plain: false, carrier: Carrier::Socket }
}

fn linked(link: LinkState) -> AppState {
    let mut state = state();
    let server = home(link);
    state.settings.servers = vec![server.config.clone()];
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
    state
}

fn ask(state: &mut AppState, command: ServerCommand) -> Vec<BackendCommand> {
    commands(handle(state, UiCommand::Servers(command), at(0)))
}

#[test]
fn a_new_chat_lives_on_the_server_whose_model_answers_it() {
    let mut state = linked(ready());
    let choose = ServerCommand::ChooseModel { server: "home".into(), model: model("far") };
    ask(&mut state, choose);
    let request = send(&mut state, "Hello there");
    assert_eq!(request.server, Some("home".into()));
    assert_eq!(request.model, model("far"));
    let again = send(&mut state, "And again");
    assert_eq!((again.chat, again.server), (request.chat, Some("home".into())));
    handle(&mut state, UiCommand::NewChat, at(1));
    assert_eq!(send(&mut state, "Here").server, None, "the next chat is on this computer again");
}

#[test]
fn a_local_choice_takes_the_new_chat_back_to_this_computer() {
    let mut state = linked(ready());
    ask(&mut state, ServerCommand::ChooseModel { server: "home".into(), model: model("far") });
    let choose = UiCommand::ChooseModel { model: model("near"), scope: ModelScope::ThisChat };
    handle(&mut state, choose, at(0));
    let request = send(&mut state, "Hello");
    assert_eq!((request.server, request.model), (None, model("near")));
}

#[test]
fn what_is_sent_offline_waits_in_sight_until_its_run_begins() {
    let mut state = linked(LinkState::Offline);
    ask(&mut state, ServerCommand::ChooseModel { server: "home".into(), model: model("far") });
    let first = send(&mut state, "one");
    let second = send(&mut state, "two");
    let conversation = state.conversation().unwrap();
    let waiting: Vec<&str> = conversation.queue.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(waiting, ["one", "two"]);
    assert!(conversation.messages.is_empty());
    let edited = handle(
        &mut state,
        UiCommand::EditQueued { message: second.message, text: "three".to_owned() },
        at(1),
    );
    assert!(matches!(commands(edited)[..], [BackendCommand::EditQueued { .. }]));
    let link =
        BackendEvent::Remote(RemoteEvent::LinkChanged { server: "home".into(), link: ready() });
    apply(&mut state, link, NOW);
    let text = vec![Part::Text { text: "one".to_owned() }];
    let question = Message::new(first.message, first.chat, Role::User, NOW, text);
    let (question, answer) = (Box::new(question), Box::new(answer_to(&first)));
    apply(&mut state, BackendEvent::RunStarted { run: first.run, question, answer }, NOW);
    let conversation = state.conversation().unwrap();
    assert_eq!(conversation.queue.len(), 1, "what is on its way no longer waits");
    assert_eq!(conversation.messages.len(), 2);
}

#[test]
fn nobody_was_chosen_means_that_the_server_decides() {
    let mut state = linked(ready());
    state.settings.default_model = Some(model("near"));
    ask(
        &mut state,
        ServerCommand::Start {
            server: "home".into(),
            bot: "gardener".into(),
            answers: BTreeMap::new(),
        },
    );
    let own = ModelId::new("home", "default");
    assert_eq!(state.next_model(), (own.clone(), false));
    assert_eq!(state.full_model_name(&own), "Home decides");
    assert_eq!(state.missing(&model("gone")), None);
}

#[test]
fn an_agent_is_waited_for_before_anything_is_sent() {
    let mut state = linked(ready());
    let asked = ask(
        &mut state,
        ServerCommand::Start {
            server: "home".into(),
            bot: "gardener".into(),
            answers: BTreeMap::new(),
        },
    );
    let [BackendCommand::Remote(RemoteCommand::OpenChat { chat, bot, .. })] = &asked[..] else {
        panic!()
    };
    let chat = *chat;
    assert_eq!(bot.as_str(), "gardener");
    assert_eq!(state.summary(chat).unwrap().title, "Gardener");
    handle(&mut state, UiCommand::DraftChanged("Hi".to_owned()), at(0));
    let sent = commands(handle(&mut state, UiCommand::Send { text: "Hi".to_owned() }, at(0)));
    assert!(sent.is_empty(), "{sent:?}");
    assert_eq!(state.draft().text, "Hi", "what was typed is kept");
    let waiting = state.servers.loading(chat).unwrap();
    assert!(!waiting.is_long(NOW.plus_ms(5_000)) && waiting.is_long(NOW.plus_ms(25_000)));
    let told =
        commands(apply(&mut state, BackendEvent::Remote(RemoteEvent::AgentReady { chat }), NOW));
    assert!(matches!(told[..], [BackendCommand::LoadMessages { .. }]), "{told:?}");
    assert_eq!(send(&mut state, "Hi").server, Some("home".into()));
}

#[test]
fn a_bot_of_a_server_asks_what_it_wants_to_know_before_its_chat_begins() {
    let mut state = linked(ready());
    let mut server = home(ready());
    let asked = json!([{"name": "year", "label": "Which year?", "kind": "number"}]);
    server.bots[0].variables = serde_json::from_value(asked).unwrap();
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
    let bot = BotId::from("home/gardener");
    let begun =
        |state: &mut AppState, command| commands(handle(state, UiCommand::Bots(command), at(0)));
    assert!(begun(&mut state, BotCommand::Start(bot.clone())).is_empty());
    assert_eq!(state.overlay, Overlay::StartBot(bot.clone()));
    let with = |value: &str| {
        let values = vec![("year".to_owned(), value.to_owned())];
        BotCommand::StartWith { bot: bot.clone(), values }
    };
    assert!(begun(&mut state, with("")).is_empty());
    assert!(state.starting.problems.contains_key("year"));
    let asked = begun(&mut state, with("2025"));
    let [BackendCommand::Remote(RemoteCommand::OpenChat { bot, answers, .. })] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!((bot.as_str(), answers["year"].as_str()), ("gardener", "2025"));
    assert_eq!(state.overlay, Overlay::Nothing);
}

#[test]
fn who_deletes_a_chat_of_a_server_is_told_that_it_stays_there() {
    let mut state = linked(ready());
    let chat = IdSource.chat(NOW);
    let summary = ChatSummary { server: Some("home".into()), ..summary(chat, "Roses") };
    apply(&mut state, BackendEvent::ChatChanged(summary), NOW);
    handle(&mut state, UiCommand::DeleteChat(chat), at(0));
    let toast = &state.toasts[0];
    assert_eq!(toast.title, "Chat removed from this computer");
    assert!(toast.body.contains("Roses. It stays on Home"), "{}", toast.body);
    assert_eq!(toast.actions[0].label, "Undo");
}

#[test]
fn an_agent_that_is_not_waited_for_leaves_no_chat() {
    let mut state = linked(ready());
    ask(
        &mut state,
        ServerCommand::Start {
            server: "home".into(),
            bot: "gardener".into(),
            answers: BTreeMap::new(),
        },
    );
    let asked = ask(&mut state, ServerCommand::StopLoading);
    assert!(matches!(asked[..], [BackendCommand::DeleteChat { .. }]), "{asked:?}");
    assert_eq!(state.page, Page::Welcome);
    assert!(state.chats.as_ref().unwrap().is_empty());
}

#[test]
fn a_server_is_asked_again_by_a_message_beside_the_one_before() {
    let mut state = linked(ready());
    ask(&mut state, ServerCommand::ChooseModel { server: "home".into(), model: model("far") });
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, done(&first)), NOW);
    // Also the first of all.
    let regenerate = UiCommand::Regenerate { answer: Some(first.answer), model: None };
    let mut begun = state.clone();
    let asked = commands(handle(&mut begun, regenerate, at(1)));
    let [BackendCommand::Send(request)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((request.text.as_str(), request.place), ("one", Place::Under(None)));
    let shown = &begun.conversation().unwrap().messages;
    assert_eq!((shown.len(), shown[0].siblings.count), (1, 2));

    let second = send(&mut state, "two");
    start_run(&mut state, &second);
    apply(&mut state, event(&second, 1, done(&second)), NOW);
    let regenerate = UiCommand::Regenerate { answer: Some(second.answer), model: None };
    let asked = commands(handle(&mut state, regenerate, at(1)));
    let [BackendCommand::Send(request)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(request.text, "two");
    assert_eq!(request.place, Place::Under(Some(first.answer)));
    assert_eq!(request.server, Some("home".into()));
}

#[test]
fn a_chat_of_a_server_that_was_removed_is_read_and_not_gone_on_with() {
    let mut state = linked(ready());
    ask(&mut state, ServerCommand::ChooseModel { server: "home".into(), model: model("far") });
    send(&mut state, "one");
    ask(&mut state, ServerCommand::Remove("home".into()));
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Removed("home".into())), NOW);
    let sent = commands(handle(&mut state, UiCommand::Send { text: "two".to_owned() }, at(1)));
    assert!(sent.is_empty());
    assert!(state.toasts[0].title.contains("not among your servers any more"));
}

/// A chat on a server with a run that asks for consent.
fn asking() -> (AppState, SendRequest) {
    let mut state = linked(ready());
    ask(&mut state, ServerCommand::ChooseModel { server: "home".into(), model: model("far") });
    let request = send(&mut state, "one");
    start_run(&mut state, &request);
    let needed = StreamEvent::ApprovalNeeded {
        id: "call".into(),
        tool: "shell".to_owned(),
        action: "Run a shell command?".to_owned(),
        args: json!({"command": "cargo fix"}),
        args_hash: "h1".to_owned(),
        risk_level: RiskLevel::High,
        reason: String::new(),
        expires_at: NOW.plus_ms(60_000),
    };
    apply(&mut state, event(&request, 1, needed), NOW);
    (state, request)
}

fn changed(request: &SendRequest, seq: u64, cause: StateCause, ms: u64) -> BackendEvent {
    let (from, to) = (AgentState::AwaitingApproval, AgentState::RunningTool);
    let told = event(request, seq, StreamEvent::State { from, to, cause });
    let BackendEvent::Run(told) = told else { unreachable!("an event of a run") };
    BackendEvent::Run(RunEvent { at: NOW.plus_ms(ms), ..told })
}

fn outcome(state: &AppState) -> Outcome {
    state.conversation().unwrap().approvals[0].outcome
}

#[test]
fn consent_is_sent_once_with_the_hash_of_what_was_shown() {
    let (mut state, _) = asking();
    let args = Some(json!({"command": "cargo check"}));
    let answer = |args| ServerCommand::Answer { call: None, consent: Consent::Chat, args };
    let asked = ask(&mut state, answer(args.clone()));
    let [BackendCommand::Remote(RemoteCommand::Approve { answer: sent, .. })] = &asked[..] else {
        panic!()
    };
    assert!(sent.approved);
    assert_eq!(sent.args_hash, "h1");
    assert_eq!(sent.scope, ApprovalScope::Chat);
    assert_eq!(sent.edited_args, args);
    assert!(ask(&mut state, answer(None)).is_empty(), "it was answered");
    assert_eq!(outcome(&state), Outcome::Answered(Consent::Chat));
}

#[test]
fn a_card_says_when_it_was_answered_elsewhere_or_too_late() {
    let table = [
        (StateCause::Approved, 10, Outcome::Elsewhere { approved: true }),
        (StateCause::Denied, 10, Outcome::Elsewhere { approved: false }),
        (StateCause::Denied, 60_000, Outcome::Expired),
        (StateCause::StopRequested, 10, Outcome::Over),
    ];
    for (cause, ms, expected) in table {
        let (mut state, request) = asking();
        apply(&mut state, changed(&request, 2, cause, ms), NOW);
        assert_eq!(outcome(&state), expected, "{cause:?} after {ms} ms");
    }
    let (mut state, _) = asking();
    let late = HandleContext { now: NOW.plus_ms(60_000), ids: IdSource };
    let answer = ServerCommand::Answer { call: None, consent: Consent::Once, args: None };
    let asked = commands(handle(&mut state, UiCommand::Servers(answer), late));
    assert!(asked.is_empty(), "nothing is answered after its time");
}

#[test]
fn bots_of_servers_stand_on_a_shelf_of_their_own_and_begin_remote_chats() {
    let mut state = linked(ready());
    let shelves = state.gallery.counts().shelves(GalleryFilter::All);
    assert!(shelves.contains(&Shelf { filter: GalleryFilter::Server(0), count: 1 }));
    handle(&mut state, UiCommand::Bots(BotCommand::Show(GalleryFilter::Server(0))), at(0));
    let shown = state.gallery.shown();
    let entry = state.bots.all()[shown[0]].clone();
    assert_eq!(entry.bot.name, "Gardener");
    let start = UiCommand::Bots(BotCommand::Start(entry.bot.id.clone()));
    let asked = commands(handle(&mut state, start, at(0)));
    assert!(
        matches!(asked[..], [BackendCommand::Remote(RemoteCommand::OpenChat { .. })]),
        "{asked:?}"
    );
    let star = UiCommand::Bots(BotCommand::ToggleFavourite(entry.bot.id.clone()));
    assert!(commands(handle(&mut state, star, at(0))).is_empty());
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Removed("home".into())), NOW);
    assert!(state.bots.all().is_empty());
}

/// A chat that was begun with a bot before the app was started again, and is opened now.
fn opened_again(link: LinkState) -> (AppState, ChatId) {
    let mut begun = linked(LinkState::Offline);
    ask(
        &mut begun,
        ServerCommand::Start {
            server: "home".into(),
            bot: "gardener".into(),
            answers: BTreeMap::new(),
        },
    );
    let chat = begun.open_chat().unwrap();
    let mut state = linked(link);
    state.chats.clone_from(&begun.chats);
    let asked = commands(handle(&mut state, UiCommand::OpenChat(chat), at(0)));
    let query = asked.iter().find_map(|command| match command {
        BackendCommand::LoadMessages { query, .. } => Some(*query),
        _ => None,
    });
    let page = MessagePage::default();
    let (draft, queue) = (Draft::default(), Vec::new());
    let told = BackendEvent::Messages { query: query.unwrap(), chat, page, draft, queue };
    apply(&mut state, told, NOW);
    (state, chat)
}

#[test]
fn an_agent_that_was_loading_when_the_app_ended_is_still_loading() {
    let (mut state, chat) = opened_again(LinkState::Offline);
    assert!(state.servers.loading(chat).is_some());
    let ready = BackendEvent::Remote(RemoteEvent::AgentReady { chat });
    apply(&mut state, ready, NOW);
    assert!(state.servers.loading(chat).is_none());
    // A server may be ready without a word of what its bot is told.
    let page = MessagePage::default();
    let query = QueryId(u64::MAX);
    state.conversations.get_mut(&chat).unwrap().loading = Loading::End(query);
    let (draft, queue) = (Draft::default(), Vec::new());
    apply(&mut state, BackendEvent::Messages { query, chat, page, draft, queue }, NOW);
    assert!(state.servers.loading(chat).is_none(), "it can be written to");
}

#[test]
fn a_server_that_tells_of_no_agent_is_not_waited_for() {
    let plain = LinkState::Ready { since: NOW, plain: true, carrier: Carrier::Socket };
    let (state, chat) = opened_again(plain.clone());
    assert!(state.servers.loading(chat).is_none());
    let (mut state, chat) = opened_again(LinkState::Offline);
    let link = RemoteEvent::LinkChanged { server: "home".into(), link: plain };
    apply(&mut state, BackendEvent::Remote(link), NOW);
    assert!(state.servers.loading(chat).is_none());
}

#[test]
fn a_removed_server_keeps_its_name() {
    let mut state = linked(ready());
    ask(&mut state, ServerCommand::Remove("home".into()));
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Removed("home".into())), NOW);
    assert_eq!(state.server_name(&"home".into()), "Home");
}
