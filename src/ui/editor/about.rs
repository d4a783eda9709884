//! The first section: what the bot is called, where it stands, what it looks like.

use egui::{CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use super::parts::{Form, Line, Typed, chips_ui};
use crate::protocol::{Bot, BotColor, BotIcon, Category};
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::settings::field::{Field, FieldStyle};
use crate::ui::settings::parts;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

const SWATCH: f32 = 34.0;

/// What the section remembers.
#[derive(Debug, Default)]
pub(super) struct AboutView {
    tags: Typed<Vec<String>>,
    icons_shown: bool,
}

impl AboutView {
    pub(super) fn about_ui(&mut self, ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
        form.line_ui(ui, Line { field: "name", label: "Name", hint: "" }, &mut bot.name);
        let hint = "What it does, in one sentence";
        let line = Line { field: "description", label: "Description", hint };
        form.line_ui(ui, line, &mut bot.description);
        category_ui(ui, form, bot);
        self.tags_ui(ui, form, bot);
        self.look_ui(ui, form, bot);
        id_ui(ui, form, bot);
        form.line_ui(ui, Line { field: "author", label: "Author", hint: "" }, &mut bot.author);
        let hint = "An SPDX identifier, for example CC-BY-4.0";
        form.line_ui(ui, Line { field: "license", label: "Licence", hint }, &mut bot.license);
    }

    fn tags_ui(&mut self, ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
        parts::labelled_ui(ui, "Tags", |ui| {
            let text = self.tags.text(&bot.tags, |tags| tags.join(", "));
            let field =
                Field { hint: "Separated by commas", ..Field::new(form.id("tags"), "Tags") };
            if field.field_ui(ui, text).changed() {
                bot.tags = tags_of(text);
                self.tags.stands_for(bot.tags.clone());
            }
            form.problem_ui(ui, "tags");
        });
    }

    fn look_ui(&mut self, ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
        parts::labelled_ui(ui, "Colour", |ui| {
            chips_ui(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 3.0;
                for color in BotColor::ALL {
                    let tile = BotTile { name: &bot.name, icon: bot.icon, color: *color };
                    if swatch_ui(ui, tile, color.label(), Chosen::from(bot.color == *color)) {
                        bot.color = *color;
                    }
                }
            });
        });
        parts::labelled_ui(ui, "Icon", |ui| {
            chips_ui(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 3.0;
                for icon in BotIcon::ALL {
                    let shown = self.icons_shown || *icon == bot.icon || *icon == BotIcon::Letter;
                    if !shown {
                        continue;
                    }
                    let tile = BotTile { name: &bot.name, icon: *icon, color: bot.color };
                    if swatch_ui(ui, tile, icon.label(), Chosen::from(bot.icon == *icon)) {
                        bot.icon = *icon;
                    }
                }
                let words = if self.icons_shown { "Fewer icons" } else { "All icons" };
                if widgets::link_button(ui, words).clicked() {
                    self.icons_shown = !self.icons_shown;
                }
            });
            form.problem_ui(ui, "icon");
        });
    }
}

/// The tags of a text, each once.
fn tags_of(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

fn category_ui(ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
    parts::labelled_ui(ui, "Category", |ui| {
        chips_ui(ui, |ui| {
            for category in Category::ALL {
                // Rooms stand on a shelf of their own, bots do not.
                if (*category == Category::Rooms) != bot.room.is_some() {
                    continue;
                }
                let chosen = Chosen::from(bot.category == *category);
                if widgets::chip(ui, category.label(), chosen).clicked() {
                    bot.category = *category;
                }
            }
        });
        form.problem_ui(ui, "category");
    });
}

/// The id can be chosen until the bot is kept under it.
fn id_ui(ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
    parts::labelled_ui(ui, "Id", |ui| {
        let palette = Palette::of(ui);
        if form.editor.saved.is_some() {
            ui.horizontal(|ui| {
                ui.set_min_height(theme::CONTROL_HEIGHT);
                widgets::truncated_label(ui, bot.id.as_str(), theme::mono(), palette.dim);
            });
        } else {
            let field = Field {
                style: FieldStyle::Mono,
                note: "fixed once saved",
                ..Field::new(form.id("id"), "Id")
            };
            field.field_ui(ui, &mut bot.id.0);
        }
        form.problem_ui(ui, "id");
    });
}

/// A tile to be chosen; true where it was clicked.
fn swatch_ui(ui: &mut Ui, tile: BotTile<'_>, name: &str, chosen: Chosen) -> bool {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(SWATCH, SWATCH), Sense::click());
    let is_chosen = chosen == Chosen::Yes;
    response
        .widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, name));
    tile.paint(ui, Rect::from_center_size(rect.center(), vec2(28.0, 28.0)), TileSize::Normal);
    if is_chosen || response.hovered() {
        let color = if is_chosen { palette.accent } else { palette.faint };
        let line = egui::Stroke::new(if is_chosen { 2.0 } else { 1.0 }, color);
        let around = rect.shrink(1.0);
        ui.painter().rect_stroke(around, 10.0, line, egui::StrokeKind::Inside);
    }
    widgets::focus_ring(ui, &response, 10);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name).clicked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_stand_between_commas_each_once() {
        assert_eq!(tags_of(" rust,  code review,,rust, "), ["rust", "code review"]);
        assert!(tags_of(" , ").is_empty());
    }
}
