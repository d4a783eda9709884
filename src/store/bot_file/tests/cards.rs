//! Character cards of other programs.

use serde_json::{Value, json};

use super::super::{read, write};
use super::one;
use crate::protocol::{Bot, BotFormat, Category};

fn v2() -> Value {
    json!({
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "fav": true,
        "data": {
            "name": "Captain Ada",
            "description": "{{char}} flies mail over the ice.\r\n\r\n## Personality\r\n\r\nkept apart",
            "personality": "dry, brave ",
            "scenario": "{{user}} comes aboard.",
            "first_mes": "*looks up* \"You are late, {{user}}.\"",
            "mes_example": "<START>\n{{user}}: Hi\n{{char}}: Sit down.",
            "creator_notes": "<style>b{}</style>Best with long answers.",
            "system_prompt": "Write as {{char}}. {{original}}",
            "post_history_instructions": "Short lines.",
            "alternate_greetings": ["Ahoy", "Hm?"],
            "character_book": {"entries": [
                {"keys": ["ice"], "content": "It is thick", "extensions": {}, "enabled": true,
                 "insertion_order": 1}
            ], "extensions": {}},
            "tags": ["pilot", " ice ", ""],
            "creator": "Bo",
            "character_version": "main",
            "extensions": {"depth_prompt": {"depth": 4, "prompt": "x"}, "talkativeness": "0.5"},
            "unheard_of": [1, {"two": null}]
        }
    })
}

fn v3() -> Value {
    let mut card = v2();
    card["spec"] = json!("chara_card_v3");
    card["spec_version"] = json!("3.0");
    let data = &mut card["data"];
    data["nickname"] = json!("Ada");
    data["assets"] = json!([{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}]);
    data["creator_notes_multilingual"] = json!({"de": "Gut"});
    data["source"] = json!(["https://example.org/1"]);
    data["group_only_greetings"] = json!(["All aboard"]);
    data["creation_date"] = json!(1_700_000_000);
    data["modification_date"] = json!(1_700_000_001);
    data["character_book"]["entries"][0]["use_regex"] = json!(true);
    card
}

fn imported(card: &Value) -> Bot {
    one(card.to_string().as_bytes()).bot
}

fn exported(bot: &Bot, format: BotFormat) -> Value {
    serde_json::from_slice(&write(bot, format).unwrap()).unwrap()
}

#[test]
fn a_card_becomes_a_bot() {
    let read = one(v2().to_string().as_bytes());
    let bot = read.bot;
    assert_eq!((bot.id.as_str(), bot.name.as_str()), ("captain-ada", "Captain Ada"));
    assert_eq!(bot.category, Category::Fun);
    assert_eq!(bot.author, "Bo");
    assert_eq!(bot.tags, ["pilot", "ice"]);
    assert_eq!(bot.seeds.len(), 1);
    assert_eq!(bot.seeds[0].content, "*looks up* \"You are late, {{user}}.\"");
    assert_eq!(bot.description, "Plays Captain Ada, a character from a card.");
    for text in ["flies mail", "dry, brave", "comes aboard", "Sit down", "Write as", "Short lines"]
    {
        assert!(bot.instructions.contains(text), "{text}\n{}", bot.instructions);
    }
    assert_eq!(bot.tools, []);
    assert_eq!(
        read.remarks,
        [
            "Its lorebook of 1 entry is kept for export; chats do not use it",
            "It has 2 more greetings, kept for export; chats open with the first one",
            "{{original}} has no meaning here and stays in its texts as it is",
        ]
    );
}

#[test]
fn an_untouched_card_is_written_as_it_was_read() {
    assert_eq!(exported(&imported(&v2()), BotFormat::CardV2), v2());
    assert_eq!(exported(&imported(&v3()), BotFormat::CardV3), v3());
}

#[test]
fn a_card_survives_the_way_through_yaml_and_its_own_picture() {
    let bot = imported(&v3());
    for format in [BotFormat::Yaml, BotFormat::Block, BotFormat::CardPng] {
        let again = super::through(&bot, format);
        assert_eq!(again, bot, "{format:?}");
        assert_eq!(exported(&again, BotFormat::CardV3), v3(), "{format:?}");
    }
}

