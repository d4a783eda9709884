//! Switching models in the middle of a chat is always valid: random chats of many models are sent
//! to each kind of provider, whose servers refuse what the real ones refuse.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use futures_util::StreamExt;
use parking_lot::Mutex;
use serde_json::{Value, json};
use switchboard::net::{ChatRequest, HttpClient, Provider, build};
use switchboard::protocol::{
    Abilities, Effort, MessageId, ModelId, ModelInfo, Params, ProviderConfig, ProviderKind,
};
use switchboard::store::help::HelpIndex;
use uuid::Uuid;

use crate::support::completions::{self, Strictness};
use crate::support::histories::{self, Maker};
use crate::support::{Request, Script, Server, anthropic, responses, sse};

/// As many as the issue asks for.
const HISTORIES: u64 = 10_000;

/// Models of each kind, with what makes them differ: thinking by effort or by budget, no thinking,
/// no eyes, and the maker's own thinking.
const MODELS: [(ProviderKind, &str); 9] = [
    (ProviderKind::Openai, "alpha"),
    (ProviderKind::Openai, "blind"),
    (ProviderKind::Openai, "ministral"),
    (ProviderKind::Anthropic, "claude-sonnet-5-5"),
    (ProviderKind::Anthropic, "claude-haiku-4-5"),
    (ProviderKind::Anthropic, "claude-opus-4-6"),
    (ProviderKind::Responses, "gpt-6.1-sol"),
    (ProviderKind::Responses, "gpt-4.1"),
    (ProviderKind::Responses, "o3"),
];

/// A provider under test with the server that watches over it.
struct Target {
    model: ModelId,
    provider: Arc<dyn Provider>,
    refusal: Arc<Mutex<Option<String>>>,
    server: Server,
}

fn check(kind: ProviderKind, request: &Request) -> Result<(), String> {
    let body = request.json();
    let model = request.model();
    let sees = !model.contains("blind");
    match kind {
        ProviderKind::Anthropic => {
            let version = request.header("anthropic-version").unwrap_or_default();
            anthropic::check(&body, version)
        }
        ProviderKind::Responses => responses::check(&body, sees),
        ProviderKind::Openai | ProviderKind::Guide => {
            let answer_after_results = model == "ministral";
            completions::check(&body, Strictness { sees, answer_after_results })
        }
    }
}

fn good(kind: ProviderKind, model: &str) -> Script {
    match kind {
        ProviderKind::Anthropic => anthropic::Reply::of(model).text("fine").script(),
        ProviderKind::Responses => {
            let events = responses::events("resp_1", false, &[responses::message("fine")]);
            Script::stream().bytes(sse(&events))
        }
        ProviderKind::Openai | ProviderKind::Guide => Script::answer("fine"),
    }
}

fn target(kind: ProviderKind, model: &str) -> Target {
    let server = Server::start();
    let refusal = Arc::new(Mutex::new(None));
    let told = refusal.clone();
    server.set_default(move |request| match check(kind, request) {
        Ok(()) => good(kind, &request.model()),
        Err(reason) => {
            *told.lock() = Some(format!("{reason}\n{:#}", request.json()));
            Script::json(400, &json!({ "error": { "message": reason, "type": "bad" } }))
        }
    });
    // The well-known name brings the ways of that server with it.
    let id = if model == "ministral" { "mistral" } else { kind.as_str() };
    let config = ProviderConfig::new(id, id, kind, server.url());
    let help = Arc::new(HelpIndex::new());
    let provider = build(config, Some("key".into()), &HttpClient::new(), help).unwrap();
    Target { model: ModelId::new(id, model), provider, refusal, server }
}

fn targets() -> Vec<Target> {
    MODELS.iter().map(|(kind, model)| target(*kind, model)).collect()
}

