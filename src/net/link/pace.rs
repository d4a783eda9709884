//! How long a link waits for what.

use crate::protocol::Timestamp;

/// The time as a link sees it.
#[derive(Clone, Copy, Debug)]
pub struct LinkClock {
    /// Unix time. It only shows; waits are measured by a clock that never jumps.
    pub now: fn() -> Timestamp,
    /// How long it waits for what.
    pub pace: Pace,
}

impl LinkClock {
    /// A clock with the usual waits.
    pub fn new(now: fn() -> Timestamp) -> Self {
        Self { now, pace: Pace::default() }
    }
}

/// How long a link waits for what, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two pings, where the welcome says nothing else. After two without any sign of life
    /// a connection is dead.
    pub heartbeat_ms: u64,
    /// For a connection with its handshakes.
    pub connect_ms: u64,
    /// For the welcome.
    pub welcome_ms: u64,
    /// For a sign of life where there is a reason to doubt.
    pub probe_ms: u64,
    /// The longest wait after the first failure; it doubles with each.
    pub backoff_base_ms: u64,
    /// The longest wait of all.
    pub backoff_cap_ms: u64,
    /// A link that lasted this long was good: the next failure is a first one.
    pub good_ms: u64,
    /// How long the HTTP carrier is used before WebSockets are tried again.
    pub sockets_again_ms: u64,
    /// Between two looks at the machine's clocks and addresses; a link that is down looks four times
    /// as often.
    pub watch_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            heartbeat_ms: 30_000,
            connect_ms: 10_000,
            welcome_ms: 5_000,
            probe_ms: 5_000,
            backoff_base_ms: 500,
            backoff_cap_ms: 30_000,
            good_ms: 30_000,
            sockets_again_ms: 10 * 60 * 1_000,
            watch_ms: 2_000,
        }
    }
}
