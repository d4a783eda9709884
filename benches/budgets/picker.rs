//! The model picker over 2,000 models.

use std::time::Duration;

use egui::{Event, Key, Modifiers};
use switchboard::protocol::*;
use switchboard::state::{self, AppState, HandleContext, Settings, UiCommand};

use crate::world::{NOW, Window};
use crate::{ms, report};

const MODELS: usize = 2_000;

pub(crate) fn run() {
    let mut state = state();
    let mut window = Window::new();
    for _ in 0..5 {
        window.frame(&state, Vec::new());
    }
    let context = HandleContext { now: NOW, ids: IdSource };
    drop(state::handle(&mut state, UiCommand::OpenPicker, context));
    let opened = window.frame(&state, Vec::new()).0;
    report("frame that opens the picker with 2,000 models, CPU", &ms(opened), "≤ 8 ms");
    window.frame(&state, Vec::new());
    let keys = "claude son".chars().map(|letter| Event::Text(letter.to_string()));
    let typed = keys
        .chain((0..10).map(|_| key(Key::Backspace)))
        .chain((0..40).map(|_| key(Key::ArrowDown)));
    let slowest = typed.map(|event| window.frame(&state, vec![event]).0).max();
    let what = "slowest frame while typing, erasing and walking in it, CPU";
    report(what, &ms(slowest.unwrap_or(Duration::ZERO)), "≤ 8 ms");
}

fn key(key: Key) -> Event {
    let modifiers = Modifiers::NONE;
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

fn state() -> AppState {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    state.chats = Some(Vec::new());
    let makers =
        ["anthropic/claude-sonnet", "openai/gpt", "google/gemini", "qwen/qwen", "x-ai/grok"];
    for provider in 0..4 {
        let id = format!("provider{provider}");
        let models = (0..MODELS / 4).map(|number| {
            let maker = makers[number % makers.len()];
            let model = format!("{maker}-{number}");
            let info = ModelInfo::unknown(ModelId::new(id.as_str(), model.as_str()));
            ModelInfo {
                context: Some(200_000),
                price_in: Some(1.0),
                price_out: Some(5.0),
                abilities: Abilities { vision: Some(true), tools: Some(true), ..info.abilities },
                ..info
            }
        });
        state.providers.push(ProviderState {
            models: models.collect(),
            config: ProviderConfig::new(
                id.as_str(),
                format!("Provider {provider}"),
                ProviderKind::Openai,
                "http://127.0.0.1:1/v1",
            ),
            key: KeySource::NotNeeded,
            status: ProviderStatus::Ready,
            listed: Some(NOW),
            discovered: false,
        });
    }
    state
}
