//! What a model takes, by its name: which generation thinks how, and what it refuses.
//!
//! Source: <https://platform.claude.com/docs/en/build-with-claude/thinking> and the pages *What's
//! new* of each model, November 2026.

use crate::protocol::{Effort, ModelInfo};

/// The efforts of a model that is given a number of tokens to think.
const BUDGETS: &[Effort] = &[Effort::None, Effort::Low, Effort::Medium, Effort::High];
const TO_MAX: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High, Effort::Max];
const ALL: &[Effort] = &[Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max];

/// What is known of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    /// How it thinks.
    pub(super) thinks: Thinks,
    /// How it is kept from thinking.
    pub(super) off: Off,
    /// The efforts it knows besides none, from the least.
    efforts: &'static [Effort],
    /// Its thinking is valid only behind the very words that it was made behind: where the chat
    /// was changed since, the API refuses it or is told to drop it.
    pub(super) bound: bool,
    /// Takes temperature and top_p, with a version of the API that has them.
    pub(super) samples: bool,
    /// The most it writes at once, in tokens.
    pub(super) output: u64,
}

/// How a model thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinks {
    /// Not at all.
    Never,
    /// Within a number of tokens that the request gives, and only then.
    Budget,
    /// As much as it sees fit, when asked to.
    WhenAsked,
    /// As much as it sees fit.
    Unasked,
}

/// How a model is kept from thinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Off {
    /// By not asking for it.
    Unasked,
    /// By saying so.
    Disabled,
    /// By saying so in the one way it takes: it may still comment between calls of tools.
    BetweenTools,
    /// Not at all.
    Impossible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Haiku,
    Sonnet,
    Opus,
    Fable,
    Mythos,
}

impl Traits {
    /// Of a model with this name, at Anthropic or anywhere else.
    pub(super) fn of(name: &str) -> Self {
        match generation(name) {
            Some((line, version)) => Self::of_claude(line, version),
            None => Self::UNKNOWN,
        }
    }

    /// A model of another maker behind the same API.
    const UNKNOWN: Self = Self {
        thinks: Thinks::Budget,
        off: Off::Disabled,
        efforts: &[],
        bound: false,
        samples: true,
        output: 8_192,
    };

    fn of_claude(line: Option<Line>, version: (u32, u32)) -> Self {
        let is_large = matches!(line, Some(Line::Fable | Line::Mythos));
        let old = Self {
            thinks: Thinks::Budget,
            off: Off::Unasked,
            efforts: BUDGETS,
            bound: false,
            samples: true,
            output: 64_000,
        };
        match version {
            (0..=2, _) | (3, 0..=4) => {
                Self { thinks: Thinks::Never, efforts: &[], output: 4_096, ..old }
            }
            (3, 5..=6) => Self { thinks: Thinks::Never, efforts: &[], output: 8_192, ..old },
            (4, 0..=4) if line == Some(Line::Opus) => Self { output: 32_000, ..old },
            (3, _) | (4, 0..=5) => old,
            (4, 6) => Self { thinks: Thinks::WhenAsked, efforts: TO_MAX, output: 128_000, ..old },
            (4, _) => Self {
                thinks: Thinks::WhenAsked,
                efforts: ALL,
                samples: false,
                output: 128_000,
                ..old
            },
            (major, minor) => Self {
                thinks: Thinks::Unasked,
                off: off_since_5(line, (major, minor)),
                efforts: ALL,
                bound: major > 5 || minor >= if is_large { 1 } else { 5 },
                samples: false,
                output: 128_000,
            },
        }
    }

    /// All efforts that may be chosen.
    pub(super) fn efforts(&self, model: &ModelInfo) -> Vec<Effort> {
        let all = match self.thinks {
            Thinks::Never => &[],
            Thinks::Budget if model.abilities.thinking == Some(true) => BUDGETS,
            Thinks::Budget | Thinks::WhenAsked | Thinks::Unasked => self.efforts,
        };
        let none = Some(Effort::None)
            .filter(|none| !all.is_empty() && !all.contains(none) && self.off != Off::Impossible);
        none.into_iter().chain(all.iter().copied()).collect()
    }
}

/// A new line or generation is taken for one that always thinks: that request none refuses.
fn off_since_5(line: Option<Line>, version: (u32, u32)) -> Off {
    match (line, version) {
        (Some(Line::Haiku), (5, _)) | (Some(Line::Sonnet | Line::Opus), (5, 0..=4)) => {
            Off::Disabled
        }
        (Some(Line::Sonnet), (5, _)) => Off::BetweenTools,
        (Some(Line::Haiku | Line::Sonnet | Line::Opus | Line::Fable | Line::Mythos) | None, _) => {
            Off::Impossible
        }
    }
}

