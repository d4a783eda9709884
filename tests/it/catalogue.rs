//! Lists of models: kept, asked for daily, corrected by the user.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use switchboard::agent::Clock;
use switchboard::protocol::{
    BackendCommand, BackendEvent, EngineSettings, KeyChange, ModelEdit, ModelId, ModelInfo,
    ProviderConfig, ProviderId, ProviderState, ProviderStatus, RunStatus, Timestamp,
};
use switchboard::store::{self, KeptModels};

use crate::support::{Desk, Script, Server, Signal, model, provider};

fn now() -> Timestamp {
    (Clock::system().now)()
}

fn named(id: &str, server: &Server) -> ProviderConfig {
    ProviderConfig { id: id.into(), name: id.to_uppercase(), ..provider(server) }
}

/// Keeps a list as an earlier session would have left it.
async fn keep(folder: &Path, provider: &str, models: &[&str], listed: Option<Timestamp>) {
    let opened = store::open(&folder.join("switchboard.db"), Arc::new(now));
    let info = |name: &&str| ModelInfo::unknown(ModelId::new(provider, *name));
    let models = models.iter().map(info).collect();
    let kept = KeptModels { provider: provider.into(), models, listed };
    opened.handle.save_models(kept).await.unwrap();
    opened.handle.close().await.unwrap();
}

/// Waits until a provider stands so.
async fn until(desk: &mut Desk, stands: impl Fn(&ProviderState) -> bool) -> ProviderState {
    desk.until_provider(stands).await
}

fn is(state: &ProviderState, id: &str) -> bool {
    state.config.id.as_str() == id
}

/// The provider at the scripted server answered.
fn ready(state: &ProviderState) -> bool {
    is(state, "mock") && state.status == ProviderStatus::Ready
}

fn failed(state: &ProviderState) -> bool {
    is(state, "mock") && matches!(state.status, ProviderStatus::Failed(_))
}

fn names(state: &ProviderState) -> Vec<&str> {
    state.models.iter().map(|model| model.id.model.as_str()).collect()
}

fn hours_ago(hours: i64) -> Option<Timestamp> {
    Some(Timestamp(now().0 - hours * 3_600_000))
}

#[tokio::test]
async fn at_start_only_old_lists_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let servers: Vec<Server> = (0..4).map(|_| Server::start()).collect();
    let listed = [hours_ago(1), hours_ago(25), hours_ago(-48), None];
    let ids = ["fresh", "old", "ahead", "undated"];
    for (id, listed) in ids.iter().zip(listed) {
        keep(folder.path(), id, &["kept"], listed).await;
    }
    let configs = ids.iter().zip(&servers).map(|(id, server)| named(id, server)).collect();
    let mut desk = Desk::asking(folder.path(), configs);
    let mut states = HashMap::new();
    let told = |states: &HashMap<String, ProviderState>, id: &str| {
        states.get(id).is_some_and(|state| names(state) == ["alpha", "beta"])
    };
    while !ids[1..].iter().all(|id| told(&states, id)) {
        let state = until(&mut desk, |_| true).await;
        states.insert(state.config.id.to_string(), state);
    }
    desk.close().await;
    let fresh = &states["fresh"];
    assert_eq!((names(fresh), &fresh.status), (vec!["kept"], &ProviderStatus::Ready));
    assert_eq!(fresh.listed, listed[0]);
    let asked: Vec<bool> = servers.iter().map(|server| !server.requests().is_empty()).collect();
    assert_eq!(asked, [false, true, true, true]);

    let mut desk = Desk::asking(folder.path(), vec![named("old", &servers[1])]);
    let ready = |state: &ProviderState| is(state, "old") && state.status == ProviderStatus::Ready;
    let old = until(&mut desk, ready).await;
    assert_eq!(names(&old), ["alpha", "beta"], "the answer was kept");
    assert!(old.listed.is_some_and(|listed| now().ms_since(listed) < 600_000));
    desk.close().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_had_leaves_the_old_one_and_says_so() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let listed = hours_ago(72);
    keep(folder.path(), "mock", &["kept"], listed).await;
    server.push_get(Script::html(200, "Portal"));
    let mut desk = Desk::asking(folder.path(), vec![provider(&server)]);
    let state = until(&mut desk, failed).await;
    assert_eq!((names(&state), state.listed), (vec!["kept"], listed));
    let ProviderStatus::Failed(error) = &state.status else { unreachable!() };
    assert!(error.message.contains("web page") && error.message.contains("Portal"), "{error:?}");
    desk.close().await;
}

#[tokio::test]
async fn a_list_that_never_comes_delays_no_other_and_no_message() {
    let (folder, slow, quick) = (tempfile::tempdir().unwrap(), Server::start(), Server::start());
    let never = Signal::new();
    slow.push_get(Script::status(200).head_after(&never));
    let configs = vec![named("slow", &slow), provider(&quick)];
    let mut desk = Desk::asking(folder.path(), configs);
    until(&mut desk, ready).await;
    for asked in [model("alpha"), ModelId::new("slow", "alpha")] {
        let run = desk.send(Desk::new_chat(), "hi", asked).await;
        let told = desk.finish(run).await;
        assert_eq!((told.text().as_str(), told.status), ("alpha: hi", RunStatus::Complete));
    }
    desk.close().await;
}

