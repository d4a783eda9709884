//! The parts of the details, from the model to the licence.

use egui::{RichText, Ui, vec2};

use super::super::words;
use super::parts::{fact_ui, heading_ui, note_ui, text_button, text_card_ui};
use super::room;
use crate::protocol::{Bot, BotEntry, RiskLevel, Role, ToolNeed, known_tool, unwrapped};
use crate::state::opening::{KnownModels as _, suited};
use crate::state::{AppState, BotCommand, SettingsTab, UiCommand};
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets;

/// Draws everything below the description. Parts that a bot does not have are left out.
/// Long texts out of sight wait for the next frame where the bot `is_new`.
pub(super) fn about_ui(
    ui: &mut Ui,
    (state, entry): (&AppState, &BotEntry),
    is_new: bool,
    out: &mut Vec<UiCommand>,
) {
    let bot = &entry.bot;
    tags_ui(ui, bot);
    model_ui(ui, state, bot, out);
    let parameters = words::parameters(&bot.parameters);
    if !parameters.is_empty() {
        heading_ui(ui, "Parameters");
        note_ui(ui, &parameters.join(" · "));
    }
    tools_ui(ui, entry);
    if !bot.variables.is_empty() {
        heading_ui(ui, "What it asks first");
        for variable in &bot.variables {
            two_lines_ui(ui, &variable.label, &words::asked(variable));
        }
    }
    if let Some(of) = &bot.room {
        room::room_ui(ui, of);
    }
    starters_ui(ui, bot, out);
    if is_new && ui.cursor().top() > ui.clip_rect().bottom() {
        ui.ctx().request_repaint();
        return;
    }
    seeds_ui(ui, bot);
    instructions_ui(ui, bot);
    origin_ui(ui, state, entry);
}

pub(super) fn tags_ui(ui: &mut Ui, bot: &Bot) {
    if bot.tags.is_empty() {
        return;
    }
    ui.add_space(8.0);
    let palette = Palette::of(ui);
    let text = RichText::new(bot.tags.join(", ")).font(theme::small()).color(palette.faint);
    ui.add(egui::Label::new(text).wrap());
}

fn model_ui(ui: &mut Ui, state: &AppState, bot: &Bot, out: &mut Vec<UiCommand>) {
    heading_ui(ui, "Model");
    let palette = Palette::of(ui);
    let taken = suited(&bot.model, state).model;
    let is_default = taken.is_none();
    let model = taken.unwrap_or_else(|| state.usual());
    let name = state.full_model_name(&model).into_owned();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        fact_ui(ui, &name, Some(model_color(palette, &model)));
        let behind = if is_default { "your default" } else { "or your default" };
        widgets::small_label(ui, behind, palette.faint);
    });
    if let Some(wants) = words::wants(&bot.model) {
        ui.add_space(4.0);
        note_ui(ui, &wants);
    }
    if model.provider.as_str() == "guide" {
        ui.add_space(4.0);
        note_ui(
            ui,
            "Guide knows only this app: to speak, the bot needs a model of another provider",
        );
        let providers = UiCommand::OpenSettings(SettingsTab::Providers);
        if widgets::link_button(ui, "Add a provider…").clicked() {
            out.push(providers);
        }
    }
    if !bot.model.ids.is_empty() {
        ui.add_space(4.0);
        let ids: Vec<String> = bot.model.ids.iter().map(ToString::to_string).collect();
        note_ui(ui, &format!("The first of these that you have: {}", ids.join(", ")));
    }
}

fn tools_ui(ui: &mut Ui, entry: &BotEntry) {
    let tools = &entry.bot.tools;
    if tools.is_empty() {
        return;
    }
    heading_ui(ui, "Tools it may use");
    for tool in tools {
        tool_ui(ui, tool, entry.granted.contains(&tool.name));
    }
    note_ui(ui, "No tool runs in this version yet: the bot answers without them");
}

