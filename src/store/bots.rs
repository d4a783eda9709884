//! The user's own bots with their versions, and what the user did with bots of any origin.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::{from_json, limit, time, to_json};
use super::error::Result;
use super::handle::StoreHandle;
use super::reader::ReadCommand;
use super::writer::{Reply, WriteCommand};
use crate::protocol::{Bot, BotId, BotVersion, BotVersionInfo, SaveBot, Timestamp};

/// So many versions of a bot are kept besides the newest.
pub const MOST_VERSIONS: usize = 50;

/// The user's own bots and all marks, as they stood in one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptBots {
    /// The bots, by id.
    pub own: Vec<OwnBot>,
    /// The marks, of bots of any origin.
    pub marks: HashMap<BotId, BotMark>,
}

/// A bot of the user's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnBot {
    /// Its id.
    pub id: BotId,
    /// Its newest version.
    pub content: OwnContent,
    /// The bot that it was made of, with the version it had then.
    pub base: Option<(BotId, BotVersion)>,
    /// The tools that the user confirmed.
    pub granted: Vec<String>,
    /// Put away by the user.
    pub archived: bool,
    /// When the newest version was saved. No two versions of a bot have the same time.
    pub saved: Timestamp,
}

/// What a bot of the user's own holds.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnContent {
    /// What the asker knows already.
    Known,
    /// The bot.
    Read(Box<Bot>),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

/// What the user did with a bot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BotMark {
    /// Marked as a favourite.
    pub favourite: bool,
    /// When a chat was last begun with it.
    pub used: Option<Timestamp>,
}

/// Bots of the user's own.
impl StoreHandle {
    /// The user's own bots and all marks. A bot whose newest version the asker knows by the time
    /// it was saved is not read again.
    pub async fn own_bots(&self, known: HashMap<BotId, Timestamp>) -> Result<KeptBots> {
        self.read(|reply| ReadCommand::OwnBots(known, reply)).await
    }

    /// The versions of a bot, newest first, the present one among them. What cannot be read is
    /// left out.
    pub async fn bot_versions(&self, bot: BotId) -> Result<Vec<BotVersionInfo>> {
        self.read(|reply| ReadCommand::BotVersions(bot, reply)).await
    }

    /// Keeps a bot, or the next version of one that is kept, and gives it with its version. The
    /// version before stays among [`Self::bot_versions`]. A bot that is what it was gets no new
    /// version.
    pub async fn save_bot(&self, save: SaveBot) -> Result<Bot> {
        let at = self.now();
        self.write(|reply| WriteCommand::Bots(BotWrite::Save(Box::new((save, at)), reply))).await
    }

    /// Makes a bot of any origin a favourite, or no longer.
    pub async fn mark_bot(&self, bot: BotId, favourite: bool) -> Result<()> {
        self.write(|reply| WriteCommand::Bots(BotWrite::Mark(bot, favourite, reply))).await
    }

    /// Puts a bot away, or back. One that is gone stays gone.
    pub async fn archive_bot(&self, bot: BotId, archived: bool) -> Result<()> {
        self.write(|reply| WriteCommand::Bots(BotWrite::Archive(bot, archived, reply))).await
    }

    /// Deletes a bot with all its versions; it can be restored until it is purged. Its marks stay.
    pub async fn delete_bot(&self, bot: BotId) -> Result<()> {
        let at = self.now();
        self.write(|reply| WriteCommand::Bots(BotWrite::Delete(bot, at, reply))).await
    }

    /// Undoes a deletion: the bot is back with its versions. Where it is purged, or another one has
    /// taken its place, `save` is kept.
    pub async fn restore_bot(&self, save: SaveBot) -> Result<()> {
        let at = self.now();
        self.write(|reply| WriteCommand::Bots(BotWrite::Restore(Box::new((save, at)), reply))).await
    }

    /// Removes for good what was deleted before this time.
    pub async fn purge_deleted_bots(&self, before: Timestamp) -> Result<()> {
        self.write(|reply| WriteCommand::Bots(BotWrite::Purge(before, reply))).await
    }
}

