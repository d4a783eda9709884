//! What is being typed: text that can be edited, behind long text that is folded away.

/// From here on text is folded by itself: laying it all out would cost frames.
pub(super) const FOLD_CHARS: usize = 20_000;
/// From here on the size is told, and folding is offered.
const LONG_CHARS: usize = 4_000;
const LONG_LINES: usize = 50;
/// Up to here folded text can be opened for editing. Each line is laid out anew when it changes,
/// so that a long one costs more than many short ones.
const EDITABLE_CHARS: usize = 100_000;
const EDITABLE_LINE_BYTES: usize = 10_000;
/// What is shown of folded text.
const PREVIEW_LINES: usize = 4;
const PREVIEW_CHARS: usize = 400;

/// The text of the composer. What is sent is `folded` and then `tail`.
#[derive(Debug, Default)]
pub(super) struct Typed {
    folded: String,
    preview: String,
    folded_size: Size,
    /// What the text field holds.
    pub(super) tail: String,
    tail_size: Size,
    /// The user opened it: it stays open, whatever its length.
    keep_open: bool,
}

/// How long a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) chars: usize,
    pub(super) line_breaks: usize,
    longest_line_bytes: usize,
}

impl Size {
    fn of(text: &str) -> Self {
        let mut size = Self { chars: text.chars().count(), ..Self::default() };
        for line in text.split('\n') {
            size.line_breaks += 1;
            size.longest_line_bytes = size.longest_line_bytes.max(line.len());
        }
        size.line_breaks -= 1;
        size
    }

    fn is_long(self) -> bool {
        self.chars > LONG_CHARS || self.line_breaks >= LONG_LINES
    }
}

impl Typed {
    /// Takes a text from outside.
    pub(super) fn set(&mut self, text: &str) {
        *self = Self { tail: text.to_owned(), ..Self::default() };
        self.tail_changed();
    }

    /// Whether it is this text.
    pub(super) fn is(&self, text: &str) -> bool {
        text.len() == self.folded.len() + self.tail.len()
            && text.starts_with(&self.folded)
            && text.ends_with(&self.tail)
    }

    /// All of it.
    pub(super) fn full(&self) -> String {
        format!("{}{}", self.folded, self.tail)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.folded.trim().is_empty() && self.tail.trim().is_empty()
    }

    pub(super) fn is_folded(&self) -> bool {
        !self.folded.is_empty()
    }

    /// Begin of the folded text.
    pub(super) fn preview(&self) -> &str {
        &self.preview
    }

    /// Whether the folded text may be opened.
    pub(super) fn can_open(&self) -> bool {
        self.folded_size.chars <= EDITABLE_CHARS
            && self.folded_size.longest_line_bytes <= EDITABLE_LINE_BYTES
    }

    /// The size in words, where it is worth telling: of the folded text, else of a long one.
    pub(super) fn size_words(&self) -> Option<String> {
        let size = if self.is_folded() { self.folded_size } else { self.tail_size };
        (self.is_folded() || size.is_long()).then(|| {
            let lines = size.line_breaks + 1;
            let unit = if lines == 1 { "line" } else { "lines" };
            format!("{} characters · {} {unit}", grouped(size.chars), grouped(lines))
        })
    }

    /// Must be called when `tail` was changed.
    pub(super) fn tail_changed(&mut self) {
        self.tail_size = Size::of(&self.tail);
        if self.tail_size.chars > FOLD_CHARS && !self.keep_open {
            self.fold();
        }
    }

    /// Replaces characters of the field by a long text, and folds all but what stands behind it.
    pub(super) fn paste_long(&mut self, chars: std::ops::Range<usize>, pasted: &str) {
        let before: String = self.tail.chars().take(chars.start).collect();
        let after: String = self.tail.chars().skip(chars.end.max(chars.start)).collect();
        self.tail = before + pasted;
        self.fold();
        self.tail = after;
        self.tail_size = Size::of(&self.tail);
    }

    /// Folds everything away.
    pub(super) fn fold(&mut self) {
        self.folded.push_str(&self.tail);
        self.tail.clear();
        self.tail_size = Size::default();
        self.folded_size = Size::of(&self.folded);
        self.keep_open = false;
        self.preview = preview(&self.folded);
    }

    /// Opens what is folded, for editing.
    pub(super) fn open(&mut self) {
        let text = self.full();
        *self = Self { tail: text, keep_open: true, ..Self::default() };
        self.tail_changed();
    }

    /// Drops the folded text; without any, everything.
    pub(super) fn clear(&mut self) {
        let tail = if self.is_folded() { std::mem::take(&mut self.tail) } else { String::new() };
        self.set(&tail);
    }
}

fn preview(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take(PREVIEW_LINES).collect();
    let mut shown: String = lines.join("\n").chars().take(PREVIEW_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// A number with commas: `12,340`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let table = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_340, "12,340")];
        for (number, text) in table {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(1_048_576), "1,048,576");
    }

    #[test]
    fn text_is_folded_when_it_is_long_and_never_changed_by_it() {
        let long = "äöü line\n".repeat(3_000);
        let mut typed = Typed::default();
        typed.set(&long);
        assert!(typed.is_folded());
        assert!(typed.tail.is_empty());
        typed.tail.push_str("and more");
        typed.tail_changed();
        let full = format!("{long}and more");
        assert!(typed.is(&full));
        assert_eq!(typed.full(), full);
        assert_eq!(typed.size_words().unwrap(), "27,000 characters · 3,001 lines");

        typed.open();
        assert!(!typed.is_folded());
        assert_eq!(typed.tail, full);
        typed.tail.push('!');
        typed.tail_changed();
        assert!(!typed.is_folded(), "what the user opened stays open");
        typed.fold();
        assert!(typed.is(&format!("{full}!")));
        typed.clear();
        assert!(typed.is(""));
    }

    #[test]
    fn what_would_stall_the_window_cannot_be_opened() {
        let table = [("line\n", 10_000, true), ("line\n", 30_000, false), ("word ", 5_000, false)];
        for (text, times, can_open) in table {
            let mut typed = Typed::default();
            typed.set(&text.repeat(times));
            assert!(typed.is_folded());
            assert_eq!(typed.can_open(), can_open, "{text:?} × {times}");
        }
    }

    #[test]
    fn a_long_paste_goes_where_the_cursor_is() {
        let mut typed = Typed::default();
        typed.set("before SELECTED after");
        typed.paste_long(7..15, "long");
        assert_eq!(typed.full(), "before long after");
        assert_eq!(typed.tail, " after");
        typed.clear();
        assert_eq!(typed.full(), " after", "removing the folded text keeps what was typed");
    }

    #[test]
    fn size_is_told_of_long_text_only() {
        let mut typed = Typed::default();
        typed.set("short");
        assert_eq!(typed.size_words(), None);
        typed.set(&"x\n".repeat(49));
        assert_eq!(typed.size_words(), None);
        typed.set(&"x\n".repeat(50));
        assert_eq!(typed.size_words().unwrap(), "100 characters · 51 lines");
        typed.set(&"x".repeat(4_001));
        assert_eq!(typed.size_words().unwrap(), "4,001 characters · 1 line");
        assert!(!typed.is_folded());
    }
}
