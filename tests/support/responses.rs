//! A server that speaks the Responses API: it refuses what the real one refuses, numbers its
//! events, and keeps answers in the background for whoever comes back.

mod check;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use switchboard::protocol::{ProviderConfig, ProviderKind, ProviderOptions};

use super::{Request, Script, Server, sse_without_done};

pub(crate) use check::check;

/// How much of a stream a client gets before something happens to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Luck {
    /// All.
    Good,
    /// So many events, then the connection is closed.
    Cut(usize),
    /// So many events, then silence.
    Silence(usize),
    /// No stream, but this status.
    Status(u16),
}

/// Where answers live while they are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// On the connection.
    Plain,
    /// At the server.
    Background,
}

/// The server.
pub(crate) struct Responses {
    pub(crate) server: Server,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The items of answers to come; without one, the question is repeated.
    answers: Mutex<VecDeque<Vec<Value>>>,
    luck: Mutex<VecDeque<Luck>>,
    kept: Mutex<HashMap<String, Vec<Value>>>,
    cancelled: Mutex<Vec<String>>,
}

impl Responses {
    pub(crate) fn start() -> Self {
        let (server, shared) = (Server::start(), Arc::new(Shared::default()));
        let (posted, got) = (shared.clone(), shared.clone());
        server.set_default(move |request| posted.post(request));
        server.set_default_get(move |request| got.get(request));
        Self { server, shared }
    }

    /// A provider `mock` at this server.
    pub(crate) fn provider(&self, mode: Mode) -> ProviderConfig {
        let background = mode == Mode::Background;
        ProviderConfig {
            options: ProviderOptions { background, ..ProviderOptions::default() },
            ..ProviderConfig::new("mock", "Mock", ProviderKind::Responses, self.server.url())
        }
    }

    /// The items that the next unanswered question gets.
    pub(crate) fn answer(&self, items: &[Value]) {
        self.shared.answers.lock().push_back(items.to_vec());
    }

    /// What happens to the next streams, one after another.
    pub(crate) fn luck(&self, luck: &[Luck]) {
        self.shared.luck.lock().extend(luck);
    }

    /// Forgets all answers, as the real one does after a while.
    pub(crate) fn forget(&self) {
        self.shared.kept.lock().clear();
    }

    /// The answers that were cancelled.
    pub(crate) fn cancelled(&self) -> Vec<String> {
        self.shared.cancelled.lock().clone()
    }

    /// Where streams were resumed: the numbers behind `starting_after`.
    pub(crate) fn resumed_at(&self) -> Vec<u64> {
        let requests = self.server.requests();
        let numbers = requests.iter().filter_map(|request| query(request, "starting_after"));
        numbers.map(|number| number.parse().unwrap()).collect()
    }
}

impl Shared {
    fn post(&self, request: &Request) -> Script {
        if let Some(path) = request.path.strip_suffix("/cancel") {
            let id = path.rsplit('/').next().unwrap_or_default().to_owned();
            self.cancelled.lock().push(id.clone());
            return Script::json(200, &json!({"id": id, "status": "cancelled"}));
        }
        let body = request.json();
        if let Err(reason) = check(&body, true) {
            return Script::json(400, &refusal(&reason));
        }
        let items = self.answers.lock().pop_front();
        let items = items.unwrap_or_else(|| {
            let said = body["input"].as_array().and_then(|items| items.last());
            let said = said.map(|last| last["content"][0]["text"].clone()).unwrap_or_default();
            vec![message(&format!("{}: {}", request.model(), said.as_str().unwrap_or_default()))]
        });
        let id = format!("resp_{}", self.kept.lock().len() + 1);
        let background = body["background"] == true;
        let events = events(&id, background, &items);
        if background {
            self.kept.lock().insert(id, events.clone());
        }
        self.play(&events)
    }

    fn get(&self, request: &Request) -> Option<Script> {
        let path = request.path.split('?').next().unwrap_or_default();
        let id = path.split_once("/responses/")?.1;
        let Some(events) = self.kept.lock().get(id).cloned() else {
            let reason = format!("Response with id '{id}' not found.");
            return Some(Script::json(404, &refusal(&reason)));
        };
        let after: usize = query(request, "starting_after")?.parse().ok()?;
        Some(self.play(events.get(after + 1..).unwrap_or_default()))
    }

    fn play(&self, events: &[Value]) -> Script {
        let first = |count: usize| {
            Script::stream().bytes(sse_without_done(&events[..count.min(events.len())]))
        };
        match self.luck.lock().pop_front().unwrap_or(Luck::Good) {
            Luck::Good => first(events.len()),
            Luck::Cut(count) => first(count).cut(),
            Luck::Silence(count) => first(count).hang(),
            Luck::Status(status) => Script::json(status, &refusal("not now")),
        }
    }
}