/// What is asked of the writer.
#[derive(Debug)]
pub(super) enum BotWrite {
    Save(Box<(SaveBot, Timestamp)>, Reply<Bot>),
    Mark(BotId, bool, Reply<()>),
    Archive(BotId, bool, Reply<()>),
    Delete(BotId, Timestamp, Reply<()>),
    Restore(Box<(SaveBot, Timestamp)>, Reply<()>),
    Purge(Timestamp, Reply<()>),
}

/// All of it. See [`StoreHandle::own_bots`].
pub(super) fn own(db: &Connection, known: &HashMap<BotId, Timestamp>) -> Result<KeptBots> {
    let mut kept = KeptBots::default();
    let mut statement = db.prepare_cached(
        "SELECT id, base, base_version, granted, archived, saved FROM bot
         WHERE deleted IS NULL ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = BotId(row.get(0)?);
        let (saved, base) = (time(row, 5)?, base(row)?);
        let granted: String = row.get(3)?;
        let content = if known.get(&id) == Some(&saved) {
            OwnContent::Known
        } else {
            content(&data(db, &id)?)
        };
        kept.own.push(OwnBot {
            id,
            content,
            base,
            // Unreadable consent is no consent.
            granted: from_json(&granted).unwrap_or_default(),
            archived: row.get(4)?,
            saved,
        });
    }
    let mut statement = db.prepare_cached("SELECT bot, favourite, used FROM bot_mark")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let used: Option<i64> = row.get(2)?;
        let mark = BotMark { favourite: row.get(1)?, used: used.map(Timestamp) };
        kept.marks.insert(BotId(row.get(0)?), mark);
    }
    Ok(kept)
}

fn base(row: &Row<'_>) -> Result<Option<(BotId, BotVersion)>> {
    let (base, version): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let version = version.and_then(|version| version.parse().ok());
    Ok(base.map(BotId).zip(version))
}

fn data(db: &Connection, id: &BotId) -> Result<String> {
    let mut statement = db.prepare_cached("SELECT data FROM bot WHERE id = ?1")?;
    Ok(statement.query_row([id.as_str()], |row| row.get(0))?)
}

fn content(data: &str) -> OwnContent {
    match serde_json::from_str(data) {
        Ok(bot) => OwnContent::Read(Box::new(bot)),
        Err(error) => OwnContent::Unreadable(error.to_string()),
    }
}

/// All versions, newest first.
pub(super) fn versions(db: &Connection, id: &BotId) -> Result<Vec<BotVersionInfo>> {
    let mut statement = db.prepare_cached(
        "SELECT data, saved FROM bot WHERE id = ?1 AND deleted IS NULL
         UNION ALL SELECT v.data, v.saved FROM bot_version v
         JOIN bot ON bot.id = v.bot AND bot.deleted IS NULL WHERE v.bot = ?1
         ORDER BY saved DESC",
    )?;
    let mut rows = statement.query([id.as_str()])?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let data: String = row.get(0)?;
        if let Ok(bot) = from_json(&data) {
            versions.push(BotVersionInfo { bot, saved: time(row, 1)? });
        }
    }
    Ok(versions)
}

/// What is kept of a bot that is saved again.
struct Before {
    data: String,
    /// None where it cannot be read.
    bot: Option<Bot>,
    saved: Timestamp,
}

