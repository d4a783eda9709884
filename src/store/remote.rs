//! Chats that live on servers: what is asked of the store for them.
//!
//! A server can never touch what is not its own: every write names the server, and chats of this
//! computer or of another server answer with [`StoreError::NotFound`].

use super::error::Result;
use super::handle::StoreHandle;
use super::reader::{ReadCommand, Reader};
use super::remote_rows;
use super::remote_wait;
use super::runs::{self, ReadState};
use super::servers::{self, KnownServer};
use super::writer::{Reply, WriteCommand, Writer};
use crate::protocol::{
    BotId, Cast, ChatBot, ChatId, ChatSummary, Message, MessageId, ModelInfo, QueuedMessage,
    RemoteBot, RunId, SendRequest, Seq, ServerId, Timestamp,
};

/// A run that a server began.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteRun {
    /// Whose.
    pub server: ServerId,
    /// What is answered; it may be there already.
    pub question: Message,
    /// The answer, open; its `answer` names the run.
    pub answer: Message,
}

/// A run of a server that is followed here.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenRemoteRun {
    /// Whose.
    pub server: ServerId,
    /// The run.
    pub run: RunId,
    /// The answer as it stands, with all that was applied.
    pub answer: Message,
    /// The last event that was applied.
    pub seq: Seq,
}

/// A run of a server that has begun here.
#[derive(Clone, Debug, PartialEq)]
pub struct BegunRemote {
    /// What is answered, as stored.
    pub question: Message,
    /// The answer, as stored.
    pub answer: Message,
    /// The chat.
    pub chat: ChatSummary,
    /// The last event that was applied; none where the run has ended, or another process of this
    /// computer follows it.
    pub open: Option<Seq>,
    /// It had begun before.
    pub already: bool,
}

/// A page of messages that a server told.
#[derive(Clone, Debug, PartialEq)]
pub struct RemotePage {
    /// Whose.
    pub server: ServerId,
    /// The chat.
    pub chat: ChatId,
    /// The message below it; none for the end of the path.
    pub before: Option<MessageId>,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// The open run of the last one, and its last event that is part of the page.
    pub applied: Option<(RunId, Seq)>,
}

/// A message that waits to be sent to a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// What is sent.
    pub item: QueuedMessage,
    /// The message it follows; the end of the path without.
    pub reply_to: Option<MessageId>,
    /// It was sent before, and the server may have it.
    pub sent: bool,
    /// The bot that its chat began with.
    pub bot: Option<BotId>,
    /// The chat has no message yet.
    pub is_first: bool,
}

impl StoreHandle {
    /// Which chats live on servers, and on which.
    pub async fn remote_chats(&self) -> Result<Vec<(ChatId, ServerId)>> {
        self.read(|reply| ReadCommand::Remote(RemoteRead::Chats(reply))).await
    }

    /// What waits to be sent to a server, in order.
    pub async fn outbox(&self, server: &ServerId) -> Result<Vec<Outgoing>> {
        let id = server.clone();
        self.read(|reply| ReadCommand::Remote(RemoteRead::Outbox(id, reply))).await
    }

    /// Whether what stands above a message is with its server only.
    pub async fn is_cut(&self, message: MessageId) -> Result<bool> {
        self.read(|reply| ReadCommand::Remote(RemoteRead::IsCut(message, reply))).await
    }

    /// Chats of a server that began with a bot which has not told yet that it is ready.
    pub async fn unready_chats(&self, server: &ServerId) -> Result<Vec<(ChatId, BotId)>> {
        let id = server.clone();
        self.read(|reply| ReadCommand::Remote(RemoteRead::Unready(id, reply))).await
    }

