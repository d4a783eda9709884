//! From the key press that sends a message to its first byte on the socket.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers};
use switchboard::agent::{Clock, Environment};
use switchboard::app::{Backend, BackendParts};
use switchboard::protocol::*;
use switchboard::state::{self, AppState, Effect, HandleContext, Page, Settings, UiCommand};
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{Paths, ReadState};

use crate::world::Window;
use crate::{ms, percentile, ratio, report};

/// Messages of each kind, in turns.
const MESSAGES: usize = 200;

/// What is different about a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    ModelChosen,
    WhileRefreshing,
}

pub(crate) fn run() {
    let mut desk = Desk::start();
    for _ in 0..20 {
        desk.send(Kind::Plain);
    }
    let kinds = [Kind::Plain, Kind::ModelChosen, Kind::WhileRefreshing];
    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..MESSAGES {
        // Each kind comes first, second and third as often: what came before leaves traces.
        for place in 0..kinds.len() {
            let turn = (round + place) % kinds.len();
            samples[turn].push(desk.send(kinds[turn]));
        }
    }
    let [mut plain, mut chosen, mut refreshing] = samples;
    let median_and_p99 =
        |samples: &mut [Duration]| (percentile(samples, 0.5), percentile(samples, 0.99));
    let (plain_half, plain_worst) = median_and_p99(&mut plain);
    for (name, samples) in [
        ("a model chosen for it", &mut chosen),
        ("model lists of 5,000 being fetched", &mut refreshing),
    ] {
        let (half, worst) = median_and_p99(samples);
        report(
            &format!(
                "key press to first byte, {name} ({}) against none ({}), median",
                ms(half),
                ms(plain_half)
            ),
            &format!("{:.2} ×", ratio(half, plain_half)),
            "1 ×",
        );
        report(
            &format!("   p99 ({} against {})", ms(worst), ms(plain_worst)),
            &format!("{:.2} ×", ratio(worst, plain_worst)),
            "1 ×",
        );
    }
    desk.end();
}

/// The whole app without a screen, and the server it talks to.
struct Desk {
    state: AppState,
    window: Window,
    runtime: tokio::runtime::Runtime,
    backend: Backend,
    woken: Receiver<()>,
    first_byte: Receiver<Instant>,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn start() -> Self {
        let (port, first_byte) = serve();
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::find(Some(folder.path().to_owned())).unwrap();
        let provider = ProviderConfig {
            id: "mock".into(),
            name: "Mock".to_owned(),
            kind: ProviderKind::Openai,
            url: format!("http://127.0.0.1:{port}/v1"),
            key_env: None,
            options: ProviderOptions::default(),
        };
        let settings = Settings {
            default_model: Some(ModelId::new("mock", "m0")),
            providers: vec![provider],
            ..Settings::default()
        };
        let mut state = AppState::new(settings.clone(), &[], folder.path().to_owned());
        state.chats = Some(Vec::new());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
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
        let window = Window::new();
        Self { state, window, runtime, backend, woken, first_byte, _folder: folder }
    }

    fn handle(&mut self, command: UiCommand) {
        let context = HandleContext { now: now(), ids: IdSource };
        for effect in state::handle(&mut self.state, command, context) {
            if let Effect::Backend(command) = effect {
                self.backend.commands.blocking_send(command).unwrap();
            }
        }
    }

    /// Types a message in a new chat, presses Enter, and waits for the end of its answer.
    fn send(&mut self, kind: Kind) -> Duration {
        self.handle(UiCommand::NewChat);
        self.state.new_draft.text = "How should a client back off?".to_owned();
        if kind == Kind::ModelChosen {
            self.state.new_draft.model = Some(ModelId::new("mock", "m4999"));
        }
        for _ in 0..3 {
            self.window.frame(&self.state, Vec::new());
        }
        if kind == Kind::WhileRefreshing {
            self.handle(UiCommand::RefreshModels(None));
        }
        let pressed = Instant::now();
        let (_, _, commands) = self.window.frame(&self.state, vec![enter()]);
        for command in commands {
            self.handle(command);
        }
        let first = self.first_byte.recv_timeout(Duration::from_secs(20)).expect("it was sent");
        let elapsed = first.duration_since(pressed);
        self.wait_for_end();
        elapsed
    }

    fn wait_for_end(&mut self) {
        loop {
            self.woken.recv().unwrap();
            let mut done = false;
            while let Ok(event) = self.backend.events.try_recv() {
                done |= matches!(
                    &event,
                    BackendEvent::Run(RunEvent { event: StreamEvent::Done { .. }, .. })
                );
                state::apply(&mut self.state, event, now());
            }
            if done {
                assert!(matches!(self.state.page, Page::Chat(_)));
                return;
            }
        }
    }

    fn end(self) {
        self.runtime.block_on(self.backend.end());
    }
}

fn enter() -> Event {
    Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    }
}

fn now() -> Timestamp {
    (Clock::system().now)()
}

/// A server that tells when the first byte of each POST came.
fn serve() -> (u16, Receiver<Instant>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, first_byte) = sync_channel(64);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let told = told.clone();
            std::thread::spawn(move || converse(stream.unwrap(), &told));
        }
    });
    (port, first_byte)
}

fn converse(stream: TcpStream, told: &SyncSender<Instant>) {
    let mut out = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    let models: Vec<serde_json::Value> =
        (0..5_000).map(|number| serde_json::json!({ "id": format!("m{number}") })).collect();
    let models = serde_json::json!({ "object": "list", "data": models }).to_string();
    let answer = "data: {\"choices\":[{\"delta\":{\"content\":\"fine\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    loop {
        // Blocks until the next request begins.
        if reader.fill_buf().map_or(true, |bytes| bytes.is_empty()) {
            return;
        }
        let began = Instant::now();
        let (mut line, mut first, mut length) = (String::new(), String::new(), 0);
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if first.is_empty() {
                first.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" || line.is_empty() {
                break;
            }
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).unwrap();
        let (kind, body) = if first.starts_with("POST") {
            told.send(began).unwrap();
            ("text/event-stream", answer)
        } else {
            ("application/json", models.as_str())
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        // The client may be gone.
        if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}
