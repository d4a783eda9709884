//! Character cards: JSON of versions 1, 2 and 3, and pictures that hold it.
//!
//! Version 2: <https://github.com/malfoyslastname/character-card-spec-v2>; version 3:
//! <https://github.com/kwaroran/character-card-spec-v3>.
//!
//! Fields that a bot has become the bot's. All others stay in [`Bot::card`], so that a card that
//! was read and is written again holds what it held; what was edited here wins.

use serde_json::{Map, Value, json};

use super::fault::{Fault, Result};
use crate::protocol::Bot;

mod adopt;
mod own;
pub(super) mod picture;
mod prompt;
mod remarks;

use adopt::{adopt, derive};
pub(super) use remarks::remarks;

/// The version of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V2,
    V3,
}

impl Version {
    fn spec(self) -> &'static str {
        match self {
            Self::V2 => "chara_card_v2",
            Self::V3 => "chara_card_v3",
        }
    }

    fn number(self) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V3 => "3.0",
        }
    }

    /// Fields that a card of this version must have.
    fn required(self) -> Value {
        let both = json!({
            "alternate_greetings": [], "character_version": "", "creator": "", "creator_notes": "",
            "description": "", "extensions": {}, "first_mes": "", "mes_example": "", "name": "",
            "personality": "", "post_history_instructions": "", "scenario": "",
            "system_prompt": "", "tags": [],
        });
        let mut fields = both;
        if self == Self::V3 {
            fields["group_only_greetings"] = json!([]);
        }
        fields
    }
}

/// Fields that only version 3 knows.
const ONLY_V3: [&str; 7] = [
    "assets",
    "creation_date",
    "creator_notes_multilingual",
    "group_only_greetings",
    "modification_date",
    "nickname",
    "source",
];

/// Fields with something in them that version 2 has no place for.
pub(super) fn only_newer(bot: &Bot) -> Vec<&'static str> {
    let data = bot.card.as_ref().and_then(|card| card.get("data"));
    let is_set = |name: &&str| {
        let field = data.and_then(|data| data.get(*name));
        field.is_some_and(|value| {
            let is_blank = [json!(null), json!([]), json!({}), json!("")].contains(value);
            !is_blank
        })
    };
    ONLY_V3.into_iter().filter(is_set).collect()
}

type Fields = Map<String, Value>;

/// Whether JSON is a character card.
pub(super) fn is_card(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    let is_first = has("name") && (has("first_mes") || has("personality") && has("scenario"));
    let spec = value.get("spec").and_then(Value::as_str).unwrap_or_default();
    spec.starts_with("chara_card") || (is_first && !has("instructions"))
}

/// The bot of a card.
pub(super) fn read(value: &Value) -> Result<Bot> {
    let (version, data) = parts(value)?;
    let mut bot = whole(&data)?;
    // What this app would write of the bot alone needs not be kept beside it.
    if write(&bot, version)? == *value {
        return Ok(bot);
    }
    let derived = derive(&bot);
    let mut rest = data;
    rest.retain(|name, value| derived.get(name) != Some(&*value));
    own::forget(&mut rest);
    let mut card = value.as_object().cloned().unwrap_or_default();
    // Version 1 has its fields at the top; many cards of version 2 repeat them there.
    let required = Version::V2.required();
    card.retain(|name, _| required.get(name).is_none());
    card.insert("spec".to_owned(), json!(version.spec()));
    card.insert("spec_version".to_owned(), spec_version(value, version));
    card.insert("data".to_owned(), Value::Object(rest));
    bot.card = Some(Value::Object(card));
    Ok(bot)
}

fn spec_version(value: &Value, version: Version) -> Value {
    let given = value.get("spec_version").filter(|_| value.get("data").is_some());
    given.cloned().unwrap_or_else(|| json!(version.number()))
}

