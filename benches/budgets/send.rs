//! From the key press that sends a message to its first byte on the socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers};
use switchboard::protocol::*;
use switchboard::state::{Page, UiCommand};

use crate::desk::Desk;
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
    let mut writer = Writer::start();
    for _ in 0..20 {
        writer.send(Kind::Plain);
    }
    let kinds = [Kind::Plain, Kind::ModelChosen, Kind::WhileRefreshing];
    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..MESSAGES {
        // Each kind comes first, second and third as often: what came before leaves traces.
        for place in 0..kinds.len() {
            let turn = (round + place) % kinds.len();
            samples[turn].push(writer.send(kinds[turn]));
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
    writer.desk.end();
}

/// Who sends messages, and when the server saw them begin.
struct Writer {
    desk: Desk,
    first_byte: Receiver<Instant>,
}

impl Writer {
    fn start() -> Self {
        let (port, first_byte) = serve();
        Self { desk: Desk::start(format!("http://127.0.0.1:{port}/v1"), "m0"), first_byte }
    }

    /// Types a message in a new chat, presses Enter, and waits for the end of its answer.
    fn send(&mut self, kind: Kind) -> Duration {
        let desk = &mut self.desk;
        desk.handle(UiCommand::NewChat);
        desk.state.new_draft.text = "How should a client back off?".to_owned();
        if kind == Kind::ModelChosen {
            desk.state.new_draft.model = Some(ModelId::new("mock", "m4999"));
        }
        for _ in 0..3 {
            desk.window.frame(&desk.state, Vec::new());
        }
        if kind == Kind::WhileRefreshing {
            desk.handle(UiCommand::RefreshModels(None));
        }
        let pressed = Instant::now();
        let (_, _, commands) = desk.window.frame(&desk.state, vec![enter()]);
        for command in commands {
            desk.handle(command);
        }
        let first = self.first_byte.recv_timeout(Duration::from_secs(20)).expect("it was sent");
        let elapsed = first.duration_since(pressed);
        self.wait_for_end();
        elapsed
    }

    fn wait_for_end(&mut self) {
        let mut done = false;
        while !done {
            self.desk.receive(|event| {
                done |= matches!(
                    event,
                    BackendEvent::Run(RunEvent { event: StreamEvent::Done { .. }, .. })
                );
            });
        }
        assert!(matches!(self.desk.state.page, Page::Chat(_)));
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
