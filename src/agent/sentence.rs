//! Where a sentence ends: the place at which a graceful stop lets go.

use unicode_segmentation::UnicodeSegmentation;

/// Bytes of `delta` up to and with the first end of a sentence, where there is one.
pub(super) fn end_in(delta: &str) -> Option<usize> {
    let mut graphemes = delta.grapheme_indices(true).peekable();
    while let Some((at, grapheme)) = graphemes.next() {
        let next = graphemes.peek().map(|(_, next)| *next);
        let end = at + grapheme.len();
        let ends = match grapheme {
            "\n" | "\r\n" | "。" | "！" | "？" => true,
            "." | "!" | "?" | "…" | ":" => next.is_none_or(|next| next.trim().is_empty()),
            _ => false,
        };
        if ends {
            return Some(end);
        }
    }
    None
}

/// Whether a text already ends with a whole sentence.
pub(super) fn is_whole(text: &str) -> bool {
    match text.graphemes(true).next_back() {
        None => true,
        Some(last) => matches!(last, "." | "!" | "?" | "…" | "。" | "！" | "？" | "\n" | "\r\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_end_is_found() {
        let table = [
            ("and so on. Then more", Some(10)),
            ("no end here", None),
            ("version 1.5 is", None),
            ("really?", Some(7)),
            ("line\nnext", Some(5)),
            ("終わり。次", Some(12)),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(end_in(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_whole_text_needs_nothing_more() {
        assert!(is_whole(""));
        assert!(is_whole("Done."));
        assert!(is_whole("終わり。"));
        assert!(!is_whole("Half a sen"));
    }
}
