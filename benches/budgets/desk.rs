//! The whole app without a screen, and one provider.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, sync_channel};

use switchboard::agent::{Clock, Environment};
use switchboard::app::{Backend, BackendParts};
use switchboard::protocol::*;
use switchboard::state::{self, AppState, Effect, HandleContext, Settings, UiCommand};
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{Paths, ReadState};
use tokio::runtime;

use crate::world::Window;

/// State, window and backend, over a folder of their own.
pub(crate) struct Desk {
    pub(crate) state: AppState,
    pub(crate) window: Window,
    runtime: runtime::Runtime,
    backend: Backend,
    woken: Receiver<()>,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// With a provider `mock` at this address, and a model of it that is used unless another is
    /// chosen.
    pub(crate) fn start(url: String, model: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::find(Some(folder.path().to_owned())).unwrap();
        let settings = Settings {
            default_model: Some(ModelId::new("mock", model)),
            providers: vec![ProviderConfig::new("mock", "Mock", ProviderKind::Openai, url)],
            ..Settings::default()
        };
        let mut state = AppState::new(settings.clone(), &[], folder.path().to_owned());
        state.chats = Some(Vec::new());
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (wake, woken) = sync_channel(1);
        let backend = {
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
        Self { state, window: Window::new(), runtime, backend, woken, _folder: folder }
    }

    /// Does what the user asked for.
    pub(crate) fn handle(&mut self, command: UiCommand) {
        let context = HandleContext { now: now(), ids: IdSource };
        for effect in state::handle(&mut self.state, command, context) {
            if let Effect::Backend(command) = effect {
                self.backend.commands.blocking_send(command).unwrap();
            }
        }
    }

    /// Waits until the window is woken, and applies the events that are there after a look at
    /// each.
    pub(crate) fn receive(&mut self, mut look: impl FnMut(&BackendEvent)) {
        self.woken.recv().unwrap();
        while let Ok(event) = self.backend.events.try_recv() {
            look(&event);
            state::apply(&mut self.state, event, now());
        }
    }

    pub(crate) fn end(self) {
        self.runtime.block_on(self.backend.end());
    }
}

fn now() -> Timestamp {
    (Clock::system().now)()
}
