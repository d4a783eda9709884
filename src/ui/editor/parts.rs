//! What the sections of the form have in common.

use std::cell::Cell;
use std::fmt::Debug;
use std::hash::Hash;

use egui::{Frame, Id, Margin, Response, RichText, Stroke, TextEdit, Ui};

use crate::protocol::BotProblem;
use crate::state::{AppState, Bound, Editor, parse_number};
use crate::ui::icon::Icon;
use crate::ui::settings::field::Field;
use crate::ui::settings::parts;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Height of a line in a field of several.
const LINE: f32 = 20.0;

/// What the sections are drawn from.
pub(super) struct Form<'a> {
    pub(super) state: &'a AppState,
    pub(super) editor: &'a Editor,
    pub(super) problems: &'a [BotProblem],
    /// Whether the first field with which something is wrong is looked for.
    pub(super) seeks: Cell<bool>,
}

impl<'a> Form<'a> {
    pub(super) fn new(state: &'a AppState, editor: &'a Editor) -> Self {
        Self { state, editor, problems: state.editor_problems(), seeks: Cell::new(false) }
    }
    /// The id of a control: another bot in the editor has other ones, so that undo does not lead
    /// into the text of the bot before.
    pub(super) fn id(&self, name: impl Hash + Debug) -> Id {
        Id::unique(("editor", self.editor.key)).with(name)
    }

    /// What is wrong with a field and with what is in it.
    pub(super) fn problem_ui(&self, ui: &mut Ui, field: &str) {
        for problem in self.problems.iter().filter(|problem| is_about(problem, field)) {
            self.told_ui(ui, problem);
        }
    }

    /// What is wrong with a list itself.
    pub(super) fn list_problem_ui(&self, ui: &mut Ui, field: &str) {
        let own = |problem: &&BotProblem| problem.field.as_deref() == Some(field);
        for problem in self.problems.iter().filter(own) {
            self.told_ui(ui, problem);
        }
    }

    /// That a field is empty is no news to who has not been there yet.
    fn told_ui(&self, ui: &mut Ui, problem: &BotProblem) {
        let field = problem.field.as_deref().unwrap_or_default();
        let is_empty = problem.message.starts_with("is empty");
        if is_empty && !self.editor.tried && !self.is_touched(ui, field) {
            return;
        }
        let words = sentence(&problem.message);
        let told = ui.scope(|ui| parts::problem_ui(ui, &words)).response;
        // The first one that is drawn is the uppermost.
        if self.seeks.replace(false) {
            told.scroll_to_me(Some(egui::Align::Center));
            ui.memory_mut(|memory| memory.request_focus(self.id(field)));
        }
    }

    fn is_touched(&self, ui: &Ui, field: &str) -> bool {
        let key = self.id(("touched", field));
        ui.data(|data| data.get_temp::<bool>(key)).unwrap_or_default()
    }

    /// Notes where the keyboard is, and which fields it has been in.
    pub(super) fn note(&self, response: &Response, field: &str) {
        let ctx = &response.ctx;
        if response.changed() || response.lost_focus() {
            let key = self.id(("touched", field));
            ctx.data_mut(|data| data.insert_temp(key, true));
        }
        if response.has_focus() {
            let key = self.id("last field");
            ctx.data_mut(|data| data.insert_temp(key, response.id));
        }
    }

    /// The field that had the keyboard last; the first one without.
    pub(super) fn last_field(&self, ui: &Ui) -> Id {
        let known = ui.data(|data| data.get_temp::<Id>(self.id("last field")));
        known.unwrap_or_else(|| self.id("name"))
    }

    /// A field of one line with its label, and what is wrong with it.
    pub(super) fn line_ui(&self, ui: &mut Ui, line: Line<'_>, text: &mut String) -> Response {
        parts::labelled_ui(ui, line.label, |ui| {
            let field = Field { hint: line.hint, ..Field::new(self.id(line.field), line.label) };
            let response = field.field_ui(ui, text);
            self.note(&response, line.field);
            self.problem_ui(ui, line.field);
            response
        })
    }

    /// A field of several lines over the whole width, and what is wrong with it.
    pub(super) fn area_ui(&self, ui: &mut Ui, area: &Area<'_>, text: &mut String) -> Response {
        let response = area_ui(ui, self.id(area.field), area, text);
        self.note(&response, area.field);
        self.problem_ui(ui, area.field);
        response
    }
}

/// What is wrong, as it stands below its field: the field is not named again.
pub(in crate::ui) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn is_about(problem: &BotProblem, field: &str) -> bool {
    let Some(rest) = problem.field.as_deref().and_then(|known| known.strip_prefix(field)) else {
        return false;
    };
    rest.is_empty() || rest.starts_with(['.', '['])
}

/// A field of one line. `field` is its path in the file.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) field: &'a str,
    pub(super) label: &'a str,
    pub(super) hint: &'a str,
}

/// A field of several lines. `field` is its path in the file.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Area<'a> {
    pub(in crate::ui) field: &'a str,
    pub(in crate::ui) name: &'a str,
    pub(in crate::ui) hint: &'a str,
    pub(in crate::ui) rows: usize,
}

