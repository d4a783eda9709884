//! A request as OpenAI's clients write it.

use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;
use crate::net::gateway::host::Completion;
use crate::protocol::{Effort, Params, Role, WireSeed};

/// What is asked, and how it is answered.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) completion: Completion,
    pub(super) is_streamed: bool,
    pub(super) wants_usage: bool,
}

#[derive(Deserialize)]
struct Wire {
    model: String,
    messages: Vec<Said>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    temperature: Option<f32>,
    #[serde(default)]
    top_p: Option<f32>,
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    max_completion_tokens: Option<u32>,
    #[serde(default)]
    reasoning_effort: Option<Effort>,
    #[serde(default)]
    stop: Option<Stop>,
    #[serde(default)]
    n: Option<u32>,
    #[serde(default)]
    tools: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Said {
    role: String,
    #[serde(default)]
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Piece>),
}

#[derive(Deserialize)]
struct Piece {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, alias = "refusal")]
    text: Option<String>,
}

/// Reads a request.
pub(super) fn read(bytes: &[u8]) -> Result<Asked, Failure> {
    let wire: Wire = serde_json::from_slice(bytes)
        .map_err(|error| Failure::invalid(None, format!("The request cannot be read: {error}")))?;
    if wire.n.is_some_and(|n| n != 1) {
        return Err(Failure::invalid(Some("n"), "A request has one answer"));
    }
    if wire.tools.is_some_and(|tools| !tools.is_empty()) {
        let said = "A client's own tools are not called. Bots bring theirs";
        return Err(Failure::invalid(Some("tools"), said));
    }
    let talk = Talk::of(wire.messages)?;
    let params = Params {
        temperature: wire.temperature,
        top_p: wire.top_p,
        max_tokens: wire.max_completion_tokens.or(wire.max_tokens),
        effort: wire.reasoning_effort,
        stop: match wire.stop {
            None => Vec::new(),
            Some(Stop::One(word)) => vec![word],
            Some(Stop::Several(words)) => words,
        },
        ..Params::default()
    };
    let Talk { system, before, message } = talk;
    Ok(Asked {
        completion: Completion { model: wire.model, system, before, message, params },
        is_streamed: wire.stream.unwrap_or(false),
        wants_usage: wire.stream_options.is_some_and(|options| options.include_usage),
    })
}

struct Talk {
    system: Option<String>,
    before: Vec<WireSeed>,
    message: String,
}

impl Talk {
    fn of(messages: Vec<Said>) -> Result<Self, Failure> {
        let (mut system, mut before) = (Vec::new(), Vec::new());
        for said in messages {
            let content = said.content.map_or(Ok(String::new()), Content::text)?;
            match said.role.as_str() {
                "system" | "developer" => system.push(content),
                "user" => before.push(WireSeed { role: Role::User, content }),
                // What only called tools has no words.
                "assistant" if content.is_empty() => {}
                "assistant" => before.push(WireSeed { role: Role::Assistant, content }),
                other => {
                    let said = format!("Messages of the role {other:?} are not taken");
                    return Err(Failure::invalid(Some("messages"), said));
                }
            }
        }
        match before.pop() {
            Some(WireSeed { role: Role::User, content: message }) if !message.is_empty() => {
                let system = (!system.is_empty()).then(|| system.join("\n\n"));
                Ok(Self { system, before, message })
            }
            _ => Err(Failure::invalid(
                Some("messages"),
                "The last message must be the user's, and not empty",
            )),
        }
    }
}

impl Content {
    fn text(self) -> Result<String, Failure> {
        let pieces = match self {
            Self::Text(text) => return Ok(text),
            Self::Parts(pieces) => pieces,
        };
        let mut text = String::new();
        for Piece { kind, text: content } in pieces {
            match (kind.as_str(), content) {
                ("text" | "refusal", Some(content)) => text.push_str(&content),
                _ => {
                    let said = format!("Contents of the type {kind:?} are not taken, only text");
                    return Err(Failure::invalid(Some("messages"), said));
                }
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_json(request: &Value) -> Result<Asked, Failure> {
        read(request.to_string().as_bytes())
    }

    #[test]
    fn a_request_becomes_a_question_with_what_was_said_before() {
        let asked = read_json(&json!({
            "model": "bot:cook",
            "messages": [
                { "role": "system", "content": "Be brief" },
                { "role": "developer", "content": [{ "type": "text", "text": "Be kind" }] },
                { "role": "user", "content": "one", "name": "ann" },
                { "role": "assistant", "content": null, "tool_calls": [] },
                { "role": "assistant", "content": "two" },
                { "role": "user", "content": [
                    { "type": "text", "text": "th" }, { "type": "text", "text": "ree" },
                ] },
            ],
            "stream": true, "stream_options": { "include_usage": true },
            "max_tokens": 9, "max_completion_tokens": 7, "temperature": 0.5, "top_p": null,
            "stop": "END", "reasoning_effort": "low", "user": "x", "seed": 1,
        }));
        let seed = |role, content: &str| WireSeed { role, content: content.to_owned() };
        assert_eq!(
            asked.unwrap(),
            Asked {
                completion: Completion {
                    model: "bot:cook".to_owned(),
                    system: Some("Be brief\n\nBe kind".to_owned()),
                    before: vec![seed(Role::User, "one"), seed(Role::Assistant, "two")],
                    message: "three".to_owned(),
                    params: Params {
                        temperature: Some(0.5),
                        max_tokens: Some(7),
                        effort: Some(Effort::Low),
                        stop: vec!["END".to_owned()],
                        ..Params::default()
                    },
                },
                is_streamed: true,
                wants_usage: true,
            }
        );
    }

    #[test]
    fn what_cannot_be_answered_is_refused_and_says_why() {
        let user = json!([{ "role": "user", "content": "hi" }]);
        let image = json!([{ "type": "image_url", "image_url": { "url": "x" } }]);
        for (request, about) in [
            (json!([]), "cannot be read"),
            (json!({ "messages": user }), "model"),
            (json!({ "model": "m", "messages": [] }), "last message"),
            (json!({ "model": "m", "messages": [{ "role": "user", "content": "" }] }), "empty"),
            (
                json!({ "model": "m", "messages": [{ "role": "assistant", "content": "x" }] }),
                "last",
            ),
            (json!({ "model": "m", "messages": [{ "role": "tool", "content": "x" }] }), "role"),
            (
                json!({ "model": "m", "messages": [{ "role": "user", "content": image }] }),
                "only text",
            ),
            (json!({ "model": "m", "messages": user, "n": 2 }), "one answer"),
            (json!({ "model": "m", "messages": user, "tools": [{}] }), "tools"),
            (json!({ "model": "m", "messages": user, "temperature": "hot" }), "cannot be read"),
        ] {
            let failure = read_json(&request).unwrap_err().body();
            let message = failure["error"]["message"].as_str().unwrap();
            assert!(message.contains(about), "{request}: {message}");
            assert_eq!(failure["error"]["type"], "invalid_request_error");
        }
    }
}