    /// Takes over what a server tells of its chats. Names, pins and marks of the user's own stay,
    /// and what was deleted stays deleted. Gives those that are new or changed.
    pub async fn merge_chats(
        &self,
        server: &ServerId,
        chats: Vec<ChatSummary>,
    ) -> Result<Vec<ChatSummary>> {
        let id = server.clone();
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Chats(id, chats, reply))).await
    }

    /// Keeps a page of messages of a server. What is there already stays, but for answers that the
    /// server has more of. Gives the run that goes on, where this process follows it.
    pub async fn merge_page(&self, page: RemotePage) -> Result<Option<OpenRemoteRun>> {
        let page = Box::new(page);
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Page(page, reply))).await
    }

    /// Begins to follow a run of a server. Its question leaves the outbox in the same transaction.
    pub async fn begin_remote(&self, run: RemoteRun) -> Result<BegunRemote> {
        let run = Box::new(run);
        let begun = self.write(|reply| WriteCommand::Remote(RemoteWrite::Begin(run, reply)));
        Ok(*begun.await?)
    }

    /// Ends a run whose events do not come any more: with what the server says of its answer,
    /// where that holds no less than what arrived here, else with what arrived.
    pub async fn settle_remote(
        &self,
        run: RunId,
        theirs: Option<Message>,
        read: ReadState,
    ) -> Result<(Message, ChatSummary)> {
        let theirs = theirs.map(Box::new);
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Settle(run, theirs, read, reply)))
            .await
    }

    /// Takes over runs of servers that a process left open when it ended: of one server, or of all.
    pub async fn take_remote_runs(&self, of: Option<&ServerId>) -> Result<Vec<OpenRemoteRun>> {
        let of = of.cloned();
        self.write(|reply| WriteCommand::Remote(RemoteWrite::TakeRuns(of, reply))).await
    }

    /// Chats of a server in which messages wait that go out only when the user says so.
    pub async fn standing_chats(&self, server: &ServerId) -> Result<Vec<ChatId>> {
        let id = server.clone();
        self.read(|reply| ReadCommand::Remote(RemoteRead::Standing(id, reply))).await
    }

    /// Lets a chat of a server go on without the bot that it was to begin with.
    pub async fn without_agent(&self, server: &ServerId, chat: ChatId) -> Result<ChatSummary> {
        let id = server.clone();
        self.write(|reply| WriteCommand::Remote(RemoteWrite::WithoutAgent(id, chat, reply))).await
    }

    /// Puts a message into the outbox, and makes its chat where it does not exist.
    pub async fn outbox_add(&self, server: &ServerId, request: SendRequest) -> Result<ChatSummary> {
        let add = Box::new((server.clone(), request));
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Add(add, reply))).await
    }

    /// Notes that a message is about to be sent. Fails with [`StoreError::NotFound`] where it was
    /// taken back.
    ///
    /// [`StoreError::NotFound`]: super::StoreError::NotFound
    pub async fn outbox_sent(&self, message: MessageId) -> Result<()> {
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Sent(message, reply))).await
    }

    /// Makes a chat with a bot of a server. A second time changes nothing.
    pub async fn open_remote(
        &self,
        server: &ServerId,
        chat: ChatId,
        bot: ChatBot,
        created: Timestamp,
    ) -> Result<ChatSummary> {
        let open = Box::new((server.clone(), chat, bot, created));
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Open(open, reply))).await
    }

    /// A bot of a server is ready: keeps what it is told, and what the chat opens with.
    pub async fn remote_ready(
        &self,
        server: &ServerId,
        chat: ChatId,
        cast: Cast,
        seeds: Vec<Message>,
    ) -> Result<ChatSummary> {
        let ready = Box::new((server.clone(), chat, cast, seeds));
        self.write(|reply| WriteCommand::Remote(RemoteWrite::Ready(ready, reply))).await
    }
}

/// What is asked of the writer.
#[derive(Debug)]
pub(super) enum RemoteWrite {
    Server(ServerId, Reply<KnownServer>),
    Epoch(ServerId, String, Reply<bool>),
    Lists(ServerId, Box<(Vec<ModelInfo>, Vec<RemoteBot>)>, Reply<()>),
    Forget(ServerId, Reply<()>),
    Chats(ServerId, Vec<ChatSummary>, Reply<Vec<ChatSummary>>),
    Page(Box<RemotePage>, Reply<Option<OpenRemoteRun>>),
    Begin(Box<RemoteRun>, Reply<Box<BegunRemote>>),
    Settle(RunId, Option<Box<Message>>, ReadState, Reply<(Message, ChatSummary)>),
    TakeRuns(Option<ServerId>, Reply<Vec<OpenRemoteRun>>),
    WithoutAgent(ServerId, ChatId, Reply<ChatSummary>),
    Add(Box<(ServerId, SendRequest)>, Reply<ChatSummary>),
    Sent(MessageId, Reply<()>),
    Open(Box<(ServerId, ChatId, ChatBot, Timestamp)>, Reply<ChatSummary>),
    Ready(Box<(ServerId, ChatId, Cast, Vec<Message>)>, Reply<ChatSummary>),
}

