//! Texts without the line breaks that only their file has.

use super::Bot;

impl Bot {
    /// The bot with its longer texts [`unwrapped`], as they stand in a form.
    pub fn unwrapped(mut self) -> Self {
        self.instructions = unwrapped(&self.instructions);
        for member in self.room.iter_mut().flat_map(|room| &mut room.members) {
            member.instructions = unwrapped(&member.instructions);
        }
        for seed in &mut self.seeds {
            seed.content = unwrapped(&seed.content);
        }
        self
    }
}

/// So many characters shorter than the text is wide, a line was not broken for want of room.
const SLACK: usize = 12;

/// A text without the line breaks that only its file has: those within a paragraph or an entry of
/// a list. What a form or a narrow panel shows would be torn otherwise. Code stays as it is, and so
/// does a break where the next word would have had room.
pub fn unwrapped(text: &str) -> String {
    let is_code = |line: &&str| line.starts_with("    ");
    let widths = text.lines().filter(|line| !is_code(line)).map(|line| line.chars().count());
    let width = widths.max().unwrap_or_default();
    let mut unwrapped = String::with_capacity(text.len());
    let mut in_fence = false;
    // How long the line before is, where a line can go on from it.
    let mut before: Option<usize> = None;
    // Whether an indented line is code here: behind an empty line, and behind code.
    let mut may_be_code = true;
    for line in text.trim_end().lines() {
        let trimmed = line.trim();
        let is_fence = trimmed.starts_with("```");
        let is_code = may_be_code && is_code(&line);
        let is_own = in_fence || is_fence || is_code || trimmed.is_empty() || begins_block(trimmed);
        let word = trimmed.split(' ').next().unwrap_or_default().chars().count();
        let goes_on = before.is_some_and(|before| before + 1 + word + SLACK > width);
        if is_own || !goes_on {
            if !unwrapped.is_empty() {
                unwrapped.push('\n');
            }
            unwrapped.push_str(line.trim_end());
        } else {
            unwrapped.push(' ');
            unwrapped.push_str(trimmed);
        }
        in_fence ^= is_fence;
        may_be_code = is_code || trimmed.is_empty();
        let ends = in_fence || is_fence || may_be_code || trimmed.starts_with('#');
        before = (!ends).then(|| line.chars().count());
    }
    unwrapped
}

/// Whether a line is an entry of a list, a heading, a quotation or a row of a table.
fn begins_block(line: &str) -> bool {
    let after_number = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let is_numbered = after_number.len() < line.len()
        && (after_number.starts_with(". ") || after_number.starts_with(") "));
    is_numbered || ["- ", "* ", "+ ", "#", ">", "|"].iter().any(|begin| line.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_breaks_within_a_paragraph_go() {
        let table = [
            ("One\nsentence.\n", "One sentence."),
            ("One\n\nTwo\nthree", "One\n\nTwo three"),
            ("1. **First**\n   of all\n2. Second\n", "1. **First** of all\n2. Second"),
            ("Text:\n- one\n- two\n  more\nend", "Text:\n- one\n- two more end"),
            ("# Title\nText\nmore", "# Title\nText more"),
            ("```\nlet a;\n  let b;\n```\nand\nso", "```\nlet a;\n  let b;\n```\nand so"),
            ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
            ("In\n2026 it was", "In 2026 it was"),
            ("So:\n\n    one\n    two\n\nand\nso", "So:\n\n    one\n    two\n\nand so"),
            (
                "Vague → ask\nWrong → give them a counter-example that is\nsmall",
                "Vague → ask\nWrong → give them a counter-example that is small",
            ),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(unwrapped(text), expected, "{text:?}");
        }
    }
}
