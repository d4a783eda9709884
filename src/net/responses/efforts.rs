//! What OpenAI's models take, by their names: its list says nothing but ids.
//!
//! Source: <https://developers.openai.com/api/docs/guides/reasoning> and the pages of the models.

use crate::protocol::{Effort, ModelInfo};

use Effort::{High, Low, Max, Medium, Minimal, None as NoThinking, Xhigh};

/// What decides how a model may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    /// It thinks, and its thinking can be had in encrypted form. Others refuse to be asked for it.
    pub(super) reasons: bool,
    /// It takes `temperature` and `top_p` whatever its effort.
    pub(super) samples: bool,
    /// From the least.
    pub(super) efforts: &'static [Effort],
}

const PLAIN: Traits = Traits { reasons: false, samples: true, efforts: &[] };
const USUAL: &[Effort] = &[Low, Medium, High];

/// What is known of a model.
pub(super) fn traits(model: &ModelInfo) -> Traits {
    let id = model.id.model.rsplit('/').next().unwrap_or_default();
    let reasoning = |efforts| Traits { reasons: true, samples: false, efforts };
    // Tuned for chat or search: they neither think as asked nor sample as asked.
    if id.contains("chat-latest") || id.contains("-search-") || id.ends_with("-chat") {
        return Traits { samples: false, ..PLAIN };
    }
    if let Some(version) = gpt_version(id) {
        return if version < (5, 0) { PLAIN } else { reasoning(gpt_efforts(id, version)) };
    }
    if is_o_series(id) {
        return reasoning(if id.contains("deep-research") { &[Medium] } else { USUAL });
    }
    if id.starts_with("computer-use") {
        return reasoning(&[]);
    }
    match model.abilities.thinking {
        Some(true) if id.starts_with("gpt-") && !id.starts_with("gpt-oss") => reasoning(USUAL),
        Some(true) if id.starts_with("daybreak") => reasoning(USUAL),
        Some(true) => Traits { reasons: true, samples: true, efforts: USUAL },
        Some(false) | None => PLAIN,
    }
}

fn gpt_efforts(id: &str, version: (u32, u32)) -> &'static [Effort] {
    if id.contains("-pro") {
        return match version {
            (5, 0) => &[High],
            (5, 1..=5) => &[Medium, High, Xhigh],
            _ => &[Medium, High, Xhigh, Max],
        };
    }
    if id.contains("-codex") {
        let is_plain = version < (5, 2) && !id.contains("-codex-max");
        return if is_plain { USUAL } else { &[Low, Medium, High, Xhigh] };
    }
    match version {
        (5, 0) => &[Minimal, Low, Medium, High],
        (5, 1) => &[NoThinking, Low, Medium, High],
        (5, 2..=5) => &[NoThinking, Low, Medium, High, Xhigh],
        _ => &[NoThinking, Low, Medium, High, Xhigh, Max],
    }
}

/// `gpt-5.4-mini` is version 5.4.
fn gpt_version(id: &str) -> Option<(u32, u32)> {
    let version = id.strip_prefix("gpt-")?.split('-').next()?;
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    // `gpt-4o` has a letter behind its number.
    let digits = major.trim_end_matches(|character: char| character.is_ascii_lowercase());
    Some((digits.parse().ok()?, minor.parse().ok()?))
}

fn is_o_series(id: &str) -> bool {
    let mut characters = id.chars();
    characters.next() == Some('o') && characters.next().is_some_and(|next| next.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Abilities, ModelId};

    fn of(id: &str, thinking: Option<bool>) -> Traits {
        let unknown = ModelInfo::unknown(ModelId::new("openai", id));
        traits(&ModelInfo { abilities: Abilities { thinking, ..Abilities::default() }, ..unknown })
    }

    #[test]
    fn efforts_follow_the_name_of_the_model() {
        let table: &[(&str, &[Effort])] = &[
            ("o3", &[Low, Medium, High]),
            ("o4-mini-2025-04-16", &[Low, Medium, High]),
            ("o3-deep-research", &[Medium]),
            ("gpt-5", &[Minimal, Low, Medium, High]),
            ("gpt-5-nano-2025-08-07", &[Minimal, Low, Medium, High]),
            ("gpt-5-codex", &[Low, Medium, High]),
            ("gpt-5-pro", &[High]),
            ("gpt-5.1", &[NoThinking, Low, Medium, High]),
            ("gpt-5.1-codex-max", &[Low, Medium, High, Xhigh]),
            ("gpt-5.2-pro-2025-12-11", &[Medium, High, Xhigh]),
            ("gpt-5.4-mini", &[NoThinking, Low, Medium, High, Xhigh]),
            ("openai/gpt-6.1-sol", &[NoThinking, Low, Medium, High, Xhigh, Max]),
            ("gpt-4.1", &[]),
            ("gpt-4o-mini", &[]),
            ("gpt-5-chat-latest", &[]),
            ("some-local-model", &[]),
        ];
        for (id, efforts) in table {
            assert_eq!(of(id, None).efforts, *efforts, "{id}");
        }
    }

    #[test]
    fn only_models_that_think_are_asked_for_their_thinking() {
        for id in ["gpt-4o", "gpt-4.1-nano", "gpt-3.5-turbo", "chat-latest", "gpt-5-search-api"] {
            assert!(!of(id, Some(true)).reasons, "{id}");
        }
        assert!(of("gpt-oss-120b", Some(true)).samples);
        assert!(!of("gpt-6-luna", None).samples);
        assert!(of("gpt-4.1", None).samples);
    }
}
