//! A text that is set when its field is left or Enter is pressed.

use egui::{Key, Response, Ui};

use super::field::Field;
use super::parts;

/// A text as it is typed.
#[derive(Debug, Default)]
pub(super) struct Typed {
    text: String,
    /// It was changed and is not set yet; then the text is the user's.
    is_typed: bool,
    wrong: Option<&'static str>,
}

impl Typed {
    /// Draws the field; gives the new value, where one was set. A text that means nothing stays
    /// with a sentence below it, and Escape brings the old one back.
    pub(super) fn typed_ui<T>(
        &mut self,
        ui: &mut Ui,
        field: Field<'_>,
        current: &str,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        self.follow(current);
        let response = field.field_ui(ui, &mut self.text);
        self.take(ui, &response, read)
    }

    /// The same for a text of several lines, where Enter is part of the text.
    pub(super) fn lines_ui<T>(
        &mut self,
        ui: &mut Ui,
        field: &Field<'_>,
        current: &str,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        self.follow(current);
        let response = field.lines_ui(ui, &mut self.text);
        self.take(ui, &response, read)
    }

    fn follow(&mut self, current: &str) {
        if !self.is_typed && self.text != current {
            current.clone_into(&mut self.text);
        }
    }

    fn take<T>(
        &mut self,
        ui: &mut Ui,
        response: &Response,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        if response.changed() {
            self.is_typed = true;
            self.wrong = None;
        }
        let mut set = None;
        if self.is_typed && response.lost_focus() {
            if ui.input(|input| input.key_pressed(Key::Escape)) {
                *self = Self::default();
            } else {
                match read(self.text.trim()) {
                    Ok(value) => {
                        self.is_typed = false;
                        set = Some(value);
                    }
                    Err(wrong) => self.wrong = Some(wrong),
                }
            }
        }
        if let Some(wrong) = self.wrong {
            parts::problem_ui(ui, wrong);
        }
        set
    }
}

/// Reads a number of at least `least` and at most `most`; nothing for an empty text.
pub(super) fn number(
    text: &str,
    (least, most): (f64, f64),
    wrong: &'static str,
) -> Result<Option<f64>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    // Some write a comma before the fraction.
    match text.trim_start_matches('$').replace(',', ".").parse::<f64>() {
        Ok(number) if number.is_finite() && (least..=most).contains(&number) => Ok(Some(number)),
        Ok(_) | Err(_) => Err(wrong),
    }
}

/// Reads a number of tokens, as `8192`, `200k` or `1m`; nothing for an empty text.
pub(super) fn tokens(text: &str) -> Result<Option<u64>, &'static str> {
    const WRONG: &str = "Enter a number of tokens, for example 8192 or 200k";
    const MOST: u64 = 1_000_000_000;
    let lower = text.to_ascii_lowercase().replace([' ', '_', '\''], "");
    if lower.is_empty() {
        return Ok(None);
    }
    let (digits, times) = match lower.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => match lower.strip_suffix('m') {
            Some(digits) => (digits, 1_000_000),
            None => (lower.as_str(), 1),
        },
    };
    let count = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(times));
    count.filter(|count| (1..=MOST).contains(count)).map(Some).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_people_write_them() {
        let table = [
            ("", Ok(None)),
            ("8192", Ok(Some(8_192))),
            ("200k", Ok(Some(200_000))),
            ("1 M", Ok(Some(1_000_000))),
            ("128_000", Ok(Some(128_000))),
        ];
        for (text, expected) in table {
            assert_eq!(tokens(text), expected, "{text}");
        }
        for text in ["0", "-1", "many", "1e9", "99999999999999999999", "9999999m", "k"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_have_bounds_and_either_point() {
        let read = |text| number(text, (0.0, 2.0), "wrong");
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("0,5"), Ok(Some(0.5)));
        assert_eq!(read("$1.25"), Ok(Some(1.25)));
        for text in ["-1", "2.1", "NaN", "inf", "x", "1e300"] {
            assert_eq!(read(text), Err("wrong"), "{text}");
        }
    }
}
