//! The bots of the welcome screen.

use egui::{
    Layout, RichText, Role, Ui, WidgetInfo,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use super::{GAP, NARROW, card_ui};
use crate::protocol::{Bot, BotEntry};
use crate::state::{AppState, BotCommand, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const COUNT: usize = 3;
/// Fixed, so that nothing moves when the bots have been read.
const HEIGHT: f32 = 62.0;
const LINK: f32 = 72.0;

/// Whether bots are offered, or will be as soon as they have been read: where a model is there that
/// can speak for them.
pub(super) fn are_offered(state: &AppState) -> bool {
    let is_other = |it: &crate::protocol::ProviderState| it.config.id.as_str() != "guide";
    let has_model = state.providers.is_empty() || state.providers.iter().any(is_other);
    has_model && (!state.bots.is_loaded() || !state.gallery.picks().is_empty())
}

/// Draws the sentence above the cards, the way to all bots, and the cards.
pub(super) fn bots_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let sentence = "Pick a bot, or just type. You can choose another model for every message.";
    let width = ui.available_width();
    ui.with_layout(Layout::right_to_left(egui::Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let link = ui.allocate_ui(vec2(LINK, 20.0), |ui| widgets::link_button(ui, "All bots"));
        let link = link.inner.on_hover_text(BotCommand::OpenGallery.label());
        if link.clicked() {
            out.push(UiCommand::Bots(BotCommand::OpenGallery));
        }
        ui.with_layout(Layout::left_to_right(egui::Align::Min), |ui| {
            ui.set_max_width(width - LINK - 8.0);
            let text = RichText::new(sentence).line_height(Some(20.0)).color(palette.dim);
            ui.add(egui::Label::new(text).wrap());
        });
    });
    ui.add_space(20.0);
    let columns = if width < NARROW { 1 } else { COUNT };
    let card = ((width - GAP * (columns - 1) as f32) / columns as f32).floor();
    let size = vec2(card, HEIGHT);
    let picks = state.gallery.picks();
    for row in 0..COUNT.div_ceil(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.set_min_height(HEIGHT);
            for id in picks.iter().skip(row * columns).take(columns) {
                if let Some(entry) = state.bots.get(id) {
                    bot_ui(ui, size, entry, out);
                }
            }
        });
        if columns == 1 {
            ui.add_space(8.0);
        }
    }
}

fn bot_ui(ui: &mut Ui, size: egui::Vec2, entry: &BotEntry, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let bot = &entry.bot;
    let starter = starter(bot);
    let text = starter.map_or(bot.description.as_str(), |(_, text)| text);
    let mut job = LayoutJob::simple_singleline(text.to_owned(), theme::small(), palette.dim);
    job.wrap = TextWrapping::truncate_at_width(size.x - 26.0);
    let galley = ui.painter().layout_job(job);
    let color = palette.tile(bot.color).ink;
    let cut = galley.elided;
    let (response, elided) = card_ui(ui, size, (&bot.name, galley), color);
    let name = format!("{}: {text}", bot.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
    let response = if cut || elided { response.on_hover_text(&name) } else { response };
    if response.clicked() {
        let bot = bot.id.clone();
        out.push(UiCommand::Bots(match starter {
            Some((starter, _)) => BotCommand::StartWithStarter { bot, starter },
            None => BotCommand::Start(bot),
        }));
    }
}

/// The first message to begin with that has no gaps to be filled.
fn starter(bot: &Bot) -> Option<(usize, &str)> {
    let mut starters = bot.starters.iter().map(String::as_str).enumerate();
    starters.find(|(_, text)| !text.contains("{{"))
}
