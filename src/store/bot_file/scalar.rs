//! What a plain scalar of YAML means, by the core schema of YAML 1.2.

/// The value of a scalar without quotes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plain<'a> {
    Null,
    Bool(bool),
    Whole(Whole),
    Float(f64),
    Text(&'a str),
}

/// A whole number, as JSON has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Positive(u64),
    Negative(i64),
}

/// What the scalar means.
pub(super) fn plain(text: &str) -> Plain<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Plain::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match (whole(text), is_number(text)) {
        (Some(whole), _) => Plain::Whole(whole),
        (None, true) => text.parse().map_or(Plain::Text(text), Plain::Float),
        (None, false) => Plain::Text(text),
    }
}

fn whole(text: &str) -> Option<Whole> {
    let radix = |digits: &str, radix| {
        let fits = digits.chars().all(|digit| digit.is_digit(radix));
        if fits { u64::from_str_radix(digits, radix).ok() } else { None }
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return radix(octal, 8).map(Whole::Positive);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return radix(hex, 16).map(Whole::Positive);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.strip_prefix('-') {
        // A float keeps its sign, and -0 is one.
        Some(_) => text.parse().ok().filter(|whole| *whole != 0).map(Whole::Negative),
        None => digits.parse().ok().map(Whole::Positive),
    }
}

/// Whether it is spelt as a number: `1`, `-1.5`, `.5`, `1.`, `1e9`.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, Some(exponent)),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match digits.split_once('.') {
        Some((whole, part)) => {
            all_digits(whole) && all_digits(part) && !(whole.is_empty() && part.is_empty())
        }
        None => !digits.is_empty() && all_digits(digits),
    };
    let exponent = exponent.is_none_or(|text| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && all_digits(digits)
    });
    mantissa && exponent
}

/// Whether a reader of any version of YAML takes the bare word for text. Older ones know more
/// words for yes and no, dates, and numbers with colons and underscores.
pub(super) fn is_surely_text(text: &str) -> bool {
    let older = ["y", "n", "yes", "no", "on", "off", "=", "<<"];
    if !matches!(plain(text), Plain::Text(_)) || older.contains(&text.to_lowercase().as_str()) {
        return false;
    }
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let numeric = |c: char| c.is_ascii_hexdigit() || "+-.:_xXoOtTzZ ".contains(c);
    !(begins && text.chars().all(numeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let table = [
            ("", Plain::Null),
            ("~", Plain::Null),
            ("true", Plain::Bool(true)),
            ("yes", Plain::Text("yes")),
            ("1", Plain::Whole(Whole::Positive(1))),
            ("007", Plain::Whole(Whole::Positive(7))),
            ("-12", Plain::Whole(Whole::Negative(-12))),
            ("0x1F", Plain::Whole(Whole::Positive(31))),
            ("0o17", Plain::Whole(Whole::Positive(15))),
            ("1.0", Plain::Float(1.0)),
            (".5", Plain::Float(0.5)),
            ("1e3", Plain::Float(1000.0)),
            ("18446744073709551616", Plain::Float(18_446_744_073_709_551_616.0)),
            ("1.2.3", Plain::Text("1.2.3")),
            ("1e", Plain::Text("1e")),
            ("0x", Plain::Text("0x")),
            (".", Plain::Text(".")),
            ("-", Plain::Text("-")),
            ("inf", Plain::Text("inf")),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    #[test]
    fn words_that_some_reader_takes_for_something_else_are_no_sure_text() {
        for text in
            ["yes", "No", "ON", "y", "2026-11-21", "1:30", "1_000", "null", "0.5", "+1", "<<"]
        {
            assert!(!is_surely_text(text), "{text:?}");
        }
        for text in ["3 ideas for a talk", "none", "Notes", "1.2.y", "e5", "abc"] {
            assert!(is_surely_text(text), "{text:?}");
        }
    }
}
