//! Cards with buttons: in one line where there is room, else the buttons below the text.

use std::borrow::Cow;

use egui::{Align, Color32, Layout, Rect, Response, Ui, UiBuilder, text::LayoutJob, vec2};

use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

/// Room between the parts of a line.
const GAP: f32 = 10.0;
/// Room between two buttons.
const BETWEEN: f32 = 8.0;

/// What can be done.
#[derive(Clone, Debug)]
pub(in crate::ui::transcript) struct Action {
    label: Cow<'static, str>,
    does: Does,
}

#[derive(Clone, Debug)]
enum Does {
    Ask(Box<UiCommand>),
    Details,
}

impl Action {
    /// A button for a command.
    pub(in crate::ui::transcript) fn new(
        label: impl Into<Cow<'static, str>>,
        command: UiCommand,
    ) -> Self {
        Self { label: label.into(), does: Does::Ask(Box::new(command)) }
    }

    /// A button with the words of its command.
    pub(super) fn of(command: UiCommand) -> Self {
        Self::new(command.label(), command)
    }

    /// The button that shows raw detail.
    pub(super) fn details() -> Self {
        Self { label: "Details".into(), does: Does::Details }
    }

    /// Whether it can be done in a chat on a server.
    pub(super) fn is_for_servers(&self) -> bool {
        match &self.does {
            Does::Ask(command) => {
                matches!(
                    **command,
                    UiCommand::Regenerate { .. }
                        | UiCommand::RegenerateWith { .. }
                        | UiCommand::Continue { .. }
                )
            }
            Does::Details => true,
        }
    }

    fn button(&self) -> Button<'_> {
        let button = Button::new(&self.label).small();
        match self.does {
            Does::Ask(_) => button,
            Does::Details => button.ghost(),
        }
    }
}

/// What a card says.
#[derive(Clone, Copy, Debug)]
pub(in crate::ui::transcript) struct Said<'a> {
    pub(in crate::ui::transcript) icon: Icon,
    pub(in crate::ui::transcript) color: Color32,
    pub(in crate::ui::transcript) title: &'a str,
    pub(in crate::ui::transcript) body: &'a str,
}

/// What came of a card.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) response: Response,
    /// Raw detail was asked for, or is no longer.
    pub(super) details: bool,
}

/// One line: icon, title, body, and the buttons at its end. Where that is too long, the buttons
/// stand below the text.
pub(super) fn line_card_ui(
    ui: &mut Ui,
    said: Said<'_>,
    actions: &[Action],
    out: &mut Vec<UiCommand>,
) -> Shown {
    let mut details = false;
    let response = widgets::card_frame(ui)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            details = said_ui(ui, said, actions, out);
        })
        .response;
    Shown { response, details }
}

/// The same without a card around it. True where detail was asked for.
pub(in crate::ui::transcript) fn said_ui(
    ui: &mut Ui,
    said: Said<'_>,
    actions: &[Action],
    out: &mut Vec<UiCommand>,
) -> bool {
    let width = ui.available_width();
    let job = words(ui, said);
    let text = ui.fonts_mut(|fonts| fonts.layout_job(job.clone())).size().x;
    if 16.0 + GAP + text + GAP + buttons_width(ui, actions) > width {
        head_ui(ui, said, job);
        if actions.is_empty() {
            return false;
        }
        ui.add_space(8.0);
        return buttons_ui(ui, actions, out);
    }
    ui.horizontal(|ui| {
        ui.set_min_height(theme::SMALL_CONTROL_HEIGHT);
        ui.spacing_mut().item_spacing.x = GAP;
        widgets::icon(ui, said.icon, said.color);
        ui.add(egui::Label::new(job));
        buttons_at_end_ui(ui, actions, out)
    })
    .inner
}

/// Title and body one below the other, and the buttons below them.
pub(super) fn tall_card_ui(
    ui: &mut Ui,
    said: Said<'_>,
    actions: &[Action],
    out: &mut Vec<UiCommand>,
) -> Shown {
    let palette = Palette::of(ui);
    let mut details = false;
    let response = widgets::card_frame(ui)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let title = egui::TextFormat::simple(theme::semibold(14.0), palette.text);
            head_ui(ui, said, LayoutJob::single_section(said.title.to_owned(), title));
            ui.add_space(4.0);
            let body = egui::RichText::new(said.body).color(palette.dim);
            ui.add(egui::Label::new(body).wrap());
            ui.add_space(10.0);
            details = buttons_ui(ui, actions, out);
        })
        .response;
    Shown { response, details }
}

fn words(ui: &Ui, said: Said<'_>) -> LayoutJob {
    let palette = Palette::of(ui);
    let mut job = LayoutJob::default();
    let plain = |color| egui::TextFormat::simple(theme::body(), color);
    job.append(said.title, 0.0, plain(palette.text));
    if !said.body.is_empty() {
        job.append(&format!(" {}", said.body), 0.0, plain(palette.dim));
    }
    job
}

/// Icon and text; the icon stays beside the first line.
fn head_ui(ui: &mut Ui, said: Said<'_>, job: LayoutJob) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = GAP;
        let size = vec2(16.0, 20.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            widgets::icon(ui, said.icon, said.color);
        });
        ui.add(egui::Label::new(job).wrap());
    });
}

fn widths(ui: &Ui, actions: &[Action]) -> Vec<f32> {
    actions.iter().map(|action| action.button().wanted_width(ui)).collect()
}

fn buttons_width(ui: &Ui, actions: &[Action]) -> f32 {
    let gaps = actions.len().saturating_sub(1) as f32 * BETWEEN;
    widths(ui, actions).iter().sum::<f32>() + gaps
}

/// The buttons at the end of a line, in reading order. True where detail was asked for.
fn buttons_at_end_ui(ui: &mut Ui, actions: &[Action], out: &mut Vec<UiCommand>) -> bool {
    let width = buttons_width(ui, actions);
    let full = ui.max_rect();
    let rect = Rect::from_min_max(egui::pos2(full.right() - width, full.top()), full.max);
    let row = UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(row, |ui| {
        ui.spacing_mut().item_spacing.x = BETWEEN;
        let mut asked = false;
        for action in actions {
            asked |= action_ui(ui, action, out);
        }
        asked
    })
    .inner
}

/// The buttons in as many lines as they need.
fn buttons_ui(ui: &mut Ui, actions: &[Action], out: &mut Vec<UiCommand>) -> bool {
    let full = ui.available_width();
    let mut details = false;
    let mut rows: Vec<Vec<&Action>> = Vec::new();
    let mut used = f32::INFINITY;
    for (action, width) in actions.iter().zip(widths(ui, actions)) {
        match rows.last_mut() {
            Some(row) if used + BETWEEN + width <= full => {
                used += BETWEEN + width;
                row.push(action);
            }
            Some(_) | None => {
                used = width;
                rows.push(vec![action]);
            }
        }
    }
    for (place, row) in rows.into_iter().enumerate() {
        if place > 0 {
            ui.add_space(6.0);
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = BETWEEN;
            for action in row {
                details |= action_ui(ui, action, out);
            }
        });
    }
    details
}

fn action_ui(ui: &mut Ui, action: &Action, out: &mut Vec<UiCommand>) -> bool {
    let clicked = action.button().ui(ui).clicked();
    match &action.does {
        Does::Details => clicked,
        Does::Ask(command) => {
            if clicked {
                out.push(command.as_ref().clone());
            }
            false
        }
    }
}
