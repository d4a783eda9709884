//! Time and chance, passed in so that tests can fix both.

use crate::protocol::Timestamp;

/// Where the engine gets the time and its jitter from.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Unix time.
    pub now: fn() -> Timestamp,
    /// A number from 0 to 1.
    pub random: fn() -> f64,
}

impl Clock {
    /// The machine's clock and a fast random number generator.
    pub fn system() -> Self {
        Self { now: system_now, random: fastrand::f64 }
    }
}

fn system_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Timestamp(i64::try_from(ms).unwrap_or(i64::MAX))
}
