use egui::{Event, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use secrecy::ExposeSecret as _;

use crate::protocol::*;
use crate::state::{AppState, Page, ServerCommand, ServerForm, SettingsTab, UiCommand, apply};
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
    fill(&mut harness, "Address", "ftp://home:7777");
    click(&mut harness, "Test");
    harness.get_by_label("The address has to begin with wss:// or ws://");
    control(&harness, "Address").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    fill(&mut harness, "Address", "home.example/ws");
    harness.get_by_label("Taken as wss://home.example");
    fill(&mut harness, "Certificate file", " /etc/home.pem ");
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
    assert_eq!(config.ca_file, Some("/etc/home.pem".into()));
    assert_eq!(token.expose_secret(), "sb_secret");
    assert_eq!(harness.state().state.settings.servers, std::slice::from_ref(config));
    assert!(harness.query_by_label_contains("It works").is_none(), "the form is closed");
    assert!(harness.query_by_label("Token").is_none());
}

#[test]
fn a_server_that_is_changed_leaves_no_form_and_no_old_result_behind() {
    let mut state = samples::configured();
    let server = samples::server("home", samples::linked());
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
    let mut harness = page(state);
    click(&mut harness, "More for Home");
    click(&mut harness, "Edit…");
    click(&mut harness, "Test");
    let query = harness.state().state.servers.tried.as_ref().unwrap().0;
    let refused = ProviderError::new(
        ErrorKind::Network,
        "The certificate of home:1 is not trusted here. Name it",
    );
    let told = BackendEvent::Remote(RemoteEvent::Tested { query, result: Err(refused) });
    apply(&mut harness.state_mut().state, told, NOW);
    harness.run_ok();
    harness.get_by_label("The certificate of home:1 is not trusted here. Name it.");
    click(&mut harness, "Save");
    assert!(harness.query_by_label_contains("is not trusted").is_none());
    assert!(harness.query_by_label("Save").is_none());
    assert!(matches!(asked(&harness).last(), Some(ServerCommand::Edit(ServerForm::Closed))));
}

#[test]
fn what_another_server_has_is_not_given_twice() {
    let mut state = samples::configured();
    let server = samples::server("home", samples::linked());
    apply(&mut state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
    let mut harness = page(state);
    click(&mut harness, "Add server");
    fill(&mut harness, "Name", "home");
    fill(&mut harness, "Address", "https://HOME.example:7777/");
    click(&mut harness, "Save");
    harness.get_by_label("There is a server called Home already. Choose another name");
    fill(&mut harness, "Name", " again");
    click(&mut harness, "Save");
    harness.get_by_label("Home has this address already. Edit Home instead");
    assert!(!asked(&harness).iter().any(|command| matches!(command, ServerCommand::Save { .. })));
}

#[test]
fn a_result_below_the_fold_is_scrolled_to() {
    let mut harness = page(samples::configured());
    harness.set_size(vec2(1000.0, 300.0));
    click(&mut harness, "Add server");
    fill(&mut harness, "Name", "Home");
    fill(&mut harness, "Address", "wss://home.example");
    // Enter in a field saves; the button is tried from where the top of the form is in view.
    control(&harness, "Test").click_accesskit();
    harness.run_ok();
    control(&harness, "Name").focus();
    harness.run_ok();
    harness.get_by_label("Add server").scroll_to_me();
    harness.run_ok();
    let query = harness.state().state.servers.tried.as_ref().unwrap().0;
    let found = ServerFound { plain: false, round_trip_ms: 24, models: 12, bots: 3 };
    let told = BackendEvent::Remote(RemoteEvent::Tested { query, result: Ok(found) });
    apply(&mut harness.state_mut().state, told, NOW);
    harness.run_ok();
    let result = harness.get_by_label_contains("It works").rect();
    assert!(result.top() >= 0.0 && result.bottom() <= 300.0, "{result:?}");
}

#[test]
fn a_code_is_asked_for_once_and_the_server_is_kept_when_it_agrees() {
    let mut harness = page(samples::configured());
    click(&mut harness, "Add server");
    fill(&mut harness, "Name", "Home");
    fill(&mut harness, "Address", "ws://127.0.0.1:7777");
    click(&mut harness, "Let in by: Pairing code");
    click(&mut harness, "Pair");
    harness.get_by_label("Enter the code that switchboard serve --pair shows");
    fill(&mut harness, "Code", "4f7 k2");
    click(&mut harness, "Pair");
    harness.get_by_label("Pairing…");
    let query = harness.state().state.servers.paired.as_ref().unwrap().0;
    let refused = ProviderError::new(ErrorKind::Auth, "");
    let told = BackendEvent::Remote(RemoteEvent::Paired { query, result: Err(refused) });
    apply(&mut harness.state_mut().state, told, NOW);
    harness.run_ok();
    harness.get_by_label_contains("did not accept the token or the code");
    assert!(harness.state().state.settings.servers.is_empty());
    let code = control(&harness, "Code");
    assert!(code.is_focused(), "it can be mended at once");
    assert_eq!(code.value().as_deref(), Some("4f7 k2"));
    harness.event(Event::Text("m".to_owned()));
    harness.run_ok();
    click(&mut harness, "Pair");
    let codes = asked(&harness).into_iter().filter_map(|command| {
        let ServerCommand::Pair { code, .. } = command else { return None };
        Some(code.expose_secret().to_owned())
    });
    assert_eq!(codes.collect::<Vec<_>>(), ["4f7 k2", "4f7 k2m"]);
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
    assert!(control(&harness, "Keep").is_focused());
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    assert!(harness.query_by_label("Keep").is_none());
    click(&mut harness, "More for Home");
    click(&mut harness, "Remove…");
    click(&mut harness, "Remove");
    let asked: Vec<String> = asked(&harness).iter().map(|command| format!("{command:?}")).collect();
    assert_eq!(asked, ["LinkNow(Some(ServerId(\"home\")))", "Remove(ServerId(\"home\"))"],);
}

#[test]
fn a_form_that_is_open_is_shown_again_with_what_was_typed() {
    let mut harness = page(samples::configured());
    click(&mut harness, "Add server");
    fill(&mut harness, "Name", "Home");
    control(&harness, "Address").focus();
    harness.run_ok();
    click(&mut harness, "Add server");
    let name = control(&harness, "Name");
    assert!(name.is_focused());
    assert_eq!(name.value().as_deref(), Some("Home"));
}
