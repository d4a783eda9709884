//! Code whose dashes stay apart.

use egui::TextFormat;

/// Pieces of code that are laid out by themselves, so that `--` stays two signs: the font would
/// join them, and egui has no setting for that.
pub(super) fn without_ligatures(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let cut = rest.find("--").map_or(rest.len(), |at| at + 1);
        let (piece, after) = rest.split_at_checked(cut)?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Makes the formats of two pieces in a row differ, by what nobody sees: egui joins pieces of the
/// same format.
pub(super) fn apart(mut format: TextFormat, index: usize) -> TextFormat {
    format.expand_bg = (index % 2) as f32;
    format
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_code_are_not_joined() {
        for (text, pieces) in [
            ("a --b", vec!["a -", "-b"]),
            ("x->y != é", vec!["x->y != é"]),
            ("---", vec!["-", "-", "-"]),
            ("plain", vec!["plain"]),
            ("", vec![]),
            ("日本", vec!["日本"]),
        ] {
            assert_eq!(without_ligatures(text).collect::<Vec<_>>(), pieces);
        }
    }
}
