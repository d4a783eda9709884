//! What the pictures show: models, and chats of the last days.

mod compared;

use serde_json::json;
use switchboard::protocol::{
    Abilities, Answer, AnswerStatus, ChatId, ChatOptions, ContextUse, Effort, IdSource, Message,
    MessageId, ModelId, ModelInfo, Part, Role, RunEvent, RunStatus, Seq, StreamEvent, Takes,
    Timestamp, ToolCallId, Usage,
};
use switchboard::store::{BeginRun, KeptModels, Question, ReadState, StoreHandle};
use switchboard::ui::theme::Palette;

use crate::support::{Place, STILL};

/// The chat that the pictures show.
pub(in crate::window) const CHAT: &str = "Reconnect back-off in tokio";

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A place with something to see.
pub(in crate::window) struct Scene {
    pub(in crate::window) place: Place,
    pub(super) palette: &'static Palette,
}

impl Scene {
    /// Nothing is configured.
    pub(super) fn first_start(theme: &str) -> Self {
        let place = Place::bare();
        std::fs::write(place.path("config.toml"), appearance(theme)).unwrap();
        Self { place, palette: palette(theme) }
    }

    /// Chats of a week, with models of two providers.
    pub(super) fn chats(theme: &str) -> Self {
        Self::with_hosted(theme, None, async |store| open_chat(store).await)
    }

    /// A question that three models answer, one of which can be asked again.
    pub(in crate::window) fn compared(theme: &str) -> Self {
        Self::with_hosted(theme, None, async |store| compared::three(store).await)
    }

    /// A chat that got too long for its model.
    pub(super) fn too_long(theme: &str) -> Self {
        Self::with_hosted(theme, None, async |store| compared::too_long(store).await)
    }

    /// A chat whose start was summarised.
    pub(super) fn summarised(theme: &str) -> Self {
        Self::with_hosted(theme, None, async |store| compared::summarised(store).await)
    }

    /// The same with an address that is the same in every picture; nobody answers there.
    pub(super) fn providers(theme: &str) -> Self {
        let address = Some("https://openrouter.ai/api/v1");
        Self::with_hosted(theme, address, async |store| open_chat(store).await)
    }

    /// What was used in four weeks, and budgets of which one is nearly used up.
    pub(super) fn usage(theme: &str) -> Self {
        let scene = Self::providers(theme);
        let path = scene.place.path("config.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        let budget = "[budget]\nday_usd = 0.28\nmonth_usd = 20.0\n";
        std::fs::write(&path, format!("{config}\n{budget}")).unwrap();
        scene.place.with_store(async |store| {
            let chats = store.list_chats().await.unwrap();
            for day in 0..28_i64 {
                let at = Timestamp(STILL.0 - day * DAY);
                for (place, model) in [haiku(), sonnet(), hermes()].into_iter().enumerate() {
                    let load = (day * 7 + place as i64 * 5) % 11;
                    let chat = &chats[(day as usize + place) % chats.len()];
                    if load == 0 {
                        continue;
                    }
                    let tokens = 4_000 * load as u64;
                    let usage = Usage {
                        prompt_tokens: Some(tokens),
                        completion_tokens: Some(tokens / 8),
                        cached_tokens: Some(tokens / 3),
                        cache_write_tokens: None,
                        cost_usd: match place {
                            2 => Some(0.0),
                            1 if day == 5 => None,
                            _ => Some(0.046 * load as f64),
                        },
                    };
                    count(&store, chat.id, model, at, usage).await;
                }
            }
        });
        scene
    }

    fn with_hosted(
        theme: &str,
        address: Option<&str>,
        open: impl AsyncFnOnce(&StoreHandle),
    ) -> Self {
        let mut place = Place::bare();
        place
            .variables
            .insert("OPENROUTER_API_KEY".to_owned(), "sk-or-0123456789abcdef".to_owned());
        let url = address.map_or_else(|| place.server.url(), str::to_owned);
        let local = address.map_or(url.as_str(), |_| "http://localhost:11434/v1");
        let mut config = format!(
            "default_model = \"openrouter/anthropic/claude-haiku-5.5\"\n\
             favourites = [\"openrouter/anthropic/claude-sonnet-5.5\"]\n{}\
             [chat.params]\neffort = \"medium\"\n",
            appearance(theme)
        );
        for (id, name, url) in [
            ("openrouter", "OpenRouter", url.as_str()),
            ("ollama", "Ollama", local),
            ("mistral", "Mistral", "https://api.mistral.ai/v1"),
            ("workshop", "Workshop", "http://127.0.0.1:1/v1"),
        ] {
            config.push_str(&format!(
                "\n[[providers]]\nid = \"{id}\"\nname = \"{name}\"\nkind = \"openai\"\nurl = \"{url}\"\n"
            ));
        }
        std::fs::write(place.path("config.toml"), config).unwrap();
        place.with_store(async |store| {
            for (provider, models) in models() {
                let listed = Some(STILL);
                let kept = KeptModels { provider: provider.into(), models, listed };
                store.save_models(kept).await.unwrap();
            }
            other_chats(&store).await;
            open(&store).await;
        });
        Self { place, palette: palette(theme) }
    }
}

fn palette(theme: &str) -> &'static Palette {
    if theme == "light" { &Palette::LIGHT } else { &Palette::DARK }
}

