//! `{{name}}` in a bot's texts.

use super::Values;

/// What `{{user}}` is where a model is told something.
pub(super) const TOLD: &str = "the user";
/// What it is in what is said to the user.
pub(super) const SAID: &str = "you";

/// A text with the answers in the place of `{{name}}`. `{{char}}` is the bot's name, `{{user}}`
/// whatever `user` says, where no answer goes by that name. What is not known stays as it is, and
/// what an answer holds is not filled in again.
pub fn fill(text: &str, values: &Values, char: &str, user: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let value = behind.split_once("}}").and_then(|(name, after)| {
            let name = name.trim();
            let value = match values.get(name) {
                Some(value) => value.as_str(),
                None if name.eq_ignore_ascii_case("char") => char,
                None if name.eq_ignore_ascii_case("user") => user,
                None => return None,
            };
            Some((value, after))
        });
        match value {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = behind;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_filled_in_once_and_others_stay() {
        let values = [("topic", "bees"), ("odd", "{{topic}} & {{char}}"), ("empty", "")];
        let values: Values =
            values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let table = [
            ("About {{topic}}.", "About bees."),
            ("{{ topic }}{{topic}}", "beesbees"),
            ("{{odd}}", "{{topic}} & {{char}}"),
            ("{{char}} greets {{User}}", "Ada greets you"),
            ("[{{empty}}]", "[]"),
            ("{{other}} {{", "{{other}} {{"),
            ("{{other {{topic}}", "{{other bees"),
            ("{{{topic}}}", "{{{topic}}}"),
            ("{{", "{{"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(fill(text, &values, "Ada", SAID), expected, "{text:?}");
        }
        let own = [("user".to_owned(), "Bo".to_owned())].into();
        assert_eq!(fill("{{user}}", &own, "Ada", TOLD), "Bo");
    }
}
