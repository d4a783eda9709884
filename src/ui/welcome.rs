//! The welcome screen: three bots to begin with, and where answers come from. Where nobody but
//! Guide answers, three questions to it stand in the place of the bots.

mod bots;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use egui::{
    Align, CornerRadius, CursorIcon, Frame, Galley, Layout, Margin, Rect, Response, RichText, Role,
    ScrollArea, Sense, Stroke, StrokeKind, TextFormat, Ui, UiBuilder, WidgetInfo, pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use super::settings::servers;
use super::settings::status::{self, Check};
use super::theme::{self, Palette, model_color, provider_color};
use super::widgets;
use crate::protocol::{
    KeySource, LinkState, ModelId, ProviderId, ProviderState, ProviderStatus, ServerState,
};
use crate::state::{
    AppState, ModelScope, ProviderForm, ServerCommand, ServerForm, UiCommand, words,
};

const WIDTH: f32 = 640.0;
const GAP: f32 = 12.0;
const ROW: f32 = 40.0;
/// Below this width the starter cards stand one below the other.
const NARROW: f32 = 480.0;

/// Questions that Guide, too, can answer.
const STARTERS: [(&str, &str); 3] = [
    ("First steps", "What can Switchboard do?"),
    ("Keys", "How do I add a key?"),
    ("Models", "How do I switch models?"),
];

/// Well-known providers that are offered here; all of them are in the settings.
const OFFERED: [&str; 3] = ["openrouter", "openai", "anthropic"];

/// Draws the welcome screen in the middle of the space, scrolling where it does not fit.
pub fn welcome_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let room = ui.available_height();
    ScrollArea::vertical().id_salt("welcome").auto_shrink([false, false]).show(ui, |ui| {
        let space = ui.available_rect_before_wrap();
        let width = WIDTH.min(space.width() - 32.0).max(160.0).floor();
        let known = ui.scope_id().with("welcome_height");
        let height = ui.data(|data| data.get_temp::<f32>(known));
        let top = ((room - height.unwrap_or(room)) / 2.0).max(16.0).floor();
        let left = (space.center().x - width / 2.0).floor();
        let min = pos2(left, space.top() + top);
        let rect = Rect::from_min_size(min, vec2(width, space.height()));
        let drawn = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            content_ui(ui, state, out);
        });
        ui.add_space(16.0);
        let now = drawn.response.rect.height();
        if height != Some(now) {
            ui.data_mut(|data| data.insert_temp(known, now));
            ui.ctx().request_repaint();
        }
    });
}

fn content_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let heading = RichText::new("What shall we work on?").font(theme::semibold(24.0));
    ui.label(heading.line_height(Some(32.0)).color(palette.text));
    ui.add_space(4.0);
    if bots::are_offered(state) {
        bots::bots_ui(ui, state, out);
    } else {
        let sentence = "Begin with a question, or just type. You can choose another model for \
                        every message.";
        ui.label(RichText::new(sentence).line_height(Some(20.0)).color(palette.dim));
        ui.add_space(20.0);
        starters_ui(ui, out);
    }
    ui.add_space(24.0);
    widgets::group_label(ui, "Where answers come from");
    ui.add_space(6.0);
    widgets::card_frame(ui).inner_margin(Margin::same(4)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        sources_ui(ui, state, out);
    });
}

fn starters_ui(ui: &mut Ui, out: &mut Vec<UiCommand>) {
    let columns = if ui.available_width() < NARROW { 1 } else { STARTERS.len() };
    let gaps = GAP * (columns - 1) as f32;
    let width = ((ui.available_width() - gaps) / columns as f32).floor();
    let guide = ModelId::new("guide", "guide");
    // They are about this app, so Guide answers them, whatever the composer's model is.
    let color = model_color(Palette::of(ui), &guide);
    let height = STARTERS
        .iter()
        .map(|(_, question)| card_text(ui, question, width).size().y)
        .fold(0.0_f32, f32::max);
    let size = vec2(width, (44.0 + height).ceil());
    for row in STARTERS.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for (title, question) in row {
                if starter_ui(ui, size, (title, question), color).clicked() {
                    out.push(UiCommand::ChooseModel {
                        model: guide.clone(),
                        scope: ModelScope::ThisChat,
                    });
                    out.push(UiCommand::Send { text: (*question).to_owned() });
                }
            }
        });
        if columns == 1 {
            ui.add_space(8.0);
        }
    }
}

