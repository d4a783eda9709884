//! The network side: providers of answers, over HTTP and server-sent events.
//!
//! One question is one POST: nothing here sends a request a second time. Whether to try again
//! is the engine's decision; [`retry`] only says how long to wait.

mod anthropic;
mod body;
mod calls;
pub mod catalogue;
mod chunk;
mod dialect;
mod exchange;
mod failure;
pub mod gateway;
mod guide;
mod http;
mod image;
pub mod known;
pub mod link;
pub mod local;
mod openai;
mod pairing;
mod parts;
mod projection;
mod provider;
mod responses;
pub mod retry;
mod sse;
mod template;
mod trust;

pub use chunk::{Chunk, ChunkStream, FinishReason, coalesce};
pub use guide::Guide;
pub use http::{HttpClient, is_on_this_machine};
pub use image::fetch_image;
pub use pairing::{is_in_the_clear, pair, server_problem};
pub(crate) use projection::uncovered;
pub use provider::{ChatRequest, Provider, ResumeRequest, ToolSpec, build};
pub use trust::check_certificates;
