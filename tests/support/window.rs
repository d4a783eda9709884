//! The whole window without a screen, on a temporary folder and a scripted server.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Shape};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use jiff::tz::TimeZone;
use switchboard::agent::{Clock, Environment};
use switchboard::app::{App, AppParts};
use switchboard::protocol::{BackendEvent, Message, ProviderStatus, Timestamp};
use switchboard::state::{AppState, Conversation};
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{self, Paths, StoreHandle};
use tempfile::TempDir;

use super::Server;

/// How long something may take to show. Far longer than it does; a test that waits it out fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Steps after which a window that keeps repainting is taken as it is.
const STEPS: usize = 12;

/// Stands in the place of a panel that panicked.
pub(crate) const FAILED: &str = "This part of the window failed";

/// Wednesday, 23 July 2025, 09:42 in the zone of all windows of tests.
pub(crate) const STILL: Timestamp = Timestamp(1_753_263_720_000);

/// A folder and a server, on which windows are opened one after another.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    /// Variables that the app finds in its environment.
    pub(crate) variables: HashMap<String, String>,
}

impl Place {
    /// A first start: nothing is configured.
    pub(crate) fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, server: Server::start(), variables: HashMap::new() }
    }

    /// The server is configured as `mock`, and `alpha` answers where nothing else is chosen.
    pub(crate) fn new() -> Self {
        Self::with_config("default_model = \"mock/alpha\"\n")
    }

    /// The same with other lines above the provider.
    pub(crate) fn with_config(lines: &str) -> Self {
        let place = Self::bare();
        let url = place.server.url();
        let provider = format!(
            "[[providers]]\nid = \"mock\"\nname = \"Mock\"\nkind = \"openai\"\nurl = \"{url}\"\n"
        );
        std::fs::write(place.path("config.toml"), format!("{lines}\n{provider}")).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn config(&self) -> String {
        std::fs::read_to_string(self.path("config.toml")).unwrap()
    }

    /// Works on the database while no window is open.
    pub(crate) fn with_store<T>(&self, work: impl AsyncFnOnce(StoreHandle) -> T) -> T {
        let now = Arc::new(|| STILL);
        let handle = store::open(&self.path("switchboard.db"), now).handle;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let done = work(handle.clone()).await;
            handle.close().await.unwrap();
            done
        })
    }

    /// Opens the window; the time goes on.
    pub(crate) fn open(&self) -> Window {
        self.open_with(Clock { random: || 0.0, ..Clock::system() })
    }

    /// Opens the window at a time that stands still, for pictures.
    pub(crate) fn open_still(&self) -> Window {
        self.open_with(Clock { now: || STILL, random: || 0.0 })
    }

    fn open_with(&self, clock: Clock) -> Window {
        let paths = Paths::find(Some(self.folder.path().to_owned())).unwrap();
        let parts = AppParts {
            environment: Environment::new(self.variables.clone()),
            secrets: Secrets::new(&paths.keys_file(), KeychainUse::Never),
            paths,
            clock,
            zone: TimeZone::UTC,
            ask_at_start: false,
        };
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_render_cursor(false)
            .build_eframe(move |creation| App::with_parts(&creation.egui_ctx, parts).unwrap());
        let mut window = Window { harness, may_fail: false };
        window.until("all that the store and the providers tell at start", |window| {
            let state = window.state();
            let configured = state.settings.providers.len() + 1;
            let guide = state.provider(&"guide".into());
            // Guide is asked last of all.
            let asked = guide.is_some_and(|guide| {
                guide.status == ProviderStatus::Ready && !guide.models.is_empty()
            });
            state.chats.is_some() && state.providers.len() >= configured && asked
        });
        window
    }
}

/// An open window. Dropping it closes it in good order.
pub(crate) struct Window {
    pub(crate) harness: Harness<'static, App>,
    /// Whether a test is about a panel that panics.
    pub(crate) may_fail: bool,
}

/// What the window knows.
impl Window {
    pub(crate) fn state(&self) -> &AppState {
        self.harness.state().state()
    }

    pub(crate) fn conversation(&self) -> &Conversation {
        self.state().conversation().expect("a chat is open")
    }

    /// The newest answer of the open chat.
    pub(crate) fn answer(&self) -> &Message {
        self.conversation().last_answer().expect("there is an answer")
    }

    pub(crate) fn answer_text(&self) -> String {
        self.state()
            .conversation()
            .and_then(Conversation::last_answer)
            .map(Message::text)
            .unwrap_or_default()
    }
}

/// What it is told.
impl Window {
    /// Tells it what a backend would tell, for pictures of what no test can bring about on time.
    pub(crate) fn tell(&mut self, event: BackendEvent) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().apply(event, &ctx);
    }
}

