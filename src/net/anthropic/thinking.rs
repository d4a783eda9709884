//! Thinking blocks: what is kept of them with their part, and how they go back.
//!
//! They must go back exactly as they came. The part holds their text; kept besides is what each
//! block covers of it, and its signature. Blocks that follow each other are one part.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The blocks of one thinking part, and the model that thought them: another one may have gone
/// on with the same answer.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    model: String,
    blocks: Vec<KeptBlock>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum KeptBlock {
    /// Its text is these bytes of the part's.
    Thinking { start: usize, end: usize, signature: String },
    /// Has no text that could be read.
    RedactedThinking { data: String },
}

impl Kept {
    /// Nothing yet, of this model.
    pub(super) fn of(model: &str) -> Self {
        Self { model: model.to_owned(), blocks: Vec::new() }
    }

    /// The part is over.
    pub(super) fn clear(&mut self) {
        self.blocks.clear();
    }

    /// A block ended; its text is these bytes of the part. Yields what is to be kept.
    pub(super) fn thinking(&mut self, start: u64, end: u64, signature: String) -> Option<Value> {
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        self.blocks.push(KeptBlock::Thinking { start, end, signature });
        serde_json::to_value(&*self).ok()
    }

    /// A block came whose text is hidden.
    pub(super) fn redacted(&mut self, data: String) -> Option<Value> {
        self.blocks.push(KeptBlock::RedactedThinking { data });
        serde_json::to_value(&*self).ok()
    }
}

/// A block as it goes back.
#[derive(Debug, PartialEq)]
pub(super) enum ThinkingBlock<'a> {
    Thinking { thinking: &'a str, signature: String },
    Redacted { data: String },
}

/// The blocks of a part that this model thought. None where this was not kept by [`Kept`], or no
/// longer fits its text: half of the blocks would be refused.
pub(super) fn blocks<'a>(text: &'a str, opaque: &Value, model: &str) -> Vec<ThinkingBlock<'a>> {
    let Ok(kept) = Kept::deserialize(opaque) else { return Vec::new() };
    if kept.model != model {
        return Vec::new();
    }
    let blocks = kept.blocks.into_iter().map(|block| match block {
        KeptBlock::Thinking { start, end, signature } => {
            let thinking = text.get(start..end)?;
            Some(ThinkingBlock::Thinking { thinking, signature })
        }
        KeptBlock::RedactedThinking { data } => Some(ThinkingBlock::Redacted { data }),
    });
    blocks.collect::<Option<_>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_come_back_as_they_were() {
        let mut kept = Kept::of("m");
        kept.thinking(0, 3, "s1".to_owned());
        kept.redacted("zzz".to_owned());
        let opaque = kept.thinking(5, 6, "s2".to_owned()).unwrap();
        let thinking = |thinking, signature: &str| ThinkingBlock::Thinking {
            thinking,
            signature: signature.to_owned(),
        };
        let redacted = ThinkingBlock::Redacted { data: "zzz".to_owned() };
        let expected = [thinking("äb", "s1"), redacted, thinking("c", "s2")];
        assert_eq!(blocks("äb\n\nc", &opaque, "m"), expected);
        assert_eq!(blocks("äb\n\nc", &opaque, "other"), []);
        assert!(!opaque.to_string().contains("äb"), "the text is kept twice");
    }

    #[test]
    fn what_does_not_fit_or_is_of_others_is_no_block() {
        let ours = json!({"model": "m", "blocks": [
            {"type": "thinking", "start": 0, "end": 9, "signature": "s"}]});
        let of_others = json!([{"type": "reasoning.text", "text": "a", "signature": "s"}]);
        for opaque in [ours, of_others, json!(null), json!({"encrypted_content": "x"}), json!("x")]
        {
            assert_eq!(blocks("short", &opaque, "m"), [], "{opaque}");
        }
    }
}
