//! What the API refuses.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{CURRENT, hide, sign};

type Checked = Result<(), String>;

const FIELDS: [&str; 15] = [
    "model",
    "max_tokens",
    "messages",
    "container",
    "diagnostics",
    "inference_geo",
    "metadata",
    "output_config",
    "service_tier",
    "stop_sequences",
    "stream",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// Says what the API would say to a request for an answer, as far as it can be seen from the
/// body. Signatures are those of [`sign`].
pub(crate) fn check(body: &Value, version: &str) -> Checked {
    let Some(fields) = body.as_object() else { return Err("the body is no object".to_owned()) };
    let of_version: &[&str] =
        if version == CURRENT { &["cache_control"] } else { &["temperature", "top_p", "top_k"] };
    let known: Vec<&str> = FIELDS.iter().chain(of_version).copied().collect();
    only(fields, &known, "")?;
    let model = body["model"].as_str().filter(|model| !model.is_empty());
    let request = Checking { body, model: model.ok_or("model: Field required")?, version };
    request.limit()?;
    request.words()?;
    request.thinking()?;
    request.effort()?;
    request.sampling()?;
    request.tools()?;
    request.messages()?;
    request.marks()
}

struct Checking<'a> {
    body: &'a Value,
    model: &'a str,
    version: &'a str,
}

/// Refuses fields that the API does not know.
fn only(object: &Map<String, Value>, known: &[&str], at: &str) -> Checked {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{at}{key}: Extra inputs are not permitted")),
        None => Ok(()),
    }
}

fn refuse_unless(fine: bool, message: impl Into<String>) -> Checked {
    if fine { Ok(()) } else { Err(message.into()) }
}

fn is_name(name: &str, longest: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= longest && name.bytes().all(plain)
}

