//! What the model is told, with the answers to the bot's questions filled in.

use egui::text::{LayoutJob, TextFormat};
use egui::{Label, RichText, ScrollArea, Ui, vec2};

use super::parts::{self as form_parts, Area, Form};
use crate::protocol::{BotEntry, BotId, BotOrigin, Variable, VariableKind, tokens_in};
use crate::state::{EditorCommand, UiCommand, opening};
use crate::ui::icon::Icon;
use crate::ui::settings::field::Field;
use crate::ui::settings::parts;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// What the preview remembers.
#[derive(Debug, Default)]
pub(super) struct PreviewView {
    /// Whose text is shown; that of all without.
    member: Option<BotId>,
    text: String,
    tokens: u64,
    /// What stands for answers that are missing.
    missing: Vec<String>,
}

impl PreviewView {
    /// Draws it; all of it is `height` high at most.
    pub(super) fn preview_ui(
        &mut self,
        ui: &mut Ui,
        form: &Form<'_>,
        height: f32,
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let bottom = ui.cursor().top() + height;
        self.follow(form);
        let tokens = format!("≈ {} tokens", self.tokens);
        parts::row_ui(
            ui,
            theme::SMALL_CONTROL_HEIGHT,
            |ui| {
                let title = RichText::new("What the model is told").font(theme::semibold(14.0));
                ui.label(title.color(palette.text));
                widgets::truncated_label(ui, &tokens, theme::small(), palette.dim);
            },
            |ui| {
                if widgets::icon_button(ui, Icon::Copy, "Copy what the model is told").clicked() {
                    out.push(UiCommand::CopyText(self.text.clone()));
                }
            },
        );
        self.members_ui(ui, form);
        ScrollArea::vertical()
            .id_salt(("what the model is told", form.editor.key))
            .max_height((bottom - ui.cursor().top()).max(40.0))
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for variable in &form.editor.bot.variables {
                    value_ui(ui, form, variable, out);
                }
                let frame = egui::Frame::new().fill(palette.code).corner_radius(theme::ROUNDING);
                frame.inner_margin(10).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let text = if self.text.is_empty() { "Nothing yet" } else { &self.text };
                    let text = with_dim(text, &self.missing, palette);
                    ui.add(Label::new(text).wrap().selectable(true));
                });
            });
    }

    /// Fills the texts in anew; counts only what changed.
    fn follow(&mut self, form: &Form<'_>) {
        let entry = BotEntry::new(form.editor.bot.clone(), BotOrigin::Own);
        let mut values = form.editor.values.clone();
        self.missing.clear();
        for variable in &form.editor.bot.variables {
            let default = variable.default.as_deref();
            if default.is_none() && form.editor.value_of(&variable.name, None).trim().is_empty() {
                let stands_for = format!("‹{}›", variable.name);
                values.insert(variable.name.clone(), stands_for.clone());
                self.missing.push(stands_for);
            }
        }
        let (_, cast) = opening::cast(&entry, &values, form.state);
        self.member = self.member.take().filter(|id| cast.member(id).is_some());
        let text = cast.told(self.member.as_ref().unwrap_or(&cast.bot));
        if self.text != text {
            self.tokens = tokens_in(&text);
            self.text = text;
        }
    }

    /// Whose text is shown, in a room.
    fn members_ui(&mut self, ui: &mut Ui, form: &Form<'_>) {
        let Some(room) = &form.editor.bot.room else { return };
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
            if widgets::chip(ui, "All", Chosen::from(self.member.is_none())).clicked() {
                self.member = None;
            }
            for member in &room.members {
                let chosen = Chosen::from(self.member.as_ref() == Some(&member.id));
                if widgets::chip(ui, &member.name, chosen).clicked() {
                    self.member = Some(member.id.clone());
                }
            }
        });
    }
}

/// The text, with what stands for missing answers in a weaker colour.
fn with_dim(text: &str, missing: &[String], palette: &Palette) -> LayoutJob {
    let format = |color| TextFormat {
        font_id: theme::body(),
        color,
        line_height: Some(20.0),
        ..TextFormat::default()
    };
    let mut job = LayoutJob::default();
    let mut rest = text;
    while let Some((at, word)) = first_of(rest, missing) {
        let (before, behind) = rest.split_at(at);
        job.append(before, 0.0, format(palette.text));
        job.append(word, 0.0, format(palette.dim));
        rest = behind.strip_prefix(word).unwrap_or_default();
    }
    job.append(rest, 0.0, format(palette.text));
    job
}

/// Which of the words comes first, and where.
fn first_of<'a>(text: &str, words: &'a [String]) -> Option<(usize, &'a str)> {
    let found = words.iter().filter_map(|word| Some((text.find(word.as_str())?, word.as_str())));
    found.min_by_key(|(at, _)| *at)
}

/// The answer to a question, as it would be given before a chat begins.
fn value_ui(ui: &mut Ui, form: &Form<'_>, variable: &Variable, out: &mut Vec<UiCommand>) {
    let default = variable.default.as_deref();
    let label = if variable.label.is_empty() { &variable.name } else { &variable.label };
    let mut value = form.editor.values.get(&variable.name).cloned().unwrap_or_default();
    let before = value.clone();
    let id = form.id(("value", &variable.name));
    parts::labelled_ui(ui, label, |ui| match variable.kind {
        VariableKind::Text | VariableKind::Number => {
            let hint = default.unwrap_or_default();
            Field { hint, ..Field::new(id, label) }.field_ui(ui, &mut value);
        }
        VariableKind::LongText => {
            let hint = default.unwrap_or_default();
            let area = Area { field: "", name: label, hint, rows: 2 };
            form_parts::area_ui(ui, id, &area, &mut value);
        }
        VariableKind::Choice => {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
                let now = form.editor.value_of(&variable.name, default).to_owned();
                for choice in &variable.choices {
                    if widgets::chip(ui, choice, Chosen::from(now == *choice)).clicked() {
                        value.clone_from(choice);
                    }
                }
            });
        }
    });
    if value != before {
        let name = variable.name.clone();
        out.push(UiCommand::Editor(EditorCommand::SetValue { name, value }));
    }
}
