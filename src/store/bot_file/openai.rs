//! Assistants as OpenAI's API spells them: `name`, `description`, `instructions`, `model`, `tools`.
//!
//! <https://platform.openai.com/docs/api-reference/assistants/object>. What an assistant has that a
//! bot has not stays in [`Bot::card`], for its way back.

use serde_json::{Map, Value, json};

use super::check::{LONGEST_DESCRIPTION, LONGEST_NAME};
use super::fault::{Fault, Result};
use super::{clip, id_of, kind};
use crate::protocol::{Bot, Category, ToolNeed, known_tool};

const OBJECT: &str = "assistant";
/// Fields that a bot has too.
const SHARED: [&str; 6] = ["name", "description", "instructions", "temperature", "top_p", "tools"];
/// What one assistant of one account is called, which no other may be.
const NOT_KEPT: [&str; 2] = ["id", "created_at"];
/// The longest value in the metadata of an assistant, in letters.
const LONGEST_METADATA: usize = 512;

type Fields = Map<String, Value>;

/// Whether JSON is an assistant, or a list of them.
pub(super) fn is_assistant(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    let is = |object: &str| value.get("object").and_then(Value::as_str) == Some(object);
    // A bot as JSON has a category, which is YAML too.
    is(OBJECT) || is("list") && has("data") || has("instructions") && !has("category")
}

/// The bots of an assistant, or of a list of them, with what is not kept of each.
pub(super) fn read(value: &Value) -> Vec<Result<(Bot, Vec<String>)>> {
    match value.get("data").and_then(Value::as_array) {
        Some(list) if !value.get("instructions").is_some_and(Value::is_string) => {
            let each = list.iter().enumerate();
            each.map(|(i, value)| read_one(value).map_err(|f| f.under(&format!("data[{i}]"))))
                .collect()
        }
        Some(_) | None => vec![read_one(value)],
    }
}

fn read_one(value: &Value) -> Result<(Bot, Vec<String>)> {
    let Some(fields) = value.as_object() else {
        return Err(Fault::new(format!(
            "an assistant must be a group of fields, but is {}",
            kind(value)
        )));
    };
    let mut remarks = Vec::new();
    let given = text(fields, "name")?.trim();
    let name = clip(if given.is_empty() { "Assistant" } else { given }, LONGEST_NAME);
    let mut bot = Bot::blank(id_of(&name, OBJECT), name);
    let description = text(fields, "description")?;
    bot.description = match description.trim() {
        "" => clip(&format!("{} from another app.", bot.name), LONGEST_DESCRIPTION),
        _ => clip(description, LONGEST_DESCRIPTION),
    };
    bot.instructions = text(fields, "instructions")?.to_owned();
    bot.parameters.temperature = number(fields, "temperature")?;
    bot.parameters.top_p = number(fields, "top_p")?;
    if let Some(model) = fields.get("model").and_then(Value::as_str) {
        remarks.push(format!("It asks for the model {model}; choose one of yours in its place"));
    }
    let other_tools = tools(fields, &mut bot, &mut remarks);
    metadata(fields, &mut bot);
    let mut rest = fields.clone();
    rest.retain(|name, value| {
        let is_shared = SHARED.contains(&name.as_str()) || NOT_KEPT.contains(&name.as_str());
        !is_shared && !value.is_null()
    });
    rest.remove("object");
    if !other_tools.is_empty() {
        rest.insert("tools".to_owned(), Value::Array(other_tools));
    }
    rest.retain(|name, value| derived_metadata(&bot, name).as_ref() != Some(&*value));
    if !rest.is_empty() {
        rest.insert("object".to_owned(), json!(OBJECT));
        bot.card = Some(Value::Object(rest));
    }
    Ok((bot, remarks))
}

fn text<'a>(fields: &'a Fields, name: &str) -> Result<&'a str> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(Fault::of(name, format!("must be text, but is {}", kind(other)))),
    }
}

fn number(fields: &Fields, name: &str) -> Result<Option<f32>> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        // By way of its digits: the nearest of the short numbers is meant.
        Some(Value::Number(number)) => Ok(number.to_string().parse().ok()),
        Some(other) => Err(Fault::of(name, format!("must be a number, but is {}", kind(other)))),
    }
}