/// What is asked of a reader.
#[derive(Debug)]
pub(super) enum RemoteRead {
    Chats(Reply<Vec<(ChatId, ServerId)>>),
    Outbox(ServerId, Reply<Vec<Outgoing>>),
    IsCut(MessageId, Reply<bool>),
    Unready(ServerId, Reply<Vec<(ChatId, BotId)>>),
    Standing(ServerId, Reply<Vec<ChatId>>),
}

impl Writer {
    pub(super) fn write_remote(&mut self, command: RemoteWrite) {
        let others = self.owner.others();
        match command {
            RemoteWrite::Server(id, reply) => self.answer(reply, |db| servers::known(db, &id)),
            RemoteWrite::Epoch(id, epoch, reply) => {
                self.answer(reply, |db| servers::set_epoch(db, &id, &epoch));
            }
            RemoteWrite::Lists(id, lists, reply) => {
                self.answer(reply, |db| servers::save_lists(db, &id, &lists.0, &lists.1));
            }
            RemoteWrite::Forget(id, reply) => self.answer(reply, |db| servers::forget(db, &id)),
            RemoteWrite::Chats(id, chats, reply) => {
                self.answer(reply, |db| remote_rows::merge_chats(db, &id, &chats));
            }
            RemoteWrite::Page(page, reply) => {
                self.answer(reply, |db| remote_rows::merge_page(db, &others, &page));
            }
            RemoteWrite::Begin(run, reply) => {
                self.answer(reply, |db| remote_rows::begin(db, &others, &run).map(Box::new));
            }
            RemoteWrite::Settle(run, theirs, read, reply) => {
                self.answer(reply, |db| runs::settle(db, run, theirs.as_deref(), read));
            }
            RemoteWrite::TakeRuns(of, reply) => {
                self.answer(reply, |db| remote_rows::take_runs(db, &others, of.as_ref()));
            }
            RemoteWrite::WithoutAgent(server, chat, reply) => {
                self.answer(reply, |db| remote_wait::without_agent(db, &server, chat));
            }
            RemoteWrite::Add(add, reply) => {
                self.answer(reply, |db| remote_rows::outbox_add(db, &add.0, &add.1));
            }
            RemoteWrite::Sent(message, reply) => {
                self.answer(reply, |db| remote_rows::outbox_sent(db, message));
            }
            RemoteWrite::Open(open, reply) => {
                let (server, chat, bot, created) = *open;
                self.answer(reply, |db| remote_rows::open(db, &server, chat, &bot, created));
            }
            RemoteWrite::Ready(ready, reply) => {
                let (server, chat, cast, seeds) = *ready;
                self.answer(reply, |db| remote_rows::ready(db, &server, chat, (&cast, &seeds)));
            }
        }
    }
}

impl Reader {
    pub(super) fn read_remote(&self, command: RemoteRead) {
        match command {
            RemoteRead::Chats(reply) => self.answer(reply, |db, _| remote_rows::chats(db)),
            RemoteRead::Outbox(server, reply) => {
                self.answer(reply, |db, _| remote_rows::outbox(db, &server));
            }
            RemoteRead::IsCut(message, reply) => {
                self.answer(reply, |db, _| remote_rows::is_cut(db, message));
            }
            RemoteRead::Unready(server, reply) => {
                self.answer(reply, |db, _| remote_rows::unready(db, &server));
            }
            RemoteRead::Standing(server, reply) => {
                self.answer(reply, |db, _| remote_wait::standing(db, &server));
            }
        }
    }
}