#[tokio::test]
async fn what_the_user_knows_better_holds_at_once_and_can_be_undone() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    desk.ask(BackendCommand::RefreshModels { provider: Some("mock".into()) }).await;
    until(&mut desk, ready).await;
    let edit = ModelEdit {
        alias: Some("First".to_owned()),
        hidden: true,
        context: Some(1_000),
        price_in: Some(1.0),
        price_out: Some(2.0),
    };
    let settings = EngineSettings {
        edits: [(model("alpha"), edit)].into(),
        idle_timeout_s: 30,
        ..EngineSettings::default()
    };
    desk.ask(BackendCommand::Configure(Box::new(settings))).await;
    let edited = until(&mut desk, |state| ready(state) && state.models[0].name == "First").await;
    let first = &edited.models[0];
    assert_eq!((first.hidden, first.context, first.price_out), (true, Some(1_000), Some(2.0)));
    desk.ask(BackendCommand::Configure(Box::default())).await;
    let plain = until(&mut desk, |state| ready(state) && state.models[0].name == "alpha").await;
    assert_eq!(plain.models[0].price_in, None);
    assert_eq!(server.requests().len(), 1, "nobody was asked again");
    desk.close().await;
}

#[tokio::test]
async fn a_removed_provider_leaves_no_list_and_another_server_no_models_of_the_old_one() {
    let (folder, server, other) = (tempfile::tempdir().unwrap(), Server::start(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    desk.ask(BackendCommand::RefreshModels { provider: Some("mock".into()) }).await;
    until(&mut desk, ready).await;
    let moved = ProviderConfig { url: other.url(), ..provider(&server) };
    other.push_get(Script::status(503));
    let save = BackendCommand::SaveProvider { config: moved, key: KeyChange::Keep };
    desk.ask(save).await;
    let state = until(&mut desk, failed).await;
    assert_eq!((names(&state), state.listed), (Vec::new(), None));
    desk.ask(BackendCommand::RemoveProvider { provider: "mock".into() }).await;
    desk.until(|event| match event {
        BackendEvent::ProviderRemoved(id) => (id == ProviderId::from("mock")).then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(desk.store.load_models().await.unwrap(), Vec::new());
    desk.close().await;
}

#[tokio::test]
async fn a_late_list_of_the_old_server_is_not_taken_for_the_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new, quick) = (Server::start(), Server::start(), Server::start());
    let (old_may, new_may) = (Signal::new(), Signal::new());
    old.push_get(Script::models(&["old"]).head_after(&old_may));
    new.push_get(Script::models(&["new"]).head_after(&new_may));
    let mut desk = Desk::asking(folder.path(), vec![provider(&old), named("quick", &quick)]);
    let asked = |url: String| {
        move |state: &ProviderState| {
            is(state, "mock") && state.config.url == url && state.status == ProviderStatus::Checking
        }
    };
    until(&mut desk, asked(old.url())).await;
    let config = ProviderConfig { url: new.url(), ..provider(&old) };
    desk.ask(BackendCommand::SaveProvider { config, key: KeyChange::Keep }).await;
    until(&mut desk, asked(new.url())).await;
    old_may.fire();
    // Long enough for the old answer to come: another server is asked and answers.
    for stands in [ProviderStatus::Checking, ProviderStatus::Ready] {
        if stands == ProviderStatus::Checking {
            desk.ask(BackendCommand::RefreshModels { provider: Some("quick".into()) }).await;
        }
        until(&mut desk, |state| {
            assert!(!names(state).contains(&"old"), "{state:?}");
            is(state, "quick") && state.status == stands
        })
        .await;
    }
    new_may.fire();
    let state = until(&mut desk, ready).await;
    assert_eq!(names(&state), ["new"]);
    desk.close().await;
}

#[tokio::test]
async fn a_well_known_provider_without_its_key_shows_the_bundled_models() {
    let folder = tempfile::tempdir().unwrap();
    let config = ProviderConfig {
        id: "groq".into(),
        name: "Groq".to_owned(),
        url: "https://api.groq.com/openai/v1".to_owned(),
        key_env: Some("NO_SUCH_KEY".to_owned()),
        ..provider(&Server::start())
    };
    let mut desk = Desk::with(folder.path(), config, EngineSettings::default());
    let state = until(&mut desk, |state| is(state, "groq") && !state.models.is_empty()).await;
    assert_eq!((&state.status, state.listed), (&ProviderStatus::NeedsKey, None));
    let oss = state.models.iter().find(|model| model.id.model == "openai/gpt-oss-120b").unwrap();
    assert_eq!(oss.takes.efforts.len(), 3, "what it takes is known without a key");
    assert!(oss.price_in.is_some() && oss.context.is_some());
    desk.close().await;
}

#[tokio::test]
async fn a_list_of_5000_models_is_shown_kept_and_answered_from() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let ids: Vec<String> = (0..5_000).map(|n| format!("m{n}")).collect();
    server.set_models(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut desk = Desk::open(folder.path(), &server);
    desk.ask(BackendCommand::RefreshModels { provider: Some("mock".into()) }).await;
    assert_eq!(until(&mut desk, ready).await.models.len(), 5_000);
    let run = desk.send(Desk::new_chat(), "hi", model("m4999")).await;
    assert_eq!(desk.finish(run).await.text(), "m4999: hi");
    desk.close().await;
    let opened = store::open(&folder.path().join("switchboard.db"), Arc::new(now));
    let kept = opened.handle.load_models().await.unwrap();
    assert_eq!(kept[0].models.len(), 5_000);
    opened.handle.close().await.unwrap();
    assert!(Duration::from_millis(now().ms_since(kept[0].listed.unwrap())) < PATIENT);
}

const PATIENT: Duration = Duration::from_secs(600);
