//! How two bots differ: field by field, line by line.

use egui::{Frame, Label, Margin, RichText, Ui};
use similar::{ChangeTag, TextDiff};

use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::{
    Bot, BotParameters, ModelPreference, Params, RoomMember, SpeakingOrder, Variable,
};

/// Lines that are the same are shown this far around those that are not.
const AROUND: usize = 2;

/// How two bots differ, kept as long as they are the same.
#[derive(Debug, Default)]
pub(super) struct DiffView {
    of: Option<Box<(Bot, Bot)>>,
    breaks: Breaks,
    fields: Vec<FieldDiff>,
}

/// Whether line breaks count that only a file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Breaks {
    #[default]
    Count,
    /// One of the two may stand in a file that is wrapped.
    Ignore,
}

/// A field that differs.
#[derive(Debug, PartialEq, Eq)]
struct FieldDiff {
    name: String,
    lines: Vec<Line>,
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    Same(String),
    Gone(String),
    New(String),
    /// So many lines are left out that are the same.
    Skipped(usize),
}

impl DiffView {
    /// A view in which line breaks count, or not.
    pub(super) fn with(breaks: Breaks) -> Self {
        Self { breaks, ..Self::default() }
    }

    /// Draws what differs. Says so where nothing does.
    pub(super) fn diff_ui(&mut self, ui: &mut Ui, old: &Bot, new: &Bot) {
        let is_known = self.of.as_deref().is_some_and(|of| of.0 == *old && of.1 == *new);
        if !is_known {
            self.fields = match self.breaks {
                Breaks::Count => differences(old, new),
                Breaks::Ignore => differences(&old.clone().unwrapped(), &new.clone().unwrapped()),
            };
            self.of = Some(Box::new((old.clone(), new.clone())));
        }
        let palette = Palette::of(ui);
        if self.fields.is_empty() {
            ui.label(RichText::new("They do not differ").color(palette.dim));
        }
        for field in &self.fields {
            ui.add_space(4.0);
            widgets::group_label(ui, &field.name);
            Frame::new().fill(palette.code).corner_radius(theme::ROUNDING).inner_margin(6).show(
                ui,
                |ui| {
                    ui.set_width(ui.available_width());
                    ui.spacing_mut().item_spacing.y = 1.0;
                    for line in &field.lines {
                        line_ui(ui, line);
                    }
                },
            );
        }
    }
}

fn line_ui(ui: &mut Ui, line: &Line) {
    let palette = Palette::of(ui);
    let (text, color, ground) = match line {
        Line::Same(text) => (format!("  {text}"), palette.dim, None),
        Line::Gone(text) => (format!("− {text}"), palette.text, Some(palette.err)),
        Line::New(text) => (format!("+ {text}"), palette.text, Some(palette.ok)),
        Line::Skipped(1) => ("… 1 line".to_owned(), palette.faint, None),
        Line::Skipped(count) => (format!("… {count} lines"), palette.faint, None),
    };
    let mut frame = Frame::new().inner_margin(Margin::symmetric(6, 1)).corner_radius(3);
    if let Some(ground) = ground {
        frame = frame.fill(ground.gamma_multiply(0.16));
    }
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(text).color(color)).wrap().selectable(true));
    });
}

/// The fields in which two bots differ, in the order of the form.
fn differences(old: &Bot, new: &Bot) -> Vec<FieldDiff> {
    let (old, new) = (texts(old), texts(new));
    let mut found = Vec::new();
    for (name, text) in &new {
        let before = old.iter().find(|(known, _)| known == name);
        let before = before.map_or("", |(_, text)| text.as_str());
        if before != text {
            found.push(FieldDiff { name: name.clone(), lines: lines(before, text) });
        }
    }
    for (name, text) in &old {
        if !text.is_empty() && !new.iter().any(|(known, _)| known == name) {
            found.push(FieldDiff { name: name.clone(), lines: lines(text, "") });
        }
    }
    found
}

/// The lines of two texts, those that are the same only near others.
fn lines(old: &str, new: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(old, new);
    let mut all = Vec::new();
    for change in diff.iter_all_changes() {
        let text = change.value().trim_end_matches('\n').to_owned();
        all.push(match change.tag() {
            ChangeTag::Equal => Line::Same(text),
            ChangeTag::Delete => Line::Gone(text),
            ChangeTag::Insert => Line::New(text),
        });
    }
    let is_change = |line: &Line| matches!(line, Line::Gone(_) | Line::New(_));
    let near: Vec<bool> = (0..all.len())
        .map(|at| {
            let from = at.saturating_sub(AROUND);
            all.iter().skip(from).take(at - from + AROUND + 1).any(is_change)
        })
        .collect();
    let mut shown = Vec::new();
    for (line, near) in all.into_iter().zip(near) {
        if near {
            shown.push(line);
        } else if let Some(Line::Skipped(count)) = shown.last_mut() {
            *count += 1;
        } else {
            shown.push(Line::Skipped(1));
        }
    }
    shown
}

