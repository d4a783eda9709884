//! The message to come: whom it goes to, and what goes with it.

use super::*;

fn ask(state: &mut AppState, command: DraftCommand) -> Vec<Effect> {
    handle(state, UiCommand::Draft(command), at(0))
}

fn provider(id: &str, models: &[&str]) -> ProviderState {
    let models = models.iter().map(|name| ModelInfo::unknown(ModelId::new(id, *name)));
    ProviderState {
        config: ProviderConfig::new(id, id, ProviderKind::Openai, "https://api.example/v1"),
        key: KeySource::NotNeeded,
        status: ProviderStatus::Ready,
        models: models.collect(),
        listed: None,
        discovered: false,
    }
}

/// Models `a` to `e` of one provider, `a` being the default.
fn with_models() -> AppState {
    let mut state = state();
    state.providers = vec![provider("mock", &["a", "b", "c", "d", "e"])];
    state.settings.default_model = Some(model("a"));
    state
}

fn compared(state: &AppState) -> Vec<String> {
    state.compared().into_iter().map(|model| model.model).collect()
}

fn picture() -> Part {
    Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: "a.png".to_owned() }
}

fn file(name: &str, text: &str) -> Part {
    Part::File { name: name.to_owned(), text: text.to_owned() }
}

fn attach(state: &mut AppState, parts: &[Part]) {
    let (chat, read) = (state.open_chat(), parts.iter().cloned().map(Ok).collect());
    attach_to(state, chat, read);
}

fn attach_to(state: &mut AppState, chat: Option<ChatId>, read: Vec<Result<Part, NotAttached>>) {
    let id = begin_reading(state, chat);
    ask(state, DraftCommand::Attach { id, read });
}

fn begin_reading(state: &mut AppState, chat: Option<ChatId>) -> ReadId {
    let paths = vec!["/tmp/a.png".into()];
    let asked = ask(state, DraftCommand::AttachFiles { chat, paths });
    let [Effect::ReadFiles(id, _)] = asked[..] else { panic!("{asked:?}") };
    id
}

#[test]
fn favourites_answer_the_next_message_in_turn() {
    let mut state = with_models();
    state.settings.favourites = vec![model("b"), model("gone"), model("a"), model("c")];
    let next = |state: &mut AppState| {
        ask(state, DraftCommand::NextFavourite);
        state.next_model().0.model
    };
    // From `a`, which is one of them; `gone` is stepped over.
    assert_eq!([next(&mut state), next(&mut state), next(&mut state)], ["c", "b", "a"]);
    assert_eq!(state.draft().model, None, "the chat's own model is no choice for one message");
    ask(&mut state, DraftCommand::PreviousFavourite);
    assert_eq!(state.next_model(), (model("b"), true));
    state.settings.favourites = vec![model("d"), model("e")];
    ask(&mut state, DraftCommand::PreviousFavourite);
    assert_eq!(state.next_model().0, model("e"), "from a model that is none: the last");
}

#[test]
fn without_favourites_their_keys_say_how_to_get_some() {
    let mut state = with_models();
    ask(&mut state, DraftCommand::NextFavourite);
    assert_eq!(state.next_model(), (model("a"), false));
    assert_eq!(state.toasts[0].title, "There are no favourites yet");
}

#[test]
fn the_default_is_for_chats_that_name_no_model() {
    let mut state = with_models();
    state.new_chat_model = Some(model("b"));
    let scope = ModelScope::Default;
    let choose = UiCommand::ChooseModel { model: model("c"), scope };
    let effects = handle(&mut state, choose, at(0));
    assert!(matches!(effects[..], [Effect::SaveSettings]));
    assert_eq!(state.settings.default_model, Some(model("c")));
    assert_eq!(state.next_model(), (model("c"), false), "the chat to come begins with it");
}

