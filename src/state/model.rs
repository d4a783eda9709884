//! The state of the window. Views read it, only the reducers change it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use super::editor::EditKept;
use super::places::ModelPlaces;
use super::{
    Begun, Bots, Conversation, Editor, Gallery, Import, ReadId, Servers, Settings, Starting,
    UiCommand,
};
use crate::protocol::{
    BackendCommand, Bot, BotFormat, BotId, BotVersion, ChatId, ChatOptions, ChatSummary, Draft,
    HelpPage, IdSource, KeptIn, KnownProvider, MessageId, ModelId, ModelInfo, ProviderConfig,
    ProviderError, ProviderId, ProviderState, QueryId, Spent, Timestamp, UsageRange, UsageReport,
};

/// Everything the window shows.
#[derive(Clone, Debug)]
pub struct AppState {
    /// What `config.toml` holds.
    pub settings: Settings,
    /// All chats, newest first; `None` until the store has answered.
    pub chats: Option<Vec<ChatSummary>>,
    /// The chats opened in this session.
    pub conversations: HashMap<ChatId, Conversation>,
    /// What fills the space beside the sidebar.
    pub page: Page,
    /// The database cannot be used: nothing of this session is saved.
    pub unsaved: bool,
    /// Where settings and help lead back to.
    pub back: Page,
    /// What lies on top of it.
    pub overlay: Overlay,
    /// Chats with a run in progress.
    pub running: HashSet<ChatId>,
    /// Where answers come from, in the order of the settings; Guide last.
    pub providers: Vec<ProviderState>,
    /// Names of models that several of them have.
    pub(super) shared_names: HashSet<String>,
    /// Where their models stand.
    pub(super) places: ModelPlaces,
    /// Models used lately, newest first.
    pub recents: VecDeque<ModelId>,
    /// Text typed on the welcome screen.
    pub new_draft: Draft,
    /// When it was last changed and not yet handed to the store.
    pub new_draft_dirty: Option<Timestamp>,
    /// The model chosen on the welcome screen for the chat to come.
    pub new_chat_model: Option<ModelId>,
    /// How the messages of the chat to come are answered.
    pub new_options: ChatOptions,
    /// Chats whose options changed and were not yet handed to the store, and since when.
    pub(super) options_dirty: HashMap<ChatId, Timestamp>,
    /// What is being read for messages, and for which: that of a chat, or of the chat to come.
    pub(super) reading: Vec<(ReadId, Option<ChatId>)>,
    /// Messages that are sent as soon as what is read for them is in.
    pub(super) held: HashSet<Option<ChatId>>,
    /// Pictures that the user asked to see, by address.
    pub images: HashMap<String, ImageState>,
    /// All bots.
    pub bots: Bots,
    /// What the gallery shows.
    pub gallery: Gallery,
    /// What the dialog shows that asks for a bot's variables.
    pub starting: Starting,
    /// Remote servers.
    pub servers: Servers,
    /// Chats that were begun with a bot and not used yet.
    pub(super) begun: Vec<Begun>,
    /// The newer versions of bots that the user does not want in a chat.
    pub(super) declined: HashMap<ChatId, BotVersion>,
    /// The bot that is being changed.
    pub editor: Option<Editor>,
    /// What of it is on the disk.
    pub(super) edit_kept: EditKept,
    /// What was not saved of a bot that was deleted, for an undo.
    pub(super) put_away: Option<Box<Editor>>,
    /// Bots that are to be imported.
    pub import: Option<Import>,
    /// The bot that the gallery shows as soon as the library tells of it.
    pub(super) awaited_bot: Option<BotId>,
    /// The chat in which it is tried.
    pub test: Option<ChatSummary>,
    /// What is told once, newest last.
    pub toasts: Vec<Toast>,
    /// Which form the providers page of the settings shows.
    pub provider_form: ProviderForm,
    /// Where the keyboard shall go, and a counter that grows with each request.
    pub focus: (FocusTarget, u64),
    /// Well-known providers, offered where they are not configured.
    pub known: &'static [KnownProvider],
    /// The bundled help.
    pub help: &'static [HelpPage],
    /// Where the files are, for the data page.
    pub data_dir: Arc<PathBuf>,
    /// Where `config.toml` and `personas.yaml` are.
    pub config_dir: Arc<PathBuf>,
    /// Where new keys go, once it is known.
    pub keys_kept: Option<KeptIn>,
    /// What was spent today and this month.
    pub spent: Spent,
    /// The figures of the usage page; `None` until the store has answered.
    pub usage: Option<UsageReport>,
    /// The stretch of days of that page.
    pub usage_range: UsageRange,
    /// The report that was asked for last.
    pub(super) usage_query: QueryId,
    /// The list of chats that was asked for last.
    pub(super) chats_query: QueryId,
    /// The last query, and the last toast.
    pub(super) counter: u64,
}

/// What fills the space beside the sidebar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The welcome screen.
    Welcome,
    /// A chat.
    Chat(ChatId),
    /// Settings.
    Settings(SettingsTab),
    /// A page of the help, by its id.
    Help(String),
    /// The gallery of bots.
    Gallery,
    /// The editor of bots.
    Editor,
}

