//! Theme and text size.

use egui::{RichText, Ui};

use super::parts::{self, Stepper};
use crate::state::{AppState, Appearance, Theme, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chip, Chosen};

pub(super) fn appearance_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let appearance = &state.settings.appearance;
    parts::heading_ui(ui, "Appearance");
    parts::card_ui(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(theme::CONTROL_HEIGHT);
            parts::text_ui(ui, "Theme");
            ui.add_space(8.0);
            for (theme, icon, name) in [
                (Theme::System, Icon::Monitor, "System"),
                (Theme::Dark, Icon::Moon, "Dark"),
                (Theme::Light, Icon::Sun, "Light"),
            ] {
                let chosen = Chosen::from(appearance.theme == theme);
                let chip = Chip { text: name, dot: None, icon: Some(icon), trailing: None, chosen };
                if widgets::chip_with(ui, chip).clicked() {
                    out.push(UiCommand::SetTheme(theme));
                }
            }
        });
        text_size_ui(ui, appearance.text_size_clamped(), out);
    });
    parts::section_ui(ui, "Preview");
    parts::card_ui(ui, |ui| {
        let palette = Palette::of(ui);
        ui.label(RichText::new("Guide").font(theme::semibold(12.0)).color(palette.text));
        let text = "The text size holds for everything in the window, so that buttons grow with \
                    their text.";
        ui.label(RichText::new(text).line_height(Some(theme::MESSAGE_LINE_HEIGHT)));
        ui.label(RichText::new("let size = 14.0 * percent / 100.0;").font(theme::mono()));
    });
}

fn text_size_ui(ui: &mut Ui, percent: u16, out: &mut Vec<UiCommand>) {
    ui.horizontal_wrapped(|ui| {
        ui.set_min_height(theme::CONTROL_HEIGHT);
        parts::text_ui(ui, "Text size");
        ui.add_space(8.0);
        let stepper = Stepper {
            name: "Text size in percent",
            less: "Smaller text",
            more: "Larger text",
            value: u32::from(percent),
            bounds: (u32::from(Appearance::MIN_TEXT_SIZE), u32::from(Appearance::MAX_TEXT_SIZE)),
            step: 10,
            suffix: " %",
        };
        if let Some(size) = parts::stepper_ui(ui, &stepper) {
            out.push(UiCommand::SetTextSize(u16::try_from(size).unwrap_or(percent)));
        }
        if percent != 100 && widgets::small_button(ui, "Back to 100 %").clicked() {
            out.push(UiCommand::TextReset);
        }
    });
}
