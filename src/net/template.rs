//! A shortcut for the bulk of a stream, in which each event differs from the one before in
//! nothing but a piece of text. Comparing bytes costs a tenth of parsing them.

use std::borrow::Cow;

/// Where a piece of text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Thinking,
    Text,
}

/// An event that was parsed, without its one string that mattered.
///
/// An event with the same bytes around another string literal parses to the same value with
/// another string, so what was learnt about the first holds for the second.
#[derive(Debug)]
pub(crate) struct Template {
    /// All before the opening quote.
    head: String,
    /// All after the closing quote.
    tail: String,
    target: Option<Target>,
}

impl Template {
    /// Fits nothing.
    pub(crate) fn empty() -> Self {
        Self { head: String::new(), tail: String::new(), target: None }
    }

    /// Learns from an event in which `content`, a slice of `data`, was all that mattered.
    pub(crate) fn learn(&mut self, data: &str, content: &str, target: Target) {
        self.target = None;
        let Some(start) = (content.as_ptr() as usize).checked_sub(data.as_ptr() as usize) else {
            return;
        };
        let around = start.checked_sub(1).and_then(|quote| {
            let literal = data.get(quote..start + content.len() + 1)?;
            let is_literal = literal.starts_with('"') && literal.ends_with('"');
            Some((data.get(..quote)?, data.get(start + content.len() + 1..)?))
                .filter(|_| is_literal)
        });
        if let Some((head, tail)) = around {
            self.head.clear();
            self.head.push_str(head);
            self.tail.clear();
            self.tail.push_str(tail);
            self.target = Some(target);
        }
    }

    /// The text of an event that fits.
    pub(crate) fn read<'a>(&self, data: &'a str) -> Option<(Target, Cow<'a, str>)> {
        let target = self.target?;
        let literal = data.strip_prefix(self.head.as_str())?.strip_suffix(self.tail.as_str())?;
        let text = match serde_json::from_str::<&str>(literal) {
            Ok(text) => Cow::Borrowed(text),
            // With escapes in it, or no literal at all.
            Err(_) => Cow::Owned(serde_json::from_str::<String>(literal).ok()?),
        };
        Some((target, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt() -> Template {
        let data = r#"{"c":[{"delta":{"content":"one"},"finish_reason":null}]}"#;
        let mut template = Template::empty();
        let content = data.get(27..30).unwrap();
        assert_eq!(content, "one");
        template.learn(data, content, Target::Text);
        template
    }

    #[test]
    fn another_string_in_the_same_place_is_read() {
        let table = [
            (r#""two""#, "two"),
            (r#""""#, ""),
            (r#""a \"quoted\"\nline \u00fc""#, "a \"quoted\"\nline ü"),
            (r#""👋""#, "👋"),
        ];
        for (literal, expected) in table {
            let data =
                format!(r#"{{"c":[{{"delta":{{"content":{literal}}},"finish_reason":null}}]}}"#);
            let read = learnt().read(&data);
            assert_eq!(read, Some((Target::Text, Cow::from(expected))), "{literal}");
        }
    }

    #[test]
    fn whatever_is_not_one_string_is_left_to_the_parser() {
        for literal in
            [r#""a","role":"x""#, "null", r#""open"#, r#"["a"]"#, "\"a\nb\"", r#""\x""#, ""]
        {
            let data =
                format!(r#"{{"c":[{{"delta":{{"content":{literal}}},"finish_reason":null}}]}}"#);
            assert_eq!(learnt().read(&data), None, "{literal}");
        }
        let finish = r#"{"c":[{"delta":{"content":"one"},"finish_reason":"stop"}]}"#;
        assert_eq!(learnt().read(finish), None);
        assert_eq!(Template::empty().read("\"a\""), None);
    }

    #[test]
    fn text_from_elsewhere_teaches_nothing() {
        let mut template = learnt();
        template.learn("{}", "elsewhere", Target::Text);
        assert_eq!(template.read("\"a\""), None);
    }
}
