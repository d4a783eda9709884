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
    ProviderOptions,
};
use switchboard::store::help::HelpIndex;
use uuid::Uuid;

use crate::support::completions::{self, Strictness};
use crate::support::histories::{self, Maker, OPAQUE};
use crate::support::{Script, Server, responses, sse_without_done};

/// As many as the issue asks for.
const HISTORIES: u64 = 10_000;

/// A provider under test with the server that watches over it.
struct Target {
    model: ModelId,
    provider: Arc<dyn Provider>,
    refusal: Arc<Mutex<Option<String>>>,
    server: Server,
}

type Check = fn(&Value, bool) -> Result<(), String>;

fn target(kind: ProviderKind, model: &str, check: Check, good: fn() -> Script) -> Target {
    let server = Server::start();
    let refusal = Arc::new(Mutex::new(None));
    let told = refusal.clone();
    server.set_default(move |request| {
        let body = request.json();
        // The name tells what the model can do.
        let sees = !body["model"].as_str().unwrap_or_default().contains("blind");
        match check(&body, sees) {
            Ok(()) => good(),
            Err(reason) => {
                *told.lock() = Some(format!("{reason}\n{body:#}"));
                Script::json(
                    400,
                    &json!({ "error": { "message": reason, "type": "invalid_request_error" } }),
                )
            }
        }
    });
    let config = ProviderConfig {
        id: kind.as_str().into(),
        name: kind.as_str().to_owned(),
        kind,
        url: server.url(),
        key_env: None,
        options: ProviderOptions::default(),
    };
    let help = Arc::new(HelpIndex::new());
    let provider = build(config, Some("key".into()), &HttpClient::new(), help).unwrap();
    let model = ModelId::new(kind.as_str(), model);
    Target { model, provider, refusal, server: server }
}

fn targets() -> Vec<Target> {
    let completions: Check =
        |body, sees| completions::check(body, Strictness { sees, answer_after_results: false });
    let answer = || Script::answer("fine");
    let said = || {
        let items = [responses::message("fine")];
        Script::stream().bytes(sse_without_done(&responses::events("resp_1", false, &items)))
    };
    vec![
        target(ProviderKind::Openai, "alpha", completions, answer),
        target(ProviderKind::Openai, "blind", completions, answer),
        target(ProviderKind::Responses, "gpt-5", responses::check, said),
        target(ProviderKind::Responses, "gpt-4.1-blind", responses::check, said),
    ]
}

fn makers() -> Vec<Maker> {
    let completions: fn(&str, &str) -> Value =
        |_text, mark| json!([{ "type": "reasoning.encrypted", "data": mark }]);
    let responses: fn(&str, &str) -> Value = |_text, mark| {
        json!({"next": "msg_1", "items": [{"type": "reasoning", "id": "rs_1", "summary": [],
               "encrypted_content": mark}]})
    };
    let completions = ["alpha", "blind"]
        .map(|model| Maker { model: ModelId::new("openai", model), opaque: completions });
    let responses = ["gpt-5", "gpt-4.1-blind"]
        .map(|model| Maker { model: ModelId::new("responses", model), opaque: responses });
    completions.into_iter().chain(responses).collect()
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
    model.abilities = Abilities { vision: Some(sees), thinking: Some(true), ..model.abilities };
    model.takes = target.provider.takes(&model);
    ChatRequest {
        model,
        messages: histories::path(rng, makers),
        params: params(rng),
        tools: Vec::new(),
        answer: MessageId(Uuid::from_u128(u128::MAX)),
        continues: rng.usize(0..4) == 0,
        idle_timeout: Duration::from_secs(20),
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
    let makers = makers();
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
    let makers = makers();
    for seed in 0..400 {
        for target in &targets {
            switch(seed, target, &makers).await.unwrap();
        }
    }
    for target in &targets {
        for post in target.server.posts() {
            let body = String::from_utf8_lossy(&post.body);
            let others = body.replace(&format!("{OPAQUE}{}", target.model.model), "");
            assert!(!others.contains(OPAQUE), "{} was sent {body}", target.model);
        }
    }
}
