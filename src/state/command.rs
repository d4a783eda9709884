//! Everything the user can ask for, in one enum. Menus, palette and shortcut page derive from it.

mod bots;
mod draft;
mod editor;
mod servers;

pub use bots::BotCommand;
pub use draft::{DraftCommand, NotAttached, ParamsScope, ReadId};
pub use editor::EditorCommand;
pub use servers::ServerCommand;

use super::{Key, PickerPurpose, ProviderForm, SettingsTab, Shortcut, Theme};
use crate::protocol::{
    Budget, ChatId, Fallback, KeyChange, MessageId, ModelEdit, ModelId, Params, ProviderConfig,
    ProviderId, StopMode, UsageRange,
};

/// What a choice of model applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelScope {
    /// The next message only.
    NextMessage,
    /// The chat from now on.
    ThisChat,
    /// Chats that name no model.
    Default,
}

impl ModelScope {
    /// All, in the order shown.
    pub const ALL: [Self; 3] = [Self::NextMessage, Self::ThisChat, Self::Default];

    /// Its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::NextMessage => "Next message",
            Self::ThisChat => "This chat",
            Self::Default => "Default",
        }
    }
}

/// What the user asked for.
#[derive(Clone, Debug)]
pub enum UiCommand {
    /// Show the welcome screen with an empty composer.
    NewChat,
    /// Show a chat.
    OpenChat(ChatId),
    /// Show the chat below the open one.
    NextChat,
    /// Show the chat above the open one.
    PreviousChat,
    /// Put the cursor into the chat search.
    SearchChats,
    /// Put the cursor into the composer.
    FocusComposer,
    /// Show or hide the sidebar.
    ToggleSidebar,
    /// Open the command palette.
    OpenPalette,
    /// Open the model picker.
    OpenPicker,
    /// Open the settings at a page.
    OpenSettings(SettingsTab),
    /// Open the help, at a page where one is named.
    OpenHelp(Option<String>),
    /// Close what is on top, else stop the answer.
    Escape,
    /// Close what is on top.
    CloseOverlay,

    /// The composer's text changed.
    DraftChanged(String),
    /// Send the text.
    Send {
        /// What was typed.
        text: String,
    },
    /// Stop the answer of the open chat.
    Stop(StopMode),
    /// Skip the wait before the planned retry.
    RetryNow,
    /// Answer again; the old answer stays beside the new one.
    Regenerate {
        /// The answer to be made again; the newest one without.
        answer: Option<MessageId>,
        /// By this model instead of the one that gave it.
        model: Option<ModelId>,
    },
    /// Choose a model, then answer again with it.
    RegenerateWith {
        /// The answer to be made again.
        answer: MessageId,
    },
    /// Go on from where an answer broke off.
    Continue {
        /// The answer.
        answer: MessageId,
    },
    /// Send a changed version of a message; the old one stays beside it.
    EditMessage {
        /// The message of the user.
        message: MessageId,
        /// Its new text.
        text: String,
    },
    /// Show the neighbour among the alternatives of a message.
    SelectBranch {
        /// The message shown now.
        message: MessageId,
        /// -1 or 1.
        step: i32,
    },
    /// Go on from this answer, of several that stand side by side.
    KeepAnswer(MessageId),
    /// Answer again, with the oldest messages left out.
    MakeRoom {
        /// The answer to be made again.
        answer: MessageId,
    },
    /// Answer although the budget is used up.
    AnswerAnyway {
        /// The answer that was not given.
        answer: MessageId,
    },
    /// Let the model see again what a notice keeps from it, or not.
    SetCovered {
        /// The message with the notice.
        message: MessageId,
        /// Whether the notice counts.
        covered: bool,
    },
    /// Choose a model for what has to be done with an answer.
    Pick(PickerPurpose),
    /// Load what lies above the first loaded message.
    LoadOlder,
    /// Change the text of a waiting message.
    EditQueued {
        /// The message.
        message: MessageId,
        /// Its new text.
        text: String,
    },
    /// Take a waiting message out.
    RemoveQueued(MessageId),
    /// Stop the answer and send a waiting message.
    SendQueuedNow(MessageId),

    /// Copy text.
    CopyText(String),
    /// Copy the newest answer.
    CopyLastAnswer,
    /// Load a picture that a message names, and show it.
    LoadImage(String),
    /// Show the address of a link before it is opened.
    AskLink(String),
    /// Open a link in the browser.
    OpenLink(String),

