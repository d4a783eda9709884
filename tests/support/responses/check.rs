//! What the Responses API refuses.

use std::collections::HashSet;

use serde_json::Value;

const FIELDS: [&str; 28] = [
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
];

type Checked = Result<(), String>;

/// What is known of a model by its name; of other names nothing is.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Thinks,
    Plain,
    Nothing,
}

fn known(model: &str) -> Known {
    let behind_o = model.strip_prefix('o').and_then(|rest| rest.chars().next());
    let is_o = behind_o.is_some_and(|next| next.is_ascii_digit());
    let starts = |names: &[&str]| names.iter().any(|name| model.starts_with(name));
    if is_o || starts(&["gpt-5", "gpt-6"]) && !model.contains("chat") {
        Known::Thinks
    } else if starts(&["gpt-3", "gpt-4"]) {
        Known::Plain
    } else {
        Known::Nothing
    }
}

/// Says what the API would refuse in a request.
pub(crate) fn check(body: &Value, sees: bool) -> Checked {
    let object = body.as_object().ok_or("the body is no object")?;
    only(object.keys(), &FIELDS)?;
    let model = body["model"].as_str().filter(|model| !model.is_empty());
    let model = model.ok_or("Missing required parameter: 'model'")?;
    modes(body)?;
    parameters(body, known(model))?;
    let tools = tools(body)?;
    match &body["input"] {
        Value::String(text) if !text.is_empty() => Ok(()),
        Value::Array(items) if !items.is_empty() => {
            input(items, &tools, body["store"] != false, sees)
        }
        other => Err(format!("Invalid 'input': {other}")),
    }
}

fn modes(body: &Value) -> Checked {
    for field in ["background", "store", "stream"] {
        if body.get(field).is_some_and(|value| !value.is_boolean()) {
            return Err(format!("Invalid type for '{field}'"));
        }
    }
    if body["background"] == true && body["store"] == false {
        return Err("Background mode requires 'store' to be true".to_owned());
    }
    if body.get("stream_options").is_some() && body["stream"] != true {
        return Err("'stream_options' is only allowed when 'stream' is enabled".to_owned());
    }
    Ok(())
}

fn parameters(body: &Value, known: Known) -> Checked {
    let reasoning = &body["reasoning"];
    let effort = reasoning["effort"].as_str();
    if let Some(reasoning) = body.get("reasoning") {
        let fields = reasoning.as_object().ok_or("Invalid type for 'reasoning'")?;
        only(fields.keys(), &["effort", "summary", "context", "mode", "generate_summary"])?;
        if known == Known::Plain {
            return Err("Unsupported parameter: 'reasoning' with this model".to_owned());
        }
    }
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    if effort.is_some_and(|effort| !efforts.contains(&effort)) {
        return Err(format!("Invalid value for 'reasoning.effort': {effort:?}"));
    }
    let summary = reasoning["summary"].as_str();
    if summary.is_some_and(|summary| !["auto", "concise", "detailed"].contains(&summary)) {
        return Err(format!("Invalid value for 'reasoning.summary': {summary:?}"));
    }
    for (field, most) in [("temperature", 2.0), ("top_p", 1.0)] {
        let Some(value) = body.get(field) else { continue };
        let value = value.as_f64().ok_or(format!("Invalid type for '{field}'"))?;
        if !(0.0..=most).contains(&value) {
            return Err(format!("Invalid '{field}': {value}"));
        }
        if known == Known::Thinks && effort != Some("none") {
            return Err(format!("Unsupported parameter: '{field}' with this model"));
        }
    }
    if let Some(most) = body.get("max_output_tokens")
        && most.as_u64().is_none_or(|most| most < 16)
    {
        return Err("Invalid 'max_output_tokens': expected a value >= 16".to_owned());
    }
    for include in body["include"].as_array().into_iter().flatten() {
        if include != "reasoning.encrypted_content" {
            return Err(format!("Invalid value for 'include': {include}"));
        }
        if known == Known::Plain {
            return Err("Encrypted content is not supported with this model.".to_owned());
        }
    }
    if body.get("instructions").is_some_and(|text| !text.is_string()) {
        return Err("Invalid type for 'instructions'".to_owned());
    }
    Ok(())
}

fn tools(body: &Value) -> Result<HashSet<&str>, String> {
    let mut names = HashSet::new();
    for tool in body["tools"].as_array().into_iter().flatten() {
        let fields = tool.as_object().ok_or("Invalid type for 'tools'")?;
        only(fields.keys(), &["type", "name", "description", "parameters", "strict"])?;
        if tool["type"] != "function" {
            return Err(format!("Invalid value for 'tools.type': {}", tool["type"]));
        }
        let name = tool["name"].as_str().ok_or("Missing required parameter: 'tools.name'")?;
        plain(name)?;
        if tool["parameters"]["type"] != "object" || !tool["strict"].is_boolean() {
            return Err(format!("Invalid schema for function '{name}'"));
        }
        if !names.insert(name) {
            return Err(format!("the tool {name} twice"));
        }
    }
    match body.get("tool_choice").map(Value::as_str) {
        None | Some(Some("none" | "auto")) => Ok(names),
        Some(Some("required")) if !names.is_empty() => Ok(names),
        Some(choice) => Err(format!("Invalid value for 'tool_choice': {choice:?}")),
    }
}

