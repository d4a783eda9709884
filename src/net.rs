//! The network side: providers of answers, over HTTP and server-sent events.
//!
//! One question is one POST: nothing here sends a request a second time. Whether to try again
//! is the engine's decision; [`retry`] only says how long to wait.

mod body;
pub mod catalogue;
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
pub use http::{HttpClient, check_certificates, check_header};
pub use image::fetch_image;
pub use provider::{ChatRequest, Provider, ResumeRequest, ToolSpec, build};