/// What a reader finds in it, by its role and its words.
impl Window {
    fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.harness.root().children_recursive()
    }

    /// All words in the window, one line for each thing.
    pub(crate) fn words(&self) -> String {
        let words = self.nodes().filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or_else(|| node.value())
        });
        words.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn sees(&self, words: &str) -> bool {
        self.nodes().any(|node| {
            let node = node.accesskit_node();
            let has = |text: Option<String>| text.is_some_and(|text| text.contains(words));
            has(node.label()) || has(node.value())
        })
    }

    /// Whether some text has this colour.
    pub(crate) fn paints(&self, color: egui::Color32) -> bool {
        let shapes = self.harness.output().shapes.iter();
        shapes.map(|clipped| &clipped.shape).any(|shape| has_text_of(shape, color))
    }

    /// Whether there is a thing of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    /// The last of the things of a name: in the transcript, the newest.
    pub(crate) fn get<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.harness
            .query_all_by_label(name)
            .last()
            .unwrap_or_else(|| panic!("no {name:?} in:\n{}", self.words()))
    }

    /// What stands in a field.
    pub(crate) fn value(&self, field: &str) -> String {
        self.get(field).value().unwrap_or_default()
    }
}

/// What a person does.
impl Window {
    /// Draws until the condition holds.
    pub(crate) fn until(&mut self, what: &str, met: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !met(self) {
            assert!(Instant::now() < deadline, "{what} never came; the window:\n{}", self.words());
            self.harness.step();
            std::thread::yield_now();
        }
        self.settle();
    }

    pub(crate) fn until_sees(&mut self, words: &str) {
        self.until(words, |window| window.sees(words));
    }

    pub(crate) fn until_gone(&mut self, words: &str) {
        self.until(&format!("the end of {words:?}"), |window| !window.sees(words));
    }

    /// Draws until the answer of the open chat has ended.
    pub(crate) fn until_answered(&mut self) {
        self.until("the end of the answer", |window| {
            let state = window.state();
            state.conversation().is_some_and(|conversation| {
                !conversation.is_running()
                    && conversation.messages.back().is_some_and(|last| last.answer.is_some())
                    && conversation.messages.iter().all(|message| !message.is_open())
            })
        });
    }

    /// Draws until nothing moves, and checks that everything in it has a name.
    pub(crate) fn settle(&mut self) {
        for _ in 0..STEPS {
            self.harness.step();
            let root = &self.harness.output().viewport_output[&egui::ViewportId::ROOT];
            if root.repaint_delay > Duration::ZERO {
                break;
            }
        }
        self.harness.check_accessibility();
        // Panels catch panics, that of a missing glyph too.
        let failed = !self.may_fail && self.sees(FAILED);
        assert!(!failed, "a part of the window failed:\n{}", self.words());
    }

    /// Clicks the last of the things of this name, once it is there.
    pub(crate) fn click(&mut self, name: &str) {
        self.until(name, |window| window.has(name));
        self.get(name).click();
        self.settle();
    }

    /// Activates a thing as a screen reader does, wherever the pointer is.
    pub(crate) fn activate(&mut self, name: &str) {
        self.until(name, |window| window.has(name));
        self.get(name).click_accesskit();
        self.settle();
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.press_with(Modifiers::NONE, key);
    }

    pub(crate) fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// Presses a key together with Ctrl (Command on a Mac).
    pub(crate) fn ctrl(&mut self, key: Key) {
        self.press_with(Modifiers::COMMAND, key);
    }

    /// Types into what has the keyboard.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.settle();
    }

    /// Puts text into a field in place of what stands there.
    pub(crate) fn fill(&mut self, field: &str, text: &str) {
        self.until(field, |window| window.field(field).is_some());
        self.field(field).unwrap().focus();
        self.settle();
        self.ctrl(Key::A);
        self.type_text(text);
    }

    fn field<'a>(&'a self, name: &'a str) -> Option<Node<'a>> {
        let mut fields = self.harness.query_all_by_label(name);
        let is_field = |node: &Node<'_>| {
            let role = node.accesskit_node().role();
            matches!(
                role,
                Role::TextInput
                    | Role::MultilineTextInput
                    | Role::SearchInput
                    | Role::PasswordInput
                    | Role::SpinButton
            )
        };
        fields.rfind(is_field)
    }

    /// Puts text into the composer.
    pub(crate) fn compose(&mut self, text: &str) {
        self.fill("Message", text);
        assert_eq!(self.state().draft().text, text);
    }

    /// Types a message and sends it.
    pub(crate) fn send(&mut self, text: &str) {
        self.compose(text);
        self.press(Key::Enter);
    }

    /// Sends a message and waits for the end of its answer.
    pub(crate) fn ask(&mut self, text: &str) {
        self.send(text);
        self.until(text, |window| {
            window.state().conversation().is_some_and(|conversation| {
                conversation.messages.iter().any(|message| message.text() == text)
            })
        });
        self.until_answered();
    }

    /// Asks the providers for their models, by the command palette.
    pub(crate) fn refresh_models(&mut self) {
        self.run_command("Refresh model lists");
        self.until("the models", |window| {
            window.state().providers.iter().all(|provider| !provider.models.is_empty())
        });
    }

    /// Runs a command by the palette.
    pub(crate) fn run_command(&mut self, name: &str) {
        self.ctrl(Key::K);
        self.type_text(name);
        self.press(Key::Enter);
    }
}

fn has_text_of(shape: &Shape, color: egui::Color32) -> bool {
    match shape {
        Shape::Vec(shapes) => shapes.iter().any(|shape| has_text_of(shape, color)),
        Shape::Text(text) => {
            text.galley.job.sections.iter().any(|section| section.format.color == color)
        }
        _ => false,
    }
}
