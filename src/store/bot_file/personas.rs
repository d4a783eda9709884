//! `personas.yaml`: bots that people write by hand. What goes without saying they may leave out.
//!
//! `version` is then `"1.0"`, `category` is `productivity`, `id` is made of the name, and
//! `description` is the first line of the instructions.

use std::borrow::Cow;
use std::collections::HashMap;

use super::check::LONGEST_ID;
use super::tree::{Key, Node, Value, documents};
use super::{text_of, yaml};
use crate::protocol::{Bot, BotId, BotProblem};

/// The longest description that is made of instructions, in letters.
const DESCRIPTION: usize = 120;

/// An entry of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonaRead {
    /// The line that it begins in.
    pub line: u32,
    /// Its id, where there is one to be seen.
    pub id: Option<BotId>,
    /// The bot, or all that is wrong with it.
    pub bot: Result<Bot, Vec<BotProblem>>,
}

/// The entries of the file: of a list, or of a list under `personas`.
///
/// # Errors
///
/// What is wrong where the entries cannot be told from one another.
pub fn read_personas(source: &str, yaml: &[u8]) -> Result<Vec<PersonaRead>, Vec<BotProblem>> {
    let of_all = |fault: super::Fault| vec![fault.problem(source)];
    let documents = text_of(yaml).and_then(documents).map_err(of_all)?;
    let mut lines = HashMap::new();
    let mut read = Vec::new();
    for document in &documents {
        for (prefix, node) in yaml::entries(document).map_err(of_all)? {
            let node = &filled_in(node);
            let bot = yaml::read_bot(&prefix, node)
                .and_then(|bot| yaml::unique(&bot, node, &prefix, &mut lines).map(|()| bot));
            let bot = bot
                .map_err(|faults| faults.into_iter().map(|fault| fault.problem(source)).collect());
            let id = node.get("id").and_then(text).map(BotId::from);
            read.push(PersonaRead { line: node.place.line, id, bot });
        }
    }
    Ok(read)
}

fn text<'a>(node: &'a Node<'_>) -> Option<&'a str> {
    match &node.value {
        Value::Plain(text) | Value::Text(text) => Some(text),
        Value::List(_) | Value::Map(_) => None,
    }
}

/// The entry with what goes without saying.
fn filled_in<'a>(node: &Node<'a>) -> Node<'a> {
    let mut node = node.clone();
    let name = node.get("name").and_then(text).map(str::to_owned);
    let instructions = node.get("instructions").and_then(text).map(str::to_owned);
    let id = name.as_deref().map(id_of).filter(|id| !id.is_empty());
    let description = instructions.as_deref().and_then(first_line).or(name);
    let place = node.place;
    let Value::Map(fields) = &mut node.value else { return node };
    let defaults = [
        ("id", id),
        ("version", Some("1.0".to_owned())),
        ("category", Some("productivity".to_owned())),
        ("description", description),
    ];
    for (name, value) in defaults {
        let is_there = fields.iter().any(|(key, _)| key.name == name);
        if let Some(value) = value.filter(|_| !is_there) {
            let key = Key { place, name: Cow::Borrowed(name) };
            fields.push((key, Node { place, value: Value::Text(Cow::Owned(value)) }));
        }
    }
    node
}

/// An id made of a name: `Ada the Second` is `ada-the-second`.
fn id_of(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.collect::<Vec<_>>().join("-");
    let cut: String = id.chars().take(LONGEST_ID).collect();
    cut.trim_end_matches('-').to_owned()
}

