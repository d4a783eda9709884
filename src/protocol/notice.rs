//! What concerns no single message: shown once, as a toast.

/// A happening that the user should know of. Words and buttons for each stand in `state::words`.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What happened.
    pub code: NoticeCode,
    /// Raw detail, one click away. Never holds a secret.
    pub detail: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeCode {
    /// The database could not be opened; nothing is saved in this session.
    StoreUnavailable,
    /// The database is damaged; it is left untouched.
    StoreDamaged,
    /// The database was made by a newer version; it is left untouched.
    StoreNewer,
    /// A write failed: the disk is full or read-only.
    WriteFailed,
    /// Answers of an earlier session had been cut off; their text is kept.
    RunsInterrupted {
        /// How many.
        count: usize,
    },
    /// A key of `config.toml` is not known.
    ConfigUnknownKey,
    /// A value of `config.toml` cannot be read; its default is used, and it is left untouched.
    ConfigValue,
    /// `config.toml` could not be read; defaults are used, the file is left untouched.
    ConfigUnreadable,
    /// `config.toml` could not be written.
    ConfigNotSaved,
    /// A key could not be kept.
    KeyNotSaved,
    /// The engine is busy; a command could not be handed over.
    Busy,
    /// A chat could not be found.
    ChatMissing,
    /// A message was to go to more models at once than can be compared.
    TooManyModels,
    /// Four fifths of a budget are spent.
    BudgetNear,
    /// A budget is used up.
    BudgetUsedUp,
    /// `config.toml` names two providers alike; the first one counts.
    ConfigDuplicateProvider,
    /// `personas.yaml` cannot be read; what it held before stays.
    PersonasUnreadable,
    /// A bot could not be written to its file.
    BotNotExported,
    /// A server did not take what it was asked.
    ServerRefused,
    /// A server has another history than before.
    ServerRestored,
    /// A server's token is sent where others on the way can read it.
    TokenInTheClear,
    /// What the editor of bots held when the app ended cannot be read.
    EditUnreadable,
}

impl NoticeCode {
    /// Whether the database is out of use, so that nothing of this session is saved.
    pub fn means_unsaved(&self) -> bool {
        match self {
            Self::StoreUnavailable | Self::StoreDamaged | Self::StoreNewer => true,
            Self::WriteFailed
            | Self::RunsInterrupted { .. }
            | Self::ConfigUnknownKey
            | Self::ConfigValue
            | Self::ConfigUnreadable
            | Self::ConfigNotSaved
            | Self::KeyNotSaved
            | Self::Busy
            | Self::ChatMissing
            | Self::TooManyModels
            | Self::BudgetNear
            | Self::BudgetUsedUp
            | Self::PersonasUnreadable
            | Self::BotNotExported
            | Self::ServerRefused
            | Self::ServerRestored
            | Self::TokenInTheClear
            | Self::EditUnreadable
            | Self::ConfigDuplicateProvider => false,
        }
    }
}
