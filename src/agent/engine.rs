//! The dispatcher: takes commands by priority and hands each to its room. It never waits for work.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::actor::{AgentCommand, Shared};
use super::bots::{self, Bots};
use super::clock::Clock;
use super::desk;
use super::manager::AgentManager;
use super::providers::{ProviderSetup, Providers};
use super::queue::PriorityQueue;
use super::remote::{self, RemoteChats, RemoteParts};
use super::resume;
use super::stop::StopWish;
use crate::net::link::Pace;
use crate::protocol::{
    BackendCommand, BackendEvent, ChatId, EngineSettings, IdSource, Notice, NoticeCode,
    RemoteCommand, ServerConfig,
};
use crate::store::{ReadState, Resumable, StoreHandle};

/// Commands that may wait in all. A window cannot fill it; a flood is refused with a notice.
const QUEUED: usize = 4_096;

/// Commands that may wait at the desk, or with the librarian.
const DESK: usize = 1_024;

/// What the engine is made of.
#[derive(Debug)]
pub struct EngineParts {
    /// The database.
    pub store: StoreHandle,
    /// Bots as a plain file; it need not be there.
    pub personas_file: PathBuf,
    /// Where answers come from.
    pub providers: ProviderSetup,
    /// Remote servers, from `config.toml`.
    pub servers: Vec<ServerConfig>,
    /// How long links to them wait for what.
    pub pace: Pace,
    /// Time and chance.
    pub clock: Clock,
    /// How runs are carried out.
    pub settings: EngineSettings,
    /// Whether the user sees answers end, as on the command line.
    pub read: ReadState,
    /// Answers of an earlier process that the asker has taken over, to go on with.
    pub left: Vec<Resumable>,
    /// Commands, in the order of asking.
    pub commands: mpsc::Receiver<BackendCommand>,
    /// What happens.
    pub events: mpsc::Sender<BackendEvent>,
}

/// The near end of the engine: it ends with `Shutdown`, or when the commands' sender is gone.
#[derive(Debug)]
pub struct EngineHandle {
    task: JoinHandle<()>,
}

impl EngineHandle {
    /// Waits until all runs have ended and the engine is gone.
    pub async fn ended(self) {
        if self.task.await.is_err() {
            tracing::error!("the engine did not end well");
        }
    }
}

/// Starts the engine on the current runtime.
pub fn start(parts: EngineParts) -> EngineHandle {
    let links = RemoteParts {
        servers: parts.servers,
        secrets: parts.providers.secrets.clone(),
        http: parts.providers.http.clone(),
        pace: parts.pace,
    };
    let providers = Arc::new(Providers::new(
        parts.providers,
        parts.settings.edits.clone(),
        parts.clock,
        parts.store.clone(),
        parts.events.clone(),
    ));
    let shared = Arc::new(Shared {
        store: parts.store,
        providers,
        bots: Bots::default(),
        remote_chats: RemoteChats::default(),
        events: parts.events,
        clock: parts.clock,
        ids: IdSource,
        settings: RwLock::new(parts.settings),
        read: parts.read,
    });
    let (desk, desk_commands) = mpsc::channel(DESK);
    let (library, library_commands) = mpsc::channel(DESK);
    let (remote, remote_commands) = mpsc::channel(DESK);
    let personas_file = parts.personas_file;
    let mut dispatcher = Dispatcher {
        agents: AgentManager::new(shared.clone()),
        desk,
        library,
        remote,
        queue: PriorityQueue::new(QUEUED),
        shared: shared.clone(),
    };
    let task = tokio::spawn(async move {
        // Before any command: none may make an agent here for a chat that lives elsewhere.
        shared.remote_chats.read(&shared.store).await;
        let desk = tokio::spawn(desk::work(shared.clone(), desk_commands));
        let library = tokio::spawn(bots::work(shared.clone(), personas_file, library_commands));
        let remote = tokio::spawn(remote::work(shared.clone(), links, remote_commands));
        shared.providers.start();
        resume::go_on(parts.left, &mut dispatcher.agents);
        // The command line sees its own answer end and ends with it: what an earlier process left
        // in other chats is for the window.
        if shared.read == ReadState::Unread {
            resume::take_up(&shared, &mut dispatcher.agents).await;
        }
        dispatcher.run(parts.commands).await;
        shared.providers.stop().await;
        if desk.await.is_err() {
            tracing::error!("the desk did not end well");
        }
        if library.await.is_err() {
            tracing::error!("the librarian did not end well");
        }
        if remote.await.is_err() {
            tracing::error!("the links did not end well");
        }
    });
    EngineHandle { task }
}