/// Which card it is, and its fields.
fn parts(value: &Value) -> Result<(Version, Fields)> {
    let Some(spec) = value.get("spec") else {
        let fields = value.as_object().cloned().unwrap_or_default();
        let required = Version::V2.required();
        let own = fields.into_iter().filter(|(name, _)| required.get(name).is_some());
        return Ok((Version::V2, own.collect()));
    };
    let version = match spec.as_str() {
        Some("chara_card_v2") => Version::V2,
        Some("chara_card_v3") => Version::V3,
        Some(_) | None => {
            let message = format!("{spec} is not known; chara_card_v2 and chara_card_v3 are");
            return Err(Fault::of("spec", message));
        }
    };
    match value.get("data") {
        Some(Value::Object(data)) => Ok((version, data.clone())),
        Some(_) => Err(Fault::of("data", "must be a group of fields")),
        None => Err(Fault::of("data", "is missing")),
    }
}

/// The bot with the fields that only this app writes, without what is kept for the way back.
fn whole(data: &Fields) -> Result<Bot> {
    let own = own::of(data);
    let bot = adopt(data, own::has_lead(own))?;
    Ok(match own {
        Some(own) => own::put_on(bot, own, data),
        None => bot,
    })
}

/// The card of a bot.
pub(super) fn write(bot: &Bot, version: Version) -> Result<Value> {
    if bot.room.is_some() {
        let message = "is a room of several bots, for which a character card has no place; write it as YAML or as a text block";
        return Err(Fault::of("room", message));
    }
    let plain = assemble(bot, version, None)?;
    let (_, data) = parts(&plain)?;
    let back = whole(&data).ok();
    let same = back.is_some_and(|back| Bot { card: bot.card.clone(), ..back } == *bot);
    if same { Ok(plain) } else { assemble(bot, version, Some(own::write(bot)?)) }
}

/// The fields of the bot and those that were kept for it.
fn assemble(bot: &Bot, version: Version, own: Option<Value>) -> Result<Value> {
    let kept = bot.card.as_ref().filter(|card| card.get("spec").is_some());
    let mut card = kept.and_then(Value::as_object).cloned().unwrap_or_default();
    let from = card.get("spec").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut data = match card.remove("data") {
        Some(Value::Object(data)) => data,
        Some(_) | None => Fields::new(),
    };
    merge(bot, &mut data);
    if version == Version::V2 && from == Version::V3.spec() {
        data.retain(|name, _| !ONLY_V3.contains(&name.as_str()));
    }
    if let Value::Object(required) = version.required() {
        for (name, value) in required {
            data.entry(name).or_insert(value);
        }
    }
    if version == Version::V3 {
        complete_book(&mut data);
    }
    if let Some(own) = own {
        own::insert(&mut data, own);
    }
    if from != version.spec() {
        card.remove("spec_version");
    }
    card.insert("spec".to_owned(), json!(version.spec()));
    card.entry("spec_version").or_insert_with(|| json!(version.number()));
    card.insert("data".to_owned(), Value::Object(data));
    Ok(Value::Object(card))
}

/// Puts the bot's fields to those that were kept. What was kept of a field wins only where the
/// bot's is still what it was read as.
fn merge(bot: &Bot, data: &mut Fields) {
    let derived = derive(bot);
    let mut before = derived.clone();
    before.extend(data.clone());
    let lead = prompt::has_lead(&bot.instructions);
    let unedited = adopt(&before, lead).map(|bot| derive(&bot)).unwrap_or_default();
    for (name, value) in derived {
        let is_kept = data.contains_key(&name) && unedited.get(&name) == Some(&value);
        if !is_kept {
            data.insert(name, value);
        }
    }
}

/// Entries of a lorebook say in version 3 whether their keys are regular expressions.
fn complete_book(data: &mut Fields) {
    let book = data.get_mut("character_book").and_then(|book| book.get_mut("entries"));
    for entry in book.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(entry) = entry.as_object_mut() {
            entry.entry("use_regex").or_insert(json!(false));
        }
    }
}