#[test]
fn one_version_becomes_the_other() {
    let newer = exported(&imported(&v2()), BotFormat::CardV3);
    assert_eq!(newer["spec"], "chara_card_v3");
    assert_eq!(newer["spec_version"], "3.0");
    assert_eq!(newer["data"]["group_only_greetings"], json!([]));
    assert_eq!(newer["data"]["character_book"]["entries"][0]["use_regex"], false);
    assert_eq!(newer["data"]["description"], v2()["data"]["description"]);
    let older = exported(&imported(&v3()), BotFormat::CardV2);
    assert_eq!(older["spec_version"], "2.0");
    assert_eq!(older["data"].get("assets"), None);
    assert_eq!(older["data"]["alternate_greetings"], json!(["Ahoy", "Hm?"]));
}

#[test]
fn what_was_edited_wins_and_the_rest_stays() {
    let mut bot = imported(&v2());
    bot.name = "Ada".to_owned();
    bot.description = "A pilot.".to_owned();
    bot.instructions = bot.instructions.replace("dry, brave ", "kind");
    bot.seeds[0].content = "Hello".to_owned();
    bot.tags.push("mail".to_owned());
    let card = exported(&bot, BotFormat::CardV2);
    let data = &card["data"];
    assert_eq!(data["name"], "Ada");
    assert_eq!(data["creator_notes"], "A pilot.");
    assert_eq!(data["personality"], "kind");
    assert_eq!(data["first_mes"], "Hello");
    assert_eq!(data["tags"], json!(["pilot", "ice", "mail"]));
    for field in [
        "description",
        "scenario",
        "mes_example",
        "system_prompt",
        "post_history_instructions",
        "alternate_greetings",
        "character_book",
        "creator",
        "character_version",
        "unheard_of",
    ] {
        assert_eq!(data[field], v2()["data"][field], "{field}");
    }
    assert_eq!(data["extensions"]["depth_prompt"], json!({"depth": 4, "prompt": "x"}));
    // All of the new text is somewhere, whatever became of its headings.
    bot.instructions = "Something else altogether".to_owned();
    let data = &exported(&bot, BotFormat::CardV2)["data"];
    assert_eq!(data["description"], "Something else altogether");
    assert_eq!(data["personality"], "");
}

#[test]
fn cards_of_version_1_are_read() {
    let card = json!({
        "name": "Bo", "description": "A baker", "personality": "", "scenario": "",
        "first_mes": "Bread?", "mes_example": "", "avatar": "none",
    });
    let bot = imported(&card);
    assert_eq!((bot.name.as_str(), bot.seeds[0].content.as_str()), ("Bo", "Bread?"));
    let written = exported(&bot, BotFormat::CardV2);
    assert_eq!(written["data"]["description"], "A baker");
    assert_eq!(written["data"]["creator_notes"], "");
    assert_eq!(written["avatar"], "none");
}

#[test]
fn cards_with_odd_names_get_an_id_and_stay_what_they_are() {
    for (name, id) in [("Łódź 語", "d"), ("語", "character"), ("  Ada  ", "ada")] {
        let mut card = v2();
        card["data"]["name"] = json!(name);
        let bot = imported(&card);
        assert_eq!(bot.id.as_str(), id, "{name}");
        assert_eq!(exported(&bot, BotFormat::CardV2)["data"]["name"], name);
    }
}

#[test]
fn a_room_has_no_place_in_a_card() {
    let bot = one(include_bytes!("room.yaml")).bot;
    for format in [BotFormat::CardV2, BotFormat::CardV3, BotFormat::CardPng, BotFormat::Openai] {
        let problem = write(&bot, format).unwrap_err().to_string();
        assert!(problem.starts_with("duel: room: is a room of several bots"), "{problem}");
    }
    assert_eq!(super::through(&bot, BotFormat::Block), bot);
}

#[test]
fn a_card_never_brings_a_tool_past_the_user() {
    let mut card = v2();
    card["data"]["extensions"]["switchboard"] =
        json!({"tools": [{"name": "run_command", "reason": "To help"}]});
    // It is asked for like any other; what asks for a tool that is not there is refused.
    assert_eq!(imported(&card).tools.len(), 1);
    card["data"]["extensions"]["switchboard"] = json!({"tools": [{"name": "rm", "reason": "x"}]});
    let problem = read("file", card.to_string().as_bytes()).remove(0).unwrap_err();
    assert_eq!(problem.field.as_deref(), Some("tools[0].name"));
}
