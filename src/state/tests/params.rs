//! How messages are answered.

use super::*;

fn params(temperature: Option<f32>, effort: Option<Effort>, system: Option<&str>) -> Params {
    Params { temperature, effort, system: system.map(str::to_owned), ..Params::default() }
}

fn info(name: &str, takes: Takes, output: Option<u64>) -> ModelInfo {
    ModelInfo { takes, output, ..ModelInfo::unknown(model(name)) }
}

/// Models that differ in what they take; `plain` is the default.
fn with_models() -> AppState {
    let mut state = state();
    let efforts = vec![Effort::Low, Effort::Medium];
    let thinker = Takes { efforts, temperature: false, ..Takes::default() };
    state.providers = vec![ProviderState {
        config: ProviderConfig::new("mock", "Mock", ProviderKind::Openai, "https://api.example/v1"),
        key: KeySource::NotNeeded,
        status: ProviderStatus::Ready,
        models: vec![info("plain", Takes::default(), Some(4_000)), info("thinker", thinker, None)],
        listed: None,
        discovered: false,
    }];
    state.settings.default_model = Some(model("plain"));
    state
}

fn set(state: &mut AppState, scope: ParamsScope, params: Params) {
    handle(state, UiCommand::Draft(DraftCommand::SetParams { scope, params }), at(0));
}

#[test]
fn the_message_counts_more_than_the_chat_and_the_chat_more_than_the_app() {
    let mut state = with_models();
    state.settings.chat.params = params(Some(0.1), None, Some("app"));
    set(&mut state, ParamsScope::Chat, params(Some(0.2), None, None));
    set(&mut state, ParamsScope::Message, params(Some(0.3), None, None));
    let first = send(&mut state, "one");
    assert_eq!(first.options.params, params(Some(0.3), None, Some("app")));
    assert_eq!(first.chat_options.params, params(Some(0.2), None, None), "the new chat's own");
    assert_eq!(state.draft().params, Params::default(), "the next message has none of its own");
    assert_eq!(state.new_options, ChatOptions::default(), "nor the next chat");
}

#[test]
fn only_what_the_model_takes_is_sent() {
    let mut state = with_models();
    let high = params(Some(0.5), Some(Effort::High), None);
    set(&mut state, ParamsScope::Chat, Params { max_tokens: Some(9_000), ..high });
    let plain = state.options_for([model("plain")].iter(), &Params::default()).params;
    assert_eq!((plain.effort, plain.temperature), (None, Some(0.5)));
    assert_eq!(plain.max_tokens, Some(4_000), "no more than it writes");
    let thinker = state.options_for([model("thinker")].iter(), &Params::default()).params;
    assert_eq!(thinker.effort, Some(Effort::Medium), "the nearest one it knows");
    assert_eq!((thinker.temperature, thinker.max_tokens), (None, Some(9_000)));
    let both = [model("plain"), model("thinker")];
    let both = state.options_for(both.iter(), &Params::default()).params;
    assert_eq!((both.effort, both.temperature), (Some(Effort::Medium), Some(0.5)));
    set(&mut state, ParamsScope::Chat, params(None, Some(Effort::None), None));
    let least = state.options_for([model("thinker")].iter(), &Params::default()).params;
    assert_eq!(least.effort, Some(Effort::Low), "there is none below");
}

#[test]
fn a_little_thinking_never_becomes_none() {
    let mut state = with_models();
    let low = params(None, Some(Effort::Low), None);
    for (known, expected) in [
        (vec![Effort::None, Effort::High], Some(Effort::High)),
        (vec![Effort::None], None),
        (vec![Effort::None, Effort::Low], Some(Effort::Low)),
    ] {
        state.providers[0].models[1].takes.efforts = known;
        let sent = state.options_for([model("thinker")].iter(), &low).params;
        assert_eq!(sent.effort, expected);
    }
}

#[test]
fn options_of_a_chat_are_saved_once_typing_rests() {
    let mut state = with_models();
    let first = send(&mut state, "one");
    let summary = summary(first.chat, "one");
    apply(&mut state, BackendEvent::ChatChanged(summary.clone()), NOW);
    set(&mut state, ParamsScope::Chat, params(None, None, Some("Be")));
    set(&mut state, ParamsScope::Chat, params(None, None, Some("Be brief")));
    apply(&mut state, BackendEvent::ChatChanged(summary), NOW);
    assert!(tick(&mut state, NOW.plus_ms(200)).0.is_empty());
    let saved = commands(tick(&mut state, NOW.plus_ms(300)).0);
    let [BackendCommand::SetChatOptions { chat, options }] = &saved[..] else {
        panic!("{saved:?}")
    };
    assert_eq!(*chat, first.chat);
    assert_eq!(options.params.system.as_deref(), Some("Be brief"), "an older one does not undo it");
    assert!(tick(&mut state, NOW.plus_ms(900)).0.is_empty());
}

#[test]
fn a_chat_may_have_a_chain_of_its_own() {
    let mut state = with_models();
    let chain = Fallback { models: vec![model("thinker")], allow_dearer: true };
    let set = DraftCommand::SetFallback(Some(chain.clone()));
    handle(&mut state, UiCommand::Draft(set), at(0));
    let first = send(&mut state, "one");
    assert_eq!(first.options.fallback, Some(chain.clone()));
    assert_eq!(first.chat_options.fallback, Some(chain));
}

#[test]
fn an_answer_made_again_is_made_as_the_composer_shows_it() {
    let mut state = with_models();
    let first = send(&mut state, "one");
    start_run(&mut state, &first);
    apply(&mut state, event(&first, 1, done(&first)), NOW);
    set(&mut state, ParamsScope::Message, params(Some(1.5), None, None));
    let again = handle(&mut state, UiCommand::Regenerate { answer: None, model: None }, at(5));
    let Some(BackendCommand::Regenerate(request)) = commands(again).pop() else {
        panic!("an answer is asked for")
    };
    assert_eq!(request.options.params.temperature, Some(1.5));
}

#[test]
fn typed_numbers_are_checked() {
    let cap = Bound::MaxTokens(Some(64_000));
    let table = [
        ("", Bound::Temperature, Ok(None)),
        (" 0.7 ", Bound::Temperature, Ok(Some(0.7))),
        ("0,7", Bound::Temperature, Ok(Some(0.7))),
        ("2.1", Bound::Temperature, Err("A number from 0 to 2")),
        ("-1", Bound::Temperature, Err("A number from 0 to 2")),
        ("NaN", Bound::Temperature, Err("A number from 0 to 2")),
        ("warm", Bound::Temperature, Err("A number from 0 to 2")),
        ("1", Bound::TopP, Ok(Some(1.0))),
        ("1.5", Bound::TopP, Err("A number from 0 to 1")),
        ("8,192", cap, Ok(Some(8_192.0))),
        ("0", cap, Err("from 1 to 64000")),
        ("64001", cap, Err("from 1 to 64000")),
        ("1.5", cap, Err("a whole number")),
        ("0", Bound::MaxTokens(None), Err("a whole number of tokens, from 1")),
    ];
    for (text, bound, expected) in table {
        match (parse_number(text, bound), expected) {
            (Ok(number), Ok(expected)) => assert_eq!(number, expected, "{text:?}"),
            (Err(said), Err(part)) => assert!(said.contains(part), "{text:?}: {said}"),
            (found, expected) => panic!("{text:?}: {found:?} instead of {expected:?}"),
        }
    }
}