/// Keeps a bot. See [`StoreHandle::save_bot`].
pub(super) fn save(db: &Connection, save: &SaveBot, at: Timestamp) -> Result<Bot> {
    let SaveBot { bot, base, granted } = save;
    // A new bot under the id of one that was deleted has nothing of it.
    db.prepare_cached("DELETE FROM bot WHERE id = ?1 AND deleted IS NOT NULL")?
        .execute([bot.id.as_str()])?;
    let before = before(db, &bot.id)?;
    let mut bot = bot.clone();
    let mut saved = at;
    if let Some(before) = &before {
        saved = Timestamp(at.0.max(before.saved.0.saturating_add(1)));
        if let Some(old) = &before.bot {
            let given = std::mem::replace(&mut bot.version, old.version);
            if bot == *old {
                saved = before.saved;
            } else {
                bot.version = given.after(old.version);
            }
        }
        if saved != before.saved {
            put_away(db, &bot.id, before)?;
        }
    }
    let (base, base_version) = match base {
        Some((base, version)) => (Some(base.as_str()), Some(version.to_string())),
        None => (None, None),
    };
    db.prepare_cached(
        "INSERT INTO bot (id, data, base, base_version, granted, saved)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET data = ?2, granted = ?5, saved = ?6,
             base = coalesce(?3, base), base_version = coalesce(?4, base_version)",
    )?
    .execute(params![
        bot.id.as_str(),
        to_json(&bot)?,
        base,
        base_version,
        to_json(granted)?,
        saved.0
    ])?;
    Ok(bot)
}

fn before(db: &Connection, id: &BotId) -> Result<Option<Before>> {
    let before = db
        .prepare_cached("SELECT data, saved FROM bot WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            let data: String = row.get(0)?;
            let bot = serde_json::from_str(&data).ok();
            Ok(Before { data, bot, saved: time(row, 1)? })
        })
        .optional()?;
    Ok(before)
}

/// Puts a version among the old ones, and forgets the oldest of too many.
fn put_away(db: &Connection, id: &BotId, before: &Before) -> Result<()> {
    // What cannot be read is put away too: a later version of the app may be able to.
    let version = before
        .bot
        .as_ref()
        .map_or_else(|| format!("unreadable {}", before.saved.0), |bot| bot.version.to_string());
    db.prepare_cached(
        "INSERT OR REPLACE INTO bot_version (bot, version, data, saved) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![id.as_str(), version, before.data, before.saved.0])?;
    db.prepare_cached(
        "DELETE FROM bot_version WHERE bot = ?1 AND version NOT IN
         (SELECT version FROM bot_version WHERE bot = ?1 ORDER BY saved DESC LIMIT ?2)",
    )?
    .execute(params![id.as_str(), limit(MOST_VERSIONS)])?;
    Ok(())
}

/// Makes a bot a favourite, or no longer.
pub(super) fn mark(db: &Connection, bot: &BotId, favourite: bool) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO bot_mark (bot, favourite) VALUES (?1, ?2)
         ON CONFLICT (bot) DO UPDATE SET favourite = ?2",
    )?
    .execute(params![bot.as_str(), favourite])?;
    Ok(())
}

/// Puts a bot away, or back.
pub(super) fn archive(db: &Connection, bot: &BotId, archived: bool) -> Result<()> {
    db.prepare_cached("UPDATE bot SET archived = ?2 WHERE id = ?1 AND deleted IS NULL")?
        .execute(params![bot.as_str(), archived])?;
    Ok(())
}

/// Deletes a bot. See [`StoreHandle::delete_bot`].
pub(super) fn delete(db: &Connection, bot: &BotId, at: Timestamp) -> Result<()> {
    db.prepare_cached("UPDATE bot SET deleted = ?2 WHERE id = ?1 AND deleted IS NULL")?
        .execute(params![bot.as_str(), at.0])?;
    Ok(())
}

/// Brings a bot back. See [`StoreHandle::restore_bot`].
pub(super) fn restore(db: &Connection, kept: &SaveBot, at: Timestamp) -> Result<()> {
    let is_back = db
        .prepare_cached("UPDATE bot SET deleted = NULL WHERE id = ?1 AND deleted IS NOT NULL")?
        .execute([kept.bot.id.as_str()])?;
    if is_back == 0 {
        save(db, kept, at)?;
    }
    Ok(())
}

/// Removes bots for good. See [`StoreHandle::purge_deleted_bots`].
pub(super) fn purge(db: &Connection, before: Timestamp) -> Result<()> {
    db.execute("DELETE FROM bot WHERE deleted < ?1", [before.0])?;
    Ok(())
}
