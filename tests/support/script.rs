//! What the server does for one request.

use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::sse::{completion, sse};

/// The answer to one request: a head, then steps.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(super) status: u16,
    /// Nothing, not even the head, is sent before.
    pub(super) head_after: Option<Signal>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) steps: Vec<Step>,
}

/// A step of an answer. After the last one the answer ends in good order.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Sends bytes as one HTTP chunk.
    Bytes(Vec<u8>),
    /// Sends each byte as an HTTP chunk of its own.
    EachByte(Vec<u8>),
    /// Sends pieces in this rhythm.
    Every(Duration, Vec<Vec<u8>>),
    /// Waits until the test fires the signal.
    Wait(Signal),
    /// Closes the connection in the middle of the answer.
    Cut,
    /// Resets the connection.
    Reset,
    /// Stays silent until the client goes away or the server is dropped.
    Hang,
}

/// Fired by a test, awaited by a script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signal(CancellationToken);

impl Signal {
    /// A signal that was not fired.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Lets every script go on that waits for it, now or later.
    pub(crate) fn fire(&self) {
        self.0.cancel();
    }

    pub(super) async fn fired(&self) {
        self.0.cancelled().await;
    }
}

impl Script {
    /// An answer without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, head_after: None, headers: Vec::new(), steps: Vec::new() }
    }

    /// The head of a stream of events.
    pub(crate) fn stream() -> Self {
        Self::status(200)
            .header("content-type", "text/event-stream; charset=utf-8")
            .header("cache-control", "no-cache")
    }

    /// A stream of these events and `[DONE]`.
    pub(crate) fn events(events: &[Value]) -> Self {
        Self::stream().bytes(sse(events))
    }

    /// A good answer, word by word.
    pub(crate) fn answer(text: &str) -> Self {
        Self::events(&completion(text))
    }

    /// A body of JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::status(status)
            .header("content-type", "application/json")
            .bytes(body.to_string().into_bytes())
    }

    /// A web page.
    pub(crate) fn html(status: u16, title: &str) -> Self {
        let page = format!("<!doctype html><html><head><title>{title}</title></head></html>");
        Self::status(status).header("content-type", "text/html").bytes(page.into_bytes())
    }

    /// A list of models with these ids.
    pub(crate) fn models(ids: &[&str]) -> Self {
        let entry = |id: &&str| serde_json::json!({"id": id, "object": "model"});
        let entries: Vec<Value> = ids.iter().map(entry).collect();
        Self::json(200, &serde_json::json!({"object": "list", "data": entries}))
    }

    /// Sends nothing, not even the head, before the signal.
    pub(crate) fn head_after(mut self, signal: &Signal) -> Self {
        self.head_after = Some(signal.clone());
        self
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends bytes.
    pub(crate) fn bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::Bytes(bytes.into()))
    }

    /// Sends bytes one by one.
    pub(crate) fn each_byte(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.step(Step::EachByte(bytes.into()))
    }

    /// Sends pieces in a rhythm.
    pub(crate) fn every(self, period: Duration, pieces: Vec<Vec<u8>>) -> Self {
        self.step(Step::Every(period, pieces))
    }

    /// Waits for a signal.
    pub(crate) fn wait(self, signal: &Signal) -> Self {
        self.step(Step::Wait(signal.clone()))
    }

    /// Closes the connection in the middle of the answer.
    pub(crate) fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    /// Resets the connection.
    pub(crate) fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Stays silent.
    pub(crate) fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}
