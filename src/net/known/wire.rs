//! What is written differently for different servers.

use crate::protocol::Effort;

/// How the chat completions of one provider differ from those of others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire {
    /// The name of the cap on the answer.
    pub(crate) cap: Cap,
    /// How the effort is written.
    pub(crate) effort: EffortOption,
    /// The efforts of a thinking model for which no rule says otherwise.
    pub(crate) efforts: &'static [Effort],
    /// How the usage is asked for.
    pub(crate) usage: UsageOption,
    /// Whether the cost is told when asked for.
    pub(crate) cost: CostOption,
    /// The most stop words of a request.
    pub(crate) stop_words: usize,
    /// Headers of every request, besides those that the user sets.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The results of tools must be followed by an answer, not by the user.
    pub(crate) answer_after_results: bool,
    /// It passes on the models of others, named `maker/model`.
    pub(crate) passes_on: bool,
    /// What stands in the names of listed models that cannot chat.
    pub(crate) no_chat: &'static [&'static str],
    /// What its models take, by name; the first rule that fits counts.
    pub(crate) rules: &'static [ModelRule],
}

/// The name of the cap on the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cap {
    /// `max_tokens`.
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
}

/// How the effort of thinking is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EffortOption {
    /// `reasoning_effort: "high"`.
    ReasoningEffort,
    /// `reasoning: {effort: "high"}` (OpenRouter).
    Reasoning,
    /// `thinking: {type: "enabled"}` with `reasoning_effort`, or `disabled` (DeepSeek).
    ThinkingSwitch,
}

/// How the usage is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageOption {
    /// By `stream_options`.
    StreamOptions,
    /// Not at all: it is told anyway, and the option is refused.
    Untold,
}

/// Whether the cost is told when asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CostOption {
    /// By `usage: {include: true}` (OpenRouter).
    Asked,
    /// It is never told.
    Unknown,
}

/// What models of some names take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModelRule {
    /// Beginning of the last part of the model's name; empty for any.
    pub(crate) begins: &'static str,
    /// Stands somewhere in it; empty for any.
    pub(crate) holds: &'static str,
    /// The efforts it knows.
    pub(crate) efforts: &'static [Effort],
    /// Whether it takes temperature and top-p.
    pub(crate) sampling: bool,
    /// Whether it takes stop words.
    pub(crate) stop: bool,
}

impl ModelRule {
    /// A rule for names that begin so; everything but efforts is taken.
    pub(super) const fn begins(begins: &'static str) -> Self {
        Self { begins, holds: "", efforts: &[], sampling: true, stop: true }
    }

    /// A rule for names that hold this.
    pub(super) const fn holds(holds: &'static str) -> Self {
        Self { begins: "", holds, efforts: &[], sampling: true, stop: true }
    }

    /// The same, where the name also holds this.
    pub(super) const fn and_holds(self, holds: &'static str) -> Self {
        Self { holds, ..self }
    }

    /// The same with these efforts.
    pub(super) const fn efforts(self, efforts: &'static [Effort]) -> Self {
        Self { efforts, ..self }
    }

    /// The same, refusing temperature and top-p.
    pub(super) const fn no_sampling(self) -> Self {
        Self { sampling: false, ..self }
    }

    /// The same, refusing stop words.
    pub(super) const fn no_stop(self) -> Self {
        Self { stop: false, ..self }
    }
}

impl Wire {
    /// What most servers take.
    pub(crate) const COMMON: Self = Self {
        cap: Cap::MaxTokens,
        effort: EffortOption::ReasoningEffort,
        efforts: &[Effort::Low, Effort::Medium, Effort::High],
        usage: UsageOption::StreamOptions,
        cost: CostOption::Unknown,
        stop_words: 4,
        headers: &[],
        answer_after_results: false,
        passes_on: false,
        no_chat: &[],
        rules: &[],
    };

    /// The rule for a model, where there is one.
    pub(crate) fn rule(&self, model: &str) -> Option<&'static ModelRule> {
        let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
        let fits = |rule: &&ModelRule| name.starts_with(rule.begins) && name.contains(rule.holds);
        self.rules.iter().find(fits)
    }

    /// Whether a listed model of this name answers in text.
    pub(crate) fn can_chat(&self, model: &str) -> bool {
        let name = model.to_ascii_lowercase();
        !self.no_chat.iter().any(|part| name.contains(part))
    }
}
