//! How long to wait before a failed request is sent again.

use std::time::Duration;

/// A request is sent at most this many times.
pub const MAX_ATTEMPTS: u32 = 5;

/// A broken connection to a running answer is made again at most this many times in a row.
const MAX_RESUMES: u32 = 40;

const BASE_MS: u64 = 500;
const CAP_MS: u64 = 30_000;
/// A provider that asks for a longer wait than this is not waited for.
const LONGEST_RETRY_AFTER_MS: u64 = 5 * 60 * 1_000;

/// The wait after the failed attempt number `attempt` (from 1), by full jitter
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>); `random` lies
/// in 0..1. Never shorter than the provider asks. `None`: give up.
pub fn delay(attempt: u32, retry_after_ms: Option<u64>, random: f64) -> Option<Duration> {
    delay_below(MAX_ATTEMPTS, attempt, retry_after_ms, random)
}

/// The wait before the connection number `attempt` (from 1) to an answer that runs on without
/// one. Nothing is asked twice by it, so it goes on for about ten minutes.
pub fn delay_to_resume(attempt: u32, retry_after_ms: Option<u64>, random: f64) -> Option<Duration> {
    delay_below(MAX_RESUMES, attempt, retry_after_ms, random)
}

fn delay_below(
    most: u32,
    attempt: u32,
    retry_after_ms: Option<u64>,
    random: f64,
) -> Option<Duration> {
    let asked = retry_after_ms.unwrap_or(0);
    if attempt >= most || asked > LONGEST_RETRY_AFTER_MS {
        return None;
    }
    let doublings = attempt.saturating_sub(1).min(16);
    let cap = Duration::from_millis((BASE_MS << doublings).min(CAP_MS));
    let jittered = cap.mul_f64(random.clamp(0.0, 1.0));
    Some(jittered.max(Duration::from_millis(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_answer_is_waited_for_longer() {
        let seconds = |attempt| delay_to_resume(attempt, None, 1.0).map(|wait| wait.as_secs_f64());
        assert_eq!([1, 5, 7, 39].map(seconds), [Some(0.5), Some(8.0), Some(30.0), Some(30.0)]);
        assert_eq!([40, 41].map(seconds), [None, None]);
    }

    #[test]
    fn waits_double_up_to_the_cap_and_honour_the_provider() {
        let ms = |ms| Some(Duration::from_millis(ms));
        let table = [
            // attempt, asked, random, expected
            (1, None, 1.0, ms(500)),
            (1, None, 0.5, ms(250)),
            (1, None, 0.0, ms(0)),
            (2, None, 1.0, ms(1_000)),
            (3, None, 1.0, ms(2_000)),
            (4, None, 1.0, ms(4_000)),
            (5, None, 1.0, None),
            (9, Some(1), 1.0, None),
            (1, Some(7_000), 1.0, ms(7_000)),
            (2, Some(0), 0.5, ms(500)),
            (4, Some(1_500), 1.0, ms(4_000)),
            (1, Some(300_000), 0.3, ms(300_000)),
            (1, Some(300_001), 0.3, None),
            (0, None, 2.0, ms(500)),
        ];
        for (attempt, asked, random, expected) in table {
            assert_eq!(delay(attempt, asked, random), expected, "{attempt} {asked:?} {random}");
        }
    }
}