fn card_text(ui: &Ui, text: &str, width: f32) -> Arc<Galley> {
    let color = Palette::of(ui).dim;
    ui.painter().layout(text.to_owned(), theme::small(), color, width - 26.0)
}

fn starter_ui(
    ui: &mut Ui,
    size: egui::Vec2,
    (title, question): (&str, &str),
    color: egui::Color32,
) -> Response {
    let text = card_text(ui, question, size.x);
    let (response, _) = card_ui(ui, size, (title, text), color);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), question));
    response
}

/// A card with a dot, a title and a text below; also whether the title did not fit.
fn card_ui(
    ui: &mut Ui,
    size: egui::Vec2,
    (title, text): (&str, Arc<Galley>),
    color: egui::Color32,
) -> (Response, bool) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let fill = if response.hovered() { palette.hover } else { palette.panel };
    let line = Stroke::new(1.0, palette.line);
    let radius = CornerRadius::same(theme::CARD_ROUNDING);
    let painter = ui.painter();
    painter.rect(rect, radius, fill, line, StrokeKind::Inside);
    let top_left = rect.min + vec2(13.0, 11.0);
    painter.circle_filled(top_left + vec2(4.0, 10.0), 4.0, color);
    let font = theme::semibold(14.0);
    let mut name = LayoutJob::simple_singleline(title.to_owned(), font, palette.text);
    name.wrap = TextWrapping::truncate_at_width(size.x - 42.0);
    let name = painter.layout_job(name);
    let elided = name.elided;
    let name_pos = top_left + vec2(16.0, 10.0 - name.size().y / 2.0);
    painter.galley(name_pos.round(), name, palette.text);
    painter.galley(top_left + vec2(0.0, 24.0), text, palette.dim);
    widgets::focus_ring(ui, &response, theme::CARD_ROUNDING);
    (response.on_hover_cursor(CursorIcon::PointingHand), elided)
}

fn sources_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let is_guide = |provider: &&ProviderState| provider.config.id.as_str() == "guide";
    for provider in state.providers.iter().filter(is_guide) {
        provider_ui(ui, provider, out);
    }
    for provider in state.providers.iter().filter(|provider| !is_guide(provider)) {
        provider_ui(ui, provider, out);
    }
    for server in &state.servers.all {
        server_ui(ui, server, out);
    }
    let palette = Palette::of(ui);
    for known in state.known.iter().filter(|known| OFFERED.contains(&known.id)) {
        let id = ProviderId::from(known.id);
        if state.provider(&id).is_some() {
            continue;
        }
        let source = Source {
            name: known.name,
            text: known.blurb.to_owned(),
            color: provider_color(palette, &id),
        };
        source.source_ui(ui, |ui| {
            let add = widgets::small_button(ui, "Add key…");
            name_button(&add, &format!("Add key for {}…", known.name));
            if add.clicked() {
                out.push(UiCommand::EditProvider(ProviderForm::Provider(id.clone())));
            }
        });
    }
    let other = Source {
        name: "Other server",
        text: "OpenAI-compatible, Responses or Anthropic".to_owned(),
        color: palette.faint,
    };
    other.source_ui(ui, |ui| {
        let add = widgets::small_button(ui, "Add…");
        name_button(&add, "Add another server…");
        if add.clicked() {
            out.push(UiCommand::EditProvider(ProviderForm::OtherServer));
        }
    });
}

fn name_button(button: &Response, name: &str) {
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
}