fn input(items: &[Value], tools: &HashSet<&str>, stored: bool, sees: bool) -> Checked {
    let mut calls = HashSet::new();
    let mut outputs = HashSet::new();
    for (number, item) in items.iter().enumerate() {
        match item["type"].as_str().unwrap_or("message") {
            "message" => message(item, sees)?,
            "reasoning" => reasoning(item, items.get(number + 1), stored)?,
            "function_call" => {
                let id = call(item, tools)?;
                if !calls.insert(id) {
                    return Err(format!("Duplicate call_id {id}"));
                }
            }
            "function_call_output" => {
                let fields = item.as_object().ok_or("no object")?;
                only(fields.keys(), &["type", "id", "call_id", "output", "status"])?;
                let id = item["call_id"].as_str().unwrap_or_default();
                if !calls.contains(id) {
                    return Err(format!("No tool call found for function call output {id}"));
                }
                if !item["output"].is_string() || !outputs.insert(id) {
                    return Err(format!("Invalid output of {id}, or a second one"));
                }
            }
            other => return Err(format!("Invalid value for 'input[{number}].type': {other}")),
        }
    }
    match calls.difference(&outputs).next() {
        Some(id) => Err(format!("No tool output found for function call {id}")),
        None => Ok(()),
    }
}

fn message(item: &Value, sees: bool) -> Checked {
    let fields = item.as_object().ok_or("an item is no object")?;
    only(fields.keys(), &["type", "id", "role", "content", "status", "phase"])?;
    let role = item["role"].as_str().ok_or("Missing required parameter: 'role'")?;
    if let Some(id) = item.get("id") {
        let is_message = id.as_str().is_some_and(|id| id.starts_with("msg"));
        if !is_message || role != "assistant" {
            return Err(format!("Invalid 'id': {id}. Expected an ID that begins with 'msg'"));
        }
    }
    let blocks = match (&item["content"], role) {
        (_, role) if !["user", "assistant", "system", "developer"].contains(&role) => {
            return Err(format!("Invalid value for 'role': {role}"));
        }
        (Value::String(text), _) => return not_blank(text),
        (Value::Array(blocks), _) if !blocks.is_empty() => blocks,
        (other, _) => return Err(format!("Invalid 'content': {other}")),
    };
    for block in blocks {
        match (block["type"].as_str().unwrap_or_default(), role) {
            ("output_text", "assistant") | ("input_text", "user" | "system" | "developer") => {
                not_blank(block["text"].as_str().unwrap_or_default())?;
            }
            ("refusal", "assistant") if block["refusal"].is_string() => {}
            ("input_image", "user") if sees => image(block)?,
            (other, role) => return Err(format!("Invalid content type {other:?} for {role}")),
        }
    }
    Ok(())
}

fn image(block: &Value) -> Checked {
    let url = block["image_url"].as_str().unwrap_or_default();
    let detail = block.get("detail").and_then(Value::as_str).unwrap_or("auto");
    if !["auto", "low", "high", "original"].contains(&detail) {
        return Err(format!("Invalid value for 'detail': {detail}"));
    }
    if url.starts_with("data:image/") || url.starts_with("https://") {
        return Ok(());
    }
    Err(format!("Invalid 'image_url': {url}"))
}

fn reasoning(item: &Value, next: Option<&Value>, stored: bool) -> Checked {
    let fields = item.as_object().ok_or("no object")?;
    only(fields.keys(), &["type", "id", "summary", "content", "encrypted_content", "status"])?;
    let id = item["id"].as_str().unwrap_or_default();
    if !id.starts_with("rs") || !item["summary"].is_array() {
        return Err(format!("Invalid reasoning item {id:?}"));
    }
    if !stored && item["encrypted_content"].as_str().is_none_or(str::is_empty) {
        return Err(format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false"
        ));
    }
    let leads_on = next.is_some_and(|next| {
        matches!(next["type"].as_str(), Some("reasoning" | "function_call"))
            || next["role"] == "assistant"
    });
    if leads_on {
        return Ok(());
    }
    Err(format!("Item '{id}' of type 'reasoning' was provided without its required following item"))
}

fn call<'a>(item: &'a Value, tools: &HashSet<&str>) -> Result<&'a str, String> {
    let fields = item.as_object().ok_or("no object")?;
    only(fields.keys(), &["type", "id", "call_id", "name", "arguments", "status"])?;
    let id = item["call_id"].as_str().unwrap_or_default();
    let name = item["name"].as_str().unwrap_or_default();
    plain(id)?;
    plain(name)?;
    if item.get("id").is_some_and(|id| !id.as_str().is_some_and(|id| id.starts_with("fc"))) {
        return Err(format!("Invalid 'id': {}. Expected an ID that begins with 'fc'", item["id"]));
    }
    let arguments = item["arguments"].as_str().unwrap_or_default();
    if !serde_json::from_str::<Value>(arguments).is_ok_and(|arguments| arguments.is_object()) {
        return Err(format!("Invalid arguments of {id}: {arguments:?}"));
    }
    if !tools.contains(name) {
        return Err(format!("{name} is called and not among the tools"));
    }
    Ok(id)
}

fn only<'a>(mut fields: impl Iterator<Item = &'a String>, known: &[&str]) -> Checked {
    match fields.find(|field| !known.contains(&field.as_str())) {
        Some(field) => Err(format!("Unknown parameter: '{field}'")),
        None => Ok(()),
    }
}

fn not_blank(text: &str) -> Checked {
    if text.trim().is_empty() { Err("blank text".to_owned()) } else { Ok(()) }
}

fn plain(text: &str) -> Checked {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(());
    }
    Err(format!("{text:?}: expected a string that matches '^[a-zA-Z0-9_-]+$', at most 64 long"))
}
