use egui::{Event, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use secrecy::ExposeSecret as _;

use crate::protocol::*;
use crate::state::{AppState, Page, ServerCommand, SettingsTab, UiCommand, apply};
use crate::ui::samples::{self, Driven, NOW};
use crate::ui::settings::SettingsView;
use crate::ui::theme::{self, Mode};

type Settings = Harness<'static, Driven<SettingsView>>;

fn page(mut state: AppState) -> Settings {
    state.page = Page::Settings(SettingsTab::Servers);
    let mut harness = Harness::builder()
        .with_size(vec2(1000.0, 1200.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<SettingsView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                driven.view.settings_ui(ui, &driven.state, NOW, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run_ok();
    harness
}

fn control<'a>(harness: &'a Settings, label: &'a str) -> egui_kittest::Node<'a> {
    let is_control =
        |node: &egui_kittest::Node<'_>| node.accesskit_node().role() != egui::Role::Label;
    harness.query_all_by_label(label).find(is_control).unwrap()
}

fn click(harness: &mut Settings, label: &str) {
    control(harness, label).click();
    harness.run_ok();
}

fn fill(harness: &mut Settings, field: &str, text: &str) {
    control(harness, field).focus();
    harness.run_ok();
    harness.event(Event::Text(text.to_owned()));
    harness.run_ok();
}

fn asked(harness: &Settings) -> Vec<&ServerCommand> {
    let commands = harness.state().sent.iter().filter_map(|command| {
        let UiCommand::Servers(command) = command else { return None };
        Some(command)
    });
    commands.collect()
}

#[test]
fn a_server_is_checked_tried_and_saved() {
    let mut harness = page(samples::configured());
    click(&mut harness, "Add server");
    click(&mut harness, "Save");
    harness.get_by_label("Give it a name");
    fill(&mut harness, "Name", "My Home");
    fill(&mut harness, "Address", "home:7777");
    click(&mut harness, "Test");
    harness.get_by_label("The address has to begin with wss:// or ws://");
    control(&harness, "Address").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    fill(&mut harness, "Address", "wss://home.example/ws");
    fill(&mut harness, "Token", "sb_secret");
    click(&mut harness, "Two sockets");
    click(&mut harness, "Test");
    harness.get_by_label("Trying…");
    let query = harness.state().state.servers.tried.as_ref().unwrap().0;
    let found = ServerFound { plain: false, round_trip_ms: 24, models: 12, bots: 3 };
    let told = BackendEvent::Remote(RemoteEvent::Tested { query, result: Ok(found) });
    apply(&mut harness.state_mut().state, told, NOW);
    harness.run_ok();
    harness.get_by_label("It works: 24 ms there and back · 12 models · 3 bots");
    click(&mut harness, "Save");
    let asked = asked(&harness);
    let saved = asked.iter().find_map(|command| {
        let ServerCommand::Save { config, token: KeyChange::Set(token) } = command else {
            return None;
        };
        Some((config, token))
    });
    let (config, token) = saved.unwrap();
    assert_eq!(config.id, ServerId::from("my-home"));
    assert_eq!(config.url, "wss://home.example");
    assert!(config.dual && !config.token_query);
    assert_eq!(token.expose_secret(), "sb_secret");
    assert_eq!(harness.state().state.settings.servers, std::slice::from_ref(config));
}

#[test]
fn a_code_is_asked_for_once_and_the_server_is_kept_when_it_agrees() {
    let mut harness = page(samples::configured());
    click(&mut harness, "Add server");
    fill(&mut harness, "Name", "Home");
    fill(&mut harness, "Address", "ws://127.0.0.1:7777");
    click(&mut harness, "Let in by: Pairing code");
    click(&mut harness, "Pair");
    harness.get_by_label("Enter the code that `switchboard serve --pair` shows");
    fill(&mut harness, "Code", "4F7-K2M");
    click(&mut harness, "Pair");
    harness.get_by_label("Pairing…");
    let query = harness.state().state.servers.paired.as_ref().unwrap().0;
    let refused = ProviderError::new(ErrorKind::Auth, "");
    let told = BackendEvent::Remote(RemoteEvent::Paired { query, result: Err(refused) });
    apply(&mut harness.state_mut().state, told, NOW);
    harness.run_ok();
    harness.get_by_label_contains("did not accept the token or the code");
    assert!(harness.state().state.settings.servers.is_empty());
    fill(&mut harness, "Code", "4F7-K2M");
    click(&mut harness, "Pair");
    let query = harness.state().state.servers.paired.as_ref().unwrap().0;
    let id = ServerId::from("home");
    let told = BackendEvent::Remote(RemoteEvent::Paired { query, result: Ok(id.clone()) });
    let state = &mut harness.state_mut().state;
    let effects = apply(state, told, NOW);
    assert!(effects.iter().any(|effect| matches!(effect, crate::state::Effect::SaveSettings)));
    assert_eq!(state.settings.servers[0].id, id);
    let links = |effect: &crate::state::Effect| {
        matches!(
            effect,
            crate::state::Effect::Backend(BackendCommand::Remote(RemoteCommand::Save {
                token: KeyChange::Keep,
                ..
            }))
        )
    };
    assert!(effects.iter().any(links), "the engine links to it with the token it kept");
}

#[test]
fn cards_tell_how_links_stand_and_what_helps() {
    let mut state = samples::configured();
    for (id, link) in [
        ("home", samples::waiting()),
        ("box", LinkState::Denied { message: "The token was revoked".to_owned() }),
        ("quiet", LinkState::Offline),
    ] {
        let server = samples::server(id, link);
        apply(&mut state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
    }
    let mut harness = page(state);
    harness.get_by_label("reconnecting in 4 s · try 3");
    harness.get_by_label("Connection refused. It is tried again by itself.");
    harness.get_by_label("The token was revoked. Paste a new token, or pair again.");
    harness.get_by_label("offline");
    assert!(harness.query_by_label("Connect to Box now").is_none(), "only a new token helps");
    click(&mut harness, "Connect to Home now");
    click(&mut harness, "More for Home");
    click(&mut harness, "Remove…");
    harness.get_by_label("Remove Home and its token? Its chats stay here, as they are.");
    click(&mut harness, "Keep");
    click(&mut harness, "More for Home");
    click(&mut harness, "Remove…");
    click(&mut harness, "Remove");
    let asked: Vec<String> = asked(&harness).iter().map(|command| format!("{command:?}")).collect();
    assert_eq!(asked, ["LinkNow(Some(ServerId(\"home\")))", "Remove(ServerId(\"home\"))"],);
}