#[test]
fn models_are_compared_until_the_user_ends_it() {
    let mut state = with_models();
    for name in ["b", "c"] {
        ask(&mut state, DraftCommand::ToggleCompared(model(name)));
    }
    let first = send(&mut state, "one");
    let also: Vec<_> = first.also.iter().map(|other| other.model.model.as_str()).collect();
    assert_eq!((first.model.model.as_str(), also), ("a", vec!["b", "c"]));
    let ids: std::collections::HashSet<_> =
        first.also.iter().map(|other| other.answer).chain([first.answer]).collect();
    assert_eq!(ids.len(), 3, "each has an answer of its own");
    assert_eq!(shown(&state), ["one"], "the question is shown at once");
    assert_eq!(compared(&state), ["b", "c"], "the next message goes to them too");
    ask(&mut state, DraftCommand::EndComparison);
    assert!(send(&mut state, "two").also.is_empty());
}

#[test]
fn a_comparison_is_kept_with_the_draft_of_the_chat_that_began_with_it() {
    let mut state = with_models();
    let scope = ModelScope::NextMessage;
    handle(&mut state, UiCommand::ChooseModel { model: model("d"), scope }, at(0));
    ask(&mut state, DraftCommand::ToggleCompared(model("a")));
    let sent = commands(handle(&mut state, UiCommand::Send { text: "one".to_owned() }, at(0)));
    let chat = state.open_chat().unwrap();
    let saved: Vec<_> = sent
        .iter()
        .filter_map(|command| {
            let BackendCommand::SaveDraft { chat, draft } = command else { return None };
            Some((*chat, draft.clone()))
        })
        .collect();
    let kept = Draft { model: Some(model("d")), compare: vec![model("a")], ..Draft::default() };
    assert_eq!(saved, [(None, Draft::default()), (Some(chat), kept)]);
    assert_eq!(state.next_model().0, model("d"), "the same models again");
    assert_eq!(compared(&state), ["a"]);
}

#[test]
fn at_most_four_models_are_compared_and_the_first_can_be_taken_out() {
    let mut state = with_models();
    for name in ["b", "c", "d", "e"] {
        ask(&mut state, DraftCommand::ToggleCompared(model(name)));
    }
    assert_eq!(compared(&state), ["b", "c", "d"]);
    assert_eq!(state.toasts[0].title, "At most 4 models answer at once");
    ask(&mut state, DraftCommand::ToggleCompared(model("a")));
    assert_eq!(
        (state.next_model().0, compared(&state)),
        (model("b"), vec!["c".into(), "d".into()])
    );
    ask(&mut state, DraftCommand::ToggleCompared(model("c")));
    ask(&mut state, DraftCommand::ToggleCompared(model("d")));
    ask(&mut state, DraftCommand::ToggleCompared(model("b")));
    assert_eq!(state.next_model().0, model("b"), "somebody has to answer");
}

#[test]
fn no_model_answers_twice() {
    let mut state = with_models();
    let names = ["a", "b", "b", "c"];
    state.new_draft.compare = names.iter().map(|name| model(name)).collect();
    assert_eq!(compared(&state), ["b", "c"]);
}

#[test]
fn attachments_go_with_the_message_before_its_text() {
    let mut state = with_models();
    attach(&mut state, &[picture(), file("a.txt", "text")]);
    ask(&mut state, DraftCommand::RemoveAttachment(7));
    let request = send(&mut state, "What is it?");
    assert_eq!(request.attachments, [picture(), file("a.txt", "text")]);
    let text = Part::Text { text: "What is it?".to_owned() };
    let shown = &state.conversation().unwrap().messages[0].parts;
    assert_eq!(*shown, [picture(), file("a.txt", "text"), text]);
    assert!(state.draft().attachments.is_empty());
}

#[test]
fn a_picture_alone_is_a_message() {
    let mut state = with_models();
    attach(&mut state, &[picture()]);
    let request = send(&mut state, "");
    assert_eq!(request.attachments, [picture()]);
    assert_eq!(state.conversation().unwrap().messages[0].parts, [picture()]);
}

