//! States for the tests of the views: those of the design's pictures.

use std::collections::HashMap;

use egui::Context;

use super::theme;
use crate::protocol::{
    Abilities, AgentState, BackendEvent, BotId, Carrier, ChatId, ChatOptions, ChatSummary,
    ErrorKind, HelpPage, IdSource, KeySource, KnownProvider, LinkState, MessageId, ModelId,
    ModelInfo, ProviderConfig, ProviderError, ProviderKind, ProviderState, ProviderStatus,
    QueuedMessage, RemoteBot, RemoteEvent, RunId, Seq, ServerConfig, ServerId, ServerState,
    Timestamp,
};
use crate::state::{
    AppState, Conversation, HandleContext, LiveRun, Page, Settings, UiCommand, apply, handle,
};

pub(super) const NOW: Timestamp = Timestamp(1_790_000_000_000);

const fn known(
    id: &'static str,
    name: &'static str,
    url: &'static str,
    blurb: &'static str,
) -> KnownProvider {
    KnownProvider {
        id,
        name,
        kind: ProviderKind::Openai,
        url,
        key_env: "KEY",
        key_page: "https://example.com/keys",
        blurb,
    }
}

const KNOWN: [KnownProvider; 3] = [
    known(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        "Hundreds of models of many makers with one key",
    ),
    known("openai", "OpenAI", "https://api.openai.com/v1", "The GPT models"),
    known("groq", "Groq", "https://api.groq.com/openai/v1", "Open models, very fast"),
];

pub(super) const HELP: [HelpPage; 3] = [
    HelpPage {
        id: "getting-started",
        title: "Getting started",
        text: include_str!("../../assets/help/getting-started.md"),
    },
    HelpPage { id: "keys", title: "Keys", text: include_str!("../../assets/help/keys.md") },
    HelpPage {
        id: "stopping",
        title: "Stopping an answer",
        text: include_str!("../../assets/help/stopping.md"),
    },
];

/// A view's state together with the state of the app, as the window drives them.
pub(super) struct Driven<V> {
    pub(super) state: AppState,
    pub(super) view: V,
    /// Everything the view has pushed.
    pub(super) sent: Vec<UiCommand>,
}

impl<V: Default> Driven<V> {
    pub(super) fn new(state: AppState) -> Self {
        Self { state, view: V::default(), sent: Vec::new() }
    }
}

impl<V> Driven<V> {
    /// Applies commands as the window does, and keeps them.
    pub(super) fn take(&mut self, out: Vec<UiCommand>) {
        for command in out {
            self.sent.push(command.clone());
            handle(&mut self.state, command, HandleContext { now: NOW, ids: IdSource });
        }
    }

    /// The commands but for typing.
    pub(super) fn asked(&self) -> Vec<String> {
        self.sent
            .iter()
            .filter(|command| !matches!(command, UiCommand::DraftChanged(_)))
            .map(|command| format!("{command:?}"))
            .collect()
    }
}

pub(super) fn install(ctx: &Context) {
    theme::install(ctx);
}

fn model(id: &str, name: &str, facts: (u64, f64, f64), abilities: &str) -> ModelInfo {
    let (context, price_in, price_out) = facts;
    ModelInfo {
        name: name.to_owned(),
        context: Some(context),
        price_in: Some(price_in),
        price_out: Some(price_out),
        abilities: Abilities {
            vision: Some(abilities.contains('v')),
            tools: Some(abilities.contains('t')),
            thinking: Some(abilities.contains('b')),
            json: None,
        },
        ..ModelInfo::unknown(id.parse().unwrap())
    }
}

fn provider(
    id: &str,
    (name, url): (&str, &str),
    key: KeySource,
    status: ProviderStatus,
    models: Vec<ModelInfo>,
) -> ProviderState {
    let kind = if id == "guide" { ProviderKind::Guide } else { ProviderKind::Openai };
    let config = ProviderConfig::new(id, name, kind, url);
    ProviderState { listed: None, config, key, status, models, discovered: false }
}

pub(super) fn guide() -> ProviderState {
    let mut guide = model("guide/guide", "Guide", (0, 0.0, 0.0), "");
    (guide.context, guide.price_in, guide.price_out) = (None, None, None);
    let words = ("Guide", "guide:");
    provider("guide", words, KeySource::NotNeeded, ProviderStatus::Ready, vec![guide])
}

fn openrouter() -> ProviderState {
    let sonnet = "openrouter/anthropic/claude-sonnet";
    let models = vec![
        model(&format!("{sonnet}-5.5"), "Claude Sonnet 5.5", (1_000_000, 2.0, 10.0), "vtb"),
        model(&format!("{sonnet}-5"), "Claude Sonnet 5", (1_000_000, 2.0, 10.0), "vtb"),
        model("openrouter/anthropic/haiku", "Claude Haiku 5.5", (200_000, 0.5, 2.5), "vt"),
        model("openrouter/sonar", "Sonar Reasoning Pro", (128_000, 2.0, 8.0), "b"),
        model("openrouter/terra", "GPT-6.1 Terra", (400_000, 1.25, 10.0), "vtb"),
    ];
    let key = KeySource::Environment {
        variable: "OPENROUTER_API_KEY".to_owned(),
        tail: "77aa".to_owned(),
    };
    let words = ("OpenRouter", "https://openrouter.ai/api/v1");
    provider("openrouter", words, key, ProviderStatus::Ready, models)
}

fn ollama() -> ProviderState {
    let models = vec![
        model("ollama/hermes-sonnet:8b", "hermes-sonnet:8b", (32_768, 0.0, 0.0), "t"),
        model("ollama/qwen3:8b", "qwen3:8b", (32_768, 0.0, 0.0), "tb"),
    ];
    let words = ("Ollama", "http://localhost:11434/v1");
    let ollama = provider("ollama", words, KeySource::NotNeeded, ProviderStatus::Ready, models);
    ProviderState { discovered: true, ..ollama }
}

