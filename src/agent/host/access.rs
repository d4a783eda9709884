//! What a visitor may do.

use super::Hub;
use super::refusal::Refusal;
use super::session::Session;
use crate::net::gateway::host::{SessionKey, Visitor};
use crate::protocol::{
    Access, Cast, ChatId, ChatOptions, Fallback, ModelId, ModelInfo, ProviderStatus, StartChat,
};
use crate::store::HeldChat;

/// The id that stands for a token where somebody came in without one.
pub(super) const ANONYMOUS: &str = "anonymous";

/// What guests may do, by the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRules {
    /// The models that guests may use.
    pub guest_models: Vec<ModelId>,
    /// The one model of those who come in without a token; none may without.
    pub anonymous: Option<ModelId>,
    /// How often clients are told that a sign of life comes, in milliseconds.
    pub heartbeat_ms: u64,
    /// How long ago a provider must have failed to be asked again for its models because a client
    /// wants them, in milliseconds.
    pub ask_again_ms: u64,
}

impl HostRules {
    /// The models that a visitor is held to; none where it may use all.
    fn held_to(&self, visitor: &Visitor) -> Option<&[ModelId]> {
        match visitor.access {
            Access::Owner => None,
            Access::Guest if visitor.token == ANONYMOUS => Some(self.anonymous.as_slice()),
            Access::Guest => Some(&self.guest_models),
        }
    }

    /// Whether a visitor may use a model.
    pub(super) fn allows(&self, visitor: &Visitor, model: &ModelId) -> bool {
        self.held_to(visitor).is_none_or(|models| models.contains(model))
    }

    /// The model that answers where `wanted` was not asked for by name.
    pub(super) fn nearest(&self, visitor: &Visitor, wanted: ModelId) -> Result<ModelId, Refusal> {
        match self.held_to(visitor) {
            None => Ok(wanted),
            Some(models) if models.contains(&wanted) => Ok(wanted),
            Some(models) => {
                let first = models.first().cloned();
                first.ok_or_else(|| Refusal::forbidden("Guests may use no model here"))
            }
        }
    }

    /// Holds who answers in the place of a model to what the visitor may use.
    pub(super) fn hold_options(&self, visitor: &Visitor, options: &mut ChatOptions) {
        if self.held_to(visitor).is_none() {
            return;
        }
        // Without a chain of its own, that of the gateway would count.
        let mut fallback = options.fallback.take().unwrap_or_default();
        fallback.models.retain(|model| self.allows(visitor, model));
        options.fallback = Some(Fallback { allow_dearer: false, ..fallback });
    }

    /// Holds a chat with a bot to what the visitor may use: no other models, and no tools.
    pub(super) fn hold_start(&self, visitor: &Visitor, start: &mut StartChat) {
        if self.held_to(visitor).is_none() {
            return;
        }
        let allowed = |model: &ModelId| self.allows(visitor, model);
        start.bot.model = start.bot.model.take().filter(allowed);
        let Cast { tools, room, .. } = &mut start.cast;
        tools.clear();
        for member in room.iter_mut().flat_map(|room| &mut room.members) {
            member.model = member.model.take().filter(allowed);
        }
        self.hold_options(visitor, &mut start.options);
    }
}

/// Whose chats a visitor makes; none: the owner's. Who comes in without a token has them to itself
/// by its client id, which nobody else knows.
pub(super) fn holder(visitor: &Visitor, client: &str) -> String {
    if visitor.token == ANONYMOUS {
        return format!("{ANONYMOUS}:{client}");
    }
    visitor.token.clone()
}

impl Session {
    /// Whose chats it makes; none: the owner's.
    pub(super) fn owner(&self) -> Option<String> {
        match self.visitor.access {
            Access::Owner => None,
            Access::Guest => Some(self.holder.clone()),
        }
    }

    /// Whether it may see a chat.
    pub(super) fn may_see(&self, held: &HeldChat) -> bool {
        self.shares(held.owner.as_ref())
    }

    /// Whether what is this owner's is its own too.
    pub(super) fn shares(&self, owner: Option<&String>) -> bool {
        match self.visitor.access {
            Access::Owner => true,
            Access::Guest => owner == Some(&self.holder),
        }
    }
}

impl Hub {
    /// A chat that is there and that the session may see. None where there is no such chat.
    pub(super) async fn held(
        &self,
        key: SessionKey,
        chat: ChatId,
    ) -> Result<Option<HeldChat>, Refusal> {
        let Some(held) = self.store.held_chat(chat).await? else { return Ok(None) };
        let session = self.sessions.get(&key);
        if !session.is_some_and(|session| session.may_see(&held)) {
            return Err(Refusal::forbidden("This chat is not yours"));
        }
        if held.deleted || held.chat.server.is_some() {
            return Err(Refusal::not_found("There is no such chat"));
        }
        Ok(Some(held))
    }

    /// The same where it must be there.
    pub(super) async fn seen(&self, key: SessionKey, chat: ChatId) -> Result<HeldChat, Refusal> {
        let held = self.held(key, chat).await?;
        held.ok_or_else(|| Refusal::not_found("There is no such chat"))
    }

    /// All models that a visitor may use.
    pub(super) fn models(&self, visitor: &Visitor) -> Vec<ModelInfo> {
        let can_be_asked = |status: &ProviderStatus| match status {
            ProviderStatus::NeedsKey => false,
            // One that failed may be back when it is asked.
            ProviderStatus::Unknown
            | ProviderStatus::Checking
            | ProviderStatus::Ready
            | ProviderStatus::Failed(_) => true,
        };
        let asked = self.providers.iter().filter(|provider| can_be_asked(&provider.status));
        let listed = asked.flat_map(|provider| &provider.models);
        let shown = listed.filter(|model| !model.hidden && self.rules.allows(visitor, &model.id));
        let mut models: Vec<ModelInfo> = shown.cloned().collect();
        // What guests may use is theirs even where no list has it.
        for id in self.rules.held_to(visitor).into_iter().flatten() {
            if !models.iter().any(|model| model.id == *id) {
                models.push(self.info(id));
            }
        }
        models
    }

    /// What is known of a model.
    pub(super) fn info(&self, id: &ModelId) -> ModelInfo {
        let listed = self.providers.iter().flat_map(|provider| &provider.models);
        let known = listed.into_iter().find(|model| model.id == *id);
        known.cloned().unwrap_or_else(|| ModelInfo::unknown(id.clone()))
    }
}