    /// About the message to come.
    Draft(DraftCommand),
    /// About bots.
    Bots(BotCommand),
    /// About the bot in the editor.
    Editor(EditorCommand),
    /// About remote servers.
    Servers(ServerCommand),
    /// Choose a model.
    ChooseModel {
        /// The model.
        model: ModelId,
        /// For what.
        scope: ModelScope,
    },
    /// Make a model a favourite, or no longer.
    ToggleFavourite(ModelId),
    /// Choose the model for chats that name none.
    SetDefaultModel(ModelId),

    /// Change a chat's title.
    RenameChat {
        /// The chat.
        chat: ChatId,
        /// The new title.
        title: String,
    },
    /// Keep a chat at the top, or no longer.
    PinChat {
        /// The chat.
        chat: ChatId,
        /// Whether.
        pinned: bool,
    },
    /// Delete a chat; a toast offers to undo it.
    DeleteChat(ChatId),
    /// Bring a deleted chat back.
    RestoreChat(ChatId),

    /// Show a form of the providers page, or close it.
    EditProvider(ProviderForm),
    /// Add or change a provider.
    SaveProvider {
        /// Its configuration.
        config: ProviderConfig,
        /// What happens to its key.
        key: KeyChange,
    },
    /// Remove a provider and its key.
    RemoveProvider(ProviderId),
    /// Ask a provider for its models; all without one.
    RefreshModels(Option<ProviderId>),

    /// Choose dark, light or the system's choice.
    SetTheme(Theme),
    /// Set the text size, in percent.
    SetTextSize(u16),
    /// Larger text.
    TextLarger,
    /// Smaller text.
    TextSmaller,
    /// Text at 100 %.
    TextReset,
    /// Set the most model calls a run may make.
    SetMaxTurns(u32),
    /// Set who answers when a model cannot, in chats that name no chain of their own.
    SetFallback(Fallback),
    /// Set the parameters of chats that set none.
    SetDefaultParams(Params),
    /// Set what the user knows better about a model; nothing takes all of it back.
    EditModel {
        /// The model.
        model: ModelId,
        /// What is better known.
        edit: ModelEdit,
    },
    /// Load the figures of the usage page for a stretch of days.
    LoadUsage(UsageRange),
    /// Show where it is set what may be spent.
    ChangeBudget,
    /// Set what may be spent.
    SetBudget(Budget),
    /// Choose the model that names chats; without one they are named by their first words.
    SetTitleModel(Option<ModelId>),

    /// Close a toast.
    DismissToast(u64),
    /// Show the folder with the data in the system's file manager.
    OpenDataFolder,
    /// Show the folder with `config.toml` and `personas.yaml` in the system's file manager.
    OpenConfigFolder,
    /// Close the window.
    Quit,
}

impl UiCommand {
    /// The commands that make sense from the palette: those that need nothing else to be said.
    pub fn palette() -> Vec<Self> {
        let mut commands = vec![
            Self::NewChat,
            Self::OpenPicker,
            Self::SearchChats,
            Self::Regenerate { answer: None, model: None },
            Self::CopyLastAnswer,
            Self::Stop(StopMode::Graceful),
            Self::NextChat,
            Self::PreviousChat,
            Self::FocusComposer,
            Self::ToggleSidebar,
            Self::OpenSettings(SettingsTab::Providers),
            Self::OpenSettings(SettingsTab::Models),
            Self::OpenSettings(SettingsTab::Usage),
            Self::OpenSettings(SettingsTab::Servers),
            Self::OpenSettings(SettingsTab::Appearance),
            Self::OpenSettings(SettingsTab::Shortcuts),
            Self::OpenSettings(SettingsTab::Data),
            Self::OpenSettings(SettingsTab::About),
            Self::SetTheme(Theme::Dark),
            Self::SetTheme(Theme::Light),
            Self::SetTheme(Theme::System),
            Self::TextLarger,
            Self::TextSmaller,
            Self::TextReset,
            Self::RefreshModels(None),
            Self::OpenDataFolder,
            Self::OpenConfigFolder,
            Self::OpenHelp(None),
            Self::OpenPalette,
            Self::Escape,
            Self::Quit,
        ];
        // Behind the picker, which they belong to.
        commands.splice(2..2, DraftCommand::palette().into_iter().map(Self::Draft));
        commands.extend(ServerCommand::palette().into_iter().map(Self::Servers));
        commands.splice(10..10, BotCommand::palette().into_iter().map(Self::Bots));
        commands
    }