fn rejected() -> ProviderState {
    let mut error = ProviderError::new(ErrorKind::Auth, "");
    error.status = Some(401);
    let key = KeySource::Keychain { tail: "3f9a".to_owned() };
    let words = ("Anthropic", "https://api.anthropic.com/v1");
    provider("anthropic", words, key, ProviderStatus::Failed(error), Vec::new())
}

/// Nothing configured but Guide; Ollama runs.
pub(super) fn fresh() -> AppState {
    let folder = "/home/ada/.local/share/switchboard".into();
    let mut state = AppState::new(Settings::default(), &HELP, folder);
    state.known = &KNOWN;
    state.providers = vec![ollama(), guide()];
    state
}

/// Several providers, one of them not working.
pub(super) fn configured() -> AppState {
    let mut state = fresh();
    state.providers = vec![openrouter(), ollama(), rejected(), guide()];
    let sonnet: ModelId = "openrouter/anthropic/claude-sonnet-5.5".parse().unwrap();
    state.settings.favourites = vec![sonnet.clone()];
    state.settings.default_model = Some(sonnet);
    state
}

/// A chat is open.
pub(super) fn chat() -> AppState {
    let mut state = configured();
    let id = ChatId(uuid::Uuid::from_u128(1));
    state.chats = Some(vec![ChatSummary {
        bot: None,
        server: None,
        test: false,
        options: ChatOptions::default(),
        id,
        title: "Reconnect back-off in tokio".to_owned(),
        pinned: false,
        unread: false,
        model: state.settings.default_model.clone(),
        last_model: None,
        created: NOW,
        updated: NOW,
        messages: 4,
    }]);
    state.conversations = HashMap::from([(id, Conversation::new(id))]);
    state.page = Page::Chat(id);
    state
}

/// An answer is on its way, and messages wait.
pub(super) fn queued(waiting: &[&str]) -> AppState {
    let mut state = chat();
    let chat = ChatId(uuid::Uuid::from_u128(1));
    let conversation = state.conversations.get_mut(&chat).unwrap();
    conversation.run = Some(LiveRun {
        id: RunId(uuid::Uuid::from_u128(2)),
        answer: MessageId(uuid::Uuid::from_u128(3)),
        state: AgentState::Streaming,
        since: NOW,
        retry: None,
        retries: 0,
        stop: None,
        last_seq: Seq(1),
    });
    conversation.queue = (10_u128..)
        .zip(waiting)
        .map(|(id, text)| QueuedMessage {
            also: Vec::new(),
            attachments: Vec::new(),
            options: ChatOptions::default(),
            id: MessageId(uuid::Uuid::from_u128(id)),
            chat,
            text: (*text).to_owned(),
            model: "ollama/qwen3:8b".parse().unwrap(),
            one_off: true,
            created: NOW,
        })
        .collect();
    state.running.insert(chat);
    state
}

/// A message that waits in a chat.
pub(super) fn waiting_message(chat: ChatId) -> QueuedMessage {
    QueuedMessage {
        id: IdSource.message(NOW),
        chat,
        text: "Water the plants".to_owned(),
        model: ModelId::new("local", "llama"),
        one_off: false,
        also: Vec::new(),
        attachments: Vec::new(),
        options: ChatOptions::default(),
        created: NOW,
    }
}

/// A remote server whose link stands so: `home` is Home.
pub(super) fn server(id: &str, link: LinkState) -> ServerState {
    let mut name = id.to_owned();
    if let Some(first) = name.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    let bot = |id: &str, name: &str, description: &str| RemoteBot {
        id: BotId::from(id),
        name: name.to_owned(),
        description: description.to_owned(),
        template: None,
        variables: Vec::new(),
    };
    ServerState {
        config: ServerConfig {
            id: ServerId::from(id),
            name,
            url: format!("wss://{id}.example:7777"),
            token_query: false,
            dual: false,
            ca_file: None,
        },
        has_token: true,
        link,
        models: vec![
            model(
                "openrouter/anthropic/claude-sonnet-5",
                "Claude Sonnet 5",
                (1_000_000, 2.0, 10.0),
                "vtb",
            ),
            model("local/llama", "Llama 4 Home", (128_000, 0.0, 0.0), "t"),
        ],
        bots: vec![
            bot(
                "gardener",
                "Gardener",
                "Looks after the plants at home and knows when they were watered.",
            ),
            bot("backup", "Backup Watch", "Tells what was saved last night, and what was not."),
        ],
        has_older: false,
    }
}

/// A link that is lost and tried again in 4 s.
pub(super) fn waiting() -> LinkState {
    LinkState::Waiting {
        until: NOW.plus_ms(3_600),
        attempt: 3,
        cause: "connection refused".to_owned(),
        blocked: false,
    }
}

/// A link that works.
pub(super) fn linked() -> LinkState {
    LinkState::Ready { since: NOW, plain: false, carrier: Carrier::Socket }
}

/// A chat on the server `home` is open.
pub(super) fn remote(link: LinkState) -> AppState {
    let mut state = chat();
    let home = server("home", link);
    state.settings.servers = vec![home.config.clone()];
    let told = BackendEvent::Remote(RemoteEvent::Changed(Box::new(home)));
    assert!(apply(&mut state, told, NOW).is_empty());
    if let Some(summary) = state.chats.as_mut().and_then(|chats| chats.first_mut()) {
        summary.server = Some(ServerId::from("home"));
        summary.model = None;
        // It has just begun, where nothing is put into it.
        summary.messages = 0;
    }
    state
}
