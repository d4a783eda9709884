//! A server that speaks Anthropic's messages API, and refuses what the real one refuses.

mod check;

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::request::Request;
use super::script::Script;
use super::server::Server;

pub(crate) use check::check;

/// The version of the API that is current.
pub(crate) const CURRENT: &str = "2026-10-21";
/// The one before.
pub(crate) const OLD: &str = "2023-06-01";

/// A server whose every POST is checked. One that is right takes the next reply of the queue,
/// else it gets its own words back after the model's name.
pub(crate) struct AnthropicServer {
    server: Server,
    replies: Arc<Mutex<VecDeque<Script>>>,
}

impl AnthropicServer {
    /// A server for those who have the key `sk-ant-right`.
    pub(crate) fn start() -> Self {
        Self::for_key(Some("sk-ant-right"))
    }

    /// A server that asks for no key, as those on the user's own machine do.
    pub(crate) fn without_key() -> Self {
        Self::for_key(None)
    }

    fn for_key(key: Option<&'static str>) -> Self {
        let server = Server::start();
        let replies: Arc<Mutex<VecDeque<Script>>> = Arc::default();
        let queue = Arc::clone(&replies);
        server.set_default(move |request| {
            if let Err((status, class, message)) = check_request(request, key) {
                return refusal(status, class, &message);
            }
            let next = queue.lock().pop_front();
            next.unwrap_or_else(|| echo(request))
        });
        Self { server, replies }
    }

    /// The server below.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// The base address of its API.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Answers the next right request.
    pub(crate) fn push(&self, script: Script) {
        self.replies.lock().push_back(script);
    }

    /// The requests for answers so far.
    pub(crate) fn posts(&self) -> Vec<Request> {
        self.server.posts()
    }
}

/// Checks address, headers and body.
fn check_request(
    request: &Request,
    right_key: Option<&str>,
) -> Result<(), (u16, &'static str, String)> {
    let invalid = |message: String| Err((400, "invalid_request_error", message));
    if request.path != "/v1/messages" {
        return Err((404, "not_found_error", format!("no such path: {}", request.path)));
    }
    let key = match (request.header("x-api-key"), request.header("authorization")) {
        (Some(key), _) => Some(key),
        (None, Some(bearer)) => bearer.strip_prefix("Bearer "),
        (None, None) => None,
    };
    if key != right_key {
        return Err((401, "authentication_error", "invalid x-api-key".to_owned()));
    }
    let Some(version) = request.header("anthropic-version") else {
        return invalid("anthropic-version: header is required".to_owned());
    };
    if ![CURRENT, OLD].contains(&version) {
        return invalid(format!("anthropic-version: {version:?} is not a valid version"));
    }
    let body = request.json();
    let betas = request.header("anthropic-beta").unwrap_or_default();
    let controls = betas.split(',').any(|beta| beta == "thinking-binding-controls-2026-08-01");
    if !body["thinking"]["block_binding"].is_null() && !controls {
        return invalid("thinking.block_binding: Extra inputs are not permitted".to_owned());
    }
    check(&body, version).or_else(invalid)
}

/// An error as the API writes it.
pub(crate) fn refusal(status: u16, class: &str, message: &str) -> Script {
    Script::json(status, &error(class, message))
}

/// An error object, as it stands in a body and in a stream.
pub(crate) fn error(class: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": class, "message": message}, "request_id": "req_1"})
}

fn echo(request: &Request) -> Script {
    let body = request.json();
    let last = body["messages"].as_array().and_then(|messages| messages.last());
    let texts = last.and_then(|last| last["content"].as_array()).into_iter().flatten();
    let text: Vec<&str> = texts.filter_map(|block| block["text"].as_str()).collect();
    let model = request.model();
    Reply::of(&model).text(&format!("{model}: {}", text.join(" "))).script()
}

/// What only the API can make: it ties a text to the model that thought it.
pub(crate) fn sign(model: &str, thinking: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (model, thinking).hash(&mut hasher);
    format!("sig-{model}-{:x}", hasher.finish())
}

/// Hidden thinking of a model.
pub(crate) fn hide(model: &str) -> String {
    format!("hidden-{model}")
}

/// The data that belongs to a part of thinking by this model, as the app keeps it.
pub(crate) fn opaque(model: &str, thinking: &str) -> Value {
    json!({"model": model, "blocks": [{"type": "thinking", "start": 0, "end": thinking.len(),
           "signature": sign(model, thinking)}]})
}

