//! One server as the links' task knows it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::line::{Line, Places};
use crate::net::link::LinkInput;
use crate::protocol::{
    BotId, ChatId, ClientCommand, CommandFrame, LinkState, Message, MessageId, ModelInfo, QueryId,
    RemoteBot, RunId, Seq, ServerConfig, ServerState, StopMode, Timestamp, WireSeed,
};

/// How long the window waits for a page of a server before it is shown what is here.
pub(super) const PAGE_PATIENCE: Duration = Duration::from_secs(5);

/// What can be asked of a server now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Nothing.
    Down,
    /// All: what it tells is numbered and can be resumed.
    Numbered,
    /// Little: it numbers nothing.
    Plain,
}

/// A run that is followed.
#[derive(Clone, Debug)]
pub(super) struct OpenRun {
    pub(super) chat: ChatId,
    pub(super) answer: MessageId,
    /// The last event that was applied.
    pub(super) last: Seq,
    /// When the server was asked again for what was missed.
    pub(super) asked_again: Option<Timestamp>,
    /// How the user wants it to stop, where they do.
    pub(super) stop: Option<StopMode>,
    /// The answer as it stands, where the server does not say at which place a delta goes.
    pub(super) folded: Option<Box<Message>>,
}

/// A message that was sent and not yet answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    pub(super) message: MessageId,
    /// It was sent before, so that its run may have begun long ago.
    pub(super) again: bool,
    /// What its `ack` said.
    pub(super) acked: Option<(RunId, Option<MessageId>)>,
}

/// A page that the window waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) query: QueryId,
    pub(super) limit: usize,
    pub(super) due: Instant,
}

/// What a command asked for, so that its answer is understood.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// Its answer says nothing new.
    Nothing,
    /// A message was sent.
    Chat { chat: ChatId, message: MessageId },
    /// A page.
    Page { chat: ChatId, before: Option<MessageId>, wanted: Option<Wanted> },
    /// That a bot begins a chat.
    Agent { chat: ChatId },
    /// A list.
    List,
    /// A page of chats.
    Chats,
}

/// A chat whose bot is ready, and what is shown of it once that is known.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    /// The bot.
    pub(super) bot: BotId,
    /// What it opens with, by the server's word, where its page has no messages.
    pub(super) seeds: Vec<WireSeed>,
}

/// A bot that was asked to begin a chat.
#[derive(Clone, Debug)]
pub(super) struct Unready {
    pub(super) bot: BotId,
    /// What was answered to its questions.
    pub(super) answers: BTreeMap<String, String>,
}

/// One server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) config: ServerConfig,
    pub(super) has_token: bool,
    pub(super) client_id: String,
    pub(super) link: LinkState,
    pub(super) stand: Stand,
    pub(super) line: Option<Line>,
    pub(super) generation: u64,
    pub(super) models: Vec<ModelInfo>,
    pub(super) bots: Vec<RemoteBot>,
    pub(super) runs: HashMap<RunId, OpenRun>,
    /// Runs that the server does not have any more.
    pub(super) lost: Vec<RunId>,
    pub(super) places: Places,
    pub(super) asked: HashMap<String, Asked>,
    asked_so_far: u64,
    pub(super) in_flight: HashMap<ChatId, InFlight>,
    pub(super) openings: HashMap<ChatId, Opening>,
    /// Chats whose bot has not yet told that it is ready.
    pub(super) unready: HashMap<ChatId, Unready>,
    /// The oldest chat that was listed, and whether there are older ones.
    pub(super) oldest: Option<Timestamp>,
    pub(super) has_older: bool,
    /// Frames of kinds that are not known.
    pub(super) ignored: u64,
}

impl Server {
    pub(super) fn new(config: ServerConfig, client_id: String) -> Self {
        Self {
            config,
            has_token: false,
            client_id,
            link: LinkState::Offline,
            stand: Stand::Down,
            line: None,
            generation: 0,
            models: Vec::new(),
            bots: Vec::new(),
            runs: HashMap::new(),
            lost: Vec::new(),
            places: Places::default(),
            asked: HashMap::new(),
            asked_so_far: 0,
            in_flight: HashMap::new(),
            openings: HashMap::new(),
            unready: HashMap::new(),
            oldest: None,
            has_older: false,
            ignored: 0,
        }
    }

    /// As the window shows it.
    pub(super) fn state(&self) -> ServerState {
        ServerState {
            config: self.config.clone(),
            has_token: self.has_token,
            link: self.link.clone(),
            models: self.models.clone(),
            bots: self.bots.clone(),
            has_older: self.has_older,
        }
    }

    /// Sends a command; false where it cannot be sent now.
    pub(super) fn ask(&mut self, command: ClientCommand, asked: Asked) -> bool {
        let Some(line) = self.line.as_ref().filter(|_| self.stand != Stand::Down) else {
            return false;
        };
        self.asked_so_far += 1;
        let id = self.asked_so_far.to_string();
        if !line.ask(LinkInput::Send(CommandFrame { id: Some(id.clone()), command })) {
            return false;
        }
        self.asked.insert(id, asked);
        true
    }

    /// Follows a run from here on.
    pub(super) fn follow(&mut self, run: RunId, open: OpenRun) {
        self.places.set(run, open.last);
        self.runs.insert(run, open);
    }

    /// No longer follows a run.
    pub(super) fn forget(&mut self, run: RunId) -> Option<OpenRun> {
        self.places.remove(run);
        self.lost.retain(|lost| *lost != run);
        self.runs.remove(&run)
    }

    /// The run of a chat, where one is open.
    pub(super) fn run_of(&self, chat: ChatId) -> Option<RunId> {
        self.runs.iter().find(|(_, open)| open.chat == chat).map(|(run, _)| *run)
    }
}
