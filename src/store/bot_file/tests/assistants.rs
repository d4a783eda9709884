//! Assistants as OpenAI's API spells them.

use serde_json::{Value, json};

use super::super::{read, write};
use super::{bot, one};
use crate::protocol::{BotFormat, Category};

fn assistant() -> Value {
    json!({
        "id": "asst_1", "object": "assistant", "created_at": 1, "name": "Tutor",
        "description": null, "model": "gpt-6", "instructions": "Teach {{topic}}\n",
        "tools": [
            {"type": "code_interpreter"},
            {"type": "function", "function": {"name": "read_file", "description": "To read notes"}},
            {"type": "function", "function": {"name": "launch"}},
        ],
        "metadata": {"team": "blue"}, "temperature": 0.2, "top_p": 1.0, "response_format": "auto",
    })
}

#[test]
fn an_assistant_becomes_a_bot_and_says_what_is_not_taken_over() {
    let read = one(assistant().to_string().as_bytes());
    let bot = read.bot;
    assert_eq!((bot.id.as_str(), bot.name.as_str()), ("tutor", "Tutor"));
    assert_eq!(bot.instructions, "Teach {{topic}}\n");
    assert_eq!(bot.parameters.temperature, Some(0.2));
    assert_eq!(bot.tools.len(), 1);
    assert_eq!(bot.tools[0].reason, "To read notes");
    assert!(bot.model.is_any());
    assert_eq!(
        read.remarks,
        [
            "It asks for the model gpt-6; choose one of yours in its place",
            "Its tool code_interpreter is none of this app, and it will not have it",
            "Its tool launch is none of this app, and it will not have it",
        ]
    );
    let written: Value = serde_json::from_slice(&write(&bot, BotFormat::Openai).unwrap()).unwrap();
    for field in ["name", "instructions", "model", "temperature", "top_p", "response_format"] {
        assert_eq!(written[field], assistant()[field], "{field}");
    }
    assert_eq!(written["metadata"]["team"], "blue");
    assert_eq!(written["tools"].as_array().unwrap().len(), 3);
    assert_eq!(written.get("id"), None);
}

#[test]
fn a_bot_as_an_assistant_keeps_what_an_assistant_has() {
    let written = write(&bot(), BotFormat::Openai).unwrap();
    let json: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(json["instructions"], "Write notes for The team.\n\n- Decisions first\n");
    assert_eq!(json["tools"][0]["function"]["name"], "read_file");
    let back = one(&written).bot;
    assert_eq!((back.name, back.description), (bot().name, bot().description));
    assert_eq!((back.category, back.tags), (Category::Productivity, bot().tags));
    assert_eq!((back.tools, back.parameters.temperature), (bot().tools, Some(0.2)));
    assert_eq!(back.card, None);
}

#[test]
fn a_list_of_assistants_is_read_one_by_one() {
    let list = json!({"object": "list", "data": [assistant(), {"name": "B", "instructions": 1}]});
    let read = read("file", list.to_string().as_bytes());
    assert_eq!(read[0].as_ref().unwrap().bot.name, "Tutor");
    let problem = read[1].as_ref().unwrap_err().to_string();
    assert_eq!(problem, "file: data[1].instructions: must be text, but is a number");
}
