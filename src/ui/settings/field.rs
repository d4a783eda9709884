//! A text field of one line, 32 high, as the design has it.

use egui::{
    Align, Align2, EventFilter, Frame, Id, Layout, Margin, Response, RichText, Stroke, TextEdit,
    Ui, UiBuilder, vec2,
};

use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// A text field. `name` is what it is called for those who do not see its label.
#[must_use = "call `field_ui` to draw it"]
pub(in crate::ui) struct Field<'a> {
    pub(in crate::ui) id: Id,
    pub(in crate::ui) name: &'a str,
    pub(in crate::ui) hint: &'a str,
    pub(in crate::ui) icon: Option<Icon>,
    pub(in crate::ui) style: FieldStyle,
    /// Small text at the right end.
    pub(in crate::ui) note: &'a str,
    /// Keys at the right end.
    pub(in crate::ui) keys: &'a [&'a str],
    /// Tab is for whoever owns the field, and does not move the focus.
    pub(in crate::ui) keeps_tab: bool,
}

/// How the text of a field looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum FieldStyle {
    Text,
    Mono,
    Secret,
}

impl<'a> Field<'a> {
    pub(in crate::ui) fn new(id: Id, name: &'a str) -> Self {
        Self {
            id,
            name,
            hint: "",
            icon: None,
            style: FieldStyle::Text,
            note: "",
            keys: &[],
            keeps_tab: false,
        }
    }

    /// A field to filter a list with.
    pub(in crate::ui) fn search(id: Id, hint: &'a str) -> Self {
        Self { hint, icon: Some(Icon::Search), ..Self::new(id, hint) }
    }

    /// Draws it, as wide as there is room.
    pub(in crate::ui) fn field_ui(self, ui: &mut Ui, text: &mut String) -> Response {
        let palette = Palette::of(ui);
        let has_focus = ui.memory(|memory| memory.has_focus(self.id));
        // A field with keys of its own has the keyboard always, and needs no ring to say so.
        let line = if has_focus && self.keys.is_empty() {
            theme::focus_stroke(palette)
        } else {
            Stroke::new(1.0, palette.line)
        };
        let (rect, ground) = ui.allocate_exact_size(
            vec2(ui.available_width().max(80.0), theme::CONTROL_HEIGHT),
            // Not a stop for Tab: the text inside is.
            egui::Sense::CLICK,
        );
        ui.painter().rect(rect, theme::ROUNDING, palette.raised, line, egui::StrokeKind::Inside);
        let inner = UiBuilder::new()
            .max_rect(rect.shrink2(vec2(10.0, 1.0)))
            .layout(Layout::left_to_right(Align::Center));
        let response = ui.scope_builder(inner, |ui| {
            if let Some(icon) = self.icon {
                widgets::icon(ui, icon, palette.faint);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for key in self.keys.iter().rev() {
                    widgets::kbd(ui, key);
                }
                if !self.note.is_empty() {
                    widgets::small_label(ui, self.note, palette.faint);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.edit_ui(ui, text))
                    .inner
            })
            .inner
        });
        if ground.clicked() {
            ui.memory_mut(|memory| memory.request_focus(self.id));
        }
        response.inner
    }

    /// Draws it for a text of several lines: it grows with them.
    pub(in crate::ui) fn lines_ui(&self, ui: &mut Ui, text: &mut String) -> Response {
        let palette = Palette::of(ui);
        let has_focus = ui.memory(|memory| memory.has_focus(self.id));
        let mut frame = widgets::field_frame(ui);
        if has_focus {
            frame.stroke = theme::focus_stroke(palette);
        }
        let response = frame.show(ui, |ui| {
            let edit = TextEdit::multiline(text)
                .id(self.id)
                .frame(Frame::NONE)
                .margin(Margin::ZERO)
                .font(theme::body())
                .hint_text(RichText::new(self.hint).color(palette.faint))
                .desired_width(f32::INFINITY)
                .desired_rows(2);
            ui.add(edit)
        });
        ui.ctx().accesskit_node_builder(self.id, |node| node.set_label(self.name));
        response.inner
    }

    fn edit_ui(&self, ui: &mut Ui, text: &mut String) -> Response {
        let palette = Palette::of(ui);
        let font = match self.style {
            FieldStyle::Text | FieldStyle::Secret => theme::body(),
            FieldStyle::Mono => theme::mono(),
        };
        let edit = TextEdit::singleline(text)
            .id(self.id)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .font(font)
            .password(self.style == FieldStyle::Secret)
            .hint_text(RichText::new(self.hint).color(palette.faint))
            .desired_width(f32::INFINITY)
            .align(Align2::LEFT_CENTER)
            .min_size(vec2(0.0, theme::CONTROL_HEIGHT - 2.0))
            .event_filter(EventFilter {
                horizontal_arrows: true,
                vertical_arrows: true,
                tab: self.keeps_tab,
                escape: false,
            });
        let response = ui.add(edit);
        ui.ctx().accesskit_node_builder(self.id, |node| node.set_label(self.name));
        response
    }
}
