//! Made-up chats and a window without a screen.

use std::time::Duration;

use cpu_time::ThreadTime;
use egui::{Event, RawInput, Rect, pos2, vec2};
use switchboard::protocol::*;
use switchboard::state::{AppState, Conversation, Page, Settings, UiCommand};
use switchboard::ui::{Root, theme};

pub(crate) const NOW: Timestamp = Timestamp(1_795_220_000_000);

const PARAGRAPH: &str = "Double the delay after each failure, cap it, and add **full jitter** so \
that many clients do not return at once. See `backoff.rs` for [details](https://example.com).";

pub(crate) fn chat_id(number: u64) -> ChatId {
    ChatId(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// A chat of questions and answers, oldest first.
pub(crate) fn messages(chat: ChatId, count: usize) -> Vec<Message> {
    let mut parent = None;
    (0..count)
        .map(|number| {
            let at = Timestamp(NOW.0 - i64::try_from(count - number).unwrap() * 1_000);
            let id = IdSource.message(at);
            let text = if number % 2 == 0 {
                format!("Question {number}: how should a client back off?")
            } else {
                format!("Answer {number}. {PARAGRAPH}\n\n- one\n- two\n\n```rust\nfn a{number}() {{}}\n```")
            };
            let role = if number % 2 == 0 { Role::User } else { Role::Assistant };
            let answered = || answer(IdSource.run(at), AnswerStatus::Complete);
            let message = Message {
                parent,
                answer: (role == Role::Assistant).then(answered),
                ..Message::new(id, chat, role, at, vec![Part::Text { text }])
            };
            parent = Some(id);
            message
        })
        .collect()
}

pub(crate) fn answer(run: RunId, status: AnswerStatus) -> Answer {
    Answer {
        status,
        first_token_ms: Some(300),
        duration_ms: Some(2_000),
        ..Answer::open(ModelId::new("mock", "alpha"), run)
    }
}

/// A state that shows a chat with these messages.
pub(crate) fn state_with(count: usize) -> AppState {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    state.chats = Some(Vec::new());
    let chat = chat_id(0);
    add_chat(&mut state, chat, count);
    state.page = Page::Chat(chat);
    state
}

pub(crate) fn add_chat(state: &mut AppState, chat: ChatId, count: usize) {
    let mut conversation = Conversation::new(chat);
    conversation.messages = messages(chat, count).into();
    state.conversations.insert(chat, conversation);
}

/// A window of 1280×800 without a screen.
pub(crate) struct Window {
    ctx: egui::Context,
    root: Root,
    time: f64,
}

impl Window {
    pub(crate) fn new() -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        Self { ctx, root: Root::default(), time: 0.0 }
    }

    /// Draws a frame, tessellation included. Gives its CPU time, when it wants the next one, and
    /// what was asked.
    pub(crate) fn frame(
        &mut self,
        state: &AppState,
        events: Vec<Event>,
    ) -> (Duration, Duration, Vec<UiCommand>) {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(1280.0, 800.0))),
            time: Some(self.time),
            focused: true,
            events,
            ..RawInput::default()
        };
        let mut out = Vec::new();
        let clock = ThreadTime::now();
        let output = self.ctx.run_ui(input, |ui| self.root.root_ui(ui, state, NOW, &mut out));
        let primitives = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(primitives);
        let next = output.viewport_output.values().map(|viewport| viewport.repaint_delay).min();
        (clock.elapsed(), next.unwrap_or(Duration::MAX), out)
    }

    pub(crate) fn skip(&mut self, time: Duration) {
        self.time += time.as_secs_f64();
    }
}

pub(crate) fn scroll(up: f32) -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, up),
        modifiers: egui::Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    }
}
