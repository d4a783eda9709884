//! The threads that answer reads, each with its own connection.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::bots::{self, KeptBots};
use super::edits::{self, KeptEdit};
use super::error::Result;
use super::gateway::GatewayRead;
use super::kept::KeptModels;
use super::pending::{Entry, Pending};
use super::remote::RemoteRead;
use super::search::{self, SearchHit};
use super::stats::{self, StoreStats};
use super::writer::{Reply, tell};
use super::{casts, chats, kept, message_rows, queue, usage};
use crate::protocol::{
    BotId, BotVersionInfo, Cast, ChatId, ChatSummary, Draft, Message, MessageId, MessagePage,
    ModelId, QueuedMessage, Spent, Timestamp, UsageRange, UsageReport,
};

/// What is asked of a reader.
#[derive(Debug)]
pub(super) enum ReadCommand {
    Close(Reply<()>),
    Chats(Reply<Vec<ChatSummary>>),
    Chat(ChatId, Reply<Option<ChatSummary>>),
    Page(ChatId, Option<MessageId>, usize, Reply<MessagePage>),
    Path(MessageId, Reply<Vec<Message>>),
    Message(MessageId, Reply<Option<Message>>),
    Cast(ChatId, Reply<Option<Arc<Cast>>>),
    Remote(RemoteRead),
    OwnBots(HashMap<BotId, Timestamp>, Reply<KeptBots>),
    BotVersions(BotId, Reply<Vec<BotVersionInfo>>),
    KeptEdit(Reply<KeptEdit>),
    Draft(Option<ChatId>, Reply<Draft>),
    Queue(ChatId, Reply<Vec<QueuedMessage>>),
    Models(Reply<Vec<KeptModels>>),
    Value(String, Reply<Option<String>>),
    Search(String, usize, Reply<Vec<SearchHit>>),
    WantsTitle(ChatId, Reply<bool>),
    Spent(Timestamp, Reply<Spent>),
    Usage(UsageRange, Timestamp, Reply<UsageReport>),
    RecentModels(usize, Reply<Vec<ModelId>>),
    Stats(Reply<StoreStats>),
    Check(Reply<Vec<String>>),
    Gateway(GatewayRead),
}

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) db: Connection,
    pub(super) pending: Arc<Pending>,
    pub(super) file: Option<PathBuf>,
}

impl Reader {
    /// Serves until it is closed or nobody can ask any more.
    pub(super) fn run(self, commands: &flume::Receiver<ReadCommand>) {
        while let Ok(command) = commands.recv() {
            if let ReadCommand::Close(reply) = command {
                drop(self);
                tell(reply, Ok(()));
                return;
            }
            self.handle(command);
        }
    }

    fn handle(&self, command: ReadCommand) {
        match command {
            ReadCommand::Close(reply) => tell(reply, Ok(())),
            ReadCommand::Chats(reply) => self.answer(reply, |db, _| chats::list(db)),
            ReadCommand::Chat(chat, reply) => {
                self.answer(reply, |db, _| chats::summary(db, chat));
            }
            ReadCommand::Page(chat, before, limit, reply) => self
                .answer(reply, |db, waiting| message_rows::page(db, waiting, chat, before, limit)),
            ReadCommand::Path(message, reply) => {
                self.answer(reply, |db, waiting| message_rows::path_to(db, waiting, message));
            }
            ReadCommand::Message(message, reply) => {
                self.answer(reply, |db, waiting| message_rows::message(db, waiting, message));
            }
            ReadCommand::Cast(chat, reply) => self.answer(reply, |db, _| casts::cast(db, chat)),
            ReadCommand::Remote(command) => self.read_remote(command),
            ReadCommand::OwnBots(known, reply) => {
                self.answer(reply, |db, _| bots::own(db, &known));
            }
            ReadCommand::BotVersions(bot, reply) => {
                self.answer(reply, |db, _| bots::versions(db, &bot));
            }
            ReadCommand::KeptEdit(reply) => self.answer(reply, |db, _| edits::kept(db)),
            ReadCommand::Draft(chat, reply) => self.answer(reply, |db, _| kept::draft(db, chat)),
            ReadCommand::Queue(chat, reply) => self.answer(reply, |db, _| queue::list(db, chat)),
            ReadCommand::Models(reply) => self.answer(reply, |db, _| kept::models(db)),
            ReadCommand::Value(key, reply) => self.answer(reply, |db, _| kept::value(db, &key)),
            ReadCommand::Search(query, limit, reply) => {
                self.answer(reply, |db, _| search::search(db, &query, limit));
            }
            ReadCommand::WantsTitle(chat, reply) => {
                self.answer(reply, |db, _| chats::wants_title(db, chat));
            }
            ReadCommand::Spent(now, reply) => {
                self.answer(reply, |db, _| usage::spent(db, now, &TimeZone::system()));
            }
            ReadCommand::Usage(range, now, reply) => {
                self.answer(reply, |db, _| usage::report(db, range, now, &TimeZone::system()));
            }
            ReadCommand::RecentModels(most, reply) => {
                self.answer(reply, |db, _| usage::recent_models(db, most));
            }
            ReadCommand::Stats(reply) => {
                self.answer(reply, |db, _| stats::stats(db, self.file.as_deref()));
            }
            ReadCommand::Check(reply) => self.answer(reply, |db, _| stats::check(db)),
            ReadCommand::Gateway(command) => self.read_gateway(command),
        }
    }

    pub(super) fn answer<T>(
        &self,
        reply: Reply<T>,
        read: impl FnOnce(&Connection, &[Entry]) -> Result<T>,
    ) {
        // Before the transaction: what is committed in between is seen twice rather than never.
        let waiting = self.pending.snapshot();
        tell(reply, self.in_transaction(|db| read(db, &waiting)));
    }

    /// All statements of a read see the same state.
    fn in_transaction<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let tx = self.db.unchecked_transaction()?;
        let result = read(&tx);
        tx.finish()?;
        result
    }
}
