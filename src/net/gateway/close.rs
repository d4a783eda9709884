//! Why a socket ends, with the code that says so.

use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The client is gone already.
    Gone,
    /// The gateway stops, or its host has.
    Stopping,
    /// The client broke the rules of WebSockets, compression included.
    Broken,
    /// A text that is none.
    NotText,
    /// A frame over the limit.
    TooLong,
    /// The same client came again.
    Replaced,
    /// No token, or one that does not count or no longer does.
    NoEntry,
    /// No hello, or no sign of life.
    Silent,
    /// Too many frames.
    Flood,
    /// Too many frames that cannot be read.
    BadFrames,
    /// The client reads too slowly.
    Slow,
}

impl Close {
    /// What is said to the client; nothing to one that is gone.
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Stopping => (1001, "the gateway stops"),
            Self::Broken => (1002, "this is not how WebSockets speak"),
            Self::NotText => (1007, "this is no text"),
            Self::TooLong => (1009, "a frame is too long"),
            Self::Replaced => (4000, "the same client came in again"),
            Self::NoEntry => (4001, "a valid token is needed"),
            Self::Silent => (4002, "nothing was heard for too long"),
            Self::Flood => (4008, "too many frames"),
            Self::BadFrames => (4008, "too many bad frames"),
            Self::Slow => (4009, "frames are read too slowly"),
        };
        Some(CloseFrame { code: code.into(), reason: reason.into() })
    }
}