impl Checking<'_> {
    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.model.starts_with(name))
    }

    /// Models up to Claude 4.5, which think within a budget.
    fn is_before_4_6(&self) -> bool {
        self.is(&["claude-3", "claude-2", "claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-5"])
            || self.is(&["claude-opus-4-2025", "claude-sonnet-4-2025", "claude-sonnet-4-5"])
            || self.is(&["claude-haiku-4-5"])
    }

    fn is_4_6(&self) -> bool {
        self.is(&["claude-opus-4-6", "claude-sonnet-4-6"])
    }

    fn is_claude(&self) -> bool {
        self.is(&["claude"])
    }

    fn thinks_always(&self) -> bool {
        self.is(&["claude-fable", "claude-mythos", "claude-opus-5-5", "claude-sonnet-5-5"])
    }

    fn mode(&self) -> Option<&str> {
        self.body["thinking"]["type"].as_str()
    }

    /// Whether the model thinks on this request.
    fn thinks(&self) -> bool {
        match self.mode() {
            Some(mode) => mode == "adaptive" || mode == "enabled",
            None => {
                self.is_claude()
                    && !self.is_before_4_6()
                    && !self.is(&["claude-opus-4", "claude-sonnet-4"])
            }
        }
    }

    fn limit(&self) -> Checked {
        let Some(limit) = self.body["max_tokens"].as_u64() else {
            return Err("max_tokens: Field required".to_owned());
        };
        refuse_unless(limit >= 1, "max_tokens: Input should be greater than or equal to 1")?;
        let most = if self.is(&["claude-3-5"]) {
            8_192
        } else if self.is(&["claude-3-opus", "claude-3-haiku"]) {
            4_096
        } else if self.is(&["claude-opus-4-1", "claude-opus-4-2025"]) {
            32_000
        } else if self.is_before_4_6() {
            64_000
        } else {
            128_000
        };
        refuse_unless(limit <= most, format!("max_tokens: {limit} > {most}"))
    }

    fn words(&self) -> Checked {
        let blank = "stop_sequences: each stop sequence must contain non-whitespace";
        let words = self.body["stop_sequences"].as_array().into_iter().flatten();
        for word in words {
            refuse_unless(word.as_str().is_some_and(|word| !word.trim().is_empty()), blank)?;
        }
        match &self.body["system"] {
            Value::Null => Ok(()),
            Value::String(text) => refuse_unless(!text.is_empty(), "system: must not be empty"),
            Value::Array(blocks) => blocks.iter().try_for_each(|block| self.text(block, "system.")),
            _ => Err("system: Input should be a valid string or list".to_owned()),
        }
    }

    fn thinking(&self) -> Checked {
        let Some(thinking) = self.body.get("thinking").filter(|thinking| !thinking.is_null())
        else {
            return Ok(());
        };
        let fields = thinking.as_object().ok_or("thinking: Input should be an object")?;
        let unsupported =
            |mode: &str| Err(format!("\"thinking.type.{mode}\" is not supported for this model."));
        let known: &[&str] = match self.mode() {
            Some("adaptive") if self.is_before_4_6() => {
                return Err("adaptive thinking is not supported on this model".to_owned());
            }
            Some("adaptive") => &["type", "display", "block_binding"],
            Some("enabled") if self.is_claude() && !self.is_before_4_6() && !self.is_4_6() => {
                return unsupported("enabled");
            }
            Some("enabled") => {
                let budget = thinking["budget_tokens"].as_u64().unwrap_or(0);
                let limit = self.body["max_tokens"].as_u64().unwrap_or(0);
                refuse_unless(budget >= 1_024, "thinking.enabled.budget_tokens: at least 1024")?;
                refuse_unless(budget < limit, "`max_tokens` must be greater than `budget_tokens`")?;
                &["type", "budget_tokens", "display", "block_binding"]
            }
            Some("disabled") if self.thinks_always() => return unsupported("disabled"),
            Some("between_tools") if !self.is(&["claude-sonnet-5-5"]) => {
                return unsupported("between_tools");
            }
            Some("disabled" | "between_tools") => &["type"],
            _ => return Err("thinking: Input tag does not match any of the expected".to_owned()),
        };
        only(fields, known, "thinking.")?;
        let display = thinking["display"].as_str();
        let known = display.is_none_or(|display| ["summarized", "omitted"].contains(&display));
        refuse_unless(known, "thinking.display: Input should be 'summarized' or 'omitted'")
    }

    fn effort(&self) -> Checked {
        let Some(config) = self.body["output_config"].as_object() else { return Ok(()) };
        only(config, &["effort", "format"], "output_config.")?;
        let Some(effort) = config.get("effort").and_then(Value::as_str) else { return Ok(()) };
        let refused = Err(format!("This model does not support effort level '{effort}'."));
        let known: &[&str] = if self.is(&["claude-opus-4-5"]) {
            &["low", "medium", "high"]
        } else if self.is_before_4_6() {
            return Err("This model does not support the effort parameter.".to_owned());
        } else if self.is_4_6() || self.is(&["claude-mythos-preview"]) {
            &["low", "medium", "high", "max"]
        } else {
            &["low", "medium", "high", "xhigh", "max"]
        };
        let off = matches!(self.mode(), Some("disabled" | "between_tools"));
        if !known.contains(&effort) || (off && ["xhigh", "max"].contains(&effort)) {
            return refused;
        }
        Ok(())
    }

    /// The current version knows none of these at all.
    fn sampling(&self) -> Checked {
        let temperature = self.body["temperature"].as_f64();
        let top_p = self.body["top_p"].as_f64();
        let in_range = |value: Option<f64>| value.is_none_or(|value| (0.0..=1.0).contains(&value));
        refuse_unless(in_range(temperature), "temperature: range: 0..1")?;
        refuse_unless(in_range(top_p), "top_p: range: 0..1")?;
        let given = temperature.is_some_and(|value| value < 1.0) || top_p.is_some();
        let newer = !self.is_before_4_6() && !self.is_4_6();
        refuse_unless(!given || !self.is_claude() || !newer, "`temperature` is deprecated")?;
        refuse_unless(!given || self.mode() != Some("enabled"), "`temperature` with thinking")?;
        let both = temperature.is_some() && top_p.is_some();
        refuse_unless(!both || !self.is_claude(), "`temperature` and `top_p` cannot both be given")
    }

    fn tools(&self) -> Checked {
        let tools = self.body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut names = HashSet::new();
        for tool in tools {
            let fields = tool.as_object().ok_or("tools: Input should be an object")?;
            only(fields, &["name", "description", "input_schema", "cache_control"], "tools.")?;
            let name = tool["name"].as_str().unwrap_or_default();
            refuse_unless(is_name(name, 128), format!("tools.name: {name:?}"))?;
            refuse_unless(names.insert(name), "tools: Tool names must be unique.")?;
            let schema = &tool["input_schema"];
            refuse_unless(schema["type"] == "object", "tools.input_schema.type: Field required")?;
        }
        match self.body["tool_choice"]["type"].as_str() {
            None if self.body["tool_choice"].is_null() => Ok(()),
            Some("auto" | "none") => {
                refuse_unless(!tools.is_empty(), "tool_choice may only be given with tools")
            }
            other => Err(format!("tool_choice: {other:?} is not supported for this model")),
        }
    }

    fn messages(&self) -> Checked {
        let messages = self.body["messages"].as_array().ok_or("messages: Field required")?;
        refuse_unless(!messages.is_empty(), "messages: at least one message is required")?;
        let mut calls: Vec<&str> = Vec::new();
        let mut all_calls = HashSet::new();
        for (number, message) in messages.iter().enumerate() {
            let at = format!("messages.{number}.");
            let fields = message.as_object().ok_or(format!("{at} Input should be an object"))?;
            only(fields, &["role", "content"], &at)?;
            let expected = if number % 2 == 0 { "user" } else { "assistant" };
            refuse_unless(message["role"] == expected, format!("{at}role: {expected} expected"))?;
            let blocks = match &message["content"] {
                Value::String(text) => {
                    refuse_unless(!text.trim().is_empty(), format!("{at}content: empty"))?;
                    &[]
                }
                Value::Array(blocks) => blocks.as_slice(),
                _ => return Err(format!("{at}content: Field required")),
            };
            let is_empty = blocks.is_empty() && message["content"].is_array();
            refuse_unless(!is_empty, format!("{at}content: must not be empty"))?;
            for (place, block) in blocks.iter().enumerate() {
                self.block(block, expected, &format!("{at}content.{place}."))?;
            }
            if expected == "user" {
                answered(&calls, blocks, &at)?;
                calls.clear();
            } else {
                let kind = blocks.last().map(|block| block["type"].as_str().unwrap_or_default());
                let ends = !kind.is_some_and(|kind| kind.ends_with("thinking"));
                refuse_unless(ends, format!("{at} The final block cannot be `thinking`"))?;
                calls = blocks
                    .iter()
                    .filter(|block| block["type"] == "tool_use")
                    .filter_map(|block| block["id"].as_str())
                    .collect();
                let unique = calls.iter().all(|call| all_calls.insert(*call));
                refuse_unless(unique, format!("{at} `tool_use` ids must be unique"))?;
            }
        }
        refuse_unless(
            messages.len() % 2 == 1,
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        )?;
        let has_tools = self.body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
        refuse_unless(has_tools || all_calls.is_empty(), "tools: Field required with `tool_use`")?;
        self.last_turn(messages)
    }

    /// Where the model goes on after tools, what it thought before matters.
    fn last_turn(&self, messages: &[Value]) -> Checked {
        let goes_on = messages.last().is_some_and(|last| {
            last["content"]
                .as_array()
                .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"))
        });
        let blocks = messages.iter().rev().nth(1).and_then(|said| said["content"].as_array());
        let (true, Some(blocks)) = (goes_on, blocks) else { return Ok(()) };
        let thought =
            |block: &Value| block["type"].as_str().is_some_and(|kind| kind.ends_with("thinking"));
        if self.mode() == Some("enabled") {
            let fine = blocks.first().is_some_and(thought);
            return refuse_unless(
                fine,
                "Expected `thinking` or `redacted_thinking`, but found something else. When `thinking` is enabled, a final `assistant` message must start with a thinking block",
            );
        }
        let off = !self.thinks() && blocks.iter().any(thought);
        refuse_unless(
            !off,
            "When `thinking` is disabled, an `assistant` message in the final position cannot contain `thinking`",
        )
    }

    fn text(&self, block: &Value, at: &str) -> Checked {
        let fields = block.as_object().ok_or(format!("{at} Input should be an object"))?;
        only(fields, &["type", "text", "cache_control", "citations"], at)?;
        let text = block["text"].as_str().unwrap_or_default();
        refuse_unless(!text.trim().is_empty(), format!("{at}text: must contain non-whitespace"))?;
        let cites = block["citations"].as_array().is_some_and(|cited| !cited.is_empty());
        refuse_unless(!cites || self.version != CURRENT, format!("{at}citations: not permitted"))
    }

    fn block(&self, block: &Value, role: &str, at: &str) -> Checked {
        let fields = block.as_object().ok_or(format!("{at} Input should be an object"))?;
        match (block["type"].as_str().unwrap_or_default(), role) {
            ("text", _) => self.text(block, at),
            ("image", "user") => {
                only(fields, &["type", "source", "cache_control"], at)?;
                image(&block["source"], at)
            }
            ("tool_result", "user") => {
                let known = ["type", "tool_use_id", "content", "is_error", "cache_control"];
                only(fields, &known, at)?;
                let says = block["content"].as_str().is_some_and(|content| !content.is_empty());
                let failed = block["is_error"] == true;
                refuse_unless(
                    says || !failed,
                    format!("{at} content cannot be empty if `is_error`"),
                )
            }
            ("tool_use", "assistant") => {
                only(fields, &["type", "id", "name", "input", "cache_control"], at)?;
                let id = block["id"].as_str().unwrap_or_default();
                refuse_unless(is_name(id, 64), format!("{at}id: {id:?}"))?;
                let name = block["name"].as_str().unwrap_or_default();
                refuse_unless(is_name(name, 200), format!("{at}name: {name:?}"))?;
                refuse_unless(block["input"].is_object(), format!("{at}input: not an object"))
            }
            ("thinking", "assistant") => {
                only(fields, &["type", "thinking", "signature"], at)?;
                let thinking = block["thinking"].as_str().unwrap_or_default();
                let right = block["signature"] == sign(self.model, thinking);
                refuse_unless(right, format!("{at} Invalid `signature` in `thinking` block"))
            }
            ("redacted_thinking", "assistant") => {
                only(fields, &["type", "data"], at)?;
                let right = block["data"] == hide(self.model);
                refuse_unless(right, format!("{at} Invalid `data` in `redacted_thinking` block"))
            }
            (kind, _) => Err(format!("{at} {kind:?} is not permitted in a message of the {role}")),
        }
    }

    /// Marks for the cache: four at most.
    fn marks(&self) -> Checked {
        let marks = count_marks(self.body);
        refuse_unless(marks <= 4, "A maximum of 4 blocks with cache_control may be provided")
    }
}

