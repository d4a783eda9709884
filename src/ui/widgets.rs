//! Small controls that all views share. Each has an accessible name and a visible focus.

mod button;

pub use button::{
    Button, button, danger_button, ghost_button, icon_button, link_button, primary_button,
    small_button,
};

use egui::{
    Color32, CornerRadius, CursorIcon, FontId, Frame, Label, Margin, Rect, Response, RichText,
    Role, Sense, Stroke, StrokeKind, TextFormat, Ui, WidgetInfo, emath::GuiRounding as _,
    text::LayoutJob, vec2,
};

use super::icon::Icon;
use super::theme::{self, Palette};

/// Whether a choice is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chosen {
    /// It is not.
    #[default]
    No,
    /// It is.
    Yes,
}

impl From<bool> for Chosen {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A round chip, 24 high, that can be clicked.
pub fn chip(ui: &mut Ui, text: &str, chosen: Chosen) -> Response {
    chip_with(ui, Chip { text, dot: None, icon: None, trailing: None, chosen })
}

/// What a chip shows.
#[derive(Clone, Copy, Debug)]
pub struct Chip<'a> {
    /// Its text and its name.
    pub text: &'a str,
    /// A dot in front.
    pub dot: Option<Color32>,
    /// An icon in front.
    pub icon: Option<Icon>,
    /// An icon behind.
    pub trailing: Option<Icon>,
    /// Whether it is chosen.
    pub chosen: Chosen,
}

/// A chip with a dot or with icons.
pub fn chip_with(ui: &mut Ui, chip: Chip<'_>) -> Response {
    const GAP: f32 = 6.0;
    const ICON: f32 = 16.0;
    const DOT: f32 = 8.0;
    let palette = Palette::of(ui);
    let chosen = chip.chosen == Chosen::Yes;
    let color = if chosen { palette.text } else { palette.dim };
    let galley = ui.painter().layout_no_wrap(chip.text.to_owned(), theme::small(), color);
    let mut width = 22.0 + galley.size().x;
    width += chip.dot.map_or(0.0, |_| DOT + GAP);
    width += (f32::from(u8::from(chip.icon.is_some()))
        + f32::from(u8::from(chip.trailing.is_some())))
        * (ICON + GAP);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0).round_ui(), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), chosen, chip.text));
    let fill = match (chosen, response.hovered()) {
        (true, _) => palette.accent_soft,
        (false, true) => palette.hover,
        (false, false) => palette.raised,
    };
    let line = if chosen { palette.accent } else { palette.line };
    let painter = ui.painter();
    painter.rect(rect, CornerRadius::same(12), fill, Stroke::new(1.0, line), StrokeKind::Inside);
    let mut x = rect.left() + 11.0;
    if let Some(dot) = chip.dot {
        painter.circle_filled(egui::pos2(x + DOT / 2.0, rect.center().y), DOT / 2.0, dot);
        x += DOT + GAP;
    }
    if let Some(icon) = chip.icon {
        paint_icon(
            ui,
            icon,
            Rect::from_min_size(egui::pos2(x, rect.top() + 4.0), vec2(ICON, ICON)),
            color,
        );
        x += ICON + GAP;
    }
    let text_width = galley.size().x;
    let pos = egui::pos2(x, rect.center().y - galley.size().y / 2.0).round_ui();
    ui.painter().galley(pos, galley, color);
    if let Some(icon) = chip.trailing {
        let min = egui::pos2(x + text_width + GAP, rect.top() + 4.0);
        paint_icon(ui, icon, Rect::from_min_size(min, vec2(ICON, ICON)), color);
    }
    focus_ring(ui, &response, 12);
    response
}

/// A dot, 8 wide, as tall as a row of text.
pub fn dot(ui: &mut Ui, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(8.0, 16.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.0, color);
    response
}

/// An icon that is not a control, 16 × 16.
pub fn icon(ui: &mut Ui, icon: Icon, color: Color32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
    paint_icon(ui, icon, rect, color);
    response
}

/// Draws an icon, 16 high, in the middle of a rectangle.
pub fn paint_icon(ui: &Ui, icon: Icon, rect: Rect, color: Color32) {
    let galley = ui.painter().layout_no_wrap(icon.to_string(), theme::icons(16.0), color);
    // Sideways by what is painted: the side bearings of the icon font are not to be trusted.
    let x = rect.center().x - galley.mesh_bounds.center().x;
    let pos = egui::pos2(x, rect.center().y - galley.size().y / 2.0).round_ui();
    ui.painter().galley(pos, galley, color);
}

