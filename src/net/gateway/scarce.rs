//! Lines of the log that anybody can cause: no more of them than somebody reads.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::Extensions;
use parking_lot::Mutex;
use tokio::time::Instant;

/// Lines in [`SPAN`].
const MOST: u32 = 20;

const SPAN: Duration = Duration::from_secs(60);

/// Counts lines.
#[derive(Debug, Default)]
pub(super) struct Scarce(Mutex<Span>);

#[derive(Debug, Default)]
struct Span {
    began: Option<Instant>,
    said: u32,
    unsaid: u64,
}

/// Another line may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// How many were left out before it, if any were.
    pub(super) left_out: Option<u64>,
}

impl Scarce {
    /// Whether another line may be written.
    pub(super) fn take(&self, now: Instant) -> Option<Line> {
        let mut span = self.0.lock();
        let began = *span.began.get_or_insert(now);
        if now.saturating_duration_since(began) >= SPAN {
            (span.began, span.said) = (Some(now), 0);
        }
        if span.said >= MOST {
            span.unsaid += 1;
            return None;
        }
        span.said += 1;
        let unsaid = std::mem::take(&mut span.unsaid);
        Some(Line { left_out: (unsaid > 0).then_some(unsaid) })
    }
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) Option<SocketAddr>);

impl Peer {
    /// Of a request.
    pub(super) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().copied().unwrap_or(Self(None))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_cut_and_counted() {
        let (start, scarce) = (Instant::now(), Scarce::default());
        let lines = (0..100).filter_map(|_| scarce.take(start)).count();
        assert_eq!(lines, 20);
        assert_eq!(scarce.take(start + SPAN / 2), None);
        assert_eq!(scarce.take(start + SPAN), Some(Line { left_out: Some(81) }));
        assert_eq!(scarce.take(start + SPAN), Some(Line { left_out: None }));
    }
}
