//! Events as fast as the socket gives them, until the last word is painted.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use switchboard::agent::{Clock, Environment};
use switchboard::app::{Backend, BackendParts};
use switchboard::protocol::*;
use switchboard::state::{self, AppState, Effect, HandleContext, Settings, UiCommand};
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{Paths, ReadState};

use crate::server::Server;
use crate::world::Window;
use crate::{ms, ratio, report};

pub(crate) fn run() {
    let server = Server::start();
    painted(&server, 1_000);
    let best = |events| (0..5).map(|_| painted(&server, events)).min().unwrap();
    let half = best(10_000);
    let whole = best(20_000);
    report(
        "20,000 events as fast as they come, first byte to last word painted",
        &ms(whole),
        "≤ 500 ms",
    );
    report(
        &format!("   against twice 10,000 ({})", ms(half)),
        &format!("{:.2} ×", ratio(whole, half * 2)),
        "linear: 1 ×",
    );
}

/// Time from the first event of an answer to the frame that shows its last.
fn painted(server: &Server, events: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::find(Some(folder.path().to_owned())).unwrap();
    let provider = ProviderConfig {
        options: Default::default(),
        id: "mock".into(),
        name: "Mock".to_owned(),
        kind: ProviderKind::Openai,
        url: server.url(),
        key_env: None,
    };
    let model = ModelId::new("mock", format!("events-{events}"));
    let settings =
        Settings { default_model: Some(model), providers: vec![provider], ..Settings::default() };
    let mut state = AppState::new(settings.clone(), &[], folder.path().to_owned());
    state.chats = Some(Vec::new());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (wake, woken) = sync_channel(1);
    let mut backend = {
        let _inside = runtime.enter();
        let parts = BackendParts {
            secrets: Secrets::new(&paths.keys_file(), KeychainUse::Never),
            clock: Clock::system(),
            paths,
            settings,
            environment: Environment::new(HashMap::new()),
            read: ReadState::Unread,
            ask_at_start: false,
        };
        Backend::start(parts, move || {
            let _already_woken = wake.try_send(());
        })
    };
    let mut window = Window::new();
    window.frame(&state, Vec::new());
    let context = HandleContext { now: now(), ids: IdSource };
    let send = UiCommand::Send { text: "go".to_owned() };
    for effect in state::handle(&mut state, send, context) {
        if let Effect::Backend(command) = effect {
            backend.commands.blocking_send(command).unwrap();
        }
    }
    let (mut first, mut done) = (None, false);
    while !done {
        woken.recv().unwrap();
        while let Ok(event) = backend.events.try_recv() {
            if let BackendEvent::Run(event) = &event {
                match event.event {
                    StreamEvent::Message { .. } => {
                        first.get_or_insert_with(Instant::now);
                    }
                    StreamEvent::Done { .. } => done = true,
                    _ => {}
                }
            }
            state::apply(&mut state, event, now());
        }
        window.frame(&state, Vec::new());
    }
    let elapsed = first.expect("text came").elapsed();
    runtime.block_on(backend.end());
    elapsed
}

fn now() -> Timestamp {
    (Clock::system().now)()
}