/// Takes up the tools that this app has, and gives back the others.
fn tools(fields: &Fields, bot: &mut Bot, remarks: &mut Vec<String>) -> Vec<Value> {
    let mut others = Vec::new();
    for tool in fields.get("tools").and_then(Value::as_array).into_iter().flatten() {
        let function = tool.get("function");
        let of = |value: Option<&Value>, name: &str| -> Option<String> {
            value?.get(name)?.as_str().map(str::to_owned)
        };
        let name = of(function, "name").or_else(|| of(Some(tool), "type")).unwrap_or_default();
        let is_new = !bot.tools.iter().any(|tool| tool.name == name);
        if function.is_some() && is_new && known_tool(&name).is_some() {
            let reason = of(function, "description").filter(|reason| !reason.trim().is_empty());
            let reason = reason.unwrap_or_else(|| "The assistant did not say what for".to_owned());
            bot.tools.push(ToolNeed { name, reason });
        } else {
            remarks.push(format!("Its tool {name} is none of this app, and it will not have it"));
            others.push(tool.clone());
        }
    }
    others
}

/// Category and tags, where this app wrote them.
fn metadata(fields: &Fields, bot: &mut Bot) {
    let Some(metadata) = fields.get("metadata") else { return };
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    let category = text("category");
    if let Some(category) = Category::ALL.iter().find(|known| Some(known.as_str()) == category) {
        bot.category = *category;
    }
    let tags = text("tags").unwrap_or_default().split(',').map(str::trim);
    bot.tags = tags.filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
}

/// The metadata that say no more than the bot does.
fn derived_metadata(bot: &Bot, name: &str) -> Option<Value> {
    if name != "metadata" {
        return None;
    }
    let mut metadata = json!({"category": bot.category.as_str()});
    let tags = bot.tags.join(", ");
    if !tags.is_empty() && tags.chars().count() <= LONGEST_METADATA {
        metadata["tags"] = json!(tags);
    }
    Some(metadata)
}

/// The assistant of a bot. What is asked before a chat has its default filled in, since nobody
/// else asks.
pub(super) fn write(bot: &Bot) -> Result<Value> {
    if bot.room.is_some() {
        let message = "is a room of several bots, for which an assistant has no place; write it as YAML or as a text block";
        return Err(Fault::of("room", message));
    }
    let kept = bot.card.as_ref().filter(|card| card.get("object") == Some(&json!(OBJECT)));
    let mut fields = kept.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("object", json!(OBJECT));
    put("name", json!(bot.name));
    put("description", json!(bot.description));
    put("instructions", json!(filled(bot)));
    let short = |number: f32| number.to_string().parse::<f64>().ok();
    if let Some(temperature) = bot.parameters.temperature.and_then(short) {
        put("temperature", json!(temperature));
    }
    if let Some(top_p) = bot.parameters.top_p.and_then(short) {
        put("top_p", json!(top_p));
    }
    let mut tools: Vec<Value> = bot.tools.iter().map(function).collect();
    if let Some(Value::Array(others)) = fields.get("tools") {
        tools.extend(others.iter().cloned());
    }
    fields.insert("tools".to_owned(), Value::Array(tools));
    let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
    if let (Some(metadata), Some(Value::Object(own))) =
        (metadata.as_object_mut(), derived_metadata(bot, "metadata"))
    {
        metadata.extend(own);
    }
    Ok(Value::Object(fields))
}

fn function(tool: &ToolNeed) -> Value {
    json!({"type": "function", "function": {
        "name": tool.name,
        "description": tool.reason,
        "parameters": {"type": "object", "properties": {}},
    }})
}

fn filled(bot: &Bot) -> String {
    let mut text = bot.instructions.clone();
    for variable in &bot.variables {
        if let Some(default) = &variable.default {
            for spelt in ["{{name}}", "{{ name }}"] {
                text = text.replace(&spelt.replace("name", &variable.name), default);
            }
        }
    }
    text
}