fn count_marks(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| usize::from(name == "cache_control") + count_marks(value))
            .sum(),
        Value::Array(items) => items.iter().map(count_marks).sum(),
        _ => 0,
    }
}

/// Every call has its result in the next message, before all else, and no result lacks its call.
fn answered(calls: &[&str], blocks: &[Value], at: &str) -> Checked {
    let is_result = |block: &&Value| block["type"] == "tool_result";
    let first = blocks.iter().take_while(is_result).count();
    let all = blocks.iter().filter(is_result).count();
    refuse_unless(first == all, format!("{at} `tool_result` blocks must come first"))?;
    let results: Vec<&str> =
        blocks.iter().filter_map(|block| block["tool_use_id"].as_str()).collect();
    for call in calls {
        let count = results.iter().filter(|result| *result == call).count();
        refuse_unless(
            count == 1,
            format!("{at} `tool_use` ids were found without `tool_result` blocks: {call}"),
        )?;
    }
    let orphan = results.iter().find(|result| !calls.contains(result));
    refuse_unless(orphan.is_none(), format!("{at} unexpected `tool_use_id`: {orphan:?}"))
}

fn image(source: &Value, at: &str) -> Checked {
    let kinds = ["image/jpeg", "image/png", "image/gif", "image/webp"];
    match source["type"].as_str() {
        Some("base64") => {
            let known = source["media_type"].as_str().is_some_and(|kind| kinds.contains(&kind));
            let filled = source["data"].as_str().is_some_and(|data| !data.is_empty());
            refuse_unless(known && filled, format!("{at}source.media_type"))
        }
        Some("url") => {
            let https = source["url"].as_str().is_some_and(|url| url.starts_with("https://"));
            refuse_unless(https, format!("{at}source.url: Only HTTPS URLs are supported."))
        }
        _ => Err(format!("{at}source: Input tag does not match any of the expected")),
    }
}
