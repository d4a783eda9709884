//! From a bot to a chat.

use super::*;
use crate::protocol::{
    Abilities, Ability, BotOrigin, IdSource, KeySource, ModelId, ModelInfo, ModelPreference,
    PriceClass, ProviderConfig, ProviderKind, ProviderState, ProviderStatus, Seed, SpeakingOrder,
    Timestamp, ToolNeed,
};
use crate::state::{AppState, Settings};

fn context() -> HandleContext {
    HandleContext { now: Timestamp(1_795_220_000_000), ids: IdSource }
}

fn variable(name: &str, kind: VariableKind, default: Option<&str>) -> Variable {
    Variable {
        name: name.to_owned(),
        label: name.to_owned(),
        kind,
        default: default.map(str::to_owned),
        choices: if kind == VariableKind::Choice {
            vec!["one".into(), "two".into()]
        } else {
            Vec::new()
        },
    }
}

fn model(id: &str, price: f64, sees: Option<bool>) -> ModelInfo {
    ModelInfo {
        price_in: Some(price / 4.0),
        price_out: Some(price),
        abilities: Abilities { vision: sees, ..Abilities::default() },
        ..ModelInfo::unknown(id.parse().unwrap())
    }
}

fn provider(id: &str, status: ProviderStatus, models: Vec<ModelInfo>) -> ProviderState {
    ProviderState {
        config: ProviderConfig::new(id, id, ProviderKind::Openai, "https://example.com/v1"),
        key: KeySource::NotNeeded,
        status,
        models,
        listed: None,
        discovered: false,
    }
}

fn state() -> AppState {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    let mut hidden = model("p/hidden", 0.1, Some(true));
    hidden.hidden = true;
    state.providers = vec![
        provider(
            "p",
            ProviderStatus::Ready,
            vec![
                model("p/dear", 15.0, Some(true)),
                model("p/middle", 8.0, Some(true)),
                model("p/blind", 1.0, Some(false)),
                model("p/unsaid", 0.5, None),
                hidden,
            ],
        ),
        provider("locked", ProviderStatus::NeedsKey, vec![model("locked/cheap", 0.2, Some(true))]),
        provider("guide", ProviderStatus::Ready, vec![model("guide/guide", 0.0, None)]),
    ];
    state.settings.default_model = Some("p/blind".parse().unwrap());
    state
}

fn id(text: &str) -> ModelId {
    text.parse().unwrap()
}

fn decide(
    state: &AppState,
    abilities: &[Ability],
    price: Option<PriceClass>,
    ids: &[&str],
) -> Suited {
    let preference = ModelPreference {
        abilities: abilities.to_vec(),
        price,
        ids: ids.iter().map(|text| id(text)).collect(),
    };
    suited(&preference, state)
}

#[test]
fn a_list_gives_the_first_that_can_be_had_and_the_rest_as_fallback() {
    let state = state();
    let some = |model: &str, fallback: &[&str]| Suited {
        model: Some(id(model)),
        fallback: fallback.iter().map(|text| id(text)).collect(),
    };
    let ids = ["gone/x", "locked/cheap", "p/dear", "p/blind", "p/dear", "p/middle"];
    assert_eq!(decide(&state, &[], None, &ids), some("p/dear", &["p/blind", "p/middle"]));
    let first_is_usual = decide(&state, &[], None, &["p/blind", "p/dear"]);
    assert_eq!(first_is_usual, Suited { model: None, fallback: vec![id("p/dear")] });
    assert_eq!(decide(&state, &[], None, &["gone/x"]), Suited::default());
    // Where none can be had, the abilities decide.
    assert_eq!(decide(&state, &[Ability::Vision], None, &["gone/x"]), some("p/middle", &[]));
}

#[test]
fn abilities_take_the_usual_model_then_liked_ones_then_the_cheapest() {
    let mut state = state();
    let model = |suited: Suited| suited.model.map(|model| model.to_string());
    let see = [Ability::Vision];
    assert_eq!(model(decide(&state, &[], Some(PriceClass::Low), &[])), None, "the usual one fits");
    assert_eq!(model(decide(&state, &see, None, &[])).as_deref(), Some("p/middle"));
    state.recents = [id("p/dear")].into();
    assert_eq!(model(decide(&state, &see, None, &[])).as_deref(), Some("p/dear"));
    assert_eq!(
        model(decide(&state, &see, Some(PriceClass::Medium), &[])).as_deref(),
        Some("p/middle"),
        "too dear"
    );
    // Nothing cheap is known to see: one of which nobody says is tried.
    assert_eq!(
        model(decide(&state, &see, Some(PriceClass::Low), &[])).as_deref(),
        Some("p/unsaid")
    );
    state.settings.default_model = Some(id("other/unlisted"));
    assert_eq!(model(decide(&state, &see, None, &[])), None, "what is not known may do");
    state.settings.default_model = Some(id("guide/guide"));
    assert_eq!(model(decide(&state, &[], Some(PriceClass::High), &[])).as_deref(), Some("p/dear"));
    state.providers.retain(|provider| provider.config.id.as_str() == "guide");
    assert_eq!(model(decide(&state, &see, None, &[])), None, "there is nobody else");
}