fn provider_ui(ui: &mut Ui, provider: &ProviderState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let source = Source {
        name: &provider.config.name,
        text: description(provider),
        color: provider_color(palette, &provider.config.id),
    };
    let form = || UiCommand::EditProvider(ProviderForm::Provider(provider.config.id.clone()));
    source.source_ui(ui, |ui| match &provider.status {
        ProviderStatus::NeedsKey => {
            let add = widgets::small_button(ui, "Add key…");
            name_button(&add, &format!("Add key for {}…", provider.config.name));
            if add.clicked() {
                out.push(form());
            }
        }
        ProviderStatus::Failed(_) => {
            let edit = widgets::small_button(ui, "Edit…");
            name_button(&edit, &format!("Edit {}…", provider.config.name));
            if edit.clicked() {
                out.push(form());
            }
            status_ui(ui, provider);
        }
        ProviderStatus::Unknown | ProviderStatus::Checking | ProviderStatus::Ready => {
            status_ui(ui, provider);
        }
    });
}

/// A remote server, without the seconds to its next try: those are at the foot of the sidebar.
fn server_ui(ui: &mut Ui, server: &ServerState, out: &mut Vec<UiCommand>) {
    let tone = servers::tone(&server.link);
    let source = Source {
        name: &server.config.name,
        text: format!("remote agents, {}", servers::offers(server)),
        color: tone.color(Palette::of(ui)),
    };
    source.source_ui(ui, |ui| {
        let text = match &server.link {
            LinkState::Ready { .. } => "ready",
            LinkState::Connecting { .. } | LinkState::Authenticating => "connecting…",
            LinkState::Offline | LinkState::Waiting { .. } => "not reachable",
            LinkState::Denied { .. } => {
                let edit = widgets::small_button(ui, "Edit…");
                name_button(&edit, &format!("Edit {}…", server.config.name));
                if edit.clicked() {
                    let form = ServerForm::Server(server.config.id.clone());
                    out.push(UiCommand::Servers(ServerCommand::Edit(form)));
                }
                "not let in"
            }
        };
        status::tone_chip_ui(ui, text, tone, Check::Shown)
            .on_hover_text(words::link_sentence(&server.link));
    });
}

fn status_ui(ui: &mut Ui, provider: &ProviderState) {
    status::chip_ui(ui, &provider.status, Check::Shown).on_hover_text(status::sentence(provider));
}

fn description(provider: &ProviderState) -> String {
    if provider.config.id.as_str() == "guide" {
        return "built in, works offline: answers about this app".to_owned();
    }
    let origin = match &provider.key {
        KeySource::Environment { variable, .. } => Some(format!("key found in {variable}")),
        KeySource::Missing
        | KeySource::NotNeeded
        | KeySource::Keychain { .. }
        | KeySource::File { .. } => (provider.discovered && status::is_local(&provider.config.url))
            .then(|| "found on this computer".to_owned()),
    };
    let models = (!provider.models.is_empty()).then(|| status::models(provider.models.len()));
    [origin, models].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A row of the card.
struct Source<'a> {
    name: &'a str,
    text: String,
    color: egui::Color32,
}

impl Source<'_> {
    fn source_ui(&self, ui: &mut Ui, controls: impl FnOnce(&mut Ui)) {
        let palette = Palette::of(ui);
        Frame::new().inner_margin(Margin::symmetric(8, 0)).show(ui, |ui| {
            let size = vec2(ui.available_width(), ROW);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_height(ROW);
                widgets::dot(ui, self.color);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    controls(ui);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        self.text_ui(ui, palette);
                    });
                });
            });
        });
    }

    fn text_ui(&self, ui: &mut Ui, palette: &Palette) {
        let mut job = LayoutJob::default();
        let name = TextFormat::simple(theme::semibold(14.0), palette.text);
        job.append(self.name, 0.0, name);
        if !self.text.is_empty() {
            job.append(&self.text, 4.0, TextFormat::simple(theme::body(), palette.dim));
        }
        job.wrap = TextWrapping::truncate_at_width(ui.available_width().max(40.0));
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
        let words = format!("{} {}", self.name, self.text);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.trim()));
        let elided = galley.elided;
        ui.painter().galley(rect.min, galley, palette.text);
        if elided {
            response.on_hover_text(words);
        }
    }
}
