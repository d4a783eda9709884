//! What can stand in for a model that is gone: by its maker, then by its name.

use crate::protocol::{ModelId, ModelInfo};

/// Names that share fewer of their letter pairs than this (of 1,000) have nothing in common.
const ALIKE: u32 = 350;

/// The models nearest to one that is gone, best first.
pub fn nearest<'a>(
    models: impl Iterator<Item = &'a ModelInfo>,
    gone: &ModelId,
    limit: usize,
) -> Vec<&'a ModelInfo> {
    let wanted = Name::of(gone);
    let mut ranked: Vec<(bool, u32, &ModelInfo)> = models
        .filter(|info| info.id != *gone && !info.hidden)
        .map(|info| {
            let name = Name::of(&info.id);
            (wanted.has_maker_of(&name), wanted.likeness(&name), info)
        })
        .filter(|(same_maker, likeness, _)| *same_maker || *likeness >= ALIKE)
        .collect();
    // Stable: models that are equally near stay in the order of their lists.
    ranked.sort_by_key(|(same_maker, likeness, _)| std::cmp::Reverse((*same_maker, *likeness)));
    ranked.truncate(limit);
    ranked.into_iter().map(|(_, _, info)| info).collect()
}

/// A model's name, taken apart.
struct Name {
    /// What stands before the slash: `anthropic`.
    maker: Option<String>,
    /// The first letters of the name: `claude`.
    family: String,
    /// Letters and digits of the name.
    letters: Vec<char>,
}

impl Name {
    fn of(id: &ModelId) -> Self {
        let lower = id.model.to_lowercase();
        let (maker, name) = match lower.rsplit_once('/') {
            Some((maker, name)) => (Some(maker.to_owned()), name),
            None => (None, lower.as_str()),
        };
        let family = name.chars().take_while(|char| char.is_alphabetic()).collect();
        let letters = name.chars().filter(|char| char.is_alphanumeric()).collect();
        Self { maker, family, letters }
    }

    fn has_maker_of(&self, other: &Self) -> bool {
        let same_family = !self.family.is_empty() && self.family == other.family;
        same_family || self.maker.is_some() && self.maker == other.maker
    }

    /// Pairs of letters that both names have (Dice), of 1,000; equal beginnings count a little
    /// more.
    fn likeness(&self, other: &Self) -> u32 {
        let pairs = |name: &Self| -> Vec<(char, char)> {
            name.letters.iter().copied().zip(name.letters.iter().copied().skip(1)).collect()
        };
        let (ours, mut theirs) = (pairs(self), pairs(other));
        let all = ours.len() + theirs.len();
        let mut shared = 0_usize;
        for pair in &ours {
            if let Some(at) = theirs.iter().position(|other| other == pair) {
                theirs.swap_remove(at);
                shared += 1;
            }
        }
        let begin = self.letters.iter().zip(&other.letters).take_while(|(a, b)| a == b).count();
        let dice = (2_000 * shared).checked_div(all).unwrap_or(0);
        u32::try_from(dice + begin).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest_to(gone: &str, models: &[&str]) -> Vec<String> {
        let models: Vec<ModelInfo> =
            models.iter().map(|id| ModelInfo::unknown(id.parse().unwrap())).collect();
        let gone = gone.parse().unwrap();
        nearest(models.iter(), &gone, 3).iter().map(|info| info.id.to_string()).collect()
    }

    #[test]
    fn the_same_maker_comes_first_then_the_likest_name() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (
                "anthropic/claude-sonnet-5",
                &[
                    "openai/gpt-6",
                    "anthropic/claude-haiku-5.5",
                    "anthropic/claude-sonnet-5.5",
                    "perplexity/sonar",
                ],
                &["anthropic/claude-sonnet-5.5", "anthropic/claude-haiku-5.5"],
            ),
            // The provider was renamed: the same name with another one.
            (
                "old/anthropic/claude-opus-5",
                &["new/qwen/qwen3", "new/anthropic/claude-haiku-5", "new/anthropic/claude-opus-5"],
                &["new/anthropic/claude-opus-5", "new/anthropic/claude-haiku-5"],
            ),
            // From a maker's own address to a provider of many makers.
            (
                "anthropic/claude-opus-5",
                &["openrouter/openai/gpt-6", "openrouter/anthropic/claude-opus-5.5"],
                &["openrouter/anthropic/claude-opus-5.5"],
            ),
            ("ollama/qwen3:8b", &["ollama/llama3:8b", "ollama/qwen3:14b"], &["ollama/qwen3:14b"]),
            ("x/entirely", &["y/other", "z/words"], &[]),
            ("x/-", &["y/other"], &[]),
        ];
        for (gone, models, expected) in table {
            assert_eq!(nearest_to(gone, models), *expected, "{gone}");
        }
    }

    #[test]
    fn hidden_models_are_not_offered() {
        let mut hidden = ModelInfo::unknown("a/claude-2".parse().unwrap());
        hidden.hidden = true;
        assert!(nearest([hidden].iter(), &"a/claude-1".parse().unwrap(), 3).is_empty());
    }
}
