//! Messages and their blocks.

use serde::Serialize;
use serde_json::Value;

use crate::net::anthropic::Version;
use crate::net::anthropic::thinking::{self, ThinkingBlock};
use crate::net::projection::{Block, Call, Outcome, Piece, Projection, Turn};

/// Failures must say something.
const NO_WORD: &str = "The tool failed and said nothing.";

/// Marks what stands up to here for the provider's cache.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl CacheControl {
    pub(super) const EPHEMERAL: Self = Self { kind: "ephemeral" };
}

/// Text alone, or blocks.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Said<'a> {
    Text(&'a str),
    Blocks(Vec<WireBlock<'a>>),
}

impl<'a> Said<'a> {
    /// Instructions. Servers that know only an older version know no mark for the whole request:
    /// there the blocks bear it.
    pub(super) fn instructions(text: &'a str, version: &Version) -> Self {
        if version.is_current() {
            return Self::Text(text);
        }
        let mut block = WireBlock::from(Content::Text { text });
        block.cache_control = Some(CacheControl::EPHEMERAL);
        Self::Blocks(vec![block])
    }
}

#[derive(Debug, Serialize)]
pub(super) struct WireMessage<'a> {
    role: &'static str,
    content: Vec<WireBlock<'a>>,
}

#[derive(Debug, Serialize)]
pub(super) struct WireBlock<'a> {
    #[serde(flatten)]
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

impl<'a> From<Content<'a>> for WireBlock<'a> {
    fn from(content: Content<'a>) -> Self {
        Self { content, cache_control: None }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: ImageSource<'a>,
    },
    Thinking {
        thinking: &'a str,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a Value,
    },
    ToolResult {
        tool_use_id: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        content: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ImageSource<'a> {
    Base64 { media_type: &'static str, data: &'a str },
    Url { url: &'a str },
}

/// Whether an image can be sent from this address.
pub(super) fn may_send_image(url: &str) -> bool {
    source(url).is_some()
}

fn source(url: &str) -> Option<ImageSource<'_>> {
    if url.starts_with("https://") {
        return Some(ImageSource::Url { url });
    }
    let (kind, data) = url.strip_prefix("data:")?.split_once(',')?;
    let kind = kind.strip_suffix(";base64")?;
    let media_type = match kind.split(';').next().unwrap_or_default() {
        "image/jpeg" | "image/jpg" => "image/jpeg",
        "image/png" => "image/png",
        "image/gif" => "image/gif",
        "image/webp" => "image/webp",
        _ => return None,
    };
    Some(ImageSource::Base64 { media_type, data }).filter(|_| !data.is_empty())
}

/// The turns. Thinking goes back only to the model that thought it, and only if it shall think.
pub(super) fn messages<'a>(
    projection: &'a Projection<'_>,
    thinker: Option<&str>,
    version: &Version,
) -> Vec<WireMessage<'a>> {
    let mut messages: Vec<WireMessage<'a>> = projection
        .turns
        .iter()
        .map(|turn| match turn {
            Turn::User { results, blocks } => {
                let results = results.iter().map(result);
                let content = results.chain(blocks.iter().filter_map(block));
                WireMessage { role: "user", content: content.map(WireBlock::from).collect() }
            }
            Turn::Assistant { pieces } => {
                let content = pieces.iter().flat_map(|piece| said(piece, thinker));
                WireMessage { role: "assistant", content: content.map(WireBlock::from).collect() }
            }
        })
        .collect();
    if !version.is_current()
        && let Some(last) = messages.last_mut().and_then(|message| message.content.last_mut())
    {
        last.cache_control = Some(CacheControl::EPHEMERAL);
    }
    messages
}

fn result<'a>(outcome: &'a Outcome<'_>) -> Content<'a> {
    let Outcome { id, content, success } = outcome;
    let silent = if *success { "" } else { NO_WORD };
    let content = if content.trim().is_empty() { silent } else { content };
    Content::ToolResult { tool_use_id: id, content, is_error: !success }
}

fn block<'a>(block: &'a Block<'_>) -> Option<Content<'a>> {
    match block {
        Block::Text(text) => Some(Content::Text { text }),
        Block::Image { url } => source(url).map(|source| Content::Image { source }),
    }
}

fn said<'a>(piece: &'a Piece<'_>, thinker: Option<&str>) -> Vec<Content<'a>> {
    match piece {
        Piece::Thinking { text, opaque } => {
            let Some(model) = thinker else { return Vec::new() };
            let blocks =
                thinking::blocks(text, opaque, model).into_iter().map(|block| match block {
                    ThinkingBlock::Thinking { thinking, signature } => {
                        Content::Thinking { thinking, signature }
                    }
                    ThinkingBlock::Redacted { data } => Content::RedactedThinking { data },
                });
            blocks.collect()
        }
        Piece::Text(text) => vec![Content::Text { text }],
        Piece::Call(Call { id, name, arguments }) => {
            vec![Content::ToolUse { id, name, input: arguments }]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_go_as_data_of_a_known_type_or_from_the_web() {
        let png = |data| Some(ImageSource::Base64 { media_type: "image/png", data });
        let table = [
            ("data:image/png;base64,AAAA", png("AAAA")),
            ("data:image/png;charset=x;base64,AAAA", png("AAAA")),
            ("https://a/b.svg", Some(ImageSource::Url { url: "https://a/b.svg" })),
            ("data:image/svg+xml;base64,AAAA", None),
            ("data:image/png,AAAA", None),
            ("data:image/png;base64,", None),
            ("data:", None),
            ("http://a/b.png", None),
            ("file:///etc/passwd", None),
        ];
        for (url, expected) in table {
            assert_eq!(source(url), expected, "{url}");
        }
        assert!(matches!(
            source("data:image/jpg;base64,A"),
            Some(ImageSource::Base64 { media_type: "image/jpeg", .. })
        ));
    }
}
