//! Stop words as they are typed: one a line.

/// The words, one a line.
pub(super) fn shown(words: &[String]) -> String {
    words.iter().map(|word| escaped(word)).collect::<Vec<_>>().join("\n")
}

/// The words of a text with one a line.
pub(super) fn read(text: &str) -> Vec<String> {
    text.lines().map(unescaped).filter(|word| !word.is_empty()).collect()
}

/// A stop word on one line: a line break in it is written as `\n`.
fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
}

fn unescaped(line: &str) -> String {
    let mut word = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        let next = if char == '\\' { chars.clone().next() } else { None };
        let replaced = match next {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('\\') => '\\',
            Some(_) | None => {
                word.push(char);
                continue;
            }
        };
        word.push(replaced);
        chars.next();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_words_stand_below_each_other() {
        let words = ["END".to_owned(), "a, b".to_owned()];
        assert_eq!(shown(&words), "END\na, b");
        assert_eq!(read("END\n\na, b\n"), words);
    }

    #[test]
    fn stop_words_stand_on_one_line_each_whatever_is_in_them() {
        for word in ["END", "\n\n", "a\\nb", "\\", "tab\there", "\\\\n"] {
            assert!(!escaped(word).contains('\n'), "{word:?}");
            assert_eq!(unescaped(&escaped(word)), word);
        }
        assert_eq!(unescaped("C:\\path"), "C:\\path", "an unknown escape stays as it is");
    }
}
