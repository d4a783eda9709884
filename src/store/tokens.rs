//! Tokens: who may come in through a gateway.
//!
//! A token is 256 bits from the system, shown once as `sb_…`. Only its SHA-256 is kept: what has
//! that much chance in it needs no salt and no slow hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::columns::time;
use super::error::{Result, StoreError};
use super::gateway::{GatewayRead, GatewayWrite};
use super::handle::StoreHandle;
use super::reader::ReadCommand;
use super::writer::WriteCommand;
use crate::protocol::{Access, Timestamp};

/// Begins every token, so that it is known for one where it turns up.
const PREFIX: &str = "sb_";

/// A token as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its identity; whose chats are a guest's is told by it.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it may do.
    pub access: Access,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it lets nobody in.
    pub expires: Option<Timestamp>,
    /// When it let somebody in last, to a minute.
    pub last_used: Option<Timestamp>,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
}

impl Token {
    /// Whether it lets anybody in.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// What is kept of a token.
pub fn token_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether a character cannot be seen in a name: it would break a list into lines, or make one
/// name look like another.
pub fn is_unseen(c: char) -> bool {
    let is_format = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    is_format || c.is_control()
}

impl StoreHandle {
    /// Makes a token. The secret is told here and never again.
    pub async fn add_token(
        &self,
        name: &str,
        access: Access,
        expires: Option<Timestamp>,
    ) -> Result<(Token, SecretString)> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::Other(error.to_string()))?;
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let token = Token {
            id: Uuid::now_v7().to_string(),
            name: name.to_owned(),
            access,
            created: self.now(),
            expires,
            last_used: None,
            revoked: None,
        };
        let row = Box::new((token.clone(), token_hash(&secret)));
        self.write(|reply| WriteCommand::Gateway(GatewayWrite::AddToken(row, reply))).await?;
        Ok((token, SecretString::from(secret)))
    }

    /// All tokens, the newest last, revoked ones too.
    pub async fn tokens(&self) -> Result<Vec<Token>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::Tokens(reply))).await
    }

    /// Takes tokens back, by id or name. Gives how many.
    pub async fn revoke_token(&self, wanted: &str) -> Result<usize> {
        let (wanted, now) = (wanted.to_owned(), self.now());
        self.write(|reply| WriteCommand::Gateway(GatewayWrite::RevokeToken(wanted, now, reply)))
            .await
    }

    /// The token of a hash, valid or not.
    pub async fn token_by_hash(&self, hash: [u8; 32]) -> Result<Option<Token>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::TokenByHash(hash, reply))).await
    }

    /// Notes that a token let somebody in.
    pub async fn token_used(&self, id: &str) -> Result<()> {
        let (id, now) = (id.to_owned(), self.now());
        self.write(|reply| WriteCommand::Gateway(GatewayWrite::TokenUsed(id, now, reply))).await
    }
}

pub(super) fn add(db: &Connection, token: &Token, hash: &[u8; 32]) -> Result<()> {
    let access = match token.access {
        Access::Owner => "owner",
        Access::Guest => "guest",
    };
    db.execute(
        "INSERT INTO token (id, name, hash, access, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            token.id,
            token.name,
            hash,
            access,
            token.created.0,
            token.expires.map(|expires| expires.0)
        ],
    )?;
    Ok(())
}

pub(super) fn revoke(db: &Connection, wanted: &str, now: Timestamp) -> Result<usize> {
    Ok(db.execute(
        "UPDATE token SET revoked = ?2 WHERE (id = ?1 OR name = ?1) AND revoked IS NULL",
        params![wanted, now.0],
    )?)
}

pub(super) fn used(db: &Connection, id: &str, now: Timestamp) -> Result<()> {
    db.execute("UPDATE token SET last_used = ?2 WHERE id = ?1", params![id, now.0])?;
    Ok(())
}

const COLUMNS: &str = "id, name, access, created, expires, last_used, revoked, hash";

pub(super) fn list(db: &Connection) -> Result<Vec<Token>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM token ORDER BY created, rowid"))?;
    let tokens = statement.query_map([], token_of)?.collect::<rusqlite::Result<_>>()?;
    Ok(tokens)
}

/// The index finds the row; what it found is compared again, in constant time.
pub(super) fn by_hash(db: &Connection, hash: &[u8; 32]) -> Result<Option<Token>> {
    let found = db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM token WHERE hash = ?1"))?
        .query_row([hash], |row| Ok((token_of(row)?, row.get::<_, Vec<u8>>(7)?)))
        .optional()?;
    let same = |kept: &[u8]| bool::from(kept.ct_eq(hash));
    Ok(found.filter(|(_, kept)| same(kept)).map(|(token, _)| token))
}

fn token_of(row: &Row<'_>) -> rusqlite::Result<Token> {
    // What this version does not know may do the least.
    let access = match row.get::<_, String>(2)?.as_str() {
        "owner" => Access::Owner,
        _ => Access::Guest,
    };
    Ok(Token {
        id: row.get(0)?,
        name: row.get(1)?,
        access,
        created: time(row, 3)?,
        expires: row.get::<_, Option<i64>>(4)?.map(Timestamp),
        last_used: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        revoked: row.get::<_, Option<i64>>(6)?.map(Timestamp),
    })
}
