//! The settings: one file per page.

mod about;
mod appearance;
mod data;
pub(in crate::ui) mod field;
pub(in crate::ui) mod models;
pub(in crate::ui) mod parts;
mod provider_form;
mod provider_text;
mod providers;
pub(in crate::ui) mod servers;
mod shortcuts;
pub(in crate::ui) mod status;
#[cfg(test)]
mod tests;
mod typed;
mod usage;

use egui::{
    CornerRadius, CursorIcon, Frame, Margin, Rect, Response, Role, ScrollArea, Sense, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use self::models::ModelsView;
use self::providers::ProvidersView;
use self::servers::ServersView;
use self::usage::UsageView;
use super::theme::{self, Palette};
use super::widgets::{self, Chosen};
use crate::protocol::Timestamp;
use crate::state::{AppState, FocusTarget, Page, SettingsTab, UiCommand};

const TABS: f32 = 200.0;
const CONTENT: f32 = 712.0;
/// Below this width the pages are chips above their content.
const NARROW: f32 = 560.0;

/// What the pages of the settings remember.
#[derive(Debug, Default)]
pub struct SettingsView {
    providers: ProvidersView,
    models: ModelsView,
    servers: ServersView,
    usage: UsageView,
    /// The last request for the keyboard that was looked at.
    focus_seen: u64,
}

impl SettingsView {
    /// Draws the page that the state says, with the list of all pages.
    pub fn settings_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let Page::Settings(tab) = state.page else { return };
        let wants_focus = self.takes_focus(ui, state);
        let space = ui.available_rect_before_wrap();
        if space.width() < NARROW {
            ui.add_space(12.0);
            Frame::new().inner_margin(Margin::symmetric(16, 0)).show(ui, |ui| {
                ui.horizontal_wrapped(|ui| tabs_ui(ui, (tab, wants_focus), widgets::chip, out));
            });
            self.page_ui(ui, (state, tab, now), 16, out);
            return;
        }
        let palette = Palette::of(ui);
        let (left, right) = space.split_left_right_at_x(space.left() + TABS);
        let tabs = Rect::from_min_max(left.min + vec2(12.0, 12.0), left.max - vec2(13.0, 12.0));
        ui.scope_builder(UiBuilder::new().max_rect(tabs), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            tabs_ui(ui, (tab, wants_focus), tab_ui, out);
        });
        ui.painter().vline(left.right() - 0.5, left.y_range(), (1.0, palette.line));
        ui.scope_builder(UiBuilder::new().max_rect(right), |ui| {
            self.page_ui(ui, (state, tab, now), 24, out);
        });
    }

    /// Whether the keyboard was asked for here.
    fn takes_focus(&mut self, ui: &Ui, state: &AppState) -> bool {
        let (target, count) = state.focus;
        if count == self.focus_seen || ui.ctx().current_pass_index() > 0 {
            return false;
        }
        if !ui.memory(|memory| memory.allows_interaction(ui.layer_id())) {
            // A dialog that closed keeps the keyboard from the rest for one more frame.
            ui.ctx().request_repaint();
            return false;
        }
        self.focus_seen = count;
        target == FocusTarget::Settings
    }

    fn page_ui(
        &mut self,
        ui: &mut Ui,
        (state, tab, now): (&AppState, SettingsTab, Timestamp),
        margin: i8,
        out: &mut Vec<UiCommand>,
    ) {
        ScrollArea::vertical().id_salt(("settings", tab)).auto_shrink([false, false]).show(
            ui,
            |ui| {
                Frame::new().inner_margin(Margin::symmetric(margin, 20)).show(ui, |ui| {
                    ui.set_width(ui.available_width().min(CONTENT));
                    ui.spacing_mut().item_spacing.y = 12.0;
                    match tab {
                        SettingsTab::Providers => self.providers.providers_ui(ui, state, now, out),
                        SettingsTab::Models => self.models.models_ui(ui, state, now, out),
                        SettingsTab::Servers => self.servers.servers_ui(ui, state, now, out),
                        SettingsTab::Usage => self.usage.usage_ui(ui, state, out),
                        SettingsTab::Appearance => appearance::appearance_ui(ui, state, out),
                        SettingsTab::Shortcuts => shortcuts::shortcuts_ui(ui),
                        SettingsTab::Data => data::data_ui(ui, state, out),
                        SettingsTab::About => about::about_ui(ui, out),
                    }
                });
            },
        );
    }
}

fn tabs_ui(
    ui: &mut Ui,
    (tab, wants_focus): (SettingsTab, bool),
    draw: fn(&mut Ui, &str, Chosen) -> Response,
    out: &mut Vec<UiCommand>,
) {
    for other in SettingsTab::ALL {
        let response = draw(ui, other.label(), Chosen::from(other == tab));
        if wants_focus && other == tab {
            response.request_focus();
        }
        if response.clicked() {
            out.push(UiCommand::OpenSettings(other));
        }
    }
}

/// A row of a list at the left edge, 32 high.
pub(in crate::ui) fn tab_ui(ui: &mut Ui, text: &str, chosen: Chosen) -> Response {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), theme::CONTROL_HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let is_chosen = chosen == Chosen::Yes;
    response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), is_chosen, text));
    if is_chosen || response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), palette.hover);
    }
    let inner = Rect::from_min_max(rect.min + vec2(8.0, 0.0), rect.max - vec2(8.0, 0.0));
    let mut job =
        egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::body(), palette.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(inner.width());
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let pos = pos2(inner.left(), (rect.center().y - galley.size().y / 2.0).round());
    let elided = galley.elided;
    ui.painter().galley(pos, galley, palette.text);
    widgets::focus_ring(ui, &response, theme::ROUNDING);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if elided { response.on_hover_text(text) } else { response }
}
