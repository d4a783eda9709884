//! What the window decides about a chat, decided for a client of the gateway.

use crate::agent::host::Chooser;
use crate::protocol::{
    BotEntry, ChatOptions, IdSource, ModelId, ModelInfo, Params, ProviderState, ProviderStatus,
    StartChat, Timestamp,
};
use crate::state::opening::{self, KnownModels, Values};
use crate::state::{HandleContext, Settings, effective_options};

/// Decides by the gateway's settings, with the functions that the window decides with.
#[derive(Debug)]
pub struct BySettings {
    settings: Settings,
}

impl BySettings {
    /// By these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Chooser for BySettings {
    fn usual(&self) -> ModelId {
        let usual = self.settings.default_model.clone();
        usual.unwrap_or_else(|| ModelId::new("guide", "guide"))
    }

    fn start_chat(
        &self,
        (entry, answers): (&BotEntry, &Values),
        providers: &[ProviderState],
        now: Timestamp,
    ) -> Result<StartChat, String> {
        let is_asked = |name: &str| entry.bot.variables.iter().any(|asked| asked.name == name);
        if let Some(name) = answers.keys().find(|name| !is_asked(name)) {
            return Err(format!("{} asks for no {name:?}", entry.bot.id));
        }
        if let Some((name, problem)) = opening::problems(&entry.bot, answers).into_iter().next() {
            return Err(format!("{name}: {problem}"));
        }
        let known = Known { usual: self.usual(), settings: &self.settings, providers };
        let context = HandleContext { now, ids: IdSource };
        Ok(opening::start_chat(entry, answers, &known, context))
    }

    fn options(&self, chat: &ChatOptions, message: &Params, model: &ModelInfo) -> ChatOptions {
        let takes = std::iter::once((model.takes.clone(), model.output));
        effective_options(&self.settings, chat, message, takes)
    }
}

/// What the engine has told of models.
struct Known<'a> {
    usual: ModelId,
    settings: &'a Settings,
    providers: &'a [ProviderState],
}

impl Known<'_> {
    fn ready(&self) -> impl Iterator<Item = &ProviderState> {
        self.providers.iter().filter(|provider| match provider.status {
            ProviderStatus::Unknown | ProviderStatus::Checking | ProviderStatus::Ready => true,
            ProviderStatus::NeedsKey | ProviderStatus::Failed(_) => false,
        })
    }
}

impl KnownModels for Known<'_> {
    fn usual(&self) -> ModelId {
        self.usual.clone()
    }

    fn info(&self, id: &ModelId) -> Option<&ModelInfo> {
        self.providers.iter().flat_map(|provider| &provider.models).find(|info| info.id == *id)
    }

    fn can_be_had(&self, id: &ModelId) -> bool {
        self.ready().flat_map(|provider| &provider.models).any(|info| info.id == *id)
    }

    fn liked(&self) -> Vec<ModelId> {
        self.settings.favourites.clone()
    }

    fn all(&self) -> Box<dyn Iterator<Item = &ModelInfo> + '_> {
        Box::new(self.ready().flat_map(|provider| &provider.models))
    }
}
