//! Answers as OpenAI's clients read them.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Finish};
use crate::net::gateway::host::SessionKey;

/// How one answer is written: with its id and its model.
#[derive(Debug)]
pub(super) struct Spelling {
    id: String,
    model: String,
}

/// A piece of a stream.
pub(super) fn event(value: &Value) -> Bytes {
    format!("data: {value}\n\n").into()
}

impl Spelling {
    pub(super) fn new(session: SessionKey, model: &str) -> Self {
        let id = format!("chatcmpl-{}-{}", uuid::Uuid::now_v7().simple(), session.0);
        Self { id, model: model.to_owned() }
    }

    /// A whole answer.
    pub(super) fn whole(&self, answer: &Answer, text: &str, finish: Finish) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": created(answer),
            "model": self.model(answer),
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": text, "refusal": null },
                "logprobs": null,
                "finish_reason": finish.as_str(),
            }],
            "usage": usage(answer),
        })
    }

    /// The first piece: who speaks.
    pub(super) fn opening(&self, answer: &Answer, wants_usage: bool) -> Bytes {
        self.piece(answer, &json!({ "role": "assistant", "content": "" }), None, wants_usage)
    }

    /// More text.
    pub(super) fn delta(&self, answer: &Answer, text: &str, wants_usage: bool) -> Bytes {
        self.piece(answer, &json!({ "content": text }), None, wants_usage)
    }

    /// The last piece of the answer.
    pub(super) fn end(&self, answer: &Answer, finish: Finish, wants_usage: bool) -> Bytes {
        self.piece(answer, &json!({}), Some(finish), wants_usage)
    }

    /// What it took, behind the answer.
    pub(super) fn usage(&self, answer: &Answer) -> Bytes {
        let mut chunk = self.chunk(answer);
        chunk["choices"] = json!([]);
        chunk["usage"] = usage(answer);
        event(&chunk)
    }

    fn piece(
        &self,
        answer: &Answer,
        delta: &Value,
        finish: Option<Finish>,
        wants_usage: bool,
    ) -> Bytes {
        let mut chunk = self.chunk(answer);
        chunk["choices"] = json!([{
            "index": 0,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish.map(Finish::as_str),
        }]);
        if wants_usage {
            chunk["usage"] = Value::Null;
        }
        event(&chunk)
    }

    fn chunk(&self, answer: &Answer) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": created(answer),
            "model": self.model(answer),
        })
    }

    fn model<'a>(&'a self, answer: &'a Answer) -> &'a str {
        answer.model.as_deref().unwrap_or(&self.model)
    }
}

/// Unix seconds.
fn created(answer: &Answer) -> i64 {
    answer.began.map_or(0, |at| at.0 / 1_000)
}

/// Tokens; zero where nobody knows, for clients count on numbers.
fn usage(answer: &Answer) -> Value {
    let prompt = answer.prompt_tokens.unwrap_or(0);
    let completion = answer.completion_tokens.unwrap_or(0);
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": answer.cached_tokens.unwrap_or(0) },
    })
}
