//! The bot in the editor, as long as it is not saved.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::to_json;
use super::error::Result;
use super::handle::StoreHandle;
use super::reader::ReadCommand;
use super::writer::{Reply, WriteCommand};
use crate::protocol::EditedBot;

/// What is kept of the editor.
#[derive(Clone, Debug, PartialEq)]
pub enum KeptEdit {
    /// Nothing is unsaved.
    Nothing,
    /// A bot with unsaved changes.
    Read(Box<EditedBot>),
    /// It cannot be read, for this reason.
    Unreadable(String),
}

/// The editor of bots.
impl StoreHandle {
    /// Keeps what is in the editor, or forgets it.
    pub async fn keep_edit(&self, edit: Option<Box<EditedBot>>) -> Result<()> {
        self.write(|reply| WriteCommand::Edits(EditWrite::Keep(edit, reply))).await
    }

    /// What was in the editor and not saved.
    pub async fn kept_edit(&self) -> Result<KeptEdit> {
        self.read(ReadCommand::KeptEdit).await
    }

    /// Puts aside what cannot be read, so that it is told once and not lost.
    pub async fn put_edit_aside(&self) -> Result<()> {
        self.write(|reply| WriteCommand::Edits(EditWrite::PutAside(reply))).await
    }
}

/// What is asked of the writer.
#[derive(Debug)]
pub(super) enum EditWrite {
    Keep(Option<Box<EditedBot>>, Reply<()>),
    PutAside(Reply<()>),
}

/// Keeps it, or forgets it. See [`StoreHandle::keep_edit`].
pub(super) fn keep(db: &Connection, edit: Option<&EditedBot>) -> Result<()> {
    match edit {
        Some(edit) => db
            .prepare_cached("INSERT OR REPLACE INTO bot_edit (n, data) VALUES (0, ?1)")?
            .execute(params![to_json(edit)?])?,
        None => db.prepare_cached("DELETE FROM bot_edit WHERE n = 0")?.execute([])?,
    };
    Ok(())
}

/// Puts it aside. See [`StoreHandle::put_edit_aside`].
pub(super) fn put_aside(db: &Connection) -> Result<()> {
    db.execute("UPDATE OR REPLACE bot_edit SET n = 1 WHERE n = 0", [])?;
    Ok(())
}

/// What is kept. See [`StoreHandle::kept_edit`].
pub(super) fn kept(db: &Connection) -> Result<KeptEdit> {
    let data: Option<String> = db
        .prepare_cached("SELECT data FROM bot_edit WHERE n = 0")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(match data.as_deref().map(serde_json::from_str) {
        None => KeptEdit::Nothing,
        Some(Ok(edit)) => KeptEdit::Read(Box::new(edit)),
        Some(Err(error)) => KeptEdit::Unreadable(error.to_string()),
    })
}