#[test]
fn what_was_attached_returns_with_a_message_that_was_not_kept() {
    let mut state = with_models();
    attach(&mut state, &[picture()]);
    let request = send(&mut state, "precious");
    let (chat, message, draft) = (request.chat, request.message, request.into());
    apply(&mut state, BackendEvent::NotSent { chat, message, draft }, NOW);
    assert_eq!(state.draft().attachments, [picture()]);
    assert_eq!(state.draft().text, "precious");
}

#[test]
fn all_that_was_chosen_for_a_message_returns_with_it_and_is_saved() {
    let mut state = with_models();
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, done(&first)), NOW);
    state.settings.chat.params.top_p = Some(0.5);
    let chosen = Draft {
        text: "precious".to_owned(),
        model: Some(model("b")),
        compare: vec![model("c")],
        params: Params { temperature: Some(0.25), ..Params::default() },
        attachments: vec![picture()],
    };
    state.conversations.get_mut(&first.chat).unwrap().draft = chosen.clone();
    let request = send(&mut state, "precious");
    let (chat, message, draft) = (request.chat, request.message, request.into());
    apply(&mut state, BackendEvent::NotSent { chat, message, draft }, NOW);
    assert_eq!(*state.draft(), chosen);
    let saved = commands(tick(&mut state, NOW.plus_ms(60_000)).0);
    let [BackendCommand::SaveDraft { chat: Some(kept), draft }] = &saved[..] else {
        panic!("{saved:?}")
    };
    assert_eq!((*kept, draft), (chat, &chosen));
}

#[test]
fn a_changed_message_keeps_its_attachments() {
    let mut state = with_models();
    attach(&mut state, &[picture()]);
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, done(&first)), NOW);
    let edit = UiCommand::EditMessage { message: first.message, text: "two".to_owned() };
    let sent = commands(handle(&mut state, edit, at(5)));
    let [BackendCommand::Send(request)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(request.attachments, [picture()]);
}

#[test]
fn what_cannot_be_attached_is_told_once_and_the_rest_goes_along() {
    let mut state = with_models();
    let not = |name: &str, reason: &str| {
        Err(NotAttached { name: name.to_owned(), reason: reason.to_owned() })
    };
    let read = vec![not("a.bin", "It is no text"), Ok(file("b.txt", "b")), not("c", "Too large")];
    attach_to(&mut state, None, read);
    assert_eq!(state.draft().attachments, [file("b.txt", "b")]);
    let [toast] = &state.toasts[..] else { panic!("{:?}", state.toasts) };
    assert_eq!(toast.title, "2 files were not attached");
    assert_eq!(toast.body, "a.bin: It is no text\nc: Too large");
}

#[test]
fn a_message_holds_ten_attachments_at_most() {
    let mut state = with_models();
    let files: Vec<Part> = (0..11).map(|number| file(&number.to_string(), "x")).collect();
    attach(&mut state, &files);
    assert_eq!(state.draft().attachments.len(), 10);
    assert_eq!(state.toasts[0].title, "“10” was not attached");
}

#[test]
fn files_that_were_read_go_to_the_chat_they_were_chosen_in() {
    let mut state = with_models();
    let first = send(&mut state, "one");
    handle(&mut state, UiCommand::NewChat, at(0));
    let read = vec![Ok(picture())];
    attach_to(&mut state, Some(first.chat), read);
    assert!(state.draft().attachments.is_empty());
    assert_eq!(state.conversations[&first.chat].draft.attachments, [picture()]);
}

#[test]
fn a_missing_model_says_why() {
    let mut state = with_models();
    let gone = ModelId::new("gone", "x");
    assert_eq!(state.missing(&model("a")), None);
    assert_eq!(state.missing(&gone), Some(Missing::ProviderGone));
    let provider = "mock".to_owned();
    assert_eq!(state.missing(&model("z")), Some(Missing::NotListed { provider }));
    state.providers[0].status = ProviderStatus::Checking;
    assert_eq!(state.missing(&model("z")), None, "its list is still to come");
    state.providers.clear();
    assert_eq!(state.missing(&gone), None, "nothing is known yet");
}