/// All of a bot as texts with the names of their fields.
fn texts(bot: &Bot) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: String| texts.push((name.to_owned(), text));
    add("Name", bot.name.clone());
    add("Description", bot.description.clone());
    add("Category", bot.category.label().to_owned());
    add("Tags", bot.tags.join(", "));
    add("Icon and colour", format!("{}, {}", bot.icon.label(), bot.color.label().to_lowercase()));
    add("Instructions", bot.instructions.clone());
    if let Some(room) = &bot.room {
        add("Order", order_words(room.order).to_owned());
        add("Leader", room.leader.as_ref().map(ToString::to_string).unwrap_or_default());
        let limits = format!("{} rounds, at most {} answers", room.rounds, room.most_answers);
        add("Rounds", limits);
        let names: Vec<&str> = room.members.iter().map(|member| member.name.as_str()).collect();
        add("Who takes part", names.join("\n"));
        for member in &room.members {
            add(&format!("What {} is told", member.name), member_text(member));
        }
    }
    add("Model", model_words(&bot.model));
    add("Answers", parameter_words(&bot.parameters));
    let tools = bot.tools.iter().map(|tool| format!("{}: {}", tool.name, tool.reason));
    add("Tools", tools.collect::<Vec<_>>().join("\n"));
    let seeds = bot.seeds.iter().map(|seed| seed.content.as_str());
    add("Opens with", seeds.collect::<Vec<_>>().join("\n\n"));
    add("Starters", bot.starters.join("\n"));
    let questions = bot.variables.iter().map(question_words);
    add("Questions at start", questions.collect::<Vec<_>>().join("\n"));
    add("Author", bot.author.clone());
    add("Licence", bot.license.clone());
    texts
}

fn member_text(member: &RoomMember) -> String {
    let mut text = member.instructions.clone();
    for words in [model_words(&member.model), parameter_words(&member.parameters)] {
        if !words.is_empty() {
            text.push('\n');
            text.push_str(&words);
        }
    }
    text
}

/// In which order the members of a room speak.
pub(super) fn order_words(order: SpeakingOrder) -> &'static str {
    match order {
        SpeakingOrder::InTurn => "In turn",
        SpeakingOrder::ByMention => "By mention",
        SpeakingOrder::Moderated => "Moderated",
        SpeakingOrder::Concluded => "All, then one concludes",
    }
}

/// A preference in words; nothing where any model will do.
fn model_words(preference: &ModelPreference) -> String {
    let mut words: Vec<String> =
        preference.abilities.iter().map(|ability| format!("Needs {ability:?}")).collect();
    words.extend(preference.price.map(|price| format!("Price class {price:?}")));
    let mut words: Vec<String> = words.into_iter().map(|word| word.to_lowercase()).collect();
    words.extend(preference.ids.iter().map(ToString::to_string));
    words.join("\n")
}

/// Parameters in words; nothing where none is set.
fn parameter_words(set: &BotParameters) -> String {
    let Params { temperature, top_p, max_tokens, effort, stop, system: _ } = Params::from(set);
    let words = [
        temperature.map(|value| format!("Temperature {value}")),
        top_p.map(|value| format!("Top-p {value}")),
        max_tokens.map(|value| format!("At most {value} tokens")),
        effort.map(|value| format!("Effort {}", value.label())),
        (!stop.is_empty()).then(|| format!("Stops at {}", stop.join(" · "))),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn question_words(variable: &Variable) -> String {
    let mut words = format!("{}: {}", variable.name, variable.label);
    if let Some(default) = &variable.default {
        words.push_str(&format!(" ({default})"));
    }
    if !variable.choices.is_empty() {
        words.push_str(&format!(" [{}]", variable.choices.join(", ")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::BotId;

    #[test]
    fn only_fields_that_differ_are_told_with_their_lines() {
        let old = Bot {
            instructions: "one\ntwo\nthree\nfour\nfive\nsix".to_owned(),
            author: "Ada".to_owned(),
            ..Bot::blank(BotId::from("a"), "Same")
        };
        let new = Bot {
            id: BotId::from("b"),
            instructions: "one\ntwo\nthree\nfour\nfive\nseven".to_owned(),
            starters: vec!["Hello".to_owned()],
            author: String::new(),
            ..old.clone()
        };
        let found = differences(&old, &new);
        let names: Vec<&str> = found.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["Instructions", "Starters", "Author"]);
        let same = |text: &str| Line::Same(text.to_owned());
        assert_eq!(
            found[0].lines,
            [
                Line::Skipped(3),
                same("four"),
                same("five"),
                Line::Gone("six".to_owned()),
                Line::New("seven".to_owned())
            ]
        );
        assert_eq!(found[1].lines, [Line::New("Hello".to_owned())]);
        assert_eq!(found[2].lines, [Line::Gone("Ada".to_owned())]);
        assert!(differences(&old, &old).is_empty());
    }
}
