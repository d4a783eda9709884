//! Buttons.

use egui::{
    Color32, CornerRadius, CursorIcon, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, emath::GuiRounding as _, pos2, vec2,
};

use super::{focus_ring, paint_icon};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Primary,
    Ghost,
    Danger,
}

/// A button with text.
#[derive(Clone, Copy, Debug)]
#[must_use = "call `ui` to draw it"]
pub struct Button<'a> {
    text: &'a str,
    icon: Option<Icon>,
    kind: Kind,
    height: f32,
    padding: f32,
    width: Option<f32>,
}

impl<'a> Button<'a> {
    /// A button, 32 high.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            icon: None,
            kind: Kind::Normal,
            height: theme::CONTROL_HEIGHT,
            padding: 13.0,
            width: None,
        }
    }

    /// The one that is meant to be pressed.
    pub fn primary(mut self) -> Self {
        self.kind = Kind::Primary;
        self
    }

    /// Without ground and border.
    pub fn ghost(mut self) -> Self {
        self.kind = Kind::Ghost;
        self
    }

    /// For what takes something away.
    pub fn danger(mut self) -> Self {
        self.kind = Kind::Danger;
        self
    }

    /// 28 high, for cards.
    pub fn small(mut self) -> Self {
        self.height = theme::SMALL_CONTROL_HEIGHT;
        self
    }

    /// 28 high with little room at the sides, for toasts.
    pub fn narrow(mut self) -> Self {
        self.padding = 11.0;
        self.small()
    }

    /// With an icon in front.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// As wide as said.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// How wide it is where nothing is said.
    pub fn wanted_width(self, ui: &Ui) -> f32 {
        let (text, font) = (self.text.to_owned(), theme::medium(14.0));
        let text = ui.painter().layout_no_wrap(text, font, Color32::PLACEHOLDER).size().x;
        let icon = if self.icon.is_some() { 24.0 } else { 0.0 };
        vec2(self.width.unwrap_or(icon + text + 2.0 * self.padding), 0.0).round_ui().x
    }

    /// Draws it.
    pub fn ui(self, ui: &mut Ui) -> Response {
        let palette = Palette::of(ui);
        let color = self.text_color(palette, ui.is_enabled());
        let galley = ui.painter().layout_no_wrap(self.text.to_owned(), theme::medium(14.0), color);
        let icon_width = if self.icon.is_some() { 24.0 } else { 0.0 };
        let content = icon_width + galley.size().x;
        let width = self.width.unwrap_or(content + 2.0 * self.padding);
        let size = vec2(width, self.height).round_ui();
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.text));
        let (fill, line) = self.ground(palette, &response);
        ui.painter().rect(
            rect,
            CornerRadius::same(theme::ROUNDING),
            fill,
            Stroke::new(1.0, line),
            StrokeKind::Inside,
        );
        let left = if self.width.is_some() && self.icon.is_some() {
            rect.left() + self.padding
        } else {
            rect.center().x - content / 2.0
        };
        if let Some(icon) = self.icon {
            let min = pos2(left, rect.center().y - 8.0);
            paint_icon(ui, icon, Rect::from_min_size(min, vec2(16.0, 16.0)), color);
        }
        let pos = pos2(left + icon_width, rect.center().y - galley.size().y / 2.0).round_ui();
        ui.painter().galley(pos, galley, color);
        focus_ring(ui, &response, theme::ROUNDING);
        response.on_hover_cursor(CursorIcon::PointingHand)
    }

    fn text_color(self, palette: &Palette, enabled: bool) -> Color32 {
        match self.kind {
            _ if !enabled => palette.faint,
            Kind::Normal => palette.text,
            Kind::Primary => palette.on_accent,
            Kind::Ghost => palette.dim,
            Kind::Danger => palette.err,
        }
    }

    fn ground(self, palette: &Palette, response: &Response) -> (Color32, Color32) {
        let hovered = response.hovered();
        match self.kind {
            _ if !response.enabled() => (palette.panel, palette.line),
            Kind::Primary if hovered => {
                (palette.accent.lerp_to_gamma(palette.text, 0.12), palette.accent)
            }
            Kind::Primary => (palette.accent, palette.accent),
            Kind::Ghost if hovered => (palette.hover, Color32::TRANSPARENT),
            Kind::Ghost => (Color32::TRANSPARENT, Color32::TRANSPARENT),
            Kind::Normal | Kind::Danger if hovered => (palette.hover, palette.line),
            Kind::Normal | Kind::Danger => (palette.raised, palette.line),
        }
    }
}

/// A button, 32 high.
pub fn button(ui: &mut Ui, text: &str) -> Response {
    Button::new(text).ui(ui)
}

/// A button, 28 high.
pub fn small_button(ui: &mut Ui, text: &str) -> Response {
    Button::new(text).small().ui(ui)
}

/// The button that is meant to be pressed.
pub fn primary_button(ui: &mut Ui, text: &str) -> Response {
    Button::new(text).primary().ui(ui)
}

/// A button without ground and border.
pub fn ghost_button(ui: &mut Ui, text: &str) -> Response {
    Button::new(text).ghost().ui(ui)
}

/// A button for what takes something away.
pub fn danger_button(ui: &mut Ui, text: &str) -> Response {
    Button::new(text).danger().ui(ui)
}

/// A button with an icon only, 26 × 26. `name` is its accessible name and its tooltip.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(theme::ICON_BUTTON, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    if response.hovered() && ui.is_enabled() {
        ui.painter().rect_filled(rect, CornerRadius::same(6), palette.hover);
    }
    let color = match (ui.is_enabled(), response.hovered()) {
        (false, _) => palette.line,
        (true, true) => palette.text,
        (true, false) => palette.dim,
    };
    paint_icon(ui, icon, rect, color);
    focus_ring(ui, &response, 6);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name)
}

/// A small button that looks like text, as *Show all*.
pub fn link_button(ui: &mut Ui, text: &str) -> Response {
    let palette = Palette::of(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::medium(12.0), palette.accent);
    let size = vec2(galley.size().x + 8.0, 24.0).round_ui();
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    if response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(6), palette.hover);
    }
    let pos = (rect.center() - galley.size() / 2.0).round_ui();
    ui.painter().galley(pos, galley, palette.accent);
    focus_ring(ui, &response, 6);
    response.on_hover_cursor(CursorIcon::PointingHand)
}