fn appearance(theme: &str) -> String {
    format!("[appearance]\ntheme = \"{theme}\"\n")
}

fn haiku() -> ModelId {
    ModelId::new("openrouter", "anthropic/claude-haiku-5.5")
}

fn sonnet() -> ModelId {
    ModelId::new("openrouter", "anthropic/claude-sonnet-5.5")
}

fn hermes() -> ModelId {
    ModelId::new("ollama", "hermes-sonnet:8b")
}

fn models() -> [(&'static str, Vec<ModelInfo>); 2] {
    let model =
        |id: ModelId, name: &str, context, price: Option<(f64, f64)>, can: &str| ModelInfo {
            name: name.to_owned(),
            context: Some(context),
            price_in: price.map(|price| price.0),
            price_out: price.map(|price| price.1),
            abilities: Abilities {
                vision: Some(can.contains('v')),
                tools: Some(can.contains('t')),
                thinking: Some(can.contains('r')),
                json: None,
            },
            takes: Takes {
                efforts: if can.contains('r') {
                    vec![Effort::Low, Effort::Medium, Effort::High]
                } else {
                    Vec::new()
                },
                ..Takes::default()
            },
            ..ModelInfo::unknown(id)
        };
    let sonar = ModelId::new("openrouter", "perplexity/sonar-reasoning-pro");
    let older = ModelId::new("openrouter", "anthropic/claude-sonnet-5");
    let hosted = vec![
        model(haiku(), "Claude Haiku 5.5", 1_000_000, Some((0.5, 2.5)), "vtr"),
        model(sonnet(), "Claude Sonnet 5.5", 1_000_000, Some((2.0, 10.0)), "vtr"),
        model(older, "Claude Sonnet 5", 1_000_000, Some((2.0, 10.0)), "vtr"),
        model(sonar, "Sonar Reasoning Pro", 128_000, Some((2.0, 8.0)), "r"),
    ];
    let local = vec![
        model(hermes(), "hermes-sonnet:8b", 32_000, Some((0.0, 0.0)), "t"),
        model(ModelId::new("ollama", "qwen3:8b"), "qwen3:8b", 40_000, Some((0.0, 0.0)), "tr"),
    ];
    [("openrouter", hosted), ("ollama", local)]
}

async fn other_chats(store: &StoreHandle) {
    let chats = [
        ("Release notes bot", hermes(), 20 * DAY),
        ("Rust mentor", sonnet(), 12 * DAY),
        ("Cover letter", haiku(), 5 * DAY),
        ("Regex for log lines", hermes(), 4 * DAY),
        ("Explain WAL checkpoints", sonnet(), DAY + 90 * MINUTE),
        ("Trip budget", hermes(), DAY + 60 * MINUTE),
        ("Translate the changelog", haiku(), DAY + 30 * MINUTE),
        ("SQL: slow query on events", hermes(), 90 * MINUTE),
        ("Weekly plan", sonnet(), 60 * MINUTE),
    ];
    for (place, (title, model, ago)) in chats.into_iter().enumerate() {
        let at = Timestamp(STILL.0 - ago);
        let mut thread = Thread::begin(at);
        thread.ask(title, at);
        thread.answer(model, at, vec![text("Here it is.")]);
        let chat = thread.store(store, title).await;
        if place < 2 {
            store.pin_chat(chat, true).await.unwrap();
        }
    }
}

async fn open_chat(store: &StoreHandle) {
    let (first, second) = (Timestamp(STILL.0 - MINUTE), STILL);
    let mut thread = Thread::begin(first);
    let question =
        thread.ask("How should a desktop client back off when its WebSocket drops?", first);
    thread.answer(hermes(), first, vec![text("Wait a little longer each time.")]);
    thread.leaf = Some(question);
    let advice = "Double the delay after each failure, cap it, and add **full jitter** so that \
                  many clients don't return at once. Reset only after the link has stayed up for \
                  a while.";
    let answer = thread.answer(haiku(), first, vec![text(advice)]);
    answer.usage = Usage {
        cache_write_tokens: None,
        cached_tokens: None,
        prompt_tokens: Some(24),
        completion_tokens: Some(388),
        cost_usd: Some(0.0004),
    };
    thread.ask("Show it in Rust, and check our current code for the cap.", second);
    let id = ToolCallId::from("call-1");
    let code = "Your code already caps at 30 s, but it resets on connect. With jitter:\n\n\
                ```rust\n\
                pub fn delay(attempt: u32, rng: &mut impl Rng) -> Duration {\n    \
                // full jitter: uniform in [0, min(cap, base·2ⁿ))\n    \
                let ceiling = CAP.min(BASE * 2u32.saturating_pow(attempt));\n    \
                rng.random_range(Duration::ZERO..ceiling)\n\
                }\n```\n";
    let parts = vec![
        Part::Thinking {
            text: "They want code and a check of the cap.".to_owned(),
            started: second,
            ended: Some(second.plus_ms(4_000)),
            opaque: None,
        },
        Part::ToolCall {
            id: id.clone(),
            tool: "read_file".to_owned(),
            args: json!({"path": "src/net/backoff.rs"}),
        },
        Part::ToolResult { id, result: "const CAP: …".to_owned(), success: true, elapsed_ms: 84 },
        text(code),
    ];
    let answer = thread.answer(sonnet(), second, parts);
    answer.one_off = true;
    answer.context = Some(ContextUse { used: 120_000, limit: Some(1_000_000), estimated: false });
    let chat = thread.store(store, CHAT).await;
    store.set_chat_model(chat, Some(haiku())).await.unwrap();
}

/// An answer that has just ended, with what it took.
async fn count(store: &StoreHandle, chat: ChatId, model: ModelId, at: Timestamp, usage: Usage) {
    let mut thread = Thread { chat, leaf: None, messages: Vec::new() };
    thread.ask("And now?", at);
    thread.answer(model, at, Vec::new()).status = AnswerStatus::Open;
    let [question, answer] = <[Message; 2]>::try_from(thread.messages).unwrap();
    let (id, run) = (answer.id, answer.answer.as_ref().unwrap().run);
    let request = BeginRun {
        chat,
        title_if_new: None,
        chat_model_if_new: None,
        chat_options_if_new: ChatOptions::default(),
        question: Question::New(Box::new(question)),
        answer,
        also: Vec::new(),
    };
    store.begin_run(request).await.unwrap();
    let event = |seq, event| RunEvent { chat, run, seq: Seq(seq), at, event, resume: None };
    store.append(event(1, StreamEvent::usage(usage))).unwrap();
    let status = RunStatus::Complete;
    let done = StreamEvent::Done { status, message_id: id, reply_to_id: None };
    store.finish_run(event(2, done), ReadState::Seen).await.unwrap();
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

/// Messages of a chat, each below the one before.
struct Thread {
    chat: ChatId,
    leaf: Option<MessageId>,
    messages: Vec<Message>,
}

impl Thread {
    fn begin(at: Timestamp) -> Self {
        Self { chat: IdSource.chat(at), leaf: None, messages: Vec::new() }
    }

    fn ask(&mut self, words: &str, at: Timestamp) -> MessageId {
        self.add(Role::User, at, vec![text(words)]).id
    }

    fn answer(&mut self, model: ModelId, at: Timestamp, parts: Vec<Part>) -> &mut Answer {
        let message = self.add(Role::Assistant, at, parts);
        message.answer.insert(Answer {
            status: AnswerStatus::Complete,
            ..Answer::open(model, IdSource.run(at))
        })
    }

    fn add(&mut self, role: Role, at: Timestamp, parts: Vec<Part>) -> &mut Message {
        let message = Message {
            parent: self.leaf,
            ..Message::new(IdSource.message(at), self.chat, role, at, parts)
        };
        self.leaf = Some(message.id);
        self.messages.push(message);
        self.messages.last_mut().unwrap()
    }

    async fn store(self, store: &StoreHandle, title: &str) -> ChatId {
        store.insert_messages(self.messages).await.unwrap();
        store.rename_chat(self.chat, title).await.unwrap();
        self.chat
    }
}
