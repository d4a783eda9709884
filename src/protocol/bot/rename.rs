//! The names of a bot's questions, in its texts.

use super::Bot;

impl Bot {
    /// Puts one name into the place of another wherever the texts say `{{name}}`. The variables
    /// themselves stay as they are.
    pub fn rename_places(&mut self, from: &str, to: &str) {
        let members = self.room.iter_mut().flat_map(|room| &mut room.members);
        let texts = std::iter::once(&mut self.instructions)
            .chain(members.map(|member| &mut member.instructions))
            .chain(self.seeds.iter_mut().map(|seed| &mut seed.content))
            .chain(&mut self.starters);
        for text in texts {
            if let Some(changed) = renamed(text, from, to) {
                *text = changed;
            }
        }
    }

    /// The names in braces of the instructions that stand for nothing, each once.
    pub fn unknown_places(&self) -> Vec<&str> {
        let mut unknown: Vec<&str> = Vec::new();
        for name in super::check::places(&self.instructions) {
            let built_in = ["char", "user"].iter().any(|known| known.eq_ignore_ascii_case(name));
            let is_asked = self.variables.iter().any(|variable| variable.name == name);
            if !built_in && !is_asked && !unknown.contains(&name) {
                unknown.push(name);
            }
        }
        unknown
    }
}

/// The text with the other name; none where the name does not stand in it.
fn renamed(text: &str, from: &str, to: &str) -> Option<String> {
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_changed = false;
    while let Some((before, behind)) = rest.split_once("{{") {
        renamed.push_str(before);
        renamed.push_str("{{");
        rest = behind;
        let after = behind.split_once("}}").filter(|(name, _)| name.trim() == from);
        if let Some((_, after)) = after {
            renamed.push_str(to);
            renamed.push_str("}}");
            rest = after;
            is_changed = true;
        }
    }
    renamed.push_str(rest);
    is_changed.then_some(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::BotId;

    #[test]
    fn a_name_is_changed_in_braces_only_and_everywhere() {
        let mut bot = Bot {
            instructions: "{{who}} and {{ who }}, who, {{whom}} {{ {{who}} {{char}}".to_owned(),
            starters: vec!["Ask {{who}}".to_owned(), "Other".to_owned()],
            ..Bot::blank(BotId::from("a"), "A")
        };
        assert_eq!(bot.unknown_places(), ["who", "whom"]);
        bot.rename_places("who", "name");
        assert_eq!(bot.instructions, "{{name}} and {{name}}, who, {{whom}} {{ {{name}} {{char}}");
        assert_eq!(bot.starters, ["Ask {{name}}", "Other"]);
    }
}
