//! What a server tells after it let us in: who it is, what it offers, which chats it has.

use super::manager::Manager;
use super::server::{Asked, Opening, Stand};
use crate::protocol::{
    BackendEvent, Bot, BotColor, BotIcon, BotId, BotVersion, Cast, ChatBot, ChatId, ChatSummary,
    ClientCommand, Message, ModelInfo, NoticeCode, Part, RemoteBot, RemoteEvent, RunId, ServerId,
    Timestamp, Welcome, WireSeed,
};
use crate::store::{ReadState, StoreError, bot_file};

/// How many chats are asked for at once.
const CHATS: usize = 50;

impl Manager {
    /// A server let us in. What is open goes on, and what waits goes out.
    pub(super) async fn welcomed(&mut self, id: &ServerId, welcome: Welcome) {
        let is_other = match self.shared.store.set_epoch(id, welcome.epoch).await {
            Ok(is_other) => is_other,
            Err(error) => {
                self.failed(error).await;
                false
            }
        };
        if is_other {
            let name = self.servers.get(id).map_or(id.as_str(), |server| &server.config.name);
            self.shared.notice(NoticeCode::ServerRestored, name.to_owned()).await;
        }
        // The command line wants one answer: other chats are left for the window.
        let unready = match self.read_state() {
            ReadState::Unread => self.shared.store.unready_chats(id).await.unwrap_or_default(),
            ReadState::Seen => Vec::new(),
        };
        let Some(server) = self.servers.get_mut(id) else { return };
        server.stand = Stand::Numbered;
        server.unready.extend(unready);
        let resumed = |run: &RunId| welcome.resumed.iter().any(|other| other.run_id == *run);
        let is_lost = |run: &RunId| is_other || welcome.gone.contains(run);
        server.lost = server.runs.keys().filter(|run| is_lost(run)).copied().collect();
        server.ask(ClientCommand::ListModels {}, Asked::List);
        server.ask(ClientCommand::ListBots {}, Asked::List);
        server.ask(ClientCommand::ListChats { before: None, limit: Some(CHATS) }, Asked::Chats);
        let mut commands = Vec::new();
        for (run, open) in &mut server.runs {
            open.asked_again = None;
            let (chat_id, after_seq) = (open.chat, Some(open.last));
            if !is_lost(run) && !resumed(run) {
                commands.push(ClientCommand::Subscribe { chat_id, after_seq, bot_id: None });
            }
            if let Some(mode) = open.stop {
                let (run_id, chat_id) = (Some(*run), Some(open.chat));
                commands.push(ClientCommand::Cancel { run_id, chat_id, mode });
            }
        }
        for command in commands {
            server.ask(command, Asked::Nothing);
        }
        let unready: Vec<(ChatId, BotId)> =
            server.unready.iter().map(|(chat, bot)| (*chat, bot.clone())).collect();
        let lost: Vec<ChatId> =
            server.lost.iter().filter_map(|run| Some(server.runs.get(run)?.chat)).collect();
        for (chat, bot) in unready {
            self.ask_for_agent(id, chat, bot);
        }
        let watched: Vec<ChatId> = self.watched.clone();
        for chat in lost.into_iter().chain(watched) {
            if self.shared.remote_chats.server(chat).as_ref() == Some(id) {
                self.fresh.remove(&chat);
                self.refresh(chat);
            }
        }
        self.due.insert(id.clone());
    }