/// Line and version in a name such as `claude-opus-4-1-20250805`, `claude-3-5-haiku-latest`,
/// `anthropic/claude-sonnet-4.6` or `us.anthropic.claude-haiku-4-5-20251001-v1:0`.
fn generation(name: &str) -> Option<(Option<Line>, (u32, u32))> {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|character: char| !character.is_ascii_alphanumeric());
    words.find(|word| *word == "claude")?;
    let words: Vec<&str> = words.collect();
    let line = words.iter().find_map(|word| match *word {
        "haiku" => Some(Line::Haiku),
        "sonnet" => Some(Line::Sonnet),
        "opus" => Some(Line::Opus),
        "fable" => Some(Line::Fable),
        "mythos" => Some(Line::Mythos),
        _ => None,
    });
    // Longer numbers are dates.
    let mut numbers =
        words.iter().filter(|word| word.len() <= 2).filter_map(|word| word.parse::<u32>().ok());
    match (numbers.next(), line) {
        (Some(major), line) => Some((line, (major, numbers.next().unwrap_or(0)))),
        // Its preview came before there were versions.
        (None, Some(Line::Mythos)) => Some((line, (5, 0))),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Abilities, ModelId};

    #[test]
    fn each_generation_thinks_in_its_own_way() {
        use Off::{BetweenTools, Disabled, Impossible, Unasked};
        use Thinks::{Budget, Never, WhenAsked};
        let thinks = Thinks::Unasked;
        let table = [
            // name, thinks, off, bound, samples, output
            ("claude-2.1", Never, Unasked, false, true, 4_096),
            ("claude-3-opus-20240229", Never, Unasked, false, true, 4_096),
            ("claude-3-5-sonnet-20241022", Never, Unasked, false, true, 8_192),
            ("claude-3-7-sonnet-latest", Budget, Unasked, false, true, 64_000),
            ("claude-opus-4-20250514", Budget, Unasked, false, true, 32_000),
            ("claude-opus-4-1-20250805", Budget, Unasked, false, true, 32_000),
            ("claude-sonnet-4@20250514", Budget, Unasked, false, true, 64_000),
            ("claude-sonnet-4-5", Budget, Unasked, false, true, 64_000),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Budget, Unasked, false, true, 64_000),
            ("claude-opus-4-5-20251101", Budget, Unasked, false, true, 64_000),
            ("anthropic/claude-sonnet-4.6", WhenAsked, Unasked, false, true, 128_000),
            ("claude-opus-4-6", WhenAsked, Unasked, false, true, 128_000),
            ("claude-opus-4-7", WhenAsked, Unasked, false, false, 128_000),
            ("claude-opus-4-8", WhenAsked, Unasked, false, false, 128_000),
            ("claude-mythos-preview", thinks, Impossible, false, false, 128_000),
            ("claude-sonnet-5", thinks, Disabled, false, false, 128_000),
            ("claude-opus-5-20260724", thinks, Disabled, false, false, 128_000),
            ("claude-fable-5", thinks, Impossible, false, false, 128_000),
            ("claude-fable-5-1", thinks, Impossible, true, false, 128_000),
            ("claude-mythos-5-2", thinks, Impossible, true, false, 128_000),
            ("claude-opus-5-5", thinks, Impossible, true, false, 128_000),
            ("claude-sonnet-5-5", thinks, BetweenTools, true, false, 128_000),
            ("claude-haiku-5-5", thinks, Disabled, true, false, 128_000),
            ("claude-opus-6", thinks, Impossible, true, false, 128_000),
            ("claude-saga-7", thinks, Impossible, true, false, 128_000),
            ("kimi-k3", Budget, Disabled, false, true, 8_192),
            ("claude", Budget, Disabled, false, true, 8_192),
        ];
        for (name, thinks, off, bound, samples, output) in table {
            let known = Traits::of(name);
            let told = (known.thinks, known.off, known.bound, known.samples, known.output);
            assert_eq!(told, (thinks, off, bound, samples, output), "{name}");
        }
    }

    #[test]
    fn efforts_are_those_that_the_model_knows() {
        let efforts = |name: &str, thinking| {
            let mut model = ModelInfo::unknown(ModelId::new("p", name));
            model.abilities = Abilities { thinking, ..Abilities::default() };
            let efforts = Traits::of(name).efforts(&model);
            efforts.iter().map(|effort| effort.as_str()).collect::<Vec<_>>().join(" ")
        };
        let table = [
            ("claude-3-5-haiku-latest", None, ""),
            ("claude-haiku-4-5", None, "none low medium high"),
            ("claude-opus-4-6", None, "none low medium high max"),
            ("claude-opus-4-8", None, "none low medium high xhigh max"),
            ("claude-opus-5-5", Some(true), "low medium high xhigh max"),
            ("claude-sonnet-5-5", None, "none low medium high xhigh max"),
            ("glm-5", None, ""),
            ("glm-5", Some(false), ""),
            ("glm-5", Some(true), "none low medium high"),
        ];
        for (name, thinking, expected) in table {
            assert_eq!(efforts(name, thinking), expected, "{name}");
        }
    }
}