/// Whether a command leaves something behind that must still be there after a restart.
fn is_kept(command: &BackendCommand) -> bool {
    match command {
        // The message is stored; its run ends as soon as it began.
        BackendCommand::Send(_)
        | BackendCommand::EditQueued { .. }
        | BackendCommand::RemoveQueued { .. }
        | BackendCommand::SelectBranch { .. }
        | BackendCommand::RenameChat { .. }
        | BackendCommand::PinChat { .. }
        | BackendCommand::DeleteChat { .. }
        | BackendCommand::RestoreChat { .. }
        | BackendCommand::SetChatModel { .. }
        | BackendCommand::SetChatOptions { .. }
        | BackendCommand::KeepAnswer { .. }
        | BackendCommand::SetCovered { .. }
        | BackendCommand::MarkRead { .. }
        | BackendCommand::StartChat(_)
        | BackendCommand::SetCast { .. }
        | BackendCommand::EndTest { .. }
        | BackendCommand::SaveBot(_)
        | BackendCommand::MarkBot { .. }
        | BackendCommand::ArchiveBot { .. }
        | BackendCommand::DeleteBot { .. }
        | BackendCommand::Remote(
            RemoteCommand::OpenChat { .. }
            | RemoteCommand::Save { .. }
            | RemoteCommand::Remove { .. },
        )
        | BackendCommand::RestoreBot(_)
        | BackendCommand::KeepEdit(_)
        | BackendCommand::SaveDraft { .. } => true,
        // Keys and lists of models are asked for in the background, which ends at once.
        BackendCommand::SaveProvider { .. }
        | BackendCommand::RemoveProvider { .. }
        | BackendCommand::RefreshModels { .. }
        | BackendCommand::Regenerate(_)
        | BackendCommand::SendQueuedNow { .. }
        | BackendCommand::Stop { .. }
        | BackendCommand::RetryNow { .. }
        | BackendCommand::ListChats { .. }
        | BackendCommand::LoadMessages { .. }
        | BackendCommand::LoadImage { .. }
        | BackendCommand::LoadUsage { .. }
        | BackendCommand::LoadBots
        | BackendCommand::LoadBotVersions { .. }
        | BackendCommand::ReadBots { .. }
        | BackendCommand::ExportBot { .. }
        | BackendCommand::Configure(_)
        | BackendCommand::Remote(
            RemoteCommand::Test { .. }
            | RemoteCommand::Pair { .. }
            | RemoteCommand::LinkNow { .. }
            | RemoteCommand::LoadChats { .. }
            | RemoteCommand::Approve { .. },
        )
        | BackendCommand::Shutdown => false,
    }
}

struct Dispatcher {
    agents: AgentManager,
    desk: mpsc::Sender<BackendCommand>,
    library: mpsc::Sender<BackendCommand>,
    remote: mpsc::Sender<BackendCommand>,
    queue: PriorityQueue<BackendCommand>,
    shared: Arc<Shared>,
}

impl Dispatcher {
    async fn run(mut self, mut commands: mpsc::Receiver<BackendCommand>) {
        loop {
            // All that has arrived is sorted before the next is taken.
            while let Ok(command) = commands.try_recv() {
                self.accept(command);
            }
            tokio::select! {
                biased;
                command = self.queue.pop() => {
                    if matches!(command, BackendCommand::Shutdown) {
                        break;
                    }
                    self.dispatch(command);
                }
                command = commands.recv() => match command {
                    Some(command) => self.accept(command),
                    None => break,
                },
            }
        }
        // The end overtakes what was asked before it: nothing of that may be lost.
        while let Some(command) = self.queue.try_pop() {
            if is_kept(&command) {
                self.dispatch(command);
            }
        }
        self.agents.shut_down().await;
    }

    fn accept(&mut self, command: BackendCommand) {
        let priority = command.priority();
        if let Err(command) = self.queue.push(priority, command) {
            self.refused(command);
        }
    }