    fn ask_for_agent(&mut self, id: &ServerId, chat: ChatId, bot: BotId) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let begin = ClientCommand::Subscribe { chat_id: chat, after_seq: None, bot_id: Some(bot) };
        server.ask(begin, Asked::Agent { chat });
    }

    /// A server told its models or its bots.
    pub(super) async fn listed(
        &mut self,
        id: &ServerId,
        models: Option<Vec<ModelInfo>>,
        bots: Option<Vec<RemoteBot>>,
    ) {
        let Some(server) = self.servers.get_mut(id) else { return };
        if let Some(models) = models {
            server.models = models;
        }
        if let Some(bots) = bots {
            server.bots = bots;
        }
        let (models, bots) = (server.models.clone(), server.bots.clone());
        let state = Box::new(server.state());
        if let Err(error) = self.shared.store.save_lists(id, models, bots).await {
            self.failed(error).await;
        }
        self.shared.tell(BackendEvent::Remote(RemoteEvent::Changed(state))).await;
        // A message may wait for its model to be known.
        self.due.insert(id.clone());
    }

    /// A server told some of its chats.
    pub(super) async fn chats_told(
        &mut self,
        id: &ServerId,
        chats: Vec<ChatSummary>,
        has_older: bool,
    ) {
        let oldest = chats.iter().map(|chat| chat.updated).min();
        let changed = match self.shared.store.merge_chats(id, chats).await {
            Ok(changed) => changed,
            Err(error) => return self.failed(error).await,
        };
        if let Some(server) = self.servers.get_mut(id) {
            server.oldest = oldest.or(server.oldest);
            let before = server.has_older;
            server.has_older = has_older && oldest.is_some();
            if server.has_older != before {
                let state = Box::new(server.state());
                self.shared.tell(BackendEvent::Remote(RemoteEvent::Changed(state))).await;
            }
        }
        for chat in changed {
            self.shared.remote_chats.add(chat.id, id);
            self.shared.tell(BackendEvent::ChatChanged(chat)).await;
        }
    }

    /// Asks for older chats, where there are any.
    pub(super) fn load_chats(&mut self, id: &ServerId) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let is_asked = server.asked.values().any(|asked| matches!(asked, Asked::Chats));
        if server.has_older && !is_asked {
            let command = ClientCommand::ListChats { before: server.oldest, limit: Some(CHATS) };
            server.ask(command, Asked::Chats);
        }
    }

    /// The user begins a chat with a bot of a server.
    pub(super) async fn open_chat(
        &mut self,
        chat: ChatId,
        id: &ServerId,
        bot: BotId,
        created: Timestamp,
    ) {
        let Some(server) = self.servers.get_mut(id) else {
            let why = "The server is not configured any more";
            self.shared.notice(NoticeCode::ServerRefused, why).await;
            return self.shared.tell(BackendEvent::Remote(RemoteEvent::AgentReady { chat })).await;
        };
        let listed = server.bots.iter().find(|listed| listed.id == bot);
        let stands_for = chat_bot(&bot, listed);
        if server.stand != Stand::Plain {
            server.unready.insert(chat, bot.clone());
        }
        let stand = server.stand;
        match self.shared.store.open_remote(id, chat, stands_for, created).await {
            Ok(summary) => self.shared.tell(BackendEvent::ChatChanged(summary)).await,
            Err(error) => self.failed(error).await,
        }
        match stand {
            Stand::Numbered => self.ask_for_agent(id, chat, bot),
            Stand::Plain => {
                self.shared.tell(BackendEvent::Remote(RemoteEvent::AgentReady { chat })).await
            }
            // Asked for as soon as the link is there.
            Stand::Down => {}
        }
    }

    /// A bot of a server is ready.
    pub(super) async fn agent_ready(
        &mut self,
        id: &ServerId,
        chat: Option<ChatId>,
        bot: BotId,
        (system, seeds): (String, Vec<WireSeed>),
    ) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let waiting = server.unready.iter().find(|(_, waiting)| **waiting == bot);
        let Some(chat) = chat.or(waiting.map(|(chat, _)| *chat)) else { return };
        if self.shared.remote_chats.server(chat).as_ref() != Some(id) {
            return;
        }
        let listed = server.bots.iter().find(|listed| listed.id == bot);
        let cast = cast(&bot, listed, system);
        let was_awaited = server.unready.remove(&chat).is_some();
        match self.shared.store.remote_ready(id, chat, cast, Vec::new()).await {
            Ok(_) => {}
            // Given up while its agent was loading.
            Err(StoreError::NotFound) => return,
            Err(error) => return self.failed(error).await,
        }
        if was_awaited && let Some(server) = self.servers.get_mut(id) {
            // Its messages have their own names there, which come with the page.
            server.openings.insert(chat, Opening { bot, seeds });
            self.fresh.remove(&chat);
            self.refresh(chat);
        }
    }

    /// A chat whose bot is ready can be shown: with what its page held, else with what it opens
    /// with by the server's word.
    pub(super) async fn open_with_seeds(&mut self, id: &ServerId, chat: ChatId) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let Some(opening) = server.openings.remove(&chat) else { return };
        if self.leaf(chat).await.is_none() && !opening.seeds.is_empty() {
            let now = self.now();
            let Some(server) = self.servers.get(id) else { return };
            let listed = server.bots.iter().find(|listed| listed.id == opening.bot);
            let instructions = match self.shared.store.cast(chat).await {
                Ok(Some(cast)) => cast.instructions.clone(),
                Ok(None) | Err(_) => String::new(),
            };
            let cast = cast(&opening.bot, listed, instructions);
            let mut parent = None;
            let mut seeds = Vec::new();
            for seed in opening.seeds {
                let parts = vec![Part::Text { text: seed.content }];
                let message = self.shared.ids.message(now);
                let seed = Message { parent, ..Message::new(message, chat, seed.role, now, parts) };
                parent = Some(message);
                seeds.push(seed);
            }
            if let Err(error) = self.shared.store.remote_ready(id, chat, cast, seeds).await {
                self.failed(error).await;
            }
        }
        if let Ok(Some(summary)) = self.shared.store.chat(chat).await {
            self.shared.tell(BackendEvent::ChatChanged(summary)).await;
        }
        self.shared.tell(BackendEvent::Remote(RemoteEvent::AgentReady { chat })).await;
    }
}

/// What is known of a bot's looks.
fn template(listed: Option<&RemoteBot>) -> Option<Bot> {
    let listed = listed?;
    let yaml = listed.template.as_ref()?;
    let read = bot_file::read_many(listed.id.as_str(), yaml.as_bytes());
    read.into_iter().find_map(Result::ok)
}

fn name_of(bot: &BotId, listed: Option<&RemoteBot>) -> String {
    listed.map_or_else(|| bot.as_str().to_owned(), |listed| listed.name.clone())
}

fn chat_bot(bot: &BotId, listed: Option<&RemoteBot>) -> ChatBot {
    let template = template(listed);
    ChatBot {
        id: bot.clone(),
        version: template.as_ref().map_or(BotVersion::FIRST, |bot| bot.version),
        name: name_of(bot, listed),
        icon: template.as_ref().map_or(BotIcon::default(), |bot| bot.icon),
        color: template.as_ref().map_or(BotColor::default(), |bot| bot.color),
        model: None,
        room: template.is_some_and(|bot| bot.room.is_some()),
    }
}

fn cast(bot: &BotId, listed: Option<&RemoteBot>, instructions: String) -> Cast {
    let ChatBot { id, version, name, icon, color, .. } = chat_bot(bot, listed);
    let starters = template(listed).map(|bot| bot.starters).unwrap_or_default();
    Cast {
        bot: id,
        version,
        name,
        icon,
        color,
        instructions,
        values: std::collections::BTreeMap::new(),
        starters,
        tools: Vec::new(),
        room: None,
    }
}
