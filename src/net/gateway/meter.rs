//! How many frames a client may send, and how many of them may be bad.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Frames in a window; more of them ten times in a row are too many.
const MOST_FRAMES: u32 = 50;

/// Windows in a row.
const BUSY_WINDOWS: u32 = 10;

/// Frames that are read in a window. The rest waits in the client's own buffers, so that a flood
/// takes its own time and nobody else's.
const MOST_READ: u32 = 500;

/// Bad frames; this one is too many.
const MOST_BAD: usize = 20;

/// In how long bad frames are counted.
const BAD_SPAN: Duration = Duration::from_secs(60);

/// Counts the frames of a client.
#[derive(Debug)]
pub(super) struct Meter {
    window: Duration,
    began: Option<Instant>,
    frames: u32,
    busy: u32,
    bad: VecDeque<Instant>,
}

/// What a frame means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The next one may come.
    Fine,
    /// The next one is read from then on.
    WaitUntil(Instant),
    /// Too many for too long.
    Flood,
}

impl Meter {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, began: None, frames: 0, busy: 0, bad: VecDeque::new() }
    }

    /// Counts a frame.
    pub(super) fn frame(&mut self, now: Instant) -> Pace {
        let began = *self.began.get_or_insert(now);
        let gone = now.saturating_duration_since(began);
        if gone >= self.window {
            let was_busy = self.frames > MOST_FRAMES && gone < self.window * 2;
            self.busy = if was_busy { self.busy + 1 } else { 0 };
            (self.began, self.frames) = (Some(now), 0);
        }
        self.frames += 1;
        if self.busy >= BUSY_WINDOWS {
            return Pace::Flood;
        }
        if self.frames >= MOST_READ {
            return Pace::WaitUntil(self.began.unwrap_or(now) + self.window);
        }
        Pace::Fine
    }

    /// Counts a bad frame, and says whether it is one too many.
    pub(super) fn bad(&mut self, now: Instant) -> bool {
        while self.bad.front().is_some_and(|at| now.saturating_duration_since(*at) >= BAD_SPAN) {
            self.bad.pop_front();
        }
        self.bad.push_back(now);
        self.bad.len() >= MOST_BAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When a client that sends so many frames a second is one too many.
    fn flood(per_second: u32, seconds: u32) -> Option<Duration> {
        let (start, mut meter) = (Instant::now(), Meter::new(SECOND));
        (0..per_second * seconds)
            .map(|at| SECOND * at / per_second)
            .find(|at| matches!(meter.frame(start + *at), Pace::Flood))
    }

    #[test]
    fn more_than_fifty_frames_a_second_are_too_many_after_ten_seconds() {
        assert_eq!(flood(45, 60), None);
        for rate in [60, 200, 450] {
            let at = flood(rate, 60).unwrap();
            assert!((SECOND * 10..SECOND * 11).contains(&at), "{rate}: {at:?}");
        }
    }

    #[test]
    fn a_burst_is_read_slowly_and_forgiven_when_it_ends() {
        let (start, mut meter) = (Instant::now(), Meter::new(SECOND));
        for _ in 0..499 {
            assert_eq!(meter.frame(start), Pace::Fine);
        }
        assert_eq!(meter.frame(start), Pace::WaitUntil(start + SECOND));
        for round in 1..100 {
            let at = start + SECOND * 3 * round;
            for _ in 0..60 {
                assert_eq!(meter.frame(at), Pace::Fine);
            }
        }
    }

    #[test]
    fn the_twentieth_bad_frame_within_a_minute_is_one_too_many() {
        let (start, mut meter) = (Instant::now(), Meter::new(SECOND));
        for at in 0..100 {
            assert!(!meter.bad(start + SECOND * 4 * at), "15 a minute are bearable");
        }
        let later = start + SECOND * 1_000;
        let bad: Vec<bool> = (0..20).map(|_| meter.bad(later)).collect();
        assert_eq!(bad.iter().position(|bad| *bad), Some(19));
    }
}