    /// What it is called in menus and in the palette.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NewChat => "New chat",
            Self::OpenChat(_) => "Open chat",
            Self::NextChat => "Next chat",
            Self::PreviousChat => "Previous chat",
            Self::SearchChats => "Search chats",
            Self::FocusComposer => "Write a message",
            Self::ToggleSidebar => "Show or hide the sidebar",
            Self::OpenPalette => "Command palette",
            Self::OpenPicker | Self::Pick(PickerPurpose::Message) => "Choose a model…",
            Self::OpenSettings(tab) => tab.command_label(),
            Self::OpenHelp(_) => "Help",
            Self::Escape => "Close, or stop the answer",
            Self::CloseOverlay => "Close",
            Self::DraftChanged(_) => "Type",
            Self::Send { .. } => "Send",
            Self::Stop(StopMode::Graceful) => "Stop the answer",
            Self::Stop(StopMode::Now) => "Stop the answer now",
            Self::RetryNow => "Retry now",
            Self::Regenerate { .. } => "Regenerate the answer",
            Self::RegenerateWith { .. } => "Use another model",
            Self::Continue { .. } => "Continue",
            Self::EditMessage { .. } => "Edit message",
            Self::SelectBranch { .. } => "Show another version",
            Self::KeepAnswer(_) => "Keep this one",
            Self::MakeRoom { .. } => "Leave out the oldest",
            Self::AnswerAnyway { .. } => "Answer anyway",
            Self::SetCovered { covered: true, .. } => "Leave out again",
            Self::SetCovered { covered: false, .. } => "Undo",
            Self::Pick(PickerPurpose::Answer(_)) => "Use another model",
            Self::Pick(PickerPurpose::MoreRoom(_)) => "Use a model with more room…",
            Self::Pick(PickerPurpose::Summary(_)) => "Summarise the start…",
            Self::Pick(PickerPurpose::Compare) => DraftCommand::OpenCompare.label(),
            Self::LoadOlder => "Load older messages",
            Self::EditQueued { .. } => "Edit waiting message",
            Self::RemoveQueued(_) => "Remove waiting message",
            Self::SendQueuedNow(_) => "Send now",
            Self::CopyText(_) => "Copy",
            Self::CopyLastAnswer => "Copy the last answer",
            Self::LoadImage(_) => "Load picture",
            Self::AskLink(_) => "Open link…",
            Self::OpenLink(_) => "Open in browser",
            Self::Draft(command) => command.label(),
            Self::Bots(command) => command.label(),
            Self::Editor(command) => command.label(),
            Self::Servers(command) => command.label(),
            Self::ChooseModel { .. } => "Choose model",
            Self::ToggleFavourite(_) => "Favourite",
            Self::SetDefaultModel(_) => "Make default",
            Self::RenameChat { .. } => "Rename",
            Self::PinChat { pinned: true, .. } => "Pin",
            Self::PinChat { pinned: false, .. } => "Unpin",
            Self::DeleteChat(_) => "Delete",
            Self::RestoreChat(_) => "Undo",
            Self::EditProvider(ProviderForm::Provider(_)) => "Edit provider…",
            Self::EditProvider(ProviderForm::Choose | ProviderForm::OtherServer) => "Add provider…",
            Self::EditProvider(ProviderForm::Closed) => "Cancel",
            Self::SaveProvider { .. } => "Save & test",
            Self::RemoveProvider(_) => "Remove provider",
            Self::RefreshModels(_) => "Refresh model lists",
            Self::SetTheme(Theme::Dark) => "Theme: dark",
            Self::SetTheme(Theme::Light) => "Theme: light",
            Self::SetTheme(Theme::System) => "Theme: as the system",
            Self::SetTextSize(_) => "Text size",
            Self::TextLarger => "Larger text",
            Self::TextSmaller => "Smaller text",
            Self::TextReset => "Text at 100 %",
            Self::SetMaxTurns(_) => "Turn limit",
            Self::SetFallback(_) => "Set the fallback",
            Self::SetDefaultParams(_) => "Set the parameters",
            Self::EditModel { .. } => "Edit the model",
            Self::LoadUsage(_) => "Show usage",
            Self::ChangeBudget => "Change the budget",
            Self::SetBudget(_) => "Set the budget",
            Self::SetTitleModel(_) => "Titles of chats",
            Self::DismissToast(_) => "Dismiss",
            Self::OpenDataFolder => "Open the data folder",
            Self::OpenConfigFolder => "Open the configuration folder",
            Self::Quit => "Quit",
        }
    }

    /// The shortcut, where there is one.
    pub fn shortcut(&self) -> Option<Shortcut> {
        let shortcut = match self {
            Self::NewChat => Shortcut::command(Key::Char('N')),
            Self::NextChat => Shortcut::command(Key::Tab),
            Self::PreviousChat => Shortcut::command_shift(Key::Tab),
            Self::SearchChats => Shortcut::command(Key::Char('F')),
            Self::FocusComposer => Shortcut::command(Key::Char('L')),
            Self::ToggleSidebar => Shortcut::command(Key::Char('B')),
            Self::OpenPalette => Shortcut::command(Key::Char('K')),
            Self::OpenPicker => Shortcut::command(Key::Char('M')),
            Self::OpenSettings(SettingsTab::Providers) => Shortcut::command(Key::Char(',')),
            Self::OpenHelp(_) => Shortcut::plain(Key::F1),
            Self::Escape => Shortcut::plain(Key::Escape),
            Self::Regenerate { answer: None, .. } => Shortcut::command(Key::Char('R')),
            Self::CopyLastAnswer => Shortcut::command_shift(Key::Char('C')),
            Self::TextLarger => Shortcut::command(Key::Char('+')),
            Self::TextSmaller => Shortcut::command(Key::Char('-')),
            Self::TextReset => Shortcut::command(Key::Char('0')),
            Self::Quit => Shortcut::command(Key::Char('Q')),
            Self::Draft(command) => return command.shortcut(),
            Self::Bots(command) => return command.shortcut(),
            Self::Servers(command) => return command.shortcut(),
            Self::OpenChat(_)
            | Self::Editor(_)
            | Self::OpenSettings(_)
            | Self::CloseOverlay
            | Self::DraftChanged(_)
            | Self::Send { .. }
            | Self::Stop(_)
            | Self::RetryNow
            | Self::Regenerate { .. }
            | Self::RegenerateWith { .. }
            | Self::Continue { .. }
            | Self::EditMessage { .. }
            | Self::SelectBranch { .. }
            | Self::KeepAnswer(_)
            | Self::MakeRoom { .. }
            | Self::AnswerAnyway { .. }
            | Self::SetCovered { .. }
            | Self::Pick(_)
            | Self::LoadOlder
            | Self::EditQueued { .. }
            | Self::RemoveQueued(_)
            | Self::SendQueuedNow(_)
            | Self::CopyText(_)
            | Self::LoadImage(_)
            | Self::AskLink(_)
            | Self::OpenLink(_)
            | Self::ChooseModel { .. }
            | Self::ToggleFavourite(_)
            | Self::SetDefaultModel(_)
            | Self::RenameChat { .. }
            | Self::PinChat { .. }
            | Self::DeleteChat(_)
            | Self::RestoreChat(_)
            | Self::EditProvider(_)
            | Self::SaveProvider { .. }
            | Self::RemoveProvider(_)
            | Self::RefreshModels(_)
            | Self::SetTheme(_)
            | Self::SetTextSize(_)
            | Self::SetMaxTurns(_)
            | Self::SetFallback(_)
            | Self::SetDefaultParams(_)
            | Self::EditModel { .. }
            | Self::LoadUsage(_)
            | Self::ChangeBudget
            | Self::SetBudget(_)
            | Self::SetTitleModel(_)
            | Self::DismissToast(_)
            | Self::OpenDataFolder
            | Self::OpenConfigFolder => return None,
        };
        Some(shortcut)
    }

    /// One line more than the label, for hovering.
    pub fn tooltip(&self) -> String {
        let label = self.label();
        match self.shortcut() {
            Some(shortcut) => format!("{label} ({shortcut})"),
            None => label.to_owned(),
        }
    }
}
