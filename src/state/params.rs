//! How messages are answered: parameters of the app, the chat and the message, put together.

use super::AppState;
use crate::protocol::{ChatId, ChatOptions, Effort, ModelId, Params, Takes};

impl AppState {
    /// How the messages of the open chat, or of the chat to come, are answered.
    pub fn chat_options(&self) -> &ChatOptions {
        self.options_of(self.open_chat())
    }

    /// The same of any chat.
    pub(super) fn options_of(&self, chat: Option<ChatId>) -> &ChatOptions {
        match chat.and_then(|chat| self.summary(chat)) {
            Some(summary) => &summary.options,
            None => &self.new_options,
        }
    }

    /// The parameters that a model takes; what nearly every model takes where it is not known.
    pub fn takes(&self, model: &ModelId) -> Takes {
        self.model(model).map(|info| info.takes.clone()).unwrap_or_default()
    }

    /// What the app and the chat set, whatever a model takes of it.
    pub fn chat_params(&self) -> Params {
        self.params_of(self.open_chat())
    }

    /// The same of any chat.
    pub(super) fn params_of(&self, chat: Option<ChatId>) -> Params {
        self.settings.chat.params.with(&self.options_of(chat).params)
    }

    /// How a message is answered by these models: the app's parameters, the chat's in their
    /// place, the message's in theirs, and of them what any of the models takes. The one place
    /// where this is decided.
    pub fn options_for<'a>(
        &self,
        models: impl Iterator<Item = &'a ModelId>,
        message: &Params,
    ) -> ChatOptions {
        let wanted = self.chat_params().with(message);
        let (takes, most) = self.taken_by(models);
        let params = match takes {
            Some(takes) => taken(&wanted, &takes, most),
            None => wanted,
        };
        ChatOptions { params, fallback: self.chat_options().fallback.clone() }
    }

    /// The parameters with which the message in the composer would be sent.
    pub fn next_params(&self) -> Params {
        self.options_for(self.next_models().iter(), &self.draft().params).params
    }

    /// The parameters that any of the models takes that answer the next message, and the most
    /// tokens that one of them writes.
    pub fn next_takes(&self) -> (Takes, Option<u64>) {
        let (takes, most) = self.taken_by(self.next_models().iter());
        (takes.unwrap_or_default(), most)
    }

    fn next_models(&self) -> Vec<ModelId> {
        let mut models = self.compared();
        models.insert(0, self.next_model().0);
        models
    }

    fn taken_by<'a>(
        &self,
        models: impl Iterator<Item = &'a ModelId>,
    ) -> (Option<Takes>, Option<u64>) {
        let mut takes: Option<Takes> = None;
        let mut most: Option<u64> = None;
        for model in models {
            let other = self.takes(model);
            takes = Some(match takes {
                Some(known) => either(known, other),
                None => other,
            });
            most = most.max(self.model(model).and_then(|info| info.output));
        }
        (takes, most)
    }
}

/// What is taken by one of two models. Each writer of requests leaves out what its own model does
/// not take, so that in a comparison no model loses what another one lacks.
fn either(one: Takes, other: Takes) -> Takes {
    let mut efforts = one.efforts;
    efforts.extend(other.efforts);
    efforts.sort_unstable();
    efforts.dedup();
    Takes {
        efforts,
        temperature: one.temperature || other.temperature,
        top_p: one.top_p || other.top_p,
        max_tokens: one.max_tokens || other.max_tokens,
        stop: one.stop || other.stop,
        system: one.system || other.system,
    }
}

/// Of `wanted`, what is taken. An effort that the model does not know becomes the nearest one,
/// and a cap above the model's own becomes that.
fn taken(wanted: &Params, takes: &Takes, most: Option<u64>) -> Params {
    let most = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(u32::MAX);
    Params {
        temperature: wanted.temperature.filter(|_| takes.temperature),
        top_p: wanted.top_p.filter(|_| takes.top_p),
        max_tokens: wanted.max_tokens.filter(|_| takes.max_tokens).map(|cap| cap.min(most)),
        effort: wanted.effort.and_then(|effort| Effort::nearest(&takes.efforts, effort)),
        stop: if takes.stop { wanted.stop.clone() } else { Vec::new() },
        system: wanted.system.clone().filter(|_| takes.system),
    }
}

/// Within which bounds a number must lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A sampling temperature.
    Temperature,
    /// Nucleus sampling.
    TopP,
    /// A cap on the answer, with the model's own where it is known.
    MaxTokens(Option<u64>),
}

impl Bound {
    fn range(self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
        let most = |most: Option<u64>| most.map_or(f64::from(u32::MAX), |most| most as f64);
        match self {
            Self::Temperature => (0.0, 2.0),
            Self::TopP => (0.0, 1.0),
            Self::MaxTokens(cap) => (1.0, most(cap)),
        }
    }

    /// What is wrong with what was typed.
    fn sentence(self) -> String {
        match self {
            Self::Temperature => "A number from 0 to 2".to_owned(),
            Self::TopP => "A number from 0 to 1".to_owned(),
            Self::MaxTokens(Some(most)) => {
                format!("The cap is a whole number from 1 to {most}, the most this model writes")
            }
            Self::MaxTokens(None) => "The cap is a whole number of tokens, from 1".to_owned(),
        }
    }
}

/// A number that was typed; `None` where the field is empty.
///
/// # Errors
///
/// A sentence, where it is no number or out of its bounds.
pub fn parse_number(text: &str, bound: Bound) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (least, most) = bound.range();
    // Thousands are often written apart; a comma may also be the decimal sign.
    let plain = match bound {
        Bound::MaxTokens(_) => text.replace([',', '_', ' ', '\u{202f}'], ""),
        Bound::Temperature | Bound::TopP => text.replace(',', "."),
    };
    let whole = matches!(bound, Bound::MaxTokens(_));
    let fits = |number: &f64| (least..=most).contains(number) && (!whole || number.fract() == 0.0);
    plain.parse().ok().filter(fits).map(Some).ok_or_else(|| bound.sentence())
}
