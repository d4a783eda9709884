//! The network side: providers of answers, over HTTP and server-sent events.
//!
//! One question is one POST: nothing here sends a request a second time. Whether to try again
//! is the engine's decision; [`retry`] only says how long to wait.

mod body;
mod chunk;
mod exchange;
mod failure;
mod guide;
mod http;
mod image;
pub mod known;
pub mod local;
mod openai;
mod projection;
mod provider;
pub mod retry;
mod sse;

pub use chunk::{Chunk, ChunkStream, FinishReason, coalesce};
pub use guide::Guide;
pub use http::HttpClient;
pub use image::fetch_image;
pub(crate) use projection::uncovered;
pub use provider::{ChatRequest, Provider, ResumeRequest, ToolSpec, build};