/// An answer, block by block.
pub(crate) struct Reply {
    model: String,
    events: Vec<Value>,
    blocks: usize,
    stop: &'static str,
}

impl Reply {
    /// An empty answer of this model.
    pub(crate) fn of(model: &str) -> Self {
        let usage = json!({"input_tokens": 7, "cache_read_input_tokens": 100,
                           "cache_creation_input_tokens": 20, "output_tokens": 1,
                           "service_tier": "standard"});
        let start = json!({"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [],
            "stop_reason": null, "stop_sequence": null, "usage": usage}});
        Self { model: model.to_owned(), events: vec![start], blocks: 0, stop: "end_turn" }
    }

    /// Text, word by word.
    pub(crate) fn text(self, text: &str) -> Self {
        let deltas = text.split_inclusive(' ');
        let deltas = deltas.map(|text| json!({"type": "text_delta", "text": text})).collect();
        self.block(json!({"type": "text", "text": ""}), deltas)
    }

    /// Thinking, word by word, and its signature.
    pub(crate) fn thinking(self, thinking: &str) -> Self {
        let signature = sign(&self.model, thinking);
        let words = thinking.split_inclusive(' ');
        let words = words.map(|word| json!({"type": "thinking_delta", "thinking": word}));
        let signature = json!({"type": "signature_delta", "signature": signature});
        let deltas = words.chain([signature]).collect();
        self.block(json!({"type": "thinking", "thinking": "", "signature": ""}), deltas)
    }

    /// Thinking that nobody can read.
    pub(crate) fn hidden(self) -> Self {
        let data = hide(&self.model);
        self.block(json!({"type": "redacted_thinking", "data": data}), Vec::new())
    }

    /// A tool call, its arguments piece by piece.
    pub(crate) fn tool(self, id: &str, name: &str, input: &Value) -> Self {
        let characters: Vec<char> = input.to_string().chars().collect();
        let pieces = characters.chunks(5).map(|piece| piece.iter().collect::<String>());
        let deltas = pieces.map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
        let start = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
        Self { stop: "tool_use", ..self.block(start, deltas.collect()) }
    }

    /// Another reason to stop.
    pub(crate) fn stop(self, reason: &'static str) -> Self {
        Self { stop: reason, ..self }
    }

    /// Any other block.
    #[expect(clippy::needless_pass_by_value, reason = "made for the call")]
    pub(crate) fn block(mut self, start: Value, deltas: Vec<Value>) -> Self {
        let index = self.blocks;
        self.blocks += 1;
        self.events.push(json!({"type": "content_block_start", "index": index,
                                "content_block": start}));
        self.events.push(json!({"type": "ping"}));
        for delta in deltas {
            let event = json!({"type": "content_block_delta", "index": index, "delta": delta});
            self.events.push(event);
        }
        self.events.push(json!({"type": "content_block_stop", "index": index}));
        self
    }

    /// All events but the last two.
    pub(crate) fn unfinished(self) -> Vec<Value> {
        self.events
    }

    /// All events.
    pub(crate) fn events(mut self) -> Vec<Value> {
        self.events.push(json!({"type": "message_delta",
            "delta": {"stop_reason": self.stop, "stop_sequence": null},
            "usage": {"output_tokens": 12}}));
        self.events.push(json!({"type": "message_stop"}));
        self.events
    }

    /// The answer as a stream.
    pub(crate) fn script(self) -> Script {
        Script::stream().bytes(stream(&self.events()))
    }
}

/// Events as they travel.
pub(crate) fn stream(events: &[Value]) -> Vec<u8> {
    let lines = events.iter().map(|event| {
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or("message"))
    });
    lines.collect::<String>().into_bytes()
}

/// A page of the list of models.
pub(crate) fn model_page(ids: &[&str], has_more: bool) -> Script {
    let entry = |id: &&str| {
        json!({"type": "model", "id": id, "display_name": format!("The {id}"),
               "created_at": "2026-09-22T00:00:00Z", "lifecycle": "active",
               "max_input_tokens": 1_000_000, "max_tokens": 128_000, "capabilities": null})
    };
    let data: Vec<Value> = ids.iter().map(entry).collect();
    Script::json(
        200,
        &json!({"data": data, "has_more": has_more, "first_id": ids.first(), "last_id": ids.last()}),
    )
}
