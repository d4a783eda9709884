//! Small things that are kept by name: drafts, values, the models of providers.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{from_json, model, to_json};
use super::error::Result;
use crate::protocol::{ChatId, Draft, ModelId, ModelInfo, ProviderId, Timestamp};

/// The models of a provider as it told them, with the time of asking.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptModels {
    /// Whose.
    pub provider: ProviderId,
    /// In the provider's order.
    pub models: Vec<ModelInfo>,
    /// When they were asked for; none where an older version kept them.
    pub listed: Option<Timestamp>,
}

/// The key of a draft: the chat's id, or nothing for the chat that does not exist yet.
fn draft_key(chat: Option<ChatId>) -> Vec<u8> {
    chat.map_or_else(Vec::new, |chat| chat.0.as_bytes().to_vec())
}

/// Keeps what was typed; an empty draft is forgotten.
pub(super) fn save_draft(db: &Connection, chat: Option<ChatId>, draft: &Draft) -> Result<()> {
    if *draft == Draft::default() {
        db.prepare_cached("DELETE FROM draft WHERE chat = ?1")?.execute([draft_key(chat)])?;
        return Ok(());
    }
    let plain = Draft { text: String::new(), model: None, ..draft.clone() };
    let more = if plain == Draft::default() { None } else { Some(to_json(&plain)?) };
    db.prepare_cached(
        "INSERT OR REPLACE INTO draft (chat, text, model, more) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        draft_key(chat),
        draft.text,
        draft.model.as_ref().map(ModelId::to_string),
        more,
    ])?;
    Ok(())
}

/// What was typed and not sent.
pub(super) fn draft(db: &Connection, chat: Option<ChatId>) -> Result<Draft> {
    let draft = db
        .prepare_cached("SELECT text, model, more FROM draft WHERE chat = ?1")?
        .query_row([draft_key(chat)], |row| {
            let model_id: Option<String> = row.get(1)?;
            let more: Option<String> = row.get(2)?;
            let more: Draft =
                more.as_deref().and_then(|text| from_json(text).ok()).unwrap_or_default();
            Ok(Draft { text: row.get(0)?, model: model_id.as_deref().map(model), ..more })
        })
        .optional()?;
    Ok(draft.unwrap_or_default())
}

/// Keeps a value, or forgets it.
pub(super) fn set_value(db: &Connection, key: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => {
            db.execute("INSERT OR REPLACE INTO kv (key, value) VALUES (?1, ?2)", [key, value])
        }
        None => db.execute("DELETE FROM kv WHERE key = ?1", [key]),
    }?;
    Ok(())
}

/// Keeps a value. Gives whether it is another one than before.
pub(super) fn mark(db: &Connection, key: &str, value: &str) -> Result<bool> {
    let changed = db
        .prepare_cached(
            "INSERT INTO kv (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
        )?
        .execute([key, value])?;
    Ok(changed > 0)
}

/// A kept value.
pub(super) fn value(db: &Connection, key: &str) -> Result<Option<String>> {
    let value = db
        .prepare_cached("SELECT value FROM kv WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(value)
}

/// Keeps the models of a provider in the place of those that were kept before.
pub(super) fn save_models(db: &Connection, kept: &KeptModels) -> Result<()> {
    db.execute(
        "INSERT OR REPLACE INTO provider_models (provider, models, listed) VALUES (?1, ?2, ?3)",
        params![kept.provider.as_str(), to_json(&kept.models)?, kept.listed.map(|listed| listed.0)],
    )?;
    Ok(())
}

/// Keeps when the models of a provider were told for the last time.
pub(super) fn models_listed(db: &Connection, provider: &ProviderId, at: Timestamp) -> Result<()> {
    db.execute(
        "UPDATE provider_models SET listed = ?2 WHERE provider = ?1",
        params![provider.as_str(), at.0],
    )?;
    Ok(())
}

/// Forgets the models of a provider.
pub(super) fn forget_models(db: &Connection, provider: &ProviderId) -> Result<()> {
    db.execute("DELETE FROM provider_models WHERE provider = ?1", [provider.as_str()])?;
    Ok(())
}

/// The last known models of all providers. What an older version wrote and this one cannot read
/// is left out: it is only a cache.
pub(super) fn models(db: &Connection) -> Result<Vec<KeptModels>> {
    let mut statement = db
        .prepare_cached("SELECT provider, models, listed FROM provider_models ORDER BY provider")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (provider, models): (String, String) = (row.get(0)?, row.get(1)?);
        if let Ok(models) = from_json(&models) {
            let listed: Option<i64> = row.get(2)?;
            let (provider, listed) = (ProviderId(provider), listed.map(Timestamp));
            all.push(KeptModels { provider, models, listed });
        }
    }
    Ok(all)
}