/// What lies on top of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    Nothing,
    /// The command palette.
    Palette,
    /// The model picker.
    Picker(PickerPurpose),
    /// Parameters of the message and the chat.
    Params,
    /// The address of a link, before it is opened.
    Link(String),
    /// What a bot wants to know before a chat begins with it.
    StartBot(BotId),
    /// Bots that were read, before they are kept.
    Import,
    /// How a bot differs from the one that the user made of it.
    CompareBots(BotId),
    /// The versions of the bot in the editor.
    BotVersions,
    /// Whether to discard what was changed in the editor.
    DiscardBot,
    /// Whether to delete a bot of which something in the editor is not saved.
    DeleteEdited(BotId),
}

/// What a model is picked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PickerPurpose {
    /// The messages to come: the picker asks for which of them.
    Message,
    /// The models that answer the next message side by side.
    Compare,
    /// Another answer to the question of this one.
    Answer(MessageId),
    /// The same, because the chat did not fit the model that gave it: one with more room.
    MoreRoom(MessageId),
    /// A summary of the start of the chat, which this answer's model then goes on from.
    Summary(MessageId),
}

impl PickerPurpose {
    /// The answer that is made again.
    pub fn answer(self) -> Option<MessageId> {
        match self {
            Self::Message | Self::Compare => None,
            Self::Answer(answer) | Self::MoreRoom(answer) | Self::Summary(answer) => Some(answer),
        }
    }
}

/// A picture that the user asked to see.
#[derive(Clone, Debug, PartialEq)]
pub enum ImageState {
    /// On its way.
    Loading,
    /// Here, still encoded.
    Loaded(Arc<[u8]>),
    /// Not to be had, and why.
    Failed(String),
}

impl From<Result<Arc<[u8]>, ProviderError>> for ImageState {
    fn from(result: Result<Arc<[u8]>, ProviderError>) -> Self {
        match result {
            Ok(bytes) => Self::Loaded(bytes),
            Err(error) => Self::Failed(error.message),
        }
    }
}

/// Pages of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingsTab {
    /// Where answers come from.
    Providers,
    /// The default model and favourites.
    Models,
    /// Remote servers.
    Servers,
    /// What was used and spent, and what may be.
    Usage,
    /// Theme and text size.
    Appearance,
    /// All shortcuts.
    Shortcuts,
    /// Where the files are.
    Data,
    /// Version and licences.
    About,
}

impl SettingsTab {
    /// All, in the order shown.
    pub const ALL: [Self; 8] = [
        Self::Providers,
        Self::Models,
        Self::Servers,
        Self::Usage,
        Self::Appearance,
        Self::Shortcuts,
        Self::Data,
        Self::About,
    ];

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Providers => "Providers",
            Self::Models => "Models",
            Self::Servers => "Servers",
            Self::Usage => "Usage",
            Self::Appearance => "Appearance",
            Self::Shortcuts => "Shortcuts",
            Self::Data => "Data",
            Self::About => "About",
        }
    }

    pub(super) fn command_label(self) -> &'static str {
        match self {
            Self::Providers => "Settings",
            Self::Models => "Settings: models",
            Self::Servers => "Settings: servers",
            Self::Usage => "Usage and budget",
            Self::Appearance => "Settings: appearance",
            Self::Shortcuts => "Settings: shortcuts",
            Self::Data => "Settings: data",
            Self::About => "About Switchboard",
        }
    }
}

/// Which form the providers page of the settings shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProviderForm {
    /// None.
    #[default]
    Closed,
    /// The choice between well-known providers and another server.
    Choose,
    /// A server that is not well-known.
    OtherServer,
    /// A provider: configured, found by itself, or well-known.
    Provider(ProviderId),
}

/// Where the keyboard shall go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FocusTarget {
    /// The composer.
    Composer,
    /// The chat search.
    ChatSearch,
    /// The settings, at the page that is shown.
    Settings,
    /// What may be spent, in the settings.
    Budget,
    /// The form of the editor, where it was.
    Form,
    /// The first field of that form.
    FormTop,
    /// The first field of that form with which something is wrong.
    FormProblem,
}

/// Something told once, at the lower right. Blocks nothing.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Its identity.
    pub id: u64,
    /// How serious.
    pub level: ToastLevel,
    /// What happened.
    pub title: String,
    /// What was kept, what to do.
    pub body: String,
    /// Buttons.
    pub actions: Vec<ToastAction>,
    /// Raw detail, shown after a click; empty where there is none.
    pub detail: String,
    /// When it goes by itself; errors stay until dismissed.
    pub until: Option<Timestamp>,
}

/// A button of a toast.
#[derive(Clone, Debug)]
pub struct ToastAction {
    /// Its text.
    pub label: &'static str,
    /// What it does.
    pub command: UiCommand,
}

/// How serious a toast is: the colour of its edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastLevel {
    /// Good to know.
    Info,
    /// Something is not as asked.
    Warning,
    /// Something failed.
    Error,
}