    fn dispatch(&mut self, command: BackendCommand) {
        let Some(command) = self.for_links(command) else { return };
        match command {
            BackendCommand::Send(request) => {
                self.for_agent(request.chat, AgentCommand::Send(request));
            }
            BackendCommand::Regenerate(request) => {
                self.for_agent(request.chat, AgentCommand::Regenerate(request));
            }
            BackendCommand::EditQueued { chat, message, text } => {
                self.for_agent(chat, AgentCommand::EditQueued { message, text });
            }
            BackendCommand::RemoveQueued { chat, message } => {
                self.for_agent(chat, AgentCommand::RemoveQueued { message });
            }
            BackendCommand::SendQueuedNow { chat, message } => {
                self.for_agent(chat, AgentCommand::SendQueuedNow { message });
            }
            BackendCommand::StartChat(start) => {
                self.for_agent(start.chat, AgentCommand::Open(start));
            }
            BackendCommand::SelectBranch { chat, .. }
            | BackendCommand::KeepAnswer { chat, .. }
            | BackendCommand::SetCast { chat, .. }
            | BackendCommand::SetCovered { chat, .. } => {
                self.for_agent(chat, AgentCommand::ChangePath(Box::new(command)));
            }
            BackendCommand::EndTest { chat } => {
                self.for_agent(chat, AgentCommand::ChangePath(Box::new(command)));
                self.agents.let_go(chat);
            }
            BackendCommand::Stop { chat, mode } => self.agents.stop(chat, StopWish::from(mode)),
            BackendCommand::RetryNow { chat } => self.agents.retry_now(chat),
            BackendCommand::SaveProvider { config, key } => {
                self.shared.providers.clone().save(config, key);
            }
            BackendCommand::RemoveProvider { provider } => {
                self.shared.providers.clone().remove(provider);
            }
            BackendCommand::RefreshModels { provider } => {
                self.shared.providers.clone().refresh(provider);
            }
            BackendCommand::LoadImage { url } => self.shared.providers.clone().load_image(url),
            BackendCommand::Configure(settings) => {
                self.shared.providers.clone().edit(&settings.edits);
                *self.shared.settings.write() = *settings;
            }
            BackendCommand::ListChats { .. }
            | BackendCommand::LoadMessages { .. }
            | BackendCommand::RenameChat { .. }
            | BackendCommand::PinChat { .. }
            | BackendCommand::DeleteChat { .. }
            | BackendCommand::RestoreChat { .. }
            | BackendCommand::SetChatModel { .. }
            | BackendCommand::SetChatOptions { .. }
            | BackendCommand::LoadUsage { .. }
            | BackendCommand::MarkRead { .. }
            | BackendCommand::SaveDraft { .. } => {
                if let Err(error) = self.desk.try_send(command) {
                    self.refused(error.into_inner());
                }
            }
            BackendCommand::LoadBots
            | BackendCommand::SaveBot(_)
            | BackendCommand::MarkBot { .. }
            | BackendCommand::ArchiveBot { .. }
            | BackendCommand::DeleteBot { .. }
            | BackendCommand::RestoreBot(_)
            | BackendCommand::KeepEdit(_)
            | BackendCommand::LoadBotVersions { .. }
            | BackendCommand::ReadBots { .. }
            | BackendCommand::ExportBot { .. } => {
                if let Err(error) = self.library.try_send(command) {
                    self.refused(error.into_inner());
                }
            }
            // Taken above, or by `run`.
            BackendCommand::Remote(_) | BackendCommand::Shutdown => {}
        }
    }

    /// Hands over what is for the links; gives back all else.
    fn for_links(&self, command: BackendCommand) -> Option<BackendCommand> {
        if !self.shared.remote_chats.takes(&command) {
            return Some(command);
        }
        if let Err(error) = self.remote.try_send(command) {
            self.refused(error.into_inner());
        }
        None
    }

    fn for_agent(&mut self, chat: ChatId, command: AgentCommand) {
        match self.agents.send(chat, command) {
            Ok(()) => {}
            Err(AgentCommand::Send(request)) => {
                self.refused(BackendCommand::Send(request));
            }
            Err(AgentCommand::ChangePath(command)) => self.refused(*command),
            Err(command) => self.busy(format!("{command:?}")),
        }
    }

    /// Nothing is lost: a message that cannot be taken goes back to the composer.
    fn refused(&self, command: BackendCommand) {
        if let Some(query) = command.query() {
            self.tell_soon(BackendEvent::QueryFailed(query));
        }
        if let BackendCommand::Send(request) = command {
            let (chat, message) = (request.chat, request.message);
            let back = BackendEvent::NotSent { chat, message, draft: (*request).into() };
            self.tell_soon(back);
            self.busy("too many messages wait");
        } else {
            self.busy(format!("{:?} refused", command.priority()));
        }
    }

    fn busy(&self, detail: impl Into<String>) {
        let notice = Notice { code: NoticeCode::Busy, detail: detail.into() };
        self.tell_soon(BackendEvent::Notice(notice));
    }

    fn tell_soon(&self, event: BackendEvent) {
        let events = self.shared.events.clone();
        tokio::spawn(async move { events.send(event).await });
    }
}
