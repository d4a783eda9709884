//! The JSON Schema of a bot's file, from the type itself.

use serde_json::{Value, json};

use crate::protocol::Bot;

/// The schema. `assets/templates/schema.json` holds it for editors and for other programs.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Bot).to_value();
    // What the types do not say; `check` does.
    let limits = [
        ("/properties/id", "pattern", json!("^[a-z0-9]+(-[a-z0-9]+)*$")),
        ("/properties/id", "maxLength", json!(super::check::LONGEST_ID)),
        ("/properties/name", "minLength", json!(1)),
        ("/properties/name", "maxLength", json!(super::check::LONGEST_NAME)),
        ("/properties/description", "minLength", json!(1)),
        ("/properties/description", "maxLength", json!(super::check::LONGEST_DESCRIPTION)),
        ("/properties/instructions", "minLength", json!(1)),
        ("/$defs/BotParameters/properties/stop", "maxItems", json!(super::check::MOST_STOPS)),
        ("/$defs/Variable/properties/name", "pattern", json!("^[A-Za-z_][A-Za-z0-9_]*$")),
    ];
    for (place, name, limit) in limits {
        if let Some(field) = schema.pointer_mut(place).and_then(Value::as_object_mut) {
            // What stands beside a reference counts too, since draft 2020-12.
            field.insert(name.to_owned(), limit);
        }
    }
    let tools: Vec<&str> = crate::protocol::TOOLS.iter().map(|tool| tool.name).collect();
    if let Some(name) = schema.pointer_mut("/$defs/ToolNeed/properties/name") {
        name["enum"] = json!(tools);
    }
    schema
}