/// What a reducer wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Hand a command to the backend.
    Backend(BackendCommand),
    /// Write `config.toml`.
    SaveSettings,
    /// Put text on the clipboard.
    Copy(String),
    /// Open an address in the browser.
    OpenUrl(String),
    /// Show a folder in the system's file manager.
    OpenFolder(PathBuf),
    /// Let the user choose files, and read them for the message of a chat.
    PickFiles(Option<ChatId>),
    /// Read files for a message.
    ReadFiles(ReadId, Vec<PathBuf>),
    /// Let the user choose files to import bots from.
    PickBots,
    /// Let the user choose a file for a bot, and write it.
    ExportBot(Box<Bot>, BotFormat),
    /// Close the window.
    Quit,
}

/// Time and ids, passed in.
#[derive(Clone, Copy, Debug)]
pub struct HandleContext {
    /// The time.
    pub now: Timestamp,
    /// Where ids come from.
    pub ids: IdSource,
}

impl AppState {
    /// The state before anything is loaded.
    pub fn new(settings: Settings, help: &'static [HelpPage], data_dir: PathBuf) -> Self {
        Self {
            settings,
            chats: None,
            conversations: HashMap::new(),
            page: Page::Welcome,
            unsaved: false,
            back: Page::Welcome,
            overlay: Overlay::Nothing,
            running: HashSet::new(),
            providers: Vec::new(),
            shared_names: HashSet::new(),
            places: ModelPlaces::default(),
            recents: VecDeque::new(),
            new_draft: Draft::default(),
            new_draft_dirty: None,
            new_chat_model: None,
            new_options: ChatOptions::default(),
            options_dirty: HashMap::new(),
            reading: Vec::new(),
            held: HashSet::new(),
            images: HashMap::new(),
            bots: Bots::default(),
            gallery: Gallery::default(),
            starting: Starting::default(),
            servers: Servers::default(),
            begun: Vec::new(),
            declined: HashMap::new(),
            editor: None,
            edit_kept: EditKept::default(),
            put_away: None,
            import: None,
            awaited_bot: None,
            test: None,
            toasts: Vec::new(),
            provider_form: ProviderForm::Closed,
            focus: (FocusTarget::Composer, 1),
            known: &[],
            help,
            config_dir: Arc::new(data_dir.clone()),
            data_dir: Arc::new(data_dir),
            keys_kept: None,
            spent: Spent::default(),
            usage: None,
            usage_range: UsageRange::Month,
            usage_query: QueryId::default(),
            chats_query: QueryId::default(),
            counter: 0,
        }
    }

    /// The chat on screen.
    pub fn open_chat(&self) -> Option<ChatId> {
        match self.page {
            Page::Chat(chat) => Some(chat),
            Page::Editor => self.editor.as_ref()?.test,
            Page::Welcome | Page::Gallery | Page::Settings(_) | Page::Help(_) => None,
        }
    }

    /// The conversation on screen.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.open_chat().and_then(|chat| self.conversations.get(&chat))
    }

    /// A chat's line in the sidebar.
    pub fn summary(&self, chat: ChatId) -> Option<&ChatSummary> {
        let is_it = |summary: &&ChatSummary| summary.id == chat;
        self.test.iter().find(is_it).or_else(|| self.chats.as_ref()?.iter().find(is_it))
    }

    /// What is typed in the composer on screen.
    pub fn draft(&self) -> &Draft {
        self.conversation().map_or(&self.new_draft, |conversation| &conversation.draft)
    }

    /// A provider.
    pub fn provider(&self, id: &ProviderId) -> Option<&ProviderState> {
        self.providers.iter().find(|provider| provider.config.id == *id)
    }

    /// A provider's name for people; with its id where another has the same name.
    pub fn provider_label<'a>(&self, provider: &'a ProviderState) -> Cow<'a, str> {
        let ProviderConfig { id, name, .. } = &provider.config;
        let same = |other: &&ProviderState| other.config.name.eq_ignore_ascii_case(name);
        if self.providers.iter().filter(same).count() > 1 {
            Cow::Owned(format!("{name} ({id})"))
        } else {
            Cow::Borrowed(name)
        }
    }

    /// What is known of a model; `None` where its provider no longer lists it.
    pub fn model(&self, id: &ModelId) -> Option<&ModelInfo> {
        let here = || self.places.find(self.provider(&id.provider)?, id);
        self.model_here(id).or_else(here)
    }

    /// A model's name for people.
    pub fn model_name<'a>(&'a self, id: &'a ModelId) -> &'a str {
        if let Some(server) = self.decides(id) {
            return self.server_name(server);
        }
        self.model(id).map_or(id.model.as_str(), |model| model.name.as_str())
    }

    pub(super) fn next_query(&mut self) -> QueryId {
        self.counter += 1;
        QueryId(self.counter)
    }

    pub(super) fn request_focus(&mut self, target: FocusTarget) {
        self.focus = (target, self.focus.1 + 1);
    }
}