fn maker(kind: ProviderKind, model: &ModelId) -> Maker {
    let opaque: fn(&str, &str) -> Value = match kind {
        ProviderKind::Anthropic => anthropic::opaque,
        ProviderKind::Responses => |model, text| {
            let summary: Vec<&str> =
                Some(text).filter(|text| !text.is_empty()).into_iter().collect();
            let mut item = responses::reasoning("rs_1", &summary);
            item["encrypted_content"] = json!(mark(model));
            json!({ "items": [item], "next": "msg_1" })
        },
        ProviderKind::Openai | ProviderKind::Guide => {
            |model, _text| json!([{ "type": "reasoning.encrypted", "data": mark(model) }])
        }
    };
    Maker { model: model.clone(), opaque }
}

/// What only this model understands.
fn mark(model: &str) -> String {
    format!("sig-{model}-")
}

fn makers(targets: &[Target]) -> Vec<Maker> {
    targets.iter().zip(MODELS).map(|(target, (kind, _))| maker(kind, &target.model)).collect()
}

fn params(rng: &mut Rng) -> Params {
    Params {
        temperature: rng.bool().then_some(0.5),
        top_p: rng.bool().then_some(0.9),
        max_tokens: rng.bool().then_some(256),
        effort: rng.bool().then(|| Effort::ALL[rng.usize(0..Effort::ALL.len())]),
        stop: if rng.usize(0..4) == 0 { vec!["END".to_owned()] } else { Vec::new() },
        system: rng.bool().then(|| "Be brief".to_owned()),
    }
}

fn request(rng: &mut Rng, target: &Target, makers: &[Maker]) -> ChatRequest {
    let mut model = ModelInfo::unknown(target.model.clone());
    let sees = !target.model.model.contains("blind");
    model.abilities = Abilities { vision: Some(sees), ..model.abilities };
    model.takes = target.provider.takes(&model);
    let messages = histories::path(rng, makers);
    let (answer, idle_timeout) = (MessageId(Uuid::from_u128(u128::MAX)), Duration::from_secs(20));
    ChatRequest {
        params: params(rng),
        continues: rng.usize(0..4) == 0,
        ..ChatRequest::new(model, messages, answer, idle_timeout)
    }
}

/// Sends the chat of a seed; says what the server would not take.
async fn switch(seed: u64, target: &Target, makers: &[Maker]) -> Result<(), String> {
    let mut rng = Rng::with_seed(seed);
    let request = request(&mut rng, target, makers);
    let told = format!("seed {seed}, to {}: {:#?}", target.model, request.messages);
    let refused = |error: &dyn std::fmt::Display| {
        let reason = target.refusal.lock().take().unwrap_or_else(|| error.to_string());
        Err(format!("{reason}\n{told}"))
    };
    match target.provider.stream(request).await {
        Err(error) => refused(&error),
        Ok(stream) => match stream.filter_map(|chunk| async { chunk.err() }).boxed().next().await {
            Some(error) => refused(&error),
            None => Ok(()),
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_chat_can_go_on_with_any_model() {
    let targets = targets();
    let makers = makers(&targets);
    let one = |seed: u64| {
        let target = &targets[usize::try_from(seed).unwrap() % targets.len()];
        switch(seed, target, &makers)
    };
    let mut outcomes = futures_util::stream::iter((0..HISTORIES).map(one)).buffer_unordered(8);
    while let Some(outcome) = outcomes.next().await {
        if let Err(reason) = outcome {
            panic!("{reason}");
        }
    }
}

#[tokio::test]
async fn no_model_sees_what_only_another_one_understands() {
    let targets = targets();
    let makers = makers(&targets);
    for seed in 0..200 {
        for target in &targets {
            switch(seed, target, &makers).await.unwrap();
        }
    }
    for target in &targets {
        let mut own_came_back = false;
        for post in target.server.posts() {
            let body = String::from_utf8_lossy(&post.body);
            let own = mark(&target.model.model);
            own_came_back |= body.contains(&own);
            let others = body.replace(&own, "");
            assert!(!others.contains("sig-"), "{} was sent {body}", target.model);
        }
        assert!(own_came_back, "{} never got its own thinking back", target.model);
    }
}