/// The ring around what has the keyboard, which is scrolled to where it was out of sight.
pub fn focus_ring(ui: &Ui, response: &Response, radius: u8) {
    if response.has_focus() {
        if response.gained_focus() && !ui.clip_rect().contains_rect(response.rect) {
            response.scroll_to_me(None);
        }
        let stroke = theme::focus_stroke(Palette::of(ui));
        ui.painter().rect_stroke(
            response.rect.expand(1.0),
            CornerRadius::same(radius.saturating_add(1)),
            stroke,
            StrokeKind::Middle,
        );
    }
}

/// Whether something inside a finished `Ui` got the keyboard in this frame.
pub fn focus_moved_into(ui: &Ui) -> bool {
    let focused = ui.memory(|memory| memory.focused());
    let response = focused.and_then(|id| ui.ctx().read_response(id));
    response.is_some_and(|it| it.gained_focus() && ui.min_rect().intersects(it.rect))
}

/// Whether the pointer really moved in this frame: rows that scroll or appear under it did not.
pub fn pointer_moved(ui: &Ui) -> bool {
    ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO)
}

/// Frame of a card.
pub fn card_frame(ui: &Ui) -> Frame {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::CARD_ROUNDING))
        .inner_margin(Margin::symmetric(12, 10))
}

/// Frame of a text field, 32 high around one line.
pub fn field_frame(ui: &Ui) -> Frame {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::ROUNDING))
        .inner_margin(Margin::symmetric(10, 5))
}

/// Frame of a popup.
pub fn popup_frame(ui: &Ui) -> Frame {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(12))
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin::same(8))
}

/// A key, as in `Ctrl K`.
pub fn kbd(ui: &mut Ui, text: &str) -> Response {
    let response = kbd_with(ui, text, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A key that can be clicked, with the name of what it does.
pub fn kbd_button(ui: &mut Ui, text: &str, name: &str) -> Response {
    let response = kbd_with(ui, text, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    focus_ring(ui, &response, 4);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name)
}

fn kbd_with(ui: &mut Ui, text: &str, sense: Sense) -> Response {
    let palette = Palette::of(ui);
    let font = FontId::monospace(11.0);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, palette.faint);
    let size = vec2(galley.size().x + 10.0, 18.0).round_ui();
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let line = Stroke::new(1.0, palette.line);
    let painter = ui.painter();
    painter.rect_stroke(rect, CornerRadius::same(4), line, StrokeKind::Inside);
    painter.galley((rect.center() - galley.size() / 2.0).round_ui(), galley, palette.faint);
    response
}

/// Heading of a group, in capitals.
pub fn group_label(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    let format = TextFormat {
        extra_letter_spacing: 0.44,
        line_height: Some(16.0),
        ..TextFormat::simple(theme::semibold(11.0), palette.faint)
    };
    let job = LayoutJob::single_section(text.to_uppercase(), format);
    let response = ui.add(Label::new(job).selectable(false));
    // Capitals are for the eye: read aloud, they would be spelt out.
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), text));
    response
}

/// Text of one line that ends in `…` where it does not fit; the whole text on hover.
pub fn truncated_label(ui: &mut Ui, text: &str, font: FontId, color: Color32) -> Response {
    let text = RichText::new(text).font(font).color(color);
    ui.add(Label::new(text).truncate().selectable(false))
}

/// Text of one line that belongs to a control around it, which has the name: cut where it does
/// not fit.
pub fn inner_text(ui: &mut Ui, text: &str, font: FontId, color: Color32) -> Response {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(ui.available_width());
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, color);
    response
}

/// Text of one line in the small size.
pub fn small_label(ui: &mut Ui, text: &str, color: Color32) -> Response {
    let text = RichText::new(text).font(theme::small()).color(color);
    ui.add(Label::new(text).extend().selectable(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui_kittest::{Harness, kittest::Queryable as _};

    #[test]
    fn controls_are_found_by_name_and_react() {
        let mut clicked = Vec::new();
        {
            let mut harness =
                Harness::builder().with_context_setup(theme::install).build_ui(|ui| {
                    theme::apply(ui.ctx(), theme::Mode::Dark, 100);
                    for (name, response) in [
                        ("Copy answer", icon_button(ui, Icon::Copy, "Copy answer")),
                        ("Save", primary_button(ui, "Save")),
                        ("Cancel", ghost_button(ui, "Cancel")),
                        ("Delete", danger_button(ui, "Delete")),
                        ("This chat", chip(ui, "This chat", Chosen::Yes)),
                    ] {
                        if response.clicked() {
                            clicked.push(name);
                        }
                    }
                    group_label(ui, "Pinned");
                    kbd(ui, "Ctrl K");
                });
            for name in ["Copy answer", "Save", "Cancel", "Delete", "This chat"] {
                harness.get_by_label(name).click();
                harness.run();
            }
            harness.get_by_label("Pinned");
        }
        assert_eq!(clicked, ["Copy answer", "Save", "Cancel", "Delete", "This chat"]);
    }
}
