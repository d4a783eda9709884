//! A state with some chats, for the tests of the shell's parts.

use std::path::PathBuf;

use egui::Vec2;
use egui_kittest::{Harness, HarnessBuilder};

use crate::protocol::{
    Abilities, Answer, AnswerStatus, ChatId, ChatOptions, ChatSummary, HelpPage, IdSource,
    KeySource, Message, MessageId, ModelId, ModelInfo, Part, ProviderConfig, ProviderKind,
    ProviderState, ProviderStatus, Role, RunId, Timestamp, Usage,
};
use crate::state::{
    AppState, Conversation, HandleContext, Page, Settings, Theme, Toast, ToastAction, ToastLevel,
    UiCommand, handle,
};
use crate::ui::theme;

/// 2026-03-18 12:00 UTC, a Wednesday.
pub(crate) const NOW: Timestamp = Timestamp(1_773_835_200_000);
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const HELP: &[HelpPage] = &[
    HelpPage { id: "getting-started", title: "Getting started", text: "# Getting started" },
    HelpPage { id: "keys", title: "Keys for providers", text: "# Keys for providers" },
];

pub(crate) fn chat_id(number: u128) -> ChatId {
    ChatId(uuid::Uuid::from_u128(number + 1))
}

pub(crate) fn chat(number: u128, title: &str, updated: i64) -> ChatSummary {
    let models = ["anthropic/sonnet", "guide/guide", "openai/gpt", "ollama/qwen3:8b", "x/haiku"];
    let model = models[usize::try_from(number).unwrap() % models.len()];
    ChatSummary {
        bot: None,
        server: None,
        test: false,
        options: ChatOptions::default(),
        id: chat_id(number),
        title: title.to_owned(),
        pinned: false,
        unread: false,
        model: None,
        last_model: Some(model.parse().unwrap()),
        created: Timestamp(updated),
        updated: Timestamp(updated),
        messages: 2,
    }
}

/// The chats of the pictures; the open one is number 2.
pub(crate) fn state() -> AppState {
    let settings = Settings {
        appearance: crate::state::Appearance { theme: Theme::Dark, ..Default::default() },
        ..Settings::default()
    };
    let mut state = AppState::new(settings, HELP, PathBuf::from("/data"));
    let hours = |hours: i64| NOW.0 - hours * HOUR;
    let days = |days: i64| NOW.0 - days * DAY;
    let mut chats = vec![
        chat(0, "Release notes bot", days(3)),
        chat(1, "Rust mentor", days(4)),
        chat(2, "Reconnect back-off in tokio", hours(1)),
        chat(3, "Weekly plan", hours(2)),
        chat(4, "SQL: slow query on events", hours(3)),
        chat(5, "Translate the changelog", days(1)),
        chat(6, "Trip budget", days(1) - 1),
        chat(7, "Explain WAL checkpoints", days(1) - 2),
        chat(8, "Regex for log lines", days(3)),
        chat(9, "Cover letter", days(5)),
        chat(10, "A title that is much longer than the sidebar is wide", days(20)),
        chat(11, "New year's resolutions", days(80)),
    ];
    chats[0].pinned = true;
    chats[1].pinned = true;
    chats[3].unread = true;
    chats.sort_by_key(|chat| std::cmp::Reverse(chat.updated));
    state.chats = Some(chats);
    state.providers = vec![provider()];
    let open = chat_id(2);
    let mut conversation = Conversation::new(open);
    conversation.messages.push_back(answer(open));
    state.conversations.insert(open, conversation);
    state.page = Page::Chat(open);
    state
}

fn provider() -> ProviderState {
    ProviderState {
        listed: None,
        config: ProviderConfig::new(
            "anthropic",
            "Anthropic",
            ProviderKind::Openai,
            "https://api.example/v1",
        ),
        key: KeySource::NotNeeded,
        status: ProviderStatus::Ready,
        models: vec![ModelInfo {
            name: "Sonnet".to_owned(),
            context: Some(1_000_000),
            price_in: None,
            price_out: None,
            abilities: Abilities {
                vision: Some(true),
                tools: Some(true),
                thinking: Some(true),
                json: None,
            },
            ..ModelInfo::unknown(ModelId::new("anthropic", "sonnet"))
        }],
        discovered: false,
    }
}

fn answer(chat: ChatId) -> Message {
    let usage = Usage {
        cache_write_tokens: None,
        cached_tokens: None,
        prompt_tokens: Some(120_000),
        completion_tokens: Some(456),
        cost_usd: None,
    };
    Message {
        parent: Some(MessageId(uuid::Uuid::from_u128(99))),
        answer: Some(Answer {
            status: AnswerStatus::Complete,
            usage,
            ..Answer::open(ModelId::new("anthropic", "sonnet"), RunId(uuid::Uuid::from_u128(101)))
        }),
        ..Message::new(
            MessageId(uuid::Uuid::from_u128(100)),
            chat,
            Role::Assistant,
            NOW,
            vec![Part::Text { text: "An answer".to_owned() }],
        )
    }
}

pub(crate) fn toast(id: u64, level: ToastLevel, title: &str) -> Toast {
    Toast {
        id,
        level,
        title: title.to_owned(),
        body: "It asks to wait 12 s. Your message is saved and will be sent again.".to_owned(),
        actions: vec![
            ToastAction { label: "Retry now", command: UiCommand::RetryNow },
            ToastAction { label: "Use another model", command: UiCommand::OpenPicker },
        ],
        detail: "HTTP 429: {\"error\":\"slow down\"}".to_owned(),
        until: None,
    }
}

/// A state, what draws it, and what was asked for, applied as the app would.
pub(crate) struct Stage<V> {
    pub(crate) state: AppState,
    pub(crate) view: V,
    pub(crate) asked: Vec<UiCommand>,
}

impl<V> Stage<V> {
    /// What was asked for, in words that tests compare.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.iter().map(|command| format!("{command:?}")).collect()
    }
}

/// Draws a view with the theme of the app and hands what it asks for to the reducers.
pub(crate) fn stage<'a, V: 'a>(
    size: Vec2,
    state: AppState,
    view: V,
    mut draw: impl FnMut(&mut V, &mut egui::Ui, &AppState, &mut Vec<UiCommand>) + 'a,
) -> Harness<'a, Stage<V>> {
    let builder: HarnessBuilder<Stage<V>> =
        Harness::builder().with_size(size).with_context_setup(theme::install);
    let app = move |ui: &mut egui::Ui, stage: &mut Stage<V>| {
        theme::apply(ui.ctx(), theme::Mode::Dark, 100);
        ui.reset_style();
        let mut out = Vec::new();
        draw(&mut stage.view, ui, &stage.state, &mut out);
        if !out.is_empty() {
            ui.ctx().request_repaint();
        }
        for command in out {
            stage.asked.push(command.clone());
            handle(&mut stage.state, command, HandleContext { now: NOW, ids: IdSource });
        }
    };
    builder.build_ui_state(app, Stage { state, view, asked: Vec::new() })
}
