//! The texts of a card that a model is told, as the instructions of a bot, and back.

/// What a card takes for granted.
const LEAD: &str = "You are {{char}}. Stay in character, and never speak for {{user}}.";

/// The fields in the order in which they stand in the instructions, with their headings. The
/// first one begins them.
const SECTIONS: [(&str, &str); 6] = [
    ("description", ""),
    ("personality", "## Personality"),
    ("scenario", "## Scenario"),
    ("mes_example", "## Examples of how {{char}} speaks"),
    ("system_prompt", "## How to answer"),
    ("post_history_instructions", "## Before each answer"),
];

/// Whether the instructions begin as those of a card do.
pub(super) fn has_lead(instructions: &str) -> bool {
    instructions == LEAD || instructions.starts_with(&format!("{LEAD}\n\n"))
}

/// The names of the fields.
pub(super) fn fields() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().map(|(field, _)| *field)
}

/// The instructions of a card's fields.
pub(super) fn compose<'a>(has_lead: bool, field: impl Fn(&str) -> &'a str) -> String {
    let mut parts = Vec::new();
    if has_lead {
        parts.push(LEAD.to_owned());
    }
    for (name, heading) in SECTIONS {
        let text = field(name);
        match (text, heading) {
            ("", _) => {}
            (text, "") => parts.push(text.to_owned()),
            (text, heading) => parts.push(format!("{heading}\n\n{text}")),
        }
    }
    parts.join("\n\n")
}

/// The fields of the instructions: what [`compose`] made, taken apart.
pub(super) fn split(instructions: &str) -> Vec<(&'static str, String)> {
    let begun = format!("\n\n{instructions}");
    let mut rest = begun.as_str();
    let mut fields: Vec<(&'static str, String)> = Vec::new();
    let mut open = "description";
    for (field, heading) in SECTIONS.iter().filter(|(_, heading)| !heading.is_empty()) {
        if let Some((before, after)) = rest.split_once(&format!("\n\n{heading}\n\n")) {
            fields.push((open, before.to_owned()));
            (open, rest) = (field, after);
        }
    }
    fields.push((open, rest.to_owned()));
    if let Some((_, description)) = fields.first_mut() {
        let text = description.strip_prefix("\n\n").unwrap_or(description);
        let text = if text == LEAD { "" } else { text };
        let text =
            text.strip_prefix(LEAD).and_then(|text| text.strip_prefix("\n\n")).unwrap_or(text);
        *description = text.to_owned();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_set_of_fields_comes_back_as_it_was() {
        for set in 0..128_u32 {
            let lead = set & 64 != 0;
            let texts =
                ["She is\n\na pilot.\n", "calm", "{{user}} boards", "<START>\nhi", "x", "y\n\n"];
            let text = |name: &str| {
                let at = SECTIONS.iter().position(|(field, _)| *field == name).unwrap();
                if set & (1 << at) == 0 { "" } else { texts[at] }
            };
            let instructions = compose(lead, text);
            assert_eq!(has_lead(&instructions), lead);
            for name in fields() {
                let split = split(&instructions);
                let back = split.iter().find(|(field, _)| *field == name);
                assert_eq!(back.map_or("", |(_, text)| text), text(name), "{set} {name}");
            }
        }
    }
}
