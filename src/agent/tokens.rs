//! How many tokens a text has, about.
//!
//! The rule for texts stands in [`crate::protocol::tokens_in`]: the editor of bots uses it, too.

pub(super) use crate::protocol::tokens_in as of_text;
use crate::protocol::{Message, Part};

/// What the roles and frames around a message take.
const FRAME: u64 = 4;

/// What an image takes, about: makers count it by its size, which is not known here.
const IMAGE: u64 = 1_000;

/// Tokens of a message, as it goes to a model.
pub(super) fn of_message(message: &Message) -> u64 {
    FRAME + message.parts.iter().map(of_part).sum::<u64>()
}

fn of_part(part: &Part) -> u64 {
    match part {
        Part::Text { text } => of_text(text),
        Part::File { name, text } => FRAME + of_text(name) + of_text(text),
        Part::Image { .. } => IMAGE,
        Part::ToolCall { tool, args, .. } => FRAME + of_text(tool) + of_text(&args.to_string()),
        Part::ToolResult { result, .. } => FRAME + of_text(result),
        // Mostly not sent back.
        Part::Thinking { .. } | Part::Notice { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_files_count_and_notices_do_not() {
        let count = |part| of_part(&part);
        assert_eq!(count(Part::Image { url: "data:image/png,".into(), alt: String::new() }), IMAGE);
        assert!(count(Part::File { name: "a.txt".into(), text: "word ".repeat(100) }) >= 100);
        let notice = Part::Notice {
            level: crate::protocol::NotificationLevel::Info,
            code: "length".to_owned(),
            message: "word ".repeat(100),
            covers: None,
        };
        assert_eq!(count(notice), 0);
    }
}