#[test]
fn a_missing_model_does_not_keep_a_message_from_being_sent() {
    let mut state = with_models();
    state.settings.default_model = Some(model("gone"));
    assert_eq!(send(&mut state, "Hi").model, model("gone"));
}

fn try_send(state: &mut AppState, text: &str) -> Vec<SendRequest> {
    sent(handle(state, UiCommand::Send { text: text.to_owned() }, at(0)))
}

fn sent(effects: Vec<Effect>) -> Vec<SendRequest> {
    let sent = commands(effects).into_iter().filter_map(|command| {
        let BackendCommand::Send(request) = command else { return None };
        Some(*request)
    });
    sent.collect()
}

#[test]
fn a_message_waits_for_what_is_read_for_it() {
    let mut state = with_models();
    let (first, second) = (begin_reading(&mut state, None), begin_reading(&mut state, None));
    assert!(try_send(&mut state, "Look").is_empty());
    assert!(state.is_reading() && state.is_held());
    assert_eq!((state.draft().text.as_str(), &state.page), ("Look", &Page::Welcome));
    handle(&mut state, UiCommand::OpenSettings(SettingsTab::About), at(0));
    let in_turn = [(second, file("b", "b")), (first, picture())];
    let [nothing, all] = in_turn
        .map(|(id, part)| sent(ask(&mut state, DraftCommand::Attach { id, read: vec![Ok(part)] })));
    assert!(nothing.is_empty());
    let [request] = &all[..] else { panic!("{all:?}") };
    assert_eq!(request.attachments, [file("b", "b"), picture()]);
    assert_eq!(request.text, "Look");
    assert_eq!(state.page, Page::Settings(SettingsTab::About), "nobody is moved");
}

#[test]
fn a_message_whose_file_cannot_be_read_stays_in_the_composer() {
    let mut state = with_models();
    let id = begin_reading(&mut state, None);
    try_send(&mut state, "Look");
    let not = NotAttached { name: "a".to_owned(), reason: "Gone".to_owned() };
    assert!(sent(ask(&mut state, DraftCommand::Attach { id, read: vec![Err(not)] })).is_empty());
    assert_eq!((state.draft().text.as_str(), state.is_held()), ("Look", false));
    assert_eq!(try_send(&mut state, "Look").len(), 1);
}

#[test]
fn what_the_user_no_longer_waits_for_goes_nowhere() {
    let mut state = with_models();
    let id = begin_reading(&mut state, None);
    try_send(&mut state, "Look");
    ask(&mut state, DraftCommand::StopReading);
    assert_eq!(try_send(&mut state, "Look").len(), 1);
    assert!(ask(&mut state, DraftCommand::Attach { id, read: vec![Ok(picture())] }).is_empty());
    assert!(state.new_draft.attachments.is_empty() && state.draft().attachments.is_empty());
}

#[test]
fn a_model_is_found_in_the_newest_list_of_its_provider() {
    let mut state = state();
    let (a, c) = (model("a"), model("c"));
    for (models, has_a, has_c) in [(["a", "b"], true, false), (["c", "a"], true, true)] {
        apply(&mut state, BackendEvent::ProviderChanged(provider("mock", &models)), NOW);
        let found = [&a, &c].map(|id| state.model(id).map(|info| info.id.clone()));
        assert_eq!(found, [has_a.then(|| a.clone()), has_c.then(|| c.clone())]);
        assert_eq!([&a, &c].map(|id| state.missing(id).is_none()), [has_a, has_c]);
    }
    apply(&mut state, BackendEvent::ProviderRemoved("mock".into()), NOW);
    assert_eq!(state.model(&a), None);
}