/// A field of several lines that grows with its text.
pub(in crate::ui) fn area_ui(ui: &mut Ui, id: Id, area: &Area<'_>, text: &mut String) -> Response {
    let palette = Palette::of(ui);
    let focused = ui.memory(|memory| memory.has_focus(id));
    let line = if focused { theme::focus_stroke(palette) } else { Stroke::new(1.0, palette.line) };
    let frame = Frame::new()
        .fill(palette.raised)
        .stroke(line)
        .corner_radius(theme::ROUNDING)
        .inner_margin(Margin::symmetric(10, 6));
    frame
        .show(ui, |ui| {
            let row_height = ui.fonts_mut(|fonts| fonts.row_height(&theme::body()));
            ui.spacing_mut().extra_text_line_spacing = LINE - row_height;
            let edit = TextEdit::multiline(text)
                .id(id)
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .font(theme::body())
                .hint_text(RichText::new(area.hint).color(palette.faint))
                .desired_width(f32::INFINITY)
                .desired_rows(area.rows);
            let response = ui.add(edit);
            ui.ctx().accesskit_node_builder(id, |node| node.set_label(area.name));
            response
        })
        .inner
}

/// A text that stands for a value, also while it is typed and stands for none.
#[derive(Debug)]
pub(super) struct Typed<T> {
    text: String,
    stands_for: Option<T>,
}

impl<T> Default for Typed<T> {
    fn default() -> Self {
        Self { text: String::new(), stands_for: None }
    }
}

impl<T: Clone + PartialEq> Typed<T> {
    /// The text, which is made anew where the value was changed by something else.
    pub(super) fn text(&mut self, value: &T, shown: impl FnOnce(&T) -> String) -> &mut String {
        if self.stands_for.as_ref() != Some(value) {
            self.text = shown(value);
            self.stands_for = Some(value.clone());
        }
        &mut self.text
    }

    /// The text stands for another value now.
    pub(super) fn stands_for(&mut self, value: T) {
        self.stands_for = Some(value);
    }
}

/// A number that need not be there, with its label.
#[derive(Clone, Copy)]
pub(super) struct Number<'a> {
    pub(super) line: Line<'a>,
    pub(super) bound: Bound,
}

impl Number<'_> {
    /// Draws it; changes the value where a number within the bounds was typed.
    pub(super) fn number_ui(
        self,
        ui: &mut Ui,
        form: &Form<'_>,
        typed: &mut Typed<Option<f64>>,
        value: &mut Option<f64>,
    ) {
        let Line { field, label, hint } = self.line;
        parts::labelled_ui(ui, label, |ui| {
            let text = typed.text(value, |value| value.map_or_else(String::new, shown));
            let drawn = Field { hint, ..Field::new(form.id(field), label) };
            let changed = drawn.field_ui(ui, text).changed();
            match parse_number(text, self.bound) {
                Ok(number) => {
                    if changed {
                        *value = number;
                        typed.stands_for(number);
                    }
                    form.problem_ui(ui, field);
                }
                Err(sentence) => parts::problem_ui(ui, &sentence),
            }
        });
    }
}

/// As people write it: what was kept as a `f32` has no more digits than that.
fn shown(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "it came from a f32 or is a whole number")]
    let short = value as f32;
    if value.fract() == 0.0 { value.to_string() } else { short.to_string() }
}

/// What was asked about an item of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    Up,
    Down,
    Remove,
}

impl Asked {
    /// Does it to an item of a list.
    pub(super) fn apply<T>(self, list: &mut Vec<T>, place: usize) {
        match self {
            Self::Nothing => {}
            Self::Up if place > 0 => list.swap(place, place - 1),
            Self::Down if place + 1 < list.len() => list.swap(place, place + 1),
            Self::Up | Self::Down => {}
            Self::Remove if place < list.len() => {
                list.remove(place);
            }
            Self::Remove => {}
        }
    }
}

/// The buttons of an item of a list, from right to left; `what` names it.
pub(super) fn item_buttons_ui(ui: &mut Ui, what: &str, (place, count): (usize, usize)) -> Asked {
    let mut asked = Asked::Nothing;
    if widgets::icon_button(ui, Icon::X, &format!("Remove {what}")).clicked() {
        asked = Asked::Remove;
    }
    ui.add_enabled_ui(place + 1 < count, |ui| {
        if widgets::icon_button(ui, Icon::ChevronDown, &format!("Move {what} down")).clicked() {
            asked = Asked::Down;
        }
    });
    ui.add_enabled_ui(place > 0, |ui| {
        if widgets::icon_button(ui, Icon::ChevronUp, &format!("Move {what} up")).clicked() {
            asked = Asked::Up;
        }
    });
    asked
}

/// Chips that stand beside a label, in as many rows as they need.
pub(super) fn chips_ui<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    ui.add_space(4.0);
    let drawn = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 6.0);
        content(ui)
    });
    drawn.inner
}
