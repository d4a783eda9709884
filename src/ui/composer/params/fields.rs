//! The fields of the parameters: each only where the model takes it.

use egui::{Frame, Id, Margin, Stroke, TextEdit, Ui};

use super::{About, effort_label, inherited_words, label_ui};
use crate::protocol::Params;
use crate::state::{Bound, parse_number};
use crate::ui::composer::typed;
use crate::ui::settings::field::Field;
use crate::ui::stop_words;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// What is typed, also where it is no number yet.
#[derive(Debug, Default)]
pub(super) struct Texts {
    temperature: String,
    top_p: String,
    max_tokens: String,
    stop: String,
    system: String,
}

impl Texts {
    pub(super) fn of(params: &Params) -> Self {
        let number = |value: Option<f32>| value.map(shown).unwrap_or_default();
        Self {
            temperature: number(params.temperature),
            top_p: number(params.top_p),
            max_tokens: params.max_tokens.map(|cap| cap.to_string()).unwrap_or_default(),
            stop: stop_words::shown(&params.stop),
            system: params.system.clone().unwrap_or_default(),
        }
    }
}

impl About<'_> {
    pub(super) fn effort_ui(&self, ui: &mut Ui, params: &mut Params) {
        if self.takes.efforts.is_empty() {
            return;
        }
        label_ui(ui, "Reasoning effort");
        ui.horizontal_wrapped(|ui| {
            let default = effort_label(self.inherited.effort);
            if widgets::chip(ui, &default, Chosen::from(self.own.effort.is_none())).clicked() {
                params.effort = None;
            }
            for effort in &self.takes.efforts {
                let chosen = Chosen::from(self.own.effort == Some(*effort));
                if widgets::chip(ui, effort.label(), chosen).clicked() {
                    params.effort = Some(*effort);
                }
            }
        });
    }

    pub(super) fn numbers_ui(&self, ui: &mut Ui, texts: &mut Texts, params: &mut Params) {
        match (self.takes.temperature, self.takes.top_p) {
            (true, true) => ui.columns_const(|[left, right]| {
                self.temperature_ui(left, texts, params);
                self.top_p_ui(right, texts, params);
            }),
            (true, false) => self.temperature_ui(ui, texts, params),
            (false, true) => self.top_p_ui(ui, texts, params),
            (false, false) => {}
        }
        if self.takes.max_tokens {
            let inherited = self.inherited.max_tokens.map(|cap| grouped(u64::from(cap)));
            let hint = match (&inherited, self.most) {
                (None, Some(most)) => format!("Default, at most {}", grouped(most)),
                (Some(_), _) | (None, None) => inherited_words(inherited, self.scope),
            };
            let bound = Bound::MaxTokens(self.most);
            let number = Number { name: "Output cap, in tokens", hint: &hint, bound };
            if let Some(value) = number.number_ui(ui, &mut texts.max_tokens) {
                params.max_tokens = value.map(|value| value as u32);
            }
        }
    }

    fn temperature_ui(&self, ui: &mut Ui, texts: &mut Texts, params: &mut Params) {
        let hint = inherited_words(self.inherited.temperature.map(shown), self.scope);
        let number = Number { name: "Temperature", hint: &hint, bound: Bound::Temperature };
        if let Some(value) = number.number_ui(ui, &mut texts.temperature) {
            params.temperature = value.map(|value| value as f32);
        }
    }

    fn top_p_ui(&self, ui: &mut Ui, texts: &mut Texts, params: &mut Params) {
        let hint = inherited_words(self.inherited.top_p.map(shown), self.scope);
        let number = Number { name: "Top-p", hint: &hint, bound: Bound::TopP };
        if let Some(value) = number.number_ui(ui, &mut texts.top_p) {
            params.top_p = value.map(|value| value as f32);
        }
    }

    pub(super) fn texts_ui(&self, ui: &mut Ui, texts: &mut Texts, params: &mut Params) {
        if self.takes.stop {
            label_ui(ui, "Stop words, one a line");
            let inherited = &self.inherited.stop;
            let inherited = (!inherited.is_empty()).then(|| inherited.join(" · "));
            let hint = match inherited {
                Some(_) => inherited_words(inherited, self.scope),
                None => "The answer ends where the model writes one".to_owned(),
            };
            if area_ui(ui, ("Stop words", &hint, 1), &mut texts.stop) {
                params.stop = stop_words::read(&texts.stop);
            }
        }
        if self.takes.system {
            label_ui(ui, "System prompt");
            let hint = match &self.inherited.system {
                Some(system) => inherited_words(Some(system.clone()), self.scope),
                None => "Instructions that stand before all messages".to_owned(),
            };
            if area_ui(ui, ("System prompt", &hint, 3), &mut texts.system) {
                params.system = (!texts.system.trim().is_empty()).then(|| texts.system.clone());
            }
        }
    }
}

fn grouped(tokens: u64) -> String {
    usize::try_from(tokens).map_or_else(|_| tokens.to_string(), typed::grouped)
}

/// As it is typed.
fn shown(value: f32) -> String {
    value.to_string()
}

struct Number<'a> {
    name: &'a str,
    hint: &'a str,
    bound: Bound,
}

impl Number<'_> {
    /// The number, where it was changed to one that is within its bounds, or to nothing.
    fn number_ui(&self, ui: &mut Ui, text: &mut String) -> Option<Option<f64>> {
        label_ui(ui, self.name);
        let field =
            Field { hint: self.hint, ..Field::new(Id::unique(("params", self.name)), self.name) };
        let changed = field.field_ui(ui, text).changed();
        match parse_number(text, self.bound) {
            Ok(number) => changed.then_some(number),
            Err(sentence) => {
                let palette = Palette::of(ui);
                let sentence = egui::RichText::new(sentence).font(theme::small());
                ui.add(egui::Label::new(sentence.color(palette.err)).wrap());
                None
            }
        }
    }
}

/// A field of several lines; true where it was changed.
fn area_ui(ui: &mut Ui, (name, hint, rows): (&str, &str, usize), text: &mut String) -> bool {
    let palette = Palette::of(ui);
    let id = Id::unique(("params", name));
    let focused = ui.memory(|memory| memory.has_focus(id));
    let line = if focused { theme::focus_stroke(palette) } else { Stroke::new(1.0, palette.line) };
    let frame = Frame::new()
        .fill(palette.raised)
        .stroke(line)
        .corner_radius(theme::ROUNDING)
        .inner_margin(Margin::symmetric(10, 6));
    frame
        .show(ui, |ui| {
            let edit = TextEdit::multiline(text)
                .id(id)
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .font(theme::body())
                .hint_text(egui::RichText::new(hint).color(palette.faint))
                .desired_width(f32::INFINITY)
                .desired_rows(rows);
            let changed = ui.add(edit).changed();
            ui.ctx().accesskit_node_builder(id, |node| node.set_label(name));
            changed
        })
        .inner
}
