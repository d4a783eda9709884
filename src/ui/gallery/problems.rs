//! The banner above the cards, where bots could not be read.

use egui::{Layout, Margin, RichText, ScrollArea, Ui, WidgetInfo};

use super::GAP;
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// What the banner remembers.
#[derive(Debug, Default)]
pub(super) struct ProblemsView {
    open: bool,
}

impl ProblemsView {
    /// Draws it, where there is something to say.
    pub(super) fn problems_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let problems = state.bots.problems();
        if problems.is_empty() {
            return;
        }
        let palette = Palette::of(ui);
        let line = egui::Stroke::new(1.0, palette.warn);
        let frame = widgets::card_frame(ui).stroke(line).inner_margin(Margin::symmetric(12, 5));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.set_min_height(theme::SMALL_CONTROL_HEIGHT);
                widgets::icon(ui, Icon::TriangleAlert, palette.warn);
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    let text = if self.open { "Hide" } else { "Details" };
                    let button = widgets::link_button(ui, text);
                    let name = format!("{text} of what could not be read");
                    let label = || WidgetInfo::labeled(egui::Role::Button, true, name.clone());
                    button.widget_info(label);
                    if button.clicked() {
                        self.open = !self.open;
                        ui.ctx().request_repaint();
                    }
                    if self.open && widgets::link_button(ui, "Copy").clicked() {
                        out.push(UiCommand::CopyText(lines(state)));
                    }
                    ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                        let text = summary(problems.len());
                        widgets::truncated_label(ui, &text, theme::body(), palette.text);
                    });
                });
            });
            if self.open {
                let area = ScrollArea::vertical().id_salt("problems").max_height(120.0);
                area.auto_shrink([false, true]).show(ui, |ui| {
                    let text = RichText::new(lines(state)).font(theme::mono()).color(palette.dim);
                    ui.add(egui::Label::new(text).wrap());
                });
                ui.add_space(5.0);
            }
        });
        ui.add_space(GAP);
    }
}

fn summary(count: usize) -> String {
    match count {
        1 => "1 bot could not be read. The others work.".to_owned(),
        more => format!("{more} bots could not be read. The others work."),
    }
}

fn lines(state: &AppState) -> String {
    let lines: Vec<String> = state.bots.problems().iter().map(ToString::to_string).collect();
    lines.join("\n")
}
