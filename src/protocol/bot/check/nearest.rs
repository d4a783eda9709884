//! What a misspelt word was meant to be.

/// The words that are allowed, for a sentence: the nearest to what was written, else all.
pub fn suggestion<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(written, allowed.clone()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => {
            let all: Vec<&str> =
                allowed.into_iter().filter(|word| !word.trim().is_empty()).collect();
            match all.as_slice() {
                [] => "there are none".to_owned(),
                [one] => format!("only {one} is allowed"),
                all => format!("allowed are {}", all.join(", ")),
            }
        }
    }
}

/// The word that differs least, if it does not differ too much.
pub fn nearest<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| -> Vec<char> {
        let lower = word.to_lowercase();
        lower.chars().filter(|letter| letter.is_alphanumeric()).take(40).collect()
    };
    let wanted = plain(written);
    let most = (wanted.len() / 3).max(1);
    // A blank is nothing that anybody means.
    let words = allowed.into_iter().filter(|word| !word.trim().is_empty());
    let steps = words.map(|word| (steps(&wanted, &plain(word)), word));
    steps.filter(|(steps, _)| *steps <= most).min_by_key(|(steps, _)| *steps).map(|(_, word)| word)
}

/// How many letters must be changed, put in, left out or swapped with their neighbour.
pub fn steps(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut least = (cell(&row, j) + usize::from(a != b))
                .min(cell(&row, j + 1) + 1)
                .min(cell(&next, j) + 1);
            let swapped = i > 0 && j > 0 && from.get(i - 1) == Some(b) && to.get(j - 1) == Some(a);
            if swapped {
                least = least.min(cell(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_word_and_other_words_do_not() {
        let words = ["color", "icon", "instructions", "most_answers", "read_file", "low"];
        let table = [
            ("colour", Some("color")),
            ("Icon", Some("icon")),
            ("instuctions", Some("instructions")),
            ("isntructions", Some("instructions")),
            ("mostAnswers", Some("most_answers")),
            ("read-file", Some("read_file")),
            ("lwo", Some("low")),
            ("prompt", None),
            ("", None),
        ];
        for (written, expected) in table {
            assert_eq!(nearest(written, words), expected, "{written:?}");
        }
        assert_eq!(suggestion("x", ["low", "high"]), "allowed are low, high");
        assert_eq!(suggestion("x", ["low"]), "only low is allowed");
        assert_eq!(suggestion("x", []), "there are none");
        assert_eq!(suggestion("x", [" "]), "there are none");
        assert_eq!(suggestion("hgih", ["low", "high"]), "did you mean \"high\"?");
    }
}
