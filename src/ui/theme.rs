//! Colours, fonts and sizes: the only place that names them.

mod fonts;
mod palette;
mod warm;

pub use fonts::{
    body, heading, icons, icons_family, install, italic, italic_family, medium, medium_family,
    mono, mono_bold, mono_bold_family, semibold, semibold_family, small,
};
pub use palette::{Palette, TileColors, model_color, provider_color};
pub use warm::Warming;

use egui::{
    self, Context, CornerRadius, FontId, Margin, Shadow, Stroke, TextStyle, Vec2, Visuals,
    style::ScrollStyle, vec2,
};

use crate::state::{Appearance, Theme};

/// Dark or light, after the system was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Light text on dark ground.
    #[default]
    Dark,
    /// Dark text on light ground.
    Light,
}

impl Mode {
    /// What the user chose, where the choice is left to the system what that says; else dark.
    pub fn resolve(choice: Theme, system: Option<egui::Theme>) -> Self {
        match (choice, system) {
            (Theme::Light, _) | (Theme::System, Some(egui::Theme::Light)) => Self::Light,
            (Theme::Dark, _) | (Theme::System, Some(egui::Theme::Dark) | None) => Self::Dark,
        }
    }

    /// Its colours.
    pub fn palette(self) -> &'static Palette {
        match self {
            Self::Dark => &Palette::DARK,
            Self::Light => &Palette::LIGHT,
        }
    }
}

/// Height of a normal button or field.
pub const CONTROL_HEIGHT: f32 = 32.0;
/// Height of a button inside a card.
pub const SMALL_CONTROL_HEIGHT: f32 = 28.0;
/// Rounding of buttons, fields and rows.
pub const ROUNDING: u8 = 8;
/// Rounding of cards and code blocks.
pub const CARD_ROUNDING: u8 = 10;
/// Line height of the text of messages.
pub const MESSAGE_LINE_HEIGHT: f32 = 22.0;
/// Line height of code blocks.
pub const CODE_LINE_HEIGHT: f32 = 19.0;

/// Sets colours, spacing and sizes. Costs nothing when nothing changed, so it may be called every
/// frame. The text size zooms everything, so that controls grow with their text.
pub fn apply(ctx: &Context, mode: Mode, text_size_percent: u16) {
    let percent = text_size_percent.clamp(Appearance::MIN_TEXT_SIZE, Appearance::MAX_TEXT_SIZE);
    ctx.set_zoom_factor(f32::from(percent) / 100.0);
    let marker = egui::Id::unique("switchboard_theme");
    if ctx.data(|data| data.get_temp::<Mode>(marker)) == Some(mode) {
        return;
    }
    ctx.data_mut(|data| data.insert_temp(marker, mode));
    let theme = match mode {
        Mode::Dark => egui::Theme::Dark,
        Mode::Light => egui::Theme::Light,
    };
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.set_theme(theme);
    ctx.set_style_of(theme, style(mode));
}

fn style(mode: Mode) -> egui::Style {
    let mut style = egui::Style { visuals: visuals(mode), ..egui::Style::default() };
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Heading, FontId::new(16.0, semibold_family())),
        (TextStyle::Monospace, mono()),
    ]
    .into();
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(8.0, 8.0);
    spacing.button_padding = vec2(12.0, 6.0);
    spacing.interact_size = vec2(32.0, 24.0);
    spacing.window_margin = Margin::same(12);
    spacing.menu_margin = Margin::same(6);
    spacing.icon_width = 16.0;
    spacing.tooltip_width = 360.0;
    spacing.scroll = scroll();
    style.interaction.tooltip_delay = 0.4;
    style.animation_time = 0.0;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    style
}

/// Bars without a track, of the colour of text: they are seen on every ground.
fn scroll() -> ScrollStyle {
    ScrollStyle {
        foreground_color: true,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.0,
        dormant_handle_opacity: 0.15,
        active_handle_opacity: 0.3,
        interact_handle_opacity: 0.5,
        ..ScrollStyle::thin()
    }
}

fn visuals(mode: Mode) -> Visuals {
    let palette = mode.palette();
    let mut visuals = match mode {
        Mode::Dark => Visuals::dark(),
        Mode::Light => Visuals::light(),
    };
    // Softer than the toolkit's own curve, which makes light text look bold.
    if mode == Mode::Dark {
        visuals.text_options.color_transfer_function =
            egui::epaint::FontColorTransferFunction::Gamma(0.8);
    }
    let shadow = Shadow { offset: [0, 12], blur: 32, spread: 0, color: palette.shadow };
    let radius = CornerRadius::same(ROUNDING);
    let line = Stroke::new(1.0, palette.line);
    visuals.panel_fill = palette.bg;
    visuals.window_fill = palette.raised;
    visuals.window_stroke = line;
    visuals.window_corner_radius = CornerRadius::same(12);
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.menu_corner_radius = CornerRadius::same(CARD_ROUNDING);
    visuals.extreme_bg_color = palette.code;
    visuals.text_edit_bg_color = Some(palette.raised);
    visuals.faint_bg_color = palette.panel;
    visuals.code_bg_color = palette.code;
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.err;
    visuals.weak_text_color = Some(palette.dim);
    visuals.selection.bg_fill = palette.selection;
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.text_cursor.stroke = Stroke::new(1.5, palette.accent);
    visuals.text_cursor.blink = false;
    for (widget, fill, foreground) in [
        (&mut visuals.widgets.noninteractive, palette.panel, palette.text),
        (&mut visuals.widgets.inactive, palette.raised, palette.text),
        (&mut visuals.widgets.hovered, palette.hover, palette.text),
        (&mut visuals.widgets.active, palette.hover, palette.text),
        (&mut visuals.widgets.open, palette.hover, palette.text),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = line;
        widget.fg_stroke = Stroke::new(1.0, foreground);
        widget.corner_radius = radius;
        widget.expansion = 0.0;
    }
    visuals.widgets.active.bg_stroke = focus_stroke(palette);
    visuals
}

/// The ring around what has the keyboard.
pub fn focus_stroke(palette: &Palette) -> Stroke {
    Stroke::new(2.0, palette.accent)
}

/// Size of an icon button.
pub const ICON_BUTTON: Vec2 = vec2(26.0, 26.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_decides_only_where_it_is_asked() {
        let table = [
            (Theme::Dark, Some(egui::Theme::Light), Mode::Dark),
            (Theme::Light, Some(egui::Theme::Dark), Mode::Light),
            (Theme::System, Some(egui::Theme::Light), Mode::Light),
            (Theme::System, Some(egui::Theme::Dark), Mode::Dark),
            (Theme::System, None, Mode::Dark),
        ];
        for (choice, system, mode) in table {
            assert_eq!(Mode::resolve(choice, system), mode, "{choice:?} {system:?}");
        }
    }
}
