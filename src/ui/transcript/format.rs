//! Times, amounts and durations in words.

use jiff::tz::TimeZone;

use crate::protocol::{Answer, AnswerStatus, Message, Timestamp, dollars};

/// `09:41` in the reader's time zone.
pub(super) fn time(at: Timestamp, zone: &TimeZone) -> String {
    format(at, zone, "%H:%M")
}

/// The full date and time.
pub(super) fn date_time(at: Timestamp, zone: &TimeZone) -> String {
    format(at, zone, "%A, %-d %B %Y, %H:%M:%S")
}

fn format(at: Timestamp, zone: &TimeZone, pattern: &str) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at.to_zoned(zone.clone()).strftime(pattern).to_string(),
        Err(_) => String::new(),
    }
}

/// `84 ms`, `4 s`, `2 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{} s", (ms + 500) / 1_000),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// `under 1 s`, `4 s`: nobody cares for the milliseconds of a thought.
pub(super) fn thought(ms: u64) -> String {
    if ms < 1_000 { "under 1 s".to_owned() } else { duration(ms) }
}

/// `412`, `48 210`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

/// `812 B`, `14 KB`.
pub(super) fn bytes(count: usize) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{} KB", count / 1_000),
        _ => format!("{:.1} MB", count as f64 / 1.0e6),
    }
}

/// What stands behind the name of who answered.
pub(super) fn answer_line(message: &Message, answer: &Answer, zone: &TimeZone) -> String {
    let mut parts = vec![time(message.created, zone)];
    if answer.one_off {
        parts.push("this message only".to_owned());
    }
    if let Some(tokens) = answer.usage.total_tokens() {
        parts.push(format!("{}{} tok", about(answer), count(tokens)));
    }
    if let Some(usd) = answer.usage.cost_usd {
        parts.push(format!("{}{}", about(answer), dollars(usd)));
    }
    parts.join(" · ")
}

/// What stands behind the name on a card: `2.1 s · 188 tok · $0.003`.
pub(super) fn card_line(answer: &Answer) -> String {
    let tokens = answer.usage.completion_tokens.or_else(|| answer.usage.total_tokens());
    let parts = [
        answer.duration_ms.map(took),
        tokens.map(|tokens| format!("{}{} tok", about(answer), count(tokens))),
        answer.usage.cost_usd.map(|usd| format!("{}{}", about(answer), dollars(usd))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The figures of an answer that was cut off are counted here, not told by the provider.
fn about(answer: &Answer) -> &'static str {
    match answer.status {
        AnswerStatus::Stopped | AnswerStatus::Interrupted => "≈ ",
        AnswerStatus::Open | AnswerStatus::Complete | AnswerStatus::Failed => "",
    }
}

/// The same without the time, for where there is little room.
pub(super) fn short_card_line(answer: &Answer) -> String {
    card_line(&Answer { duration_ms: None, ..answer.clone() })
}

/// `0.8 s`, `2.1 s`, `2 min 5 s`.
fn took(ms: u64) -> String {
    match ms {
        0..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => duration(ms),
    }
}

/// All that is known of an answer, a line each.
pub(super) fn answer_details(message: &Message, answer: &Answer, zone: &TimeZone) -> String {
    let mut lines = vec![date_time(message.created, zone), answer.model.to_string()];
    let mut add = |label: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{label}: {value}")));
    };
    add("First token after", answer.first_token_ms.map(duration));
    add("Took", answer.duration_ms.map(duration));
    add("Prompt tokens", answer.usage.prompt_tokens.map(count));
    add("Of them from the cache", answer.usage.cached_tokens.filter(|n| *n > 0).map(count));
    add("Answer tokens", answer.usage.completion_tokens.map(count));
    add("Cost", answer.usage.cost_usd.map(dollars));
    add("Reasoning effort", answer.params.effort.map(|effort| effort.label().to_owned()));
    add("Temperature", answer.params.temperature.map(|value| value.to_string()));
    add("Top p", answer.params.top_p.map(|value| value.to_string()));
    add("Most tokens", answer.params.max_tokens.map(|value| value.to_string()));
    let stop = &answer.params.stop;
    add("Ends at", (!stop.is_empty()).then(|| stop.join(", ")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_line_of_a_card_leaves_out_the_time_and_keeps_the_cost() {
        let answer = crate::ui::transcript::fixture::answer(1, Vec::new()).answer.unwrap();
        assert_eq!(card_line(&answer), "2.1 s · 112 tok · $0.0004");
        assert_eq!(short_card_line(&answer), "112 tok · $0.0004");
    }

    #[test]
    fn amounts_read_well() {
        let durations: Vec<String> = [0, 84, 999, 4_400, 59_400, 125_000].map(duration).into();
        assert_eq!(durations, ["0 ms", "84 ms", "999 ms", "4 s", "59 s", "2 min 5 s"]);
        assert_eq!([0, 999, 4_400].map(thought), ["under 1 s", "under 1 s", "4 s"]);
        assert_eq!([7, 412, 48_210].map(count), ["7", "412", "48\u{2009}210"]);
        let zone = TimeZone::UTC;
        assert_eq!(time(Timestamp(1_753_263_660_000), &zone), "09:41");
        assert_eq!(
            date_time(Timestamp(1_753_263_660_000), &zone),
            "Wednesday, 23 July 2025, 09:41:00"
        );
    }
}
