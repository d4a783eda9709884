//! Names of models that several providers have: there the provider is told, too.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::AppState;
use crate::protocol::{Cast, ChatSummary, ModelId, ProviderId};

impl AppState {
    /// Finds the names that several providers have: asked once when a list changes, for the window
    /// asks for them in every frame.
    pub(super) fn note_shared_names(&mut self) {
        let mut first: HashMap<&str, &ProviderId> = HashMap::new();
        let mut shared = HashSet::new();
        for provider in &self.providers {
            let id = &provider.config.id;
            for model in provider.models.iter().filter(|model| !model.hidden) {
                let name = model.name.as_str();
                if *first.entry(name).or_insert(id) != id && !shared.contains(name) {
                    shared.insert(name.to_owned());
                }
            }
        }
        self.shared_names = shared;
    }

    /// The name of a model's provider, where another provider has a model of the same name.
    pub fn told_apart_by<'a>(&'a self, id: &'a ModelId) -> Option<Cow<'a, str>> {
        if self.server_id_here().is_some() || !self.shared_names.contains(self.model_name(id)) {
            return None;
        }
        let known = self.provider(&id.provider);
        Some(known.map_or(Cow::Borrowed(id.provider.as_str()), |known| self.provider_label(known)))
    }

    /// The name of the bot that a chat began with. What its server lists counts: a chat that was
    /// begun before the list came knows the bot's id only.
    pub fn bot_name<'a>(&'a self, chat: &'a ChatSummary) -> Option<&'a str> {
        let bot = chat.bot.as_ref()?;
        let listed = chat.server.as_ref().and_then(|server| self.bots.of_server(server, &bot.id));
        Some(listed.map_or(bot.name.as_str(), |listed| listed.bot.name.as_str()))
    }

    /// The name of who takes part in the chat on screen, by the same rule.
    pub fn cast_name<'a>(&'a self, cast: &'a Cast) -> &'a str {
        let server = self.server_id_here();
        let listed = server.and_then(|server| self.bots.of_server(server, &cast.bot));
        listed.map_or(cast.name.as_str(), |listed| listed.bot.name.as_str())
    }

    /// A model's name for people; with its provider where another one has the same name.
    pub fn full_model_name<'a>(&'a self, id: &'a ModelId) -> Cow<'a, str> {
        let name = self.model_name(id);
        if self.decides(id).is_some() {
            return Cow::Owned(format!("{name} decides"));
        }
        match self.told_apart_by(id) {
            Some(provider) => Cow::Owned(format!("{name} ({provider})")),
            None => Cow::Borrowed(name),
        }
    }
}