/// The first line of a text as a description. None where it holds more than plain words.
fn first_line(text: &str) -> Option<String> {
    let mut lines = text.lines().map(|line| line.trim_start_matches('#').trim());
    let line = lines.find(|line| !line.is_empty())?;
    if line.contains(['<', '{']) {
        return None;
    }
    if line.chars().count() <= DESCRIPTION {
        return Some(line.to_owned());
    }
    let cut: String = line.chars().take(DESCRIPTION - 1).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    Some(format!("{words}…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{BotVersion, Category};

    fn read(yaml: &str) -> Vec<PersonaRead> {
        read_personas("personas.yaml", yaml.as_bytes()).unwrap()
    }

    fn problems(read: &PersonaRead) -> Vec<String> {
        read.bot.as_ref().unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_and_instructions_make_a_bot() {
        for yaml in [
            "- name: Ada the Second\n  instructions: |\n    # Role\n    Be brief.\n",
            "personas:\n  - name: Ada the Second\n    instructions: |\n      # Role\n      Be brief.\n",
            "[{name: Ada the Second, instructions: \"# Role\\nBe brief.\\n\"}]",
        ] {
            let all = read(yaml);
            let bot = all[0].bot.as_ref().unwrap();
            let expected = Bot {
                description: "Role".to_owned(),
                instructions: "# Role\nBe brief.\n".to_owned(),
                ..Bot::blank("ada-the-second".into(), "Ada the Second")
            };
            assert_eq!(*bot, expected, "{yaml}");
            assert_eq!(all[0].id.as_ref(), Some(&expected.id));
        }
    }

    #[test]
    fn what_is_said_counts() {
        let yaml = "- id: ada\n  version: \"3.1\"\n  name: Ada\n  category: coding\n  description: Mine\n  instructions: Be brief.\n";
        let bot = read(yaml).remove(0).bot.unwrap();
        assert_eq!((bot.id.as_str(), bot.description.as_str()), ("ada", "Mine"));
        assert_eq!(
            (bot.version, bot.category),
            (BotVersion { major: 3, minor: 1 }, Category::Coding)
        );
    }

    #[test]
    fn a_mistake_names_line_and_field_and_leaves_the_other_entries() {
        let yaml = "- name: Ada\n  instructions: Be brief.\n- name: Bob\n  instructions: Be kind.\n  parameters:\n    temperature: hot\n- name: Cy\n- name: Dee\n  instructions: Hm.\n  colour: red\n- name: Ada\n  instructions: Again.\n";
        let all = read(yaml);
        assert!(all[0].bot.is_ok());
        assert_eq!((all[1].line, all[1].id.clone()), (3, Some("bob".into())));
        let told: Vec<String> = all.iter().skip(1).flat_map(problems).collect();
        for (told, expected) in told.iter().zip([
            "personas.yaml:6:18: [1].parameters.temperature: must be",
            "personas.yaml:7:3: [2].instructions: is missing",
            "personas.yaml:10:3: [3].colour: there is no field \"colour\" here; did you mean \"color\"?",
            "personas.yaml:11:3: [4].id: \"ada\" is the id of the bot in line 1",
        ]) {
            assert!(told.starts_with(expected), "{told}");
        }
        assert_eq!(told.len(), 4);
    }

    #[test]
    fn a_file_without_entries_is_wrong_as_a_whole() {
        for (yaml, line) in
            [("- name: [\n", Some(1)), ("just text", Some(1)), ("personas: 3", Some(1))]
        {
            let problems = read_personas("personas.yaml", yaml.as_bytes()).unwrap_err();
            assert_eq!(problems.len(), 1, "{yaml}");
            assert_eq!(problems[0].line, line, "{yaml}: {problems:?}");
        }
        assert_eq!(read(""), vec![]);
        assert_eq!(read("# nothing yet\n"), vec![]);
    }

    #[test]
    fn descriptions_are_short_and_plain() {
        let long = "word ".repeat(60);
        let made = first_line(&long).unwrap();
        assert!(made.chars().count() <= DESCRIPTION && made.ends_with("word…"), "{made}");
        assert_eq!(first_line("\n\n## You are Ada.\nMore"), Some("You are Ada.".to_owned()));
        assert_eq!(first_line("<b>Ada</b>"), None);
        assert_eq!(id_of("  Ada -- the 2nd! "), "ada-the-2nd");
        assert_eq!(id_of("日本"), "");
    }
}
