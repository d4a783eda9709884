//! What servers of chat completions refuse.

use std::collections::HashSet;

use serde_json::Value;

const FIELDS: [&str; 16] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "usage",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "tools",
    "tool_choice",
    "reasoning_effort",
    "reasoning",
    "parallel_tool_calls",
    "response_format",
];

/// Which of the servers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strictness {
    /// The model takes images.
    pub(crate) sees: bool,
    /// Mistral: the results of tools are followed by an answer.
    pub(crate) answer_after_results: bool,
}

/// Says what a server would refuse in a request.
pub(crate) fn check(body: &Value, strictness: Strictness) -> Result<(), String> {
    let object = body.as_object().ok_or("not an object")?;
    if let Some(field) = object.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(format!("unrecognized request argument: {field}"));
    }
    if object.contains_key("max_tokens") && object.contains_key("max_completion_tokens") {
        return Err("max_tokens and max_completion_tokens together".to_owned());
    }
    let messages = body["messages"].as_array().ok_or("messages is required")?;
    let mut turns = messages.iter().peekable();
    if turns.peek().is_some_and(|first| first["role"] == "system") {
        content(&turns.next().ok_or("no system")?["content"], Strictness::default())?;
    }
    let tools = tool_names(body)?;
    let mut ids = HashSet::new();
    let mut last = "assistant";
    let mut open: Vec<String> = Vec::new();
    for message in turns {
        let role = message["role"].as_str().ok_or("a message without role")?;
        if role != "tool" && !open.is_empty() {
            return Err(format!("tool_calls must be followed by tool messages: {open:?}"));
        }
        match role {
            "user" => {
                if last == "user" || last == "tool" && strictness.answer_after_results {
                    return Err(format!("user after {last}: roles must alternate"));
                }
                content(&message["content"], strictness)?;
            }
            "assistant" => {
                if last == "assistant" {
                    return Err("roles must alternate".to_owned());
                }
                open = assistant(message, &tools, &mut ids)?;
            }
            "tool" => {
                let id = message["tool_call_id"].as_str().ok_or("tool_call_id is required")?;
                let at = open.iter().position(|known| known == id);
                open.remove(at.ok_or("a tool message without its call")?);
                message["content"].as_str().ok_or("a tool message without content")?;
            }
            other => return Err(format!("{other} in the middle of the messages")),
        }
        last = role;
    }
    if !open.is_empty() {
        return Err("tool calls without results at the end".to_owned());
    }
    match last {
        "user" | "tool" => Ok(()),
        _ => Err("the last message must be the user's or a tool's".to_owned()),
    }
}

fn tool_names(body: &Value) -> Result<HashSet<String>, String> {
    let Some(tools) = body.get("tools") else {
        return if body.get("tool_choice").is_some() {
            Err("tool_choice is only allowed when tools are specified".to_owned())
        } else {
            Ok(HashSet::new())
        };
    };
    let tools = tools.as_array().filter(|tools| !tools.is_empty()).ok_or("tools is empty")?;
    let mut names = HashSet::new();
    for tool in tools {
        let name = tool["function"]["name"].as_str().ok_or("a tool without name")?;
        plain(name, 64)?;
        if !tool["function"]["parameters"].is_object() || !names.insert(name.to_owned()) {
            return Err(format!("tool {name}: no parameters, or twice"));
        }
    }
    Ok(names)
}

fn assistant(
    message: &Value,
    tools: &HashSet<String>,
    ids: &mut HashSet<String>,
) -> Result<Vec<String>, String> {
    let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
    match &message["content"] {
        Value::String(text) if !text.trim().is_empty() => {}
        Value::Null if !calls.is_empty() => {}
        other => return Err(format!("an assistant message must say something: {other}")),
    }
    let mut open = Vec::new();
    for call in calls {
        let id = call["id"].as_str().ok_or("a call without id")?;
        plain(id, 40)?;
        if !ids.insert(id.to_owned()) {
            return Err(format!("call id {id} twice"));
        }
        let name = call["function"]["name"].as_str().ok_or("a call without name")?;
        plain(name, 64)?;
        if !tools.contains(name) {
            return Err(format!("{name} is called and not among the tools"));
        }
        let arguments = call["function"]["arguments"].as_str().ok_or("arguments are no string")?;
        let arguments: Value =
            serde_json::from_str(arguments).map_err(|error| error.to_string())?;
        if !arguments.is_object() {
            return Err("arguments are no object".to_owned());
        }
        open.push(id.to_owned());
    }
    Ok(open)
}

fn content(content: &Value, strictness: Strictness) -> Result<(), String> {
    if let Some(text) = content.as_str() {
        return blank(text);
    }
    let blocks = content.as_array().filter(|blocks| !blocks.is_empty()).ok_or("no content")?;
    for block in blocks {
        match block["type"].as_str() {
            Some("text") => blank(block["text"].as_str().unwrap_or_default())?,
            Some("image_url") if strictness.sees => {
                let url = block["image_url"]["url"].as_str().unwrap_or_default();
                if !url.starts_with("data:image/") && !url.starts_with("https://") {
                    return Err(format!("{url} is no image"));
                }
            }
            other => return Err(format!("a block of type {other:?}")),
        }
    }
    Ok(())
}

fn blank(text: &str) -> Result<(), String> {
    if text.trim().is_empty() { Err("blank text".to_owned()) } else { Ok(()) }
}

fn plain(text: &str, longest: usize) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if text.is_empty() || text.len() > longest || !text.bytes().all(plain) {
        return Err(format!("{text:?} has to be letters, digits, _ and -, at most {longest}"));
    }
    Ok(())
}