fn tool_ui(ui: &mut Ui, tool: &ToolNeed, granted: bool) {
    let palette = Palette::of(ui);
    let known = known_tool(&tool.name);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        fact_ui(ui, &tool.name, None);
        if let Some(known) = known {
            let color = match known.risk {
                RiskLevel::Low => palette.faint,
                RiskLevel::Medium => palette.warn,
                RiskLevel::High => palette.err,
            };
            widgets::small_label(ui, words::risk(known.risk), color);
        }
        if !granted {
            widgets::small_label(ui, "not confirmed", palette.warn);
        }
    });
    ui.add_space(4.0);
    note_ui(ui, &tool.reason);
    if let Some(known) = known {
        let text = RichText::new(known.action).font(theme::small()).color(palette.faint);
        ui.add(egui::Label::new(text).wrap());
    }
    ui.add_space(8.0);
}

/// A line with a smaller one below it.
pub(super) fn two_lines_ui(ui: &mut Ui, first: &str, second: &str) {
    let palette = Palette::of(ui);
    let text = RichText::new(first).font(theme::small()).color(palette.text);
    ui.add(egui::Label::new(text).wrap());
    note_ui(ui, second);
    ui.add_space(6.0);
}

fn starters_ui(ui: &mut Ui, bot: &Bot, out: &mut Vec<UiCommand>) {
    if bot.starters.is_empty() {
        return;
    }
    heading_ui(ui, "Try it");
    for (starter, text) in bot.starters.iter().enumerate() {
        if text_button(ui, text).clicked() {
            let bot = bot.id.clone();
            out.push(UiCommand::Bots(BotCommand::StartWithStarter { bot, starter }));
        }
        ui.add_space(6.0);
    }
}

fn seeds_ui(ui: &mut Ui, bot: &Bot) {
    if bot.seeds.is_empty() {
        return;
    }
    heading_ui(ui, "Opens with");
    let members = bot.room.iter().flat_map(|room| &room.members);
    for seed in &bot.seeds {
        let member = members.clone().find(|member| seed.member.as_ref() == Some(&member.id));
        let who = match (seed.role, member) {
            (Role::User, _) => "You",
            (Role::Assistant | Role::System, Some(member)) => member.name.as_str(),
            (Role::Assistant | Role::System, None) => bot.name.as_str(),
        };
        let palette = Palette::of(ui);
        widgets::small_label(ui, who, palette.faint);
        ui.add_space(2.0);
        text_card_ui(ui, &unwrapped(&seed.content));
        ui.add_space(6.0);
    }
}

/// In full: what a bot is told is no secret.
fn instructions_ui(ui: &mut Ui, bot: &Bot) {
    heading_ui(ui, if bot.room.is_some() { "Instructions for all" } else { "Instructions" });
    if bot.instructions.trim().is_empty() {
        note_ui(ui, "None: the model answers as it does by itself");
    } else {
        text_card_ui(ui, &unwrapped(&bot.instructions));
    }
    for member in bot.room.iter().flat_map(|room| &room.members) {
        heading_ui(ui, &format!("Instructions for {}", member.name));
        text_card_ui(ui, &unwrapped(&member.instructions));
    }
}

fn origin_ui(ui: &mut Ui, state: &AppState, entry: &BotEntry) {
    let Bot { author, license, .. } = &entry.bot;
    let mut lines = Vec::new();
    if !author.is_empty() {
        lines.push(format!("By {author}"));
    }
    if !license.is_empty() {
        lines.push(format!("Licence: {license}"));
    }
    if let Some((id, version)) = &entry.base {
        let name = state.bots.get(id).map_or(id.as_str(), |base| base.bot.name.as_str());
        lines.push(format!("Made of {name} v{version}"));
    }
    if lines.is_empty() {
        return;
    }
    ui.add_space(16.0);
    let palette = Palette::of(ui);
    let text = RichText::new(lines.join(" · ")).font(theme::small()).color(palette.faint);
    ui.add(egui::Label::new(text).wrap());
}
