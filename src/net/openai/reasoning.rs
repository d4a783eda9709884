//! `reasoning_details`: kept only where they carry what the model needs back.

use serde::Serialize;
use serde_json::Value;

use super::wire::{WireDetail, WireDetailKind};

/// The details of one thinking part, joined from their deltas.
#[derive(Debug, Default)]
pub(super) struct Details {
    entries: Vec<Detail>,
    carries_proof: bool,
}

/// A detail as it goes back.
/// Source: <https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks>.
#[derive(Debug, Serialize)]
struct Detail {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
}

impl Details {
    /// Takes the details of one delta and yields the text in them.
    pub(super) fn take(&mut self, details: Vec<WireDetail>) -> String {
        let mut text = String::new();
        for detail in details {
            text.extend(detail.text.as_deref());
            text.extend(detail.summary.as_deref());
            self.add(detail);
        }
        text
    }

    fn add(&mut self, detail: WireDetail) {
        let kind = match detail.kind {
            WireDetailKind::Text => "reasoning.text",
            WireDetailKind::Summary => "reasoning.summary",
            WireDetailKind::Encrypted => "reasoning.encrypted",
            WireDetailKind::Other => return,
        };
        self.carries_proof |= is_some_text(&detail.signature) || is_some_text(&detail.data);
        match self.entries.last_mut() {
            Some(last) if last.kind == kind && last.index == detail.index => {
                append(&mut last.text, detail.text);
                append(&mut last.summary, detail.summary);
                append(&mut last.data, detail.data);
                last.signature = detail.signature.or(last.signature.take());
                last.id = detail.id.or(last.id.take());
                last.format = detail.format.or(last.format.take());
            }
            Some(_) | None => self.entries.push(Detail {
                kind,
                text: detail.text,
                summary: detail.summary,
                data: detail.data,
                signature: detail.signature,
                id: detail.id,
                format: detail.format,
                index: detail.index,
            }),
        }
    }

    /// Ends the part: what must go back to the model, if anything.
    pub(super) fn close(&mut self) -> Option<Value> {
        let details = std::mem::take(self);
        if details.carries_proof { serde_json::to_value(details.entries).ok() } else { None }
    }
}

fn is_some_text(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.is_empty())
}

fn append(text: &mut Option<String>, more: Option<String>) {
    match (text.as_mut(), more) {
        (Some(text), Some(more)) => text.push_str(&more),
        (None, more) => *text = more,
        (Some(_), None) => {}
    }
}