#[test]
fn a_bot_that_wants_nothing_takes_a_model_before_guide() {
    let mut state = state();
    assert_eq!(decide(&state, &[], None, &[]), Suited::default());
    state.settings.default_model = None;
    assert_eq!(decide(&state, &[], None, &[]).model, Some(id("p/unsaid")));
    assert_eq!(decide(&state, &[], None, &["q/gone"]).model, Some(id("p/unsaid")));
    state.settings.favourites = vec![id("p/dear")];
    assert_eq!(decide(&state, &[], None, &[]).model, Some(id("p/dear")));
}

#[test]
fn a_chat_keeps_the_bot_with_all_texts_filled_in() {
    let mut bot = Bot::blank("tutor".into(), "Tutor");
    bot.instructions = "You are {{char}} and teach {{user}} {{topic}}. {{odd}}".to_owned();
    bot.variables = vec![
        variable("topic", VariableKind::Text, None),
        variable("level", VariableKind::Choice, Some("one")),
    ];
    bot.seeds = vec![
        Seed { role: Role::User, content: "Hi".to_owned(), member: None },
        Seed { role: Role::Assistant, content: "{{topic}}, {{level}}?".to_owned(), member: None },
    ];
    bot.starters = vec!["Explain {{topic}}".to_owned()];
    bot.parameters.temperature = Some(0.5);
    bot.tools = ["web_fetch", "run_shell"]
        .map(|name| ToolNeed { name: name.to_owned(), reason: "why".to_owned() })
        .to_vec();
    let mut entry = BotEntry::new(bot, BotOrigin::Own);
    entry.granted = vec!["web_fetch".to_owned(), "other".to_owned()];
    let given = [("topic".to_owned(), " bees ".to_owned())].into();
    let start = start_chat(&entry, &given, &state(), context());
    assert_eq!(start.cast.instructions, "You are Tutor and teach the user bees. {{odd}}");
    assert_eq!(start.cast.starters, ["Explain bees"]);
    assert_eq!(start.cast.tools, ["web_fetch"], "only what was confirmed");
    assert_eq!(start.cast.values["level"], "one");
    assert_eq!(start.options.params.temperature, Some(0.5));
    assert_eq!((start.bot.model, start.bot.room), (None, false));
    let seeds: Vec<(Role, String, Option<&str>)> = start
        .seeds
        .iter()
        .map(|seed| (seed.role, seed.text(), seed.bot.as_ref().map(BotId::as_str)))
        .collect();
    assert_eq!(
        seeds,
        [
            (Role::User, "Hi".to_owned(), None),
            (Role::Assistant, "bees, one?".to_owned(), Some("tutor")),
        ]
    );
    assert_eq!(start.seeds[1].parent, Some(start.seeds[0].id));
    assert!(start.seeds.iter().all(|seed| seed.chat == start.chat));
}

#[test]
fn members_of_a_room_have_their_own_name_model_and_parameters() {
    let member = |id: &str, model: ModelPreference| RoomMember {
        id: id.into(),
        name: id.to_uppercase(),
        icon: Default::default(),
        color: Default::default(),
        instructions: "You are {{char}}: {{topic}}".to_owned(),
        model,
        parameters: Default::default(),
    };
    let mut bot = Bot::blank("debate".into(), "Debate");
    bot.variables = vec![variable("topic", VariableKind::Text, Some("bees"))];
    let sees = ModelPreference { abilities: vec![Ability::Vision], ..Default::default() };
    bot.room = Some(Room {
        order: SpeakingOrder::InTurn,
        leader: None,
        rounds: 2,
        most_answers: 12,
        members: vec![member("pro", ModelPreference::default()), member("con", sees)],
    });
    bot.seeds = vec![Seed {
        role: Role::Assistant,
        content: "I am {{char}}".into(),
        member: Some("con".into()),
    }];
    let start =
        start_chat(&BotEntry::new(bot, BotOrigin::BuiltIn), &Values::new(), &state(), context());
    let room = start.cast.room.unwrap();
    assert!(start.bot.room);
    assert_eq!(room.members[0].instructions, "You are PRO: bees");
    assert_eq!(room.members[0].model, None);
    assert_eq!(room.members[1].model, Some(id("p/middle")));
    assert_eq!(
        (start.seeds[0].text(), &start.seeds[0].bot),
        ("I am CON".into(), &Some("con".into()))
    );
}

#[test]
fn answers_that_do_not_fit_are_named() {
    let mut bot = Bot::blank("b".into(), "B");
    bot.variables = vec![
        variable("name", VariableKind::Text, None),
        variable("age", VariableKind::Number, Some("3")),
        variable("pick", VariableKind::Choice, Some("one")),
    ];
    let wrong = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        problems(&bot, &given).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(wrong(&[]), ["name"]);
    assert_eq!(wrong(&[("name", "  ")]), ["name"]);
    assert_eq!(wrong(&[("name", "Ada"), ("age", "x"), ("pick", "three")]), ["age", "pick"]);
    assert_eq!(wrong(&[("name", "Ada"), ("age", "NaN")]), ["age"]);
    assert!(wrong(&[("name", "Ada"), ("age", "-2,5"), ("pick", "two")]).is_empty());
}
