//! What a card has no field for, in its `extensions.switchboard`, so that a bot that was written
//! as a card is the same when this app reads it again.

use serde_json::{Value, json};

use super::super::fault::{Fault, Result};
use super::{Fields, prompt};
use crate::protocol::{Bot, Role};

const NAME: &str = "switchboard";
/// Fields that the card itself has.
const SHARED: [&str; 5] = ["name", "instructions", "tags", "author", "card"];
/// Whether the instructions begin with what a card takes for granted.
const LEAD: &str = "lead";

/// What this app wrote into a card.
pub(super) fn of(data: &Fields) -> Option<&Value> {
    data.get("extensions")?.get(NAME)
}

/// Whether the instructions of the card begin with what a card takes for granted: those of
/// others do.
pub(super) fn has_lead(own: Option<&Value>) -> bool {
    own.and_then(|own| own.get(LEAD)).and_then(Value::as_bool).unwrap_or(true)
}

/// The fields that a card has none for.
pub(super) fn write(bot: &Bot) -> Result<Value> {
    let mut fields = as_json(bot)?;
    fields.retain(|name, _| !SHARED.contains(&name.as_str()));
    fields.insert(LEAD.to_owned(), json!(prompt::has_lead(&bot.instructions)));
    Ok(Value::Object(fields))
}

/// The fields of a bot. By way of text: a short decimal number stays one.
fn as_json(bot: &Bot) -> Result<Fields> {
    let text = serde_json::to_string(bot).map_err(|error| Fault::new(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| Fault::new(error.to_string()))
}

/// The bot with the fields that a card has none for. What another program changed in the card
/// since counts; fields that cannot be read do not.
pub(super) fn put_on(bot: Bot, own: &Value, data: &Fields) -> Bot {
    let Some(own) = own.as_object() else { return bot };
    let Ok(mut fields) = as_json(&bot) else { return bot };
    let same_notes = data.get("creator_notes") == own.get("description");
    for (name, value) in own {
        let is_shared = SHARED.contains(&name.as_str()) || name == LEAD;
        if !is_shared && (name != "description" || same_notes) {
            fields.insert(name.clone(), value.clone());
        }
    }
    let Ok(mut put) = serde_json::from_value::<Bot>(Value::Object(fields)) else { return bot };
    let greeting = bot.seeds.into_iter().next();
    match (put.seeds.first_mut().filter(|seed| seed.role == Role::Assistant), greeting) {
        (Some(seed), Some(greeting)) => seed.content = greeting.content,
        (None, Some(greeting)) => put.seeds.insert(0, greeting),
        (Some(_) | None, None) => {}
    }
    put
}

/// Takes out what [`write`] put in: it is written anew.
pub(super) fn forget(data: &mut Fields) {
    if let Some(extensions) = data.get_mut("extensions").and_then(Value::as_object_mut) {
        extensions.remove(NAME);
    }
}

/// Puts it into a card.
pub(super) fn insert(data: &mut Fields, own: Value) {
    let extensions = data.entry("extensions").or_insert_with(|| json!({}));
    if !extensions.is_object() {
        *extensions = json!({});
    }
    if let Some(extensions) = extensions.as_object_mut() {
        extensions.insert(NAME.to_owned(), own);
    }
}
