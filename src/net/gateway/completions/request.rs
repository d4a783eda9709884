//! A request as OpenAI's clients write it.

use std::num::NonZeroU32;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

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
    let mut fields = Fields::of(bytes)?;
    fields.refuse_what_is_not_done()?;
    let model = fields.take::<String>("model", "text")?.filter(|model| !model.is_empty());
    let model = model.ok_or_else(|| {
        Failure::invalid(Some("model"), "model is missing: name one that /v1/models lists")
    })?;
    let messages = fields.take("messages", "a list of messages, each with role and content")?;
    let messages = messages
        .ok_or_else(|| Failure::invalid(Some("messages"), "messages is missing: a list"))?;
    let Talk { system, before, message } = Talk::of(messages)?;
    let params = fields.params()?;
    let is_streamed = fields.take("stream", "true or false")?.unwrap_or(false);
    let options = fields
        .take::<StreamOptions>("stream_options", "an object like {\"include_usage\": true}")?;
    Ok(Asked {
        completion: Completion { model, system, before, message, params },
        is_streamed,
        wants_usage: options.is_some_and(|options| options.include_usage),
    })
}

/// What stands in a request. What is not asked for is not looked at.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(bytes: &[u8]) -> Result<Self, Failure> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| Failure::invalid(None, format!("The request is no JSON: {error}")))?;
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(Failure::invalid(None, "The request must be a JSON object")),
        }
    }

    /// A field, where it is there; `wanted` says what it must be.
    fn take<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        wanted: &str,
    ) -> Result<Option<T>, Failure> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|_other| Failure::invalid(Some(name), format!("{name} must be {wanted}"))),
        }
    }

    fn within(&mut self, name: &'static str, most: f32) -> Result<Option<f32>, Failure> {
        let wanted = format!("a number from 0 to {most}");
        let number = self.take::<f32>(name, &wanted)?;
        if number.is_some_and(|number| !(0.0..=most).contains(&number)) {
            return Err(Failure::invalid(Some(name), format!("{name} must be {wanted}")));
        }
        Ok(number)
    }

    /// Rather than silently something else than was asked for.
    fn refuse_what_is_not_done(&mut self) -> Result<(), Failure> {
        let refuse = |name, said: &str| Err(Failure::invalid(Some(name), said));
        if self.take::<u32>("n", "1")?.is_some_and(|n| n != 1) {
            return refuse("n", "n must be 1: a request has one answer");
        }
        for name in ["tools", "functions"] {
            let tools = self.take::<Vec<Value>>(name, "a list")?;
            if tools.is_some_and(|tools| !tools.is_empty()) {
                let said =
                    format!("{name}: a client's own tools are not called. Bots bring theirs");
                return refuse(name, &said);
            }
        }
        let format = self.take::<Value>("response_format", "an object")?;
        if format.is_some_and(|format| format.get("type") != Some(&Value::from("text"))) {
            let said = "response_format must be {\"type\": \"text\"}: answers are plain text";
            return refuse("response_format", said);
        }
        Ok(())
    }

    fn params(&mut self) -> Result<Params, Failure> {
        let tokens = "a whole number of at least 1";
        let newer = self.take::<NonZeroU32>("max_completion_tokens", tokens)?;
        let older = self.take::<NonZeroU32>("max_tokens", tokens)?;
        let efforts = "one of none, minimal, low, medium, high, xhigh, max";
        Ok(Params {
            temperature: self.within("temperature", 2.0)?,
            top_p: self.within("top_p", 1.0)?,
            max_tokens: newer.or(older).map(NonZeroU32::get),
            effort: self.take::<Effort>("reasoning_effort", efforts)?,
            stop: match self.take("stop", "text or a list of texts")? {
                None => Vec::new(),
                Some(Stop::One(word)) => vec![word],
                Some(Stop::Several(words)) => words,
            },
            ..Params::default()
        })
    }
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
        let said = |role: &str, content: Value| json!({ "model": "m", "messages": [{ "role": role, "content": content }] });
        let with = |name: &str, value: Value| {
            let mut request = json!({ "model": "m", "messages": user });
            request[name] = value;
            request
        };
        let schema = json!({ "type": "json_object" });
        for (request, param, about) in [
            (json!([]), None, "JSON object"),
            (json!({ "messages": user }), Some("model"), "model is missing"),
            (with("model", json!("")), Some("model"), "model is missing"),
            (with("model", json!(7)), Some("model"), "must be text"),
            (json!({ "model": "m" }), Some("messages"), "missing"),
            (with("messages", json!("hi")), Some("messages"), "a list of messages"),
            (with("messages", json!([])), Some("messages"), "last message"),
            (said("user", json!("")), Some("messages"), "empty"),
            (said("assistant", json!("x")), Some("messages"), "last"),
            (said("tool", json!("x")), Some("messages"), "role"),
            (said("user", image), Some("messages"), "only text"),
            (with("n", json!(2)), Some("n"), "one answer"),
            (with("tools", json!([{}])), Some("tools"), "tools"),
            (with("functions", json!([{}])), Some("functions"), "tools"),
            (with("response_format", schema), Some("response_format"), "plain text"),
            (with("temperature", json!("hot")), Some("temperature"), "a number from 0 to 2"),
            (with("temperature", json!(2.1)), Some("temperature"), "a number from 0 to 2"),
            (with("temperature", json!(-0.1)), Some("temperature"), "a number from 0 to 2"),
            (with("top_p", json!(1.5)), Some("top_p"), "a number from 0 to 1"),
            (with("max_tokens", json!(0)), Some("max_tokens"), "at least 1"),
            (with("stream", json!("yes")), Some("stream"), "true or false"),
            (with("stop", json!(1)), Some("stop"), "text"),
            (with("reasoning_effort", json!("huge")), Some("reasoning_effort"), "one of"),
        ] {
            let failure = read_json(&request).unwrap_err().body();
            let message = failure["error"]["message"].as_str().unwrap();
            assert!(message.contains(about), "{request}: {message}");
            assert_eq!(failure["error"]["param"].as_str(), param, "{request}");
            assert_eq!(failure["error"]["type"], "invalid_request_error");
        }
        let plain = json!({ "type": "text" });
        for (name, value) in
            [("tools", json!([])), ("response_format", plain), ("temperature", json!(2))]
        {
            read_json(&with(name, value)).unwrap();
        }
    }
}
