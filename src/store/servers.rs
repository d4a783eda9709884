//! What is known of remote servers: who we are to them, their journal's epoch, their lists.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::chats;
use super::columns::{from_json, to_json};
use super::error::Result;
use super::handle::StoreHandle;
use super::remote::RemoteWrite;
use super::writer::WriteCommand;
use crate::protocol::{ChatSummary, ModelInfo, RemoteBot, ServerId};

/// What is known of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownServer {
    /// Who we are to it, for ever.
    pub client_id: String,
    /// Its journal's epoch as it was told last.
    pub epoch: Option<String>,
    /// Its models, likewise.
    pub models: Vec<ModelInfo>,
    /// Its bots, likewise.
    pub bots: Vec<RemoteBot>,
}

impl StoreHandle {
    /// What is known of a server. One that is new gets to know who we are.
    pub async fn known_server(&self, server: &ServerId) -> Result<KnownServer> {
        let id = server.clone();
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Server(id, reply))).await
    }

    /// Keeps the epoch of a server. Gives whether it had another one before.
    pub async fn set_epoch(&self, server: &ServerId, epoch: String) -> Result<bool> {
        let id = server.clone();
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Epoch(id, epoch, reply))).await
    }

    /// Keeps the name by which a server calls itself for ever. The chats, and the messages that wait
    /// in them, of a server by that name that is not `configured` any more become its own. Gives
    /// those chats.
    pub async fn adopt_chats(
        &self,
        server: &ServerId,
        lasting: String,
        configured: Vec<ServerId>,
    ) -> Result<Vec<ChatSummary>> {
        let adopt = Box::new((server.clone(), lasting, configured));
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Adopt(adopt, reply))).await
    }

    /// Keeps the lists of a server.
    pub async fn save_lists(
        &self,
        server: &ServerId,
        models: Vec<ModelInfo>,
        bots: Vec<RemoteBot>,
    ) -> Result<()> {
        let (id, lists) = (server.clone(), Box::new((models, bots)));
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Lists(id, lists, reply))).await
    }

    /// Forgets a server. Its chats stay as they are, and with them by which name it called itself.
    pub async fn forget_server(&self, server: &ServerId) -> Result<()> {
        let id = server.clone();
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Forget(id, reply))).await
    }
}

pub(super) fn known(db: &Connection, server: &ServerId) -> Result<KnownServer> {
    db.prepare_cached("INSERT OR IGNORE INTO server (id, client_id) VALUES (?1, ?2)")?
        .execute([server.as_str(), &Uuid::now_v7().to_string()])?;
    let found = db
        .prepare_cached("SELECT client_id, epoch, models, bots FROM server WHERE id = ?1")?
        .query_row([server.as_str()], |row| {
            let (models, bots): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
            Ok(KnownServer {
                client_id: row.get(0)?,
                epoch: row.get(1)?,
                // Only a copy: what another version wrote and this one cannot read is left out.
                models: models.and_then(|text| from_json(&text).ok()).unwrap_or_default(),
                bots: bots.and_then(|text| from_json(&text).ok()).unwrap_or_default(),
            })
        })?;
    Ok(found)
}

pub(super) fn set_epoch(db: &Connection, server: &ServerId, epoch: &str) -> Result<bool> {
    let before: Option<String> = db
        .prepare_cached("SELECT epoch FROM server WHERE id = ?1")?
        .query_row([server.as_str()], |row| row.get(0))
        .optional()?
        .flatten();
    db.prepare_cached("UPDATE server SET epoch = ?2 WHERE id = ?1")?
        .execute([server.as_str(), epoch])?;
    Ok(before.is_some_and(|before| before != epoch))
}

pub(super) fn save_lists(
    db: &Connection,
    server: &ServerId,
    models: &[ModelInfo],
    bots: &[RemoteBot],
) -> Result<()> {
    db.prepare_cached("UPDATE server SET models = ?2, bots = ?3 WHERE id = ?1")?
        .execute(params![server.as_str(), to_json(&models)?, to_json(&bots)?])?;
    Ok(())
}

pub(super) fn forget(db: &Connection, server: &ServerId) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM server WHERE id = ?1
         AND NOT (lasting IS NOT NULL AND EXISTS (SELECT 1 FROM chat WHERE server = ?1))",
    )?
    .execute([server.as_str()])?;
    db.prepare_cached("UPDATE server SET models = NULL, bots = NULL WHERE id = ?1")?
        .execute([server.as_str()])?;
    Ok(())
}

pub(super) fn adopt(
    db: &Connection,
    server: &ServerId,
    lasting: &str,
    configured: &[ServerId],
) -> Result<Vec<ChatSummary>> {
    db.prepare_cached("UPDATE server SET lasting = ?2 WHERE id = ?1")?
        .execute([server.as_str(), lasting])?;
    let former: Vec<String> = db
        .prepare_cached("SELECT id FROM server WHERE lasting = ?1 AND id <> ?2")?
        .query_map([lasting, server.as_str()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let is_configured = |id: &String| configured.iter().any(|known| known.as_str() == id);
    let mut moved = Vec::new();
    for old in former.iter().filter(|id| !is_configured(id)) {
        // What names the server itself, in the place of a model, names it by its new name.
        for table in ["queued_message", "chat"] {
            db.execute(
                &format!(
                    "UPDATE {table} SET model = ?2 || substr(model, length(?1) + 1)
                     WHERE substr(model, 1, length(?1) + 1) = ?1 || '/'
                         AND {} IN (SELECT n FROM chat WHERE server = ?1)",
                    if table == "chat" { "n" } else { "chat" }
                ),
                [old, server.as_str()],
            )?;
        }
        let chats: Vec<i64> = db
            .prepare_cached("UPDATE chat SET server = ?2 WHERE server = ?1 RETURNING n")?
            .query_map([old, server.as_str()], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        moved.extend(chats);
        db.prepare_cached("DELETE FROM server WHERE id = ?1")?.execute([old])?;
    }
    let mut summaries = Vec::with_capacity(moved.len());
    for n in moved {
        let is_here: bool = db
            .prepare_cached("SELECT deleted_at IS NULL FROM chat WHERE n = ?1")?
            .query_row([n], |row| row.get(0))?;
        if is_here {
            summaries.push(chats::summary_by_key(db, n)?);
        }
    }
    Ok(summaries)
}