fn query(request: &Request, name: &str) -> Option<String> {
    let (_, query) = request.path.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn refusal(reason: &str) -> Value {
    json!({"error": {"message": reason, "type": "invalid_request_error", "code": null}})
}

/// A message that says this.
pub(crate) fn message(text: &str) -> Value {
    let content = json!([{"type": "output_text", "text": text, "annotations": []}]);
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
           "content": content})
}

/// Reasoning with a summary of these parts.
pub(crate) fn reasoning(id: &str, summary: &[&str]) -> Value {
    let summary: Vec<Value> =
        summary.iter().map(|text| json!({"type": "summary_text", "text": text})).collect();
    json!({"type": "reasoning", "id": id, "summary": summary,
           "encrypted_content": format!("encrypted {id}")})
}

/// A call of a function.
#[expect(clippy::needless_pass_by_value, reason = "made for the call")]
pub(crate) fn function_call(call: &str, name: &str, arguments: Value) -> Value {
    json!({"type": "function_call", "id": format!("fc_{call}"), "call_id": call, "name": name,
           "arguments": arguments.to_string(), "status": "completed"})
}

/// The numbered events of a response with these items, word by word.
pub(crate) fn events(id: &str, background: bool, items: &[Value]) -> Vec<Value> {
    let response = |status: &str, output: &[Value]| {
        json!({"id": id, "object": "response", "status": status, "background": background,
               "output": output, "error": null, "incomplete_details": null})
    };
    let mut events = vec![json!({"type": "response.created", "response": response("queued", &[])})];
    if background {
        events.push(json!({"type": "response.queued", "response": response("queued", &[])}));
    }
    let begun = response("in_progress", &[]);
    events.push(json!({"type": "response.in_progress", "response": begun}));
    for (index, item) in items.iter().enumerate() {
        let from = events.len();
        let mut empty = item.clone();
        for (field, nothing) in
            [("content", json!([])), ("summary", json!([])), ("arguments", json!(""))]
        {
            if empty.get(field).is_some() {
                empty[field] = nothing;
            }
        }
        if let Some(fields) = empty.as_object_mut() {
            fields.remove("encrypted_content");
        }
        events.push(json!({"type": "response.output_item.added", "item": empty}));
        blocks(item, &mut events);
        events.push(json!({"type": "response.output_item.done", "item": item}));
        for event in &mut events[from..] {
            event["output_index"] = index.into();
        }
    }
    let mut whole = response("completed", items);
    whole["usage"] = json!({"input_tokens": 40, "output_tokens": 20, "total_tokens": 60,
        "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 5}});
    events.push(json!({"type": "response.completed", "response": whole}));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}

fn blocks(item: &Value, events: &mut Vec<Value>) {
    let id = &item["id"];
    for (index, block) in item["content"].as_array().into_iter().flatten().enumerate() {
        let (kind, field) = if block["type"] == "refusal" {
            ("refusal", "refusal")
        } else {
            ("output_text", "text")
        };
        let all = block[field].as_str().unwrap_or_default();
        let place = json!({"item_id": id, "content_index": index});
        push(
            events,
            "response.content_part.added",
            &place,
            json!({"part": {"type": kind, field: ""}}),
        );
        for word in all.split_inclusive(' ') {
            push(events, &format!("response.{kind}.delta"), &place, json!({"delta": word}));
        }
        push(events, &format!("response.{kind}.done"), &place, json!({field: all}));
        push(events, "response.content_part.done", &place, json!({"part": block}));
    }
    for (index, block) in item["summary"].as_array().into_iter().flatten().enumerate() {
        let text = block["text"].as_str().unwrap_or_default();
        let place = json!({"item_id": id, "summary_index": index});
        let kind = |name: &str| format!("response.reasoning_summary_{name}");
        push(
            events,
            &kind("part.added"),
            &place,
            json!({"part": {"type": "summary_text", "text": ""}}),
        );
        for word in text.split_inclusive(' ') {
            push(events, &kind("text.delta"), &place, json!({"delta": word}));
        }
        push(events, &kind("text.done"), &place, json!({"text": text}));
        push(events, &kind("part.done"), &place, json!({"part": block}));
    }
    if let Some(arguments) = item["arguments"].as_str() {
        let (first, second) = arguments.split_at(arguments.len() / 2);
        let place = json!({"item_id": id});
        for half in [first, second] {
            let kind = "response.function_call_arguments.delta";
            push(events, kind, &place, json!({"delta": half}));
        }
        let kind = "response.function_call_arguments.done";
        push(events, kind, &place, json!({"arguments": arguments}));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for the call")]
fn push(events: &mut Vec<Value>, kind: &str, place: &Value, more: Value) {
    let mut event = json!({ "type": kind });
    for fields in [place, &more] {
        for (name, value) in fields.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
    }
    events.push(event);
}
